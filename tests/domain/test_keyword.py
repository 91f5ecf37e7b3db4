"""A lone word commands; a sentence that contains it is a complaint."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.keyword import Command, Keyword, Lexicon, has_letter_or_digit, read_keyword, says_nothing
from hotline.tables import load_lexicon

LEXICON = load_lexicon(None)
WORDS = sorted({word for phrase in [*LEXICON.commands, *LEXICON.asking, *LEXICON.courtesies] for word in phrase.split()})


def keyword(text: str) -> Keyword | None:
    command = read_keyword(text, LEXICON)
    return command.keyword if command else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MENU", Keyword.MENU),
        (" menu. ", Keyword.MENU),
        ("مینو", Keyword.MENU),
        ("مينيو", Keyword.MENU),
        ("OFF", Keyword.STOP),
        ("Band", Keyword.STOP),
        ("بند", Keyword.STOP),
        ("بند ڪريو", Keyword.STOP),
        ("ON", Keyword.START),
        ("jari", Keyword.START),
        ("جاری", Keyword.START),
        ("جاري", Keyword.START),
        ("stop", Keyword.GATEWAY_STOP),
        ("StopAll", Keyword.GATEWAY_STOP),
        ("UNSUBSCRIBE", Keyword.GATEWAY_STOP),
        ("cancel", Keyword.GATEWAY_STOP),
        ("START", Keyword.GATEWAY_START),
        ("yes", Keyword.GATEWAY_START),
        (" Stop ", Keyword.GATEWAY_STOP),
        ("INFO", Keyword.GATEWAY_INFO),
        ("Stop.", Keyword.STOP),
        ("STOP!!", Keyword.STOP),
        ("unsubscribe.", Keyword.STOP),
        ("(stop)", Keyword.STOP),
        ("ｓｔｏｐ", Keyword.STOP),
        ("Start.", Keyword.START),
        ("info?", Keyword.MENU),
        ("help", Keyword.CRY),
        ("HELP!!!", Keyword.CRY),
        ("Help me", Keyword.CRY),
        ("madad", Keyword.CRY),
        ("madad karo", Keyword.CRY),
        ("meri madad karein", Keyword.CRY),
        ("bachao", Keyword.CRY),
        ("bachaoooooo", Keyword.CRY),
        ("bachao bachao", Keyword.CRY),
        ("mujhe bachao", Keyword.CRY),
        ("khuda ke liye madad karo bhai", Keyword.CRY),
        ("salam, meri madad karein", Keyword.CRY),
        ("ok help", Keyword.CRY),
        ("emergency", Keyword.CRY),
        ("مدد", Keyword.CRY),
        ("مددددد", Keyword.CRY),
        ("مدد کریں", Keyword.CRY),
        ("بچاؤ", Keyword.CRY),
        ("بچاو", Keyword.CRY),
        ("مجھے بچاؤ", Keyword.CRY),
        ("مهرباني ڪري مدد", Keyword.CRY),
        ("مدد ڪريو", Keyword.CRY),
        ("بچايو", Keyword.CRY),
        ("🆘", Keyword.CRY),
        ("s.o.s", Keyword.CRY),
        ("koi hai", Keyword.PLEA),
        ("koi hai?? jaldi", Keyword.PLEA),
        ("salam khuda ke liye", Keyword.PLEA),
        ("urgent", Keyword.PLEA),
        ("madad jaldi", Keyword.CRY),
        ("menu jaldi", Keyword.MENU),
        ("band karo jaldi", Keyword.STOP),
        ("👍", Keyword.THANKS),
        ("salam", Keyword.GREETING),
        ("Assalam-o-Alaikum", Keyword.GREETING),
        ("assalamualaikum", Keyword.GREETING),
        ("A.O.A", Keyword.GREETING),
        ("hello", Keyword.GREETING),
        ("hellooooo sir", Keyword.GREETING),
        ("salam bhai", Keyword.GREETING),
        ("good morning", Keyword.GREETING),
        ("السلام علیکم", Keyword.GREETING),
        ("السلام عليڪم", Keyword.GREETING),
        ("سلام", Keyword.GREETING),
        ("آداب", Keyword.GREETING),
        ("هيلو", Keyword.GREETING),
        ("ہیلو", Keyword.GREETING),
        ("ok", Keyword.THANKS),
        ("Okkkkk", Keyword.THANKS),
        ("k", Keyword.THANKS),
        ("ok thanks bhai", Keyword.THANKS),
        ("bhai", Keyword.GREETING),
        ("theek hai", Keyword.THANKS),
        ("shukriya", Keyword.THANKS),
        ("JazakAllah", Keyword.THANKS),
        ("jee", Keyword.THANKS),
        ("ji", Keyword.THANKS),
        ("ٹھیک ہے", Keyword.THANKS),
        ("شکریہ", Keyword.THANKS),
        ("جزاک اللہ", Keyword.THANKS),
        ("اچھا", Keyword.THANKS),
        ("مهرباني", Keyword.THANKS),
        ("ٺيڪ آهي", Keyword.THANKS),
    ],
)
def test_a_lone_phrase_is_its_keyword(text: str, expected: Keyword) -> None:
    assert keyword(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "1",
        "2",
        "11",
        "482-719-365",
        "haan",
        "nahi",
        "no",
        "ha",
        "han",
        "haan ji",
        "na",
        "ہاں",
        "نہیں",
        "ها",
        "نه",
        "police",
        "dukan band kara di",
        "bijli band hai",
        "بجلی بند ہے",
        "light off hai",
        "kaam jari hai",
        "help nahi kar rahe",
        "police help nahi karti",
        "madad nahi mili",
        "mera mobile cheen liya madad karo",
        "stop them",
        "please stop",
        "yes sir",
        "yes!",
        "Yes.",
        "cancel.",
        "end?",
        "stoop",
        "cancel my complaint",
        "info chahiye",
        "salam mera mobile chori ho gaya",
        "ok lekin police nahi aai",
        "urdu bolne wale",
        "sindhi larkay",
        "english teacher ne mara",
        "hum ko bachao wo aa rahe hain",
        "مدد نہیں ملی",
        "دکان بند کرا دی",
        "please",
        "🙏",
        "⚠️ big sale",
    ],
)
def test_anything_longer_or_other_is_no_command(text: str) -> None:
    assert read_keyword(text, LEXICON) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("URDU", "ur"),
        ("urdu please", "ur"),
        ("اردو", "ur"),
        ("ROMAN", "ur-Latn"),
        ("roman urdu", "ur-Latn"),
        ("SINDHI", "sd"),
        ("سنڌي", "sd"),
        ("سندھی", "sd"),
        ("English", "en"),
        ("انگریزی", "en"),
        ("انگريزي", "en"),
    ],
)
def test_a_language_is_asked_for_by_its_name(text: str, language: str) -> None:
    assert read_keyword(text, LEXICON) == Command(Keyword.LANGUAGE, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("madad", "ur-Latn"),
        ("help", None),
        ("مدد", None),
        ("مدد ڪريو", "sd"),
        ("بچايو", "sd"),
        ("بچاؤ", "ur"),
        ("ok", None),
    ],
)
def test_a_phrase_tells_its_language_where_it_has_only_one(text: str, language: str | None) -> None:
    command = read_keyword(text, LEXICON)
    assert command is not None
    assert command.language == language


def test_the_gateways_words_are_those_it_documents() -> None:
    stop = {"stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"}
    assert {phrase for phrase, keyword in LEXICON.gateway.items() if keyword is Keyword.GATEWAY_STOP} == stop


@pytest.mark.parametrize("phrase", LEXICON.gateway)
def test_the_gateways_words_are_its_own_only_as_it_takes_them(phrase: str) -> None:
    for text in (phrase, phrase.upper(), f" {phrase.title()}\n"):
        assert read_keyword(text, LEXICON) == Command(LEXICON.gateway[phrase], None)
    for text in (f"{phrase}.", f"{phrase}\u200f", f"please {phrase}", f"{phrase} {phrase}"):
        assert keyword(text) not in LEXICON.gateway.values()


def test_every_word_that_is_taught_commands_and_never_is_the_gateways() -> None:
    for word in LEXICON.taught:
        assert keyword(word) in {Keyword.MENU, Keyword.STOP, Keyword.START, Keyword.LANGUAGE}


@pytest.mark.parametrize("phrase", LEXICON.commands)
def test_every_phrase_is_read_as_what_it_is_listed_for(phrase: str) -> None:
    assert read_keyword(phrase + ".", LEXICON) == LEXICON.commands[phrase]
    assert read_keyword(f"  {phrase.upper()} !!", LEXICON) == LEXICON.commands[phrase]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ?",
        "status",
        "STATUS please",
        "mera number",
        "ka haal batao",
        "is ka kya hua?",
        "what about",
        "what is the status of my complaint",
        "complaint number",
        "ref",
        "ref no.",
        "salam, meri shikayat ka kya hua",
        "thanks",
        "صورتحال",
        "حال",
        "میری شکایت کا کیا ہوا",
        "ڇا حال آهي",
        "منهنجي شڪايت جو ڇا ٿيو",
    ],
)
def test_asking_how_it_is_going_says_nothing_more(text: str) -> None:
    assert says_nothing(text, LEXICON)


@pytest.mark.parametrize(
    "text",
    [
        "help",
        "madad",
        "مدد",
        "no",
        "nahi",
        "2",
        "1",
        "stop",
        "mera number wapis nahi mila",
        "kya hua police ne phir mara",
        "status band kar do",
        "mobile",
        "وہ پھر آئے تھے",
        "پولیس",
        "هو وري آيا",
    ],
)
def test_a_cry_a_digit_or_a_new_fact_says_something(text: str) -> None:
    assert not says_nothing(text, LEXICON)


@pytest.mark.parametrize(
    ("text", "something"), [("", False), ("?!", False), ("😀", False), (" \u200f", False), ("۱", True), ("ک", True), ("k!", True)]
)
def test_a_letter_or_a_digit_is_something_to_read(text: str, something: bool) -> None:
    assert has_letter_or_digit(text) is something


@given(st.lists(st.sampled_from(WORDS), min_size=13, max_size=60))
def test_many_small_words_are_a_sentence(listed: list[str]) -> None:
    text = " ".join(listed)
    assert read_keyword(text, LEXICON) is None
    assert not says_nothing(text, LEXICON)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_a_text_of_small_words_that_holds_a_fact_is_never_a_command(listed: list[str]) -> None:
    assert read_keyword(" ".join([*listed, "mobile"]), LEXICON) is None
    assert not says_nothing(" ".join(["mobile", *listed]), LEXICON)


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    read_keyword(text, LEXICON)
    says_nothing(text, LEXICON)


def test_the_longest_form_is_read_in_bounded_time() -> None:
    before = time.perf_counter()
    for text in ("help " * 16_000, "a" * 64_000, "bachao" * 10_000, "ab " * 12):
        read_keyword(text, LEXICON)
        says_nothing(text, LEXICON)
    assert time.perf_counter() - before < 1


def test_a_lexicon_of_nothing_reads_nothing() -> None:
    empty = Lexicon({}, frozenset(), frozenset())
    assert read_keyword("help", empty) is None
    assert says_nothing("", empty)
    assert not says_nothing("help", empty)
