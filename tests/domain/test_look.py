"""How soon a person looks at a text or a recording: what is kept either waits for a look or asks nothing of a person."""

from dataclasses import replace

import pytest

from hotline.domain.conversation import Decision, Known, NamedTicket, ReadAs, decide, parse
from hotline.domain.danger import Danger
from hotline.domain.language import detect
from hotline.domain.look import Look, look_for, look_for_recording
from hotline.domain.message import READ
from hotline.domain.reference import EXAMPLE, check_digit
from hotline.domain.ticket import Status
from hotline.tables import load_lexicon

OWN = "22345678" + check_digit("22345678")
STRANGERS = "44556677" + check_digit("44556677")
KNOWN = Known(
    named=(NamedTicket(1, OWN, Status.RESOLVED, own=True, asking=True), NamedTicket(2, STRANGERS, Status.NEW, own=False)),
    asking=(NamedTicket(1, OWN, Status.RESOLVED, own=True, asking=True),),
    latest_open_id=3,
    lookups_left=9,
)
COMPLAINT = "kal raat saddar se meri motorcycle chori ho gayi"


def look(body: str, known: Known = KNOWN) -> Look | None:
    asked = parse(body, load_lexicon(None))
    return look_for(body, asked, decide(asked, known), language=detect(body[:READ]) if asked.command is None else None, unsafe=False)


@pytest.mark.parametrize("known", [KNOWN, Known()])
@pytest.mark.parametrize(
    "body",
    [
        "🆘",
        "madad",
        "",
        "???",
        "0",
        "!!!",
        "🙏",
        "koi hai?? jaldi",
        "xqz",
        "мой брат пропал",
        "زه په خطر کې یم، مرسته وکړئ",
        "ਮੇਰੀ ਮਦਦ ਕਰੋ",
        "hello?",
        f"{OWN} 0",
        f"{OWN} bachao",
        f"{STRANGERS} 🆘",
    ],
)
def test_what_may_be_danger_is_looked_at_first(body: str, known: Known) -> None:
    assert look(body, known) is Look.FIRST


@pytest.mark.parametrize(
    "body", [COMPLAINT, "کل رات صدر سے میری موٹر سائیکل چوری ہو گئی", f"{OWN} {COMPLAINT}", f"{STRANGERS} {COMPLAINT}"]
)
def test_other_words_are_looked_at_next(body: str) -> None:
    assert look(body) is Look.NEXT


def test_words_read_as_danger_are_looked_at_first() -> None:
    for how in Danger:
        asked = replace(parse(COMPLAINT, load_lexicon(None)), danger=how)
        assert look_for(COMPLAINT, asked, decide(asked, Known()), language="ur-Latn", unsafe=False) is Look.FIRST


@pytest.mark.parametrize("body", [COMPLAINT, "ok", "OFF", f"{OWN} {COMPLAINT}"])
def test_a_text_that_says_that_the_phone_is_not_safe_is_looked_at_first(body: str) -> None:
    asked = parse(body, load_lexicon(None))
    assert look_for(body, asked, decide(asked, KNOWN), language="ur-Latn", unsafe=True) is Look.FIRST


def test_from_a_phone_that_two_people_marked_only_what_is_ordinary_is_looked_at_last() -> None:
    assert [one.for_prankster() for one in Look] == [Look.FIRST, Look.LAST, Look.LAST]


def test_what_no_machine_has_read_to_its_end_is_looked_at_first() -> None:
    assert look("my motorcycle was stolen from Saddar " * (READ // 20)) is Look.FIRST


@pytest.mark.parametrize(
    "body", ["menu", "salam", "OFF", "ON", "SINDHI", "stop", OWN, f"{OWN} ka kya hua", STRANGERS, "1", "2", f"{OWN} 2"]
)
def test_what_the_machine_answers_waits_for_nobody(body: str) -> None:
    assert look(body) is None


def test_thanks_are_looked_at_on_an_open_ticket_only() -> None:
    for body in ("ok", "shukria", "👍"):
        assert (look(body), look(body, Known())) == (Look.NEXT, None)


def test_a_digit_that_answers_one_of_two_questions_and_haste_beside_a_reference_are_looked_at() -> None:
    two = Known(asking=(*KNOWN.asking, NamedTicket(4, STRANGERS, Status.CLOSED, own=True, asking=True)))
    assert look("2", two) is Look.NEXT
    assert look(f"{OWN} jaldi") is Look.NEXT


@pytest.mark.parametrize("body", [EXAMPLE, "482719366"])
def test_a_mistyped_reference_is_looked_at(body: str) -> None:
    assert look(body) is Look.NEXT


def test_what_volunteers_send_or_write_is_not_looked_at() -> None:
    asked = parse("47", load_lexicon(None))
    for read_as in (ReadAs.DUTY, ReadAs.WRONG_CODE, ReadAs.WRITTEN, ReadAs.JUNK):
        assert look_for("47", asked, Decision(read_as), language=None, unsafe=True) is None


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ({"danger": False, "other_language": False, "seconds": 40}, Look.NEXT),
        ({"danger": True, "other_language": False, "seconds": 40}, Look.FIRST),
        ({"danger": False, "other_language": True, "seconds": 40}, Look.FIRST),
        ({"danger": False, "other_language": False, "seconds": 2}, Look.FIRST),
        ({"danger": False, "other_language": False, "seconds": 0}, Look.FIRST),
        ({"danger": False, "other_language": False, "seconds": None}, Look.FIRST),
    ],
)
def test_a_recording_of_danger_or_with_little_to_hear_is_heard_first(heard: dict[str, object], expected: Look) -> None:
    assert look_for_recording(**heard) is expected  # type: ignore[arg-type]
