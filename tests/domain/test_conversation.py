"""Which ticket a text belongs to and what is answered: every rule, their order, in four ways of writing, with the shipped words."""

import dataclasses
from functools import cache

import pytest

from hotline.domain import answers, texts
from hotline.domain.conversation import (
    MOVE_TEXTS,
    SOLVED_DIGITS,
    Answer,
    Decision,
    Known,
    NamedTicket,
    ParsedText,
    ReadAs,
    decide,
    parse,
)
from hotline.domain.danger import Danger
from hotline.domain.keyword import Keyword, Lexicon
from hotline.domain.message import READ
from hotline.domain.reference import EXAMPLE, check_digit, written
from hotline.domain.texts import Text
from hotline.domain.ticket import Stage, Status
from hotline.tables import load_lexicon

HERS, ALSO_HERS, SOMEBODYS, UNKNOWN = (body + check_digit(body) for body in ("22345678", "33445566", "44556677", "55667788"))
MISTYPED = EXAMPLE
URDU, ARABIC = (str.maketrans("0123456789", digits) for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"))

OWN = NamedTicket(1, HERS, Status.IN_PROGRESS, own=True)
ALSO_OWN = NamedTicket(2, ALSO_HERS, Status.NEW, own=True)
OTHER = NamedTicket(3, SOMEBODYS, Status.ASSIGNED, own=False)
RECENT, LATEST = 7, 8
ASKING = (
    dataclasses.replace(OWN, status=Status.RESOLVED, asking=True),
    dataclasses.replace(ALSO_OWN, status=Status.CLOSED, asking=True),
)

COMPLAINTS = (
    "My motorcycle was stolen from Saddar last night",
    "کل رات صدر سے میری موٹر سائیکل چوری ہو گئی",
    "ڪالهه رات صدر مان منهنجي موٽرسائيڪل چوري ٿي وئي",
    "kal raat saddar se meri motorcycle chori ho gayi",
)


@cache
def lexicon() -> Lexicon:
    return load_lexicon(None)


def read(body: str, *, taken_for: Keyword | None = None) -> ParsedText:
    return parse(body, lexicon(), taken_for=taken_for)


def settle(body: str, known: Known | None = None, *, taken_for: Keyword | None = None) -> Decision:
    return decide(read(body, taken_for=taken_for), known or Known())


def named(*tickets: NamedTicket, lookups_left: int = 10, recent_id: int | None = None) -> Known:
    return Known(named=tickets, lookups_left=lookups_left, recent_id=recent_id)


def told(decision: Decision) -> list[Text]:
    return [answer.text for answer in decision.answers]


# Commands


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("menu", texts.HELP),
        ("MENU!", texts.HELP),
        ("مینو", texts.HELP),
        ("مينيو", texts.HELP),
        ("hello", texts.GREETING),
        ("Assalam o alaikum", texts.GREETING),
        ("AOA", texts.GREETING),
        ("السلام علیکم", texts.GREETING),
        ("السلام عليڪم", texts.GREETING),
        ("salam bhai", texts.GREETING),
        ("INFO", texts.HELP),
        ("info", texts.HELP),
    ],
)
def test_a_command_is_answered_and_opens_nothing(body: str, answer: Text) -> None:
    assert settle(body) == Decision(ReadAs.COMMAND, answers=(Answer(answer),))


@pytest.mark.parametrize(
    ("body", "language"),
    [
        ("URDU", "ur"),
        ("urdu", "ur"),
        ("اردو", "ur"),
        ("ROMAN", "ur-Latn"),
        ("roman urdu", "ur-Latn"),
        ("SINDHI", "sd"),
        ("سنڌي", "sd"),
        ("سندھی", "sd"),
        ("ENGLISH", "en"),
        ("انگریزی", "en"),
    ],
)
def test_a_language_is_switched_to_by_its_name(body: str, language: str) -> None:
    assert settle(body) == Decision(ReadAs.COMMAND, language=language, answers=(Answer(texts.LANGUAGE_SWITCHED),))


@pytest.mark.parametrize("body", ["OFF", "off.", "BAND", "band karo", "بند", "بند کریں", "بند ڪريو"])
def test_our_own_word_silences_what_we_start(body: str) -> None:
    assert settle(body) == Decision(ReadAs.COMMAND, silence=True, answers=(Answer(texts.STOPPED),))


@pytest.mark.parametrize("body", ["ON", "on", "JARI", "jaari", "جاری", "جاري"])
def test_our_own_word_starts_it_again(body: str) -> None:
    assert settle(body) == Decision(ReadAs.COMMAND, silence=False, answers=(Answer(texts.STARTED),))


@pytest.mark.parametrize(("body", "silence"), [("STOP", True), ("UNSUBSCRIBE", True), ("START", False), ("UNSTOP", False)])
def test_the_gateways_own_words_are_obeyed_and_answered_by_nobody_but_the_gateway(body: str, silence: bool) -> None:
    assert settle(body) == Decision(ReadAs.COMMAND, silence=silence)


@pytest.mark.parametrize(("keyword", "silence"), [(Keyword.GATEWAY_STOP, True), (Keyword.GATEWAY_START, False)])
def test_what_the_gateway_took_for_a_stop_or_a_start_is_one_whatever_it_says(keyword: Keyword, silence: bool) -> None:
    assert settle("mat bhejo", taken_for=keyword) == Decision(ReadAs.COMMAND, silence=silence)


@pytest.mark.parametrize(
    "body",
    [
        "Stop the police from beating my son",
        "they want to stop us on the road",
        "unhon ne meri dukan band kara di",
        "gali ki light band hai do din se",
        "ہماری دکان بند کرا دی",
        "گلی کی بجلی بند ہے",
        "اسان جو دڪان بند ڪرايو ويو",
        "the menu at the hotel had wrong prices",
        "Sindhi log yahan mehfooz nahi",
        "help is not coming, thieves took my phone",
        "madad ke naam par paise le gaye",
        "وہ مدد کے بہانے پیسے لے گئے",
        "ok but he stole my phone",
        "hello my phone was snatched",
        "assalam o alaikum mera mobile chheen liya",
    ],
)
def test_a_sentence_that_contains_such_a_word_is_a_complaint(body: str) -> None:
    assert settle(body) == Decision(ReadAs.OPENED, opens=True)


# Cries for help


@pytest.mark.parametrize(
    "body",
    [
        "help",
        "HELP!!!",
        "Help me please",
        "madad",
        "madaaad",
        "madad karo",
        "bachao",
        "bachaooo",
        "salam bhai madad karo",
        "مدد",
        "مدد کرو",
        "بچاؤ",
        "مهرباني ڪري مدد",
        "مدد ڪريو",
        "بچايو",
    ],
)
def test_a_lone_cry_for_help_opens_an_urgent_ticket_and_is_answered_like_any_other(body: str) -> None:
    assert settle(body) == Decision(ReadAs.CRY, opens=True, danger=Danger.CRY)


SIGNS = (
    "🆘",
    "🆘🆘!!",
    "🚨",
    "⚠️",
    "🔪🩸",
    "SOS",
    "S.O.S",
    "s o s",
    "ＳＯＳ",
    "𝐒𝐎𝐒",
    "ⓈⓄⓈ",
    "🆂🅾🆂",
    "🆂🅾️🆂",
    "🇸🇴🇸",
    "...---...",
    "… — …",
    "ایس او ایس",
    "ايس او ايس",
)
"""SOS in every writing, and signs that call for help."""


@pytest.mark.parametrize("body", [*SIGNS, "🆘 please", "salam 🚨", "🚨 koi hai", "\u200f🆘\ufe0f"])
def test_a_lone_sign_of_distress_is_a_cry(body: str) -> None:
    assert settle(body) == Decision(ReadAs.CRY, opens=True, danger=Danger.CRY)


@pytest.mark.parametrize("body", ["🆘 wo andar hai", "ghar par akeli hun 🆘", "x" * READ + "🆘"])
def test_an_sos_sign_calls_for_help_whatever_else_is_said(body: str) -> None:
    told_of = settle(body).danger
    assert told_of is (None if len(body) > READ else Danger.CRY)


@pytest.mark.parametrize(
    "body", ["⚠️ big sale at all shops today", "🚨 50% off on shoes 🚨", "!!!", "!!!!!!!!", "...", "---", ". . . . . .", "😭😭"]
)
def test_other_signs_in_advertisements_and_marks_alone_are_no_cry(body: str) -> None:
    assert settle(body) == Decision(ReadAs.OPENED, opens=True)


# Danger


ENDANGERED = 9
"""The sender's ticket in danger."""


def in_danger(body: str, how: Danger | None = None, known: Known | None = None) -> Decision:
    """What becomes of a text whose words the service has read as danger, or that is a cry."""
    asked = read(body)
    return decide(dataclasses.replace(asked, danger=how) if how is not None else asked, known or Known())


@pytest.mark.parametrize("body", ["help", "madad", "مدد", "مهرباني ڪري مدد", "🆘"])
def test_a_cry_joins_the_ticket_in_danger_and_is_answered(body: str) -> None:
    decision = settle(body, Known(in_danger_id=ENDANGERED, recent_id=RECENT, latest_open_id=LATEST))
    assert decision == Decision(ReadAs.CRY, ENDANGERED, adds=True, danger=Danger.CRY)


@pytest.mark.parametrize("body", COMPLAINTS)
@pytest.mark.parametrize("how", [Danger.SURE, Danger.READ])
def test_words_of_danger_join_the_ticket_in_danger_and_get_no_answer(body: str, how: Danger) -> None:
    known = Known(in_danger_id=ENDANGERED, recent_id=RECENT, latest_open_id=LATEST)
    assert in_danger(body, how, known) == Decision(ReadAs.JOINED, ENDANGERED, adds=True, danger=how)


@pytest.mark.parametrize("body", ["help", "مدد", "🆘"])
def test_a_cry_never_joins_another_matter(body: str) -> None:
    decision = settle(body, Known(recent_id=RECENT, latest_open_id=LATEST))
    assert decision == Decision(ReadAs.CRY, opens=True, danger=Danger.CRY)


def test_words_of_danger_never_join_another_matter() -> None:
    decision = in_danger(COMPLAINTS[0], Danger.READ, Known(recent_id=RECENT, latest_open_id=LATEST))
    assert decision == Decision(ReadAs.OPENED, opens=True, danger=Danger.READ)


@pytest.mark.parametrize("status", list(Status))
def test_danger_beside_an_own_reference_is_raised_there_and_opens_it_again(status: Status) -> None:
    own = dataclasses.replace(OWN, status=status)
    decision = in_danger(f"{HERS} they came again", Danger.READ, Known(named=(own,), in_danger_id=ENDANGERED))
    stage = texts.STATUS_RECEIVED if status is Status.NEW else texts.STATUS_IN_PROGRESS
    assert decision == Decision(ReadAs.ADDED, own.id, adds=True, danger=Danger.READ, answers=(Answer(stage, own),))


@pytest.mark.parametrize("beside", ["they are killing me", "madad", "🆘", "...---..."])
def test_danger_beside_somebody_elses_reference_opens_a_ticket_of_its_own(beside: str) -> None:
    how = Danger.READ if beside.startswith("they") else None
    decision = in_danger(f"{SOMEBODYS} {beside}", how, Known(named=(OTHER,), in_danger_id=ENDANGERED, recent_id=RECENT, lookups_left=9))
    assert (decision.opens, decision.ticket_id, decision.danger) == (True, None, how or Danger.CRY)
    assert decision.answers[0] == Answer(texts.TOLD_ELSEWHERE, OTHER)


def test_a_sign_of_distress_beside_an_own_reference_is_added() -> None:
    for sign in ("🆘", "🚨", "...---..."):
        assert (settle(f"{HERS} {sign}", named(OWN)).read_as, settle(f"{HERS} {sign}", named(OWN)).danger) == (ReadAs.ADDED, Danger.CRY)
        assert settle(f"{sign} {MISTYPED}").danger is Danger.CRY


# References


@pytest.mark.parametrize(
    "body",
    [
        MISTYPED,
        written(MISTYPED),
        written(MISTYPED).translate(URDU),
        f"{MISTYPED}?",
        f"status {MISTYPED}",
        f"{written(MISTYPED)} ka kya hua",
        f"{written(MISTYPED)} کا کیا ہوا",
        f"منهنجو نمبر {written(MISTYPED)}",
        f"salam {MISTYPED}",
        MISTYPED[:8],
        f"status {MISTYPED}1?",
        f"{MISTYPED[:3]}, {MISTYPED[3:6]}, {MISTYPED[6:]}",
    ],
)
def test_a_failed_check_digit_alone_is_told_to_check_the_number(body: str) -> None:
    told = (Answer(texts.REFERENCE_MISTYPED),)
    assert settle(body) == Decision(ReadAs.MISTYPED, answers=told)
    assert settle(body, Known(recent_id=RECENT)) == Decision(ReadAs.MISTYPED, RECENT, adds=True, answers=told)


@pytest.mark.parametrize("body", [f"{MISTYPED} they came again and hit my brother", f"{written(MISTYPED)} وہ پھر آئے اور مارا"])
def test_a_failed_check_digit_with_more_words_is_a_complaint(body: str) -> None:
    assert settle(body).opens
    assert settle(body, Known(recent_id=RECENT)) == Decision(ReadAs.JOINED, RECENT, adds=True)


@pytest.mark.parametrize(
    "body",
    [
        HERS,
        written(HERS),
        written(HERS).translate(URDU),
        written(HERS).translate(ARABIC),
        f"{written(HERS)}?",
        f"{HERS} status",
        f"what is the status of {HERS}",
        f"mera number {HERS} hai kya hua",
        f"میرا نمبر {written(HERS)} ہے کیا ہوا",
        f"{written(HERS)} جو ڇا ٿيو",
        f"salam {HERS}",
        f"{HERS} shukriya",
        f"{HERS} {HERS}".replace(" ", "\n"),
    ],
)
def test_her_own_reference_alone_is_answered_with_its_status_even_within_join_minutes(body: str) -> None:
    known = named(OWN, recent_id=RECENT)
    assert settle(body, known) == Decision(ReadAs.STATUS, OWN.id, answers=(Answer(texts.STATUS_IN_PROGRESS, OWN),))


@pytest.mark.parametrize(
    "body",
    [
        f"{HERS} they came again last night",
        f"{written(HERS)} وہ کل رات پھر آئے",
        f"{written(HERS)} اهي ڪالهه رات وري آيا",
        f"{HERS} wo kal raat phir aaye",
        f"{HERS} 2 din se koi nahi aaya",
        f"{HERS} no",
        f"{HERS} call 15",
    ],
)
def test_with_more_words_the_text_is_added_to_her_ticket_and_answered_with_its_status(body: str) -> None:
    known = named(OWN, recent_id=RECENT)
    assert settle(body, known) == Decision(ReadAs.ADDED, OWN.id, adds=True, answers=(Answer(texts.STATUS_IN_PROGRESS, OWN),))


def test_a_cry_beside_a_mistyped_number_is_a_cry_all_the_same() -> None:
    assert settle(f"bachao {MISTYPED}") == Decision(ReadAs.OPENED, opens=True, danger=Danger.CRY)
    joined = settle(f"madad! {MISTYPED}", Known(in_danger_id=ENDANGERED, recent_id=RECENT))
    assert joined == Decision(ReadAs.JOINED, ENDANGERED, adds=True, danger=Danger.CRY)


@pytest.mark.parametrize("body", [f"madad {HERS}", f"{written(HERS)} bachao!", f"مدد {HERS}"])
def test_a_cry_beside_her_reference_is_added_makes_it_urgent_and_is_answered(body: str) -> None:
    answers = (Answer(texts.STATUS_IN_PROGRESS, OWN),)
    assert settle(body, named(OWN)) == Decision(ReadAs.ADDED, OWN.id, adds=True, danger=Danger.CRY, answers=answers)


def test_a_digit_behind_a_mistyped_reference_does_not_make_it_a_complaint() -> None:
    assert settle("482-719-365 2").read_as is ReadAs.MISTYPED


def test_of_two_references_of_hers_the_one_she_names_first_is_meant() -> None:
    for first, second in ((OWN, ALSO_OWN), (ALSO_OWN, OWN)):
        body = f"{first.reference}\n{second.reference}"
        assert settle(body, named(OWN, ALSO_OWN)).ticket_id == first.id
        assert settle(body, named(ALSO_OWN, OWN)).ticket_id == first.id


def test_her_own_comes_before_somebody_elses_in_the_same_text() -> None:
    decision = settle(f"{SOMEBODYS}\n{HERS}", named(OTHER, OWN))
    assert (decision.read_as, decision.ticket_id, [a.about for a in decision.answers]) == (ReadAs.STATUS, OWN.id, [OWN])


@pytest.mark.parametrize("asking", [False, True])
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (Status.NEW, texts.STATUS_RECEIVED),
        (Status.ASSIGNED, texts.STATUS_IN_PROGRESS),
        (Status.IN_PROGRESS, texts.STATUS_IN_PROGRESS),
        (Status.REFERRED, texts.STATUS_IN_PROGRESS),
        (Status.RESOLVED, texts.STATUS_IN_PROGRESS),
        (Status.CLOSED, texts.STATUS_CLOSED_OTHER),
        (Status.REOPENED, texts.STATUS_IN_PROGRESS),
    ],
)
def test_an_own_reference_is_answered_with_its_stage_whether_or_not_we_ask(status: Status, answer: Text, asking: bool) -> None:
    own = dataclasses.replace(OWN, status=status, asking=asking)
    assert settle(HERS, named(own)) == Decision(ReadAs.STATUS, own.id, answers=(Answer(answer, own),))


def test_no_answer_to_a_reference_asks_anything() -> None:
    """Only some kinds of complaint have an open question, so that a question would tell the kind."""
    assert not [told for told in (*answers.STAGES.values(), answers.ELSEWHERE, answers.REFUSED) if told.text.asks]


@pytest.mark.parametrize("status", list(Status))
def test_somebody_elses_reference_is_answered_alike_however_far_it_is_and_files_nothing_there(status: Status) -> None:
    other = dataclasses.replace(OTHER, status=status)
    assert settle(SOMEBODYS, named(other)) == Decision(ReadAs.ELSEWHERE, answers=(Answer(texts.TOLD_ELSEWHERE, other),))


REFUSED = (
    pytest.param(UNKNOWN, named(), id="unknown"),
    pytest.param(SOMEBODYS, named(OTHER, lookups_left=0), id="one too many"),
    pytest.param(UNKNOWN, named(lookups_left=-1), id="unknown, many too many"),
)


@pytest.mark.parametrize(("number", "known"), REFUSED)
def test_unknown_and_one_too_many_are_refused_alike(number: str, known: Known) -> None:
    assert settle(number, known) == Decision(ReadAs.REFUSED, answers=(Answer(texts.REFERENCE_REFUSED),))
    assert settle(f"{number} ka kya hua", known) == Decision(ReadAs.REFUSED, answers=(Answer(texts.REFERENCE_REFUSED),))


@pytest.mark.parametrize("words", ["they came again last night", "وہ کل رات پھر آئے", "اهي ڪالهه رات وري آيا", "wo phir aaye"])
@pytest.mark.parametrize("recent_id", [None, RECENT])
def test_what_she_wrote_besides_a_strangers_reference_opens_a_ticket_of_her_own(words: str, recent_id: int | None) -> None:
    known = named(OTHER, recent_id=recent_id)
    decision = settle(f"{SOMEBODYS} {words}", known)
    assert decision == Decision(ReadAs.ELSEWHERE, opens=True, answers=(Answer(texts.TOLD_ELSEWHERE, OTHER),))


@pytest.mark.parametrize(("number", "known"), REFUSED)
def test_what_she_wrote_besides_a_refused_reference_opens_a_ticket_of_her_own(number: str, known: Known) -> None:
    decision = settle(f"{number} they came again last night", dataclasses.replace(known, recent_id=RECENT))
    assert decision == Decision(ReadAs.REFUSED, opens=True, answers=(Answer(texts.REFERENCE_REFUSED),))


def test_her_last_look_up_of_the_day_is_answered() -> None:
    assert settle(SOMEBODYS, named(OTHER, lookups_left=1)).read_as is ReadAs.ELSEWHERE


def test_her_own_references_are_answered_however_often_she_asks() -> None:
    assert settle(HERS, named(OWN, lookups_left=0)).read_as is ReadAs.STATUS


def test_one_reference_a_text_is_looked_up() -> None:
    second_known = settle(f"{UNKNOWN}\n{SOMEBODYS}", named(OTHER))
    assert second_known == Decision(ReadAs.REFUSED, answers=(Answer(texts.REFERENCE_REFUSED),))


def test_a_bare_reference_never_moves_a_ticket() -> None:
    for status in Status:
        for asking in (False, True):
            assert settle(HERS, named(dataclasses.replace(OWN, status=status, asking=asking))).move is None


# Lone digits

RESOLVED, CLOSED = ASKING


@pytest.mark.parametrize("body", ["1", "1.", " ۱ ", "١", "1!", "(1)", "1\ufe0f\u20e3"])
def test_a_one_says_it_is_solved(body: str) -> None:
    decision = settle(body, Known(asking=(RESOLVED,), recent_id=RECENT))
    assert decision == Decision(ReadAs.ANSWERED, RESOLVED.id, move=Status.CLOSED, answers=(Answer(texts.STATUS_NOTED),))


@pytest.mark.parametrize("body", ["2", "۲", "٢", "2."])
@pytest.mark.parametrize("ticket", ASKING)
def test_a_two_opens_it_again(body: str, ticket: NamedTicket) -> None:
    decision = settle(body, Known(asking=(ticket,)))
    assert decision == Decision(ReadAs.ANSWERED, ticket.id, move=Status.REOPENED, answers=(Answer(texts.STATUS_REOPENED_ANSWER),))


def test_a_one_to_what_is_closed_already_moves_nothing_and_is_answered() -> None:
    decision = settle("1", Known(asking=(CLOSED,)))
    assert decision == Decision(ReadAs.ANSWERED, CLOSED.id, answers=(Answer(texts.STATUS_NOTED),))


@pytest.mark.parametrize("body", ["1", "2", "۲"])
def test_with_two_open_questions_she_is_asked_which(body: str) -> None:
    assert settle(body, Known(asking=ASKING)) == Decision(ReadAs.UNCLEAR, ASKING[-1].id, answers=(Answer(texts.WHICH_REFERENCE),))


@pytest.mark.parametrize("ticket", ASKING)
def test_the_reference_she_sent_just_before_says_which(ticket: NamedTicket) -> None:
    decision = settle("2", Known(asking=ASKING, last_asked_id=ticket.id))
    assert (decision.read_as, decision.ticket_id, decision.move) == (ReadAs.ANSWERED, ticket.id, Status.REOPENED)


def test_a_reference_without_a_question_sent_just_before_says_nothing_of_which() -> None:
    assert settle("2", Known(asking=ASKING, last_asked_id=99)).read_as is ReadAs.UNCLEAR


@pytest.mark.parametrize("body", [f"{HERS} 2", f"{written(HERS)}\n2", f"2 {HERS}", f"{written(HERS)} ۲".translate(URDU)])
def test_reference_and_digit_in_one_text_answer_that_question(body: str) -> None:
    decision = settle(body, Known(named=(RESOLVED,), asking=ASKING))
    assert (decision.read_as, decision.ticket_id, decision.move) == (ReadAs.ANSWERED, RESOLVED.id, Status.REOPENED)


def test_a_digit_beside_a_reference_without_an_open_question_only_asks() -> None:
    assert settle(f"{HERS} 2", named(OWN)) == Decision(ReadAs.STATUS, OWN.id, answers=(Answer(texts.STATUS_IN_PROGRESS, OWN),))
    assert settle(f"{HERS} 4", Known(named=(RESOLVED,), asking=ASKING)).read_as is ReadAs.STATUS


def test_a_digit_beside_a_strangers_reference_moves_nothing() -> None:
    other = dataclasses.replace(OTHER, status=Status.RESOLVED)
    assert settle(f"{SOMEBODYS} 1", Known(named=(other,), asking=(RESOLVED,))) == Decision(
        ReadAs.ELSEWHERE, answers=(Answer(texts.TOLD_ELSEWHERE, other),)
    )


@pytest.mark.parametrize("body", ["3", "۳", "3."])
def test_a_3_asks_for_a_woman_on_the_ticket_that_the_text_belongs_to(body: str) -> None:
    noted = (Answer(texts.NOTED),)
    assert settle(body, Known(recent_id=RECENT, latest_open_id=LATEST)) == Decision(ReadAs.COMMAND, RECENT, woman=True, answers=noted)
    assert settle(body, Known(latest_open_id=LATEST)) == Decision(ReadAs.COMMAND, LATEST, woman=True, answers=noted)
    assert settle(f"{HERS} {body}", named(OWN)) == Decision(ReadAs.COMMAND, OWN.id, woman=True, answers=noted)
    assert settle(body, Known()) == Decision(ReadAs.OPENED, opens=True, woman=True)


NO_WORDS = (
    "",
    " ",
    "?",
    "???",
    "...",
    "!!!",
    "🙏🙏",
    "\u200f",
    "😭",
    "0",
    "7",
    "۹",
    "٥.",
    "koi hai",
    "koi hai?? jaldi",
    "salam koi hai",
    "jaldi!",
    "urgent",
    "کوئی ہے؟ جلدی",
    "ڪو آهي؟",
)
"""Texts from which nobody can tell what they are about. A photo comes as an empty text."""


@pytest.mark.parametrize("body", NO_WORDS)
def test_a_text_without_words_goes_where_a_person_looks_at_it(body: str) -> None:
    known = Known(asking=(RESOLVED,), recent_id=RECENT, latest_open_id=LATEST)
    assert settle(body, known) == Decision(ReadAs.KEPT, LATEST, adds=True)
    assert settle(body, Known(recent_id=RECENT)) == Decision(ReadAs.OPENED, opens=True)


@pytest.mark.parametrize("body", ["1", "2"])
def test_a_one_or_two_with_nothing_asked_waits_for_a_person_too(body: str) -> None:
    assert settle(body, Known(recent_id=RECENT, latest_open_id=LATEST)) == Decision(ReadAs.KEPT, LATEST, adds=True)
    assert settle(body) == Decision(ReadAs.OPENED, opens=True)


@pytest.mark.parametrize("body", ["12", "15", "1122", "2 admi", "2 men came", "1 bande ne pistol nikali"])
def test_a_digit_of_something_else_is_no_answer(body: str) -> None:
    assert settle(body, Known(asking=(RESOLVED,))) == Decision(ReadAs.OPENED, opens=True)


# The same in words


YES = (
    "1 ho gaya",
    "yes",
    "Yes solved, God bless.",
    "haan ji masla hal",
    "ji",
    "G ho gya",
    "جی ہاں",
    "مسئلہ حل ہوگیا",
    "ٿي ويو",
    "ها سائين ٿي ويو",
    "haan 1",
)
NO = (
    "2",
    "no",
    "nahi",
    "نہیں",
    "not yet",
    "1 nahi hua",
    "nahi hua",
    "abhi tak kuch nahi",
    "No still same",
    "masla hal nahi hua 2",
    "haan magar nahi hua abhi",
    "ابھی تک کچھ نہیں ہوا",
    "نه",
    "اڃا ڪجهه نه ٿيو",
    "kuch nahi hua bhai",
)
UNCLEAR = ("1 2", "1 ya 2?", "ho gaya?", "ok", "theek hai", "پتہ نہیں", "shayad")


@pytest.mark.parametrize("body", YES)
def test_yes_in_words_is_a_one(body: str) -> None:
    for known in (Known(asking=(RESOLVED,)), Known(asking=(RESOLVED,), recent_id=RESOLVED.id, latest_open_id=LATEST)):
        decision = dataclasses.replace(settle(body, known), silence=None)  # "yes" is also the gateway's own word
        assert decision == settle("1", known), body


@pytest.mark.parametrize("body", NO)
def test_no_in_words_is_a_two_and_wins_over_a_yes(body: str) -> None:
    decision = settle(body, Known(asking=(RESOLVED,)))
    assert (decision.ticket_id, decision.move, told(decision)) == (RESOLVED.id, Status.REOPENED, [texts.STATUS_REOPENED_ANSWER])


@pytest.mark.parametrize("body", UNCLEAR)
def test_what_nobody_can_tell_is_asked_about_once_and_then_a_person_looks(body: str) -> None:
    known = Known(asking=(RESOLVED,), latest_open_id=LATEST)
    assert settle(body, known) == Decision(ReadAs.UNCLEAR, RESOLVED.id, answers=(Answer(texts.WHICH_DIGIT),))
    again = settle(body, dataclasses.replace(known, just_unclear=True))
    assert again == Decision(ReadAs.KEPT, RESOLVED.id, adds=True, answers=(Answer(texts.NOTED),))


def test_words_answer_only_the_question_that_the_phone_was_sent_last() -> None:
    """Digits answer it at any time: nobody else asks for them."""
    for body in ("haan ho gaya", "nahi", "nahi abhi woh wapis nahi aaya"):
        for known in (Known(asking=(RESOLVED,), recent_id=RECENT), Known(asking=(RESOLVED,), recent_id=RESOLVED.id, person_wrote=True)):
            assert settle(body, known) == Decision(ReadAs.JOINED, known.recent_id, adds=True)
            assert settle("1", known).move is Status.CLOSED
    assert settle("ji", Known(asking=(RESOLVED,), recent_id=RECENT, latest_open_id=LATEST)) == Decision(ReadAs.KEPT, LATEST)
    assert settle("ji", Known(latest_open_id=LATEST)) == Decision(ReadAs.KEPT, LATEST)


def test_words_with_two_open_questions_are_asked_about_unless_one_was_just_named() -> None:
    assert settle("nahi hua", Known(asking=ASKING)) == Decision(ReadAs.UNCLEAR, ASKING[-1].id, answers=(Answer(texts.WHICH_REFERENCE),))
    assert settle("nahi hua", Known(asking=ASKING, last_asked_id=RESOLVED.id)).ticket_id == RESOLVED.id
    own = dataclasses.replace(RESOLVED, asking=True)
    decision = settle(f"{HERS} ho gaya shukria", Known(named=(own,), asking=ASKING))
    assert (decision.read_as, decision.ticket_id, decision.move) == (ReadAs.ANSWERED, own.id, Status.CLOSED)


def test_what_is_written_besides_an_answer_is_kept_and_a_yes_then_closes_nothing() -> None:
    known = Known(asking=(RESOLVED,), recent_id=RESOLVED.id)
    yes = settle("haan ho gaya magar SHO ne mere bhai ko bulaya hai parson", known)
    assert yes == Decision(ReadAs.JOINED, RESOLVED.id, adds=True, answers=(Answer(texts.NOTED),))
    no = settle("nahi bhai, police wale ne kaha agle hafte dukan par aana", known)
    assert (no.read_as, no.adds, no.move) == (ReadAs.JOINED, True, Status.REOPENED)
    other = dataclasses.replace(known, other_matter=True)
    assert settle("yes but today two boys took my motorcycle from Saddar", other) == Decision(ReadAs.OPENED, opens=True)
    assert in_danger("haan ho gaya lekin ab ghar ke bahar khare hain", Danger.READ, known).opens


# Asking without a reference, and phones that answer by themselves


@pytest.mark.parametrize(
    "body",
    [
        "status",
        "Status plz?",
        "haal",
        "kya bana?",
        "meri complaint ka kya hua",
        "koi update",
        "bike wali fir ka kia bna",
        "کیا بنا",
        "ڪجهه ٿيو؟",
        "status 4471",
    ],
)
def test_who_asks_without_a_reference_is_told_to_send_it_with_or_without_a_ticket(body: str) -> None:
    answers = (Answer(texts.SEND_REFERENCE),)
    assert settle(body) == Decision(ReadAs.ASKED, answers=answers)
    assert settle(body, Known(latest_open_id=LATEST)) == Decision(ReadAs.ASKED, LATEST, answers=answers)
    assert settle(body, Known(asking=(CLOSED,), recent_id=RECENT, person_wrote=True)) == Decision(
        ReadAs.ASKED, RECENT, adds=True, answers=answers
    )


@pytest.mark.parametrize(
    "body",
    [
        "mera beta kab se ghar nahi aya",
        "larka kahan hai",
        "status symbol car chori ho gayi",
        "update: they came back",
        "kya karun wo maar raha hai",
    ],
)
def test_a_matter_with_a_word_that_asks_is_told_to_a_person(body: str) -> None:
    assert settle(body).opens


AUTO = (
    "I am driving. Will call back later.",
    "Auto reply: I'm in a meeting, I'll call you later",
    "This is an automated message.",
    "Busy, call me later",
    "abhi driving kar raha hun baad mein call karta hun",
    "Main meeting mein hun",
    "میں گاڑی چلا رہا ہوں بعد میں کال کروں گا",
    "مان مصروف آهيان",
    "You have a missed call from 03001234567 at 10:30",
    "Dear customer, your balance is Rs 4.50",
    "aap ka balance 12.40",
)


@pytest.mark.parametrize("body", AUTO)
def test_a_phone_that_answers_by_itself_opens_nothing_and_is_not_answered(body: str) -> None:
    assert settle(body, Known()) == Decision(ReadAs.AUTO_REPLY)
    assert settle(body, Known(recent_id=RECENT, latest_open_id=LATEST)) == Decision(ReadAs.AUTO_REPLY, RECENT)


def test_no_danger_and_no_story_is_taken_for_a_phone_that_answers_by_itself() -> None:
    assert in_danger(AUTO[0], Danger.READ).opens
    assert settle("I am driving 🆘").opens
    assert settle("I am driving home and since Clifton two men on a bike follow my car everywhere").opens
    more = settle("I am driving. who is Saima", Known(recent_id=RECENT))
    assert more == Decision(ReadAs.AUTO_REPLY, RECENT, adds=True)


def test_no_answer_supplies_a_reference_that_its_text_did_not_name() -> None:
    """But for the receipt of the ticket that this very text opened: a thief of the phone may be asking."""
    bodies = [
        *COMPLAINTS,
        *YES,
        *NO,
        *UNCLEAR,
        *AUTO,
        *NO_WORDS,
        *SIGNS,
        "help",
        "3",
        "menu",
        "off",
        "salam",
        "ok",
        "URDU",
        "status",
        "haal",
        MISTYPED,
    ]
    bodies += [
        form.format(r)
        for r in (HERS, SOMEBODYS, UNKNOWN)
        for form in ("{}", "{} 1", "{} nahi hua", "{} wo phir aaye", "{} 3", "{} ?", "madad {}")
    ]
    rules_met = set()
    for body in bodies:
        asked = read(body)
        found = tuple(t for t in (OWN, RESOLVED, OTHER) if t.reference in asked.references)
        for asking in ((), (RESOLVED,), ASKING):
            for recent_id in (None, RESOLVED.id, RECENT):
                for flags in (
                    {},
                    {"person_wrote": True},
                    {"just_unclear": True},
                    {"in_danger_id": 9},
                    {"latest_open_id": LATEST},
                    {"lookups_left": 0},
                ):
                    decision = decide(asked, Known(named=found, asking=asking, recent_id=recent_id, **flags))  # type: ignore[arg-type]
                    rules_met.add(decision.read_as)
                    for answer in decision.answers:
                        if answer.text.shows_reference:
                            assert answer.about is not None
                            assert answer.about.reference in asked.references, body
    assert set(ReadAs) - rules_met == {ReadAs.ANNOUNCED, ReadAs.DUTY, ReadAs.WRONG_CODE, ReadAs.JUNK, ReadAs.WRITTEN}


# Nothing said


@pytest.mark.parametrize(
    "body",
    [
        "👍",
        "👍🏽",
        "❤️👍",
        "ok",
        "OK.",
        "okay",
        "thanks",
        "Thank you so much",
        "shukriya",
        "theek hai",
        "شکریہ",
        "مهرباني",
        "اوکے",
    ],
)
@pytest.mark.parametrize("recent_id", [None, RECENT])
def test_thanks_go_to_the_latest_open_ticket_and_are_not_answered(body: str, recent_id: int | None) -> None:
    assert settle(body, Known(recent_id=recent_id, latest_open_id=LATEST)) == Decision(ReadAs.KEPT, LATEST)
    assert settle(body, Known(recent_id=recent_id)) == Decision(ReadAs.KEPT)


# Joining and opening


@pytest.mark.parametrize("body", COMPLAINTS)
def test_within_join_minutes_a_text_joins_without_a_second_receipt(body: str) -> None:
    assert settle(body, Known(recent_id=RECENT, latest_open_id=LATEST)) == Decision(ReadAs.JOINED, RECENT, adds=True)


@pytest.mark.parametrize("body", [*COMPLAINTS, "Asif", "03001234567", "x"])
def test_anything_else_opens_a_ticket_whatever_older_ones_there_are(body: str) -> None:
    assert settle(body, Known(latest_open_id=LATEST, asking=(RESOLVED,))) == Decision(ReadAs.OPENED, opens=True)


def test_a_phone_number_in_a_complaint_is_not_taken_for_a_reference() -> None:
    asked = read("03001234567 se dhamki aa rahi hai, CNIC 42101-1234567-1")
    assert (asked.references, asked.mistyped) == ((), False)


# Order


@pytest.mark.parametrize(
    ("body", "read_as"),
    [
        ("off", ReadAs.COMMAND),
        ("help", ReadAs.CRY),
        (MISTYPED, ReadAs.MISTYPED),
        (HERS, ReadAs.STATUS),
        (f"{HERS} they came again", ReadAs.ADDED),
        (SOMEBODYS, ReadAs.ELSEWHERE),
        (UNKNOWN, ReadAs.REFUSED),
        ("2", ReadAs.ANSWERED),
        ("3", ReadAs.COMMAND),
        ("🆘", ReadAs.CRY),
        ("koi hai", ReadAs.KEPT),
        ("ok", ReadAs.KEPT),
        (COMPLAINTS[0], ReadAs.JOINED),
    ],
)
def test_with_everything_possible_at_once_the_first_rule_wins(body: str, read_as: ReadAs) -> None:
    by_reference = {t.reference: t for t in (OWN, OTHER)}
    known = Known(
        named=tuple(by_reference[r] for r in read(body).references if r in by_reference),
        asking=(RESOLVED,),
        last_asked_id=RESOLVED.id,
        recent_id=RECENT,
        latest_open_id=LATEST,
        lookups_left=5,
    )
    assert settle(body, known).read_as is read_as


def test_only_the_moves_that_concern_her_are_texted() -> None:
    assert set(MOVE_TEXTS) == {Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED, Status.REOPENED}
    assert set(MOVE_TEXTS) >= set(SOLVED_DIGITS.values())
    assert set(answers.STAGES) == set(Stage)


def test_no_decision_opens_a_ticket_and_files_under_another_at_once() -> None:
    bodies = [*COMPLAINTS, "help", HERS, SOMEBODYS, f"{SOMEBODYS} again", "1", "ok", "off", MISTYPED]
    for body in bodies:
        for recent_id in (None, RECENT):
            decision = settle(body, Known(named=(OTHER,), asking=(RESOLVED,), recent_id=recent_id, latest_open_id=LATEST))
            assert not (decision.opens and decision.ticket_id is not None), body


def test_of_a_text_longer_than_any_phone_sends_the_beginning_is_read() -> None:
    beyond = " " * (READ + 1)
    assert read("STOP" + beyond + "x").command is None
    assert read("1" + beyond).digit is None
    assert read(beyond).empty is False
    asked = read(f"{HERS}{beyond}{ALSO_HERS}")
    assert (asked.references, asked.besides) == ((HERS,), True)
