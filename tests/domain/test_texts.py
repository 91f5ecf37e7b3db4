"""Every text in every language: its budget, its order on a phone, and that it gives nothing away."""

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from bidi import get_display

from hotline.cli.catalogues import compile_all
from hotline.domain import segments, texts
from hotline.domain.languages import BY_CODE, LANGUAGES
from hotline.domain.telltale import telltales
from hotline.domain.texts import ANSWER_TO, GREETING, HELP, LONGEST, TEXTS, Text
from hotline.i18n import LOCALES, Catalogues, po_path
from hotline.tables import load_categories, load_unsaid

REFERENCE = "482-719-365"
HOTLINE = "02135662222"
LETTERS = "7F3K9XQPA0ZB4M2T"
VALUES = {
    "ref": REFERENCE,
    "police": "15",
    "ambulance": "1122",
    "hotline": HOTLINE,
    "time": "22:00",
    "code": "41",
    "day": "28.11",
    "letters": LETTERS,
    "yes": "52",
    "no": "63",
}

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: text.key)
every_language = pytest.mark.parametrize("language", LANGUAGES)
either_way_up = pytest.mark.parametrize("base", ["R", "L", None], ids=["from_right", "from_left", "as_it_begins"])


@pytest.fixture(scope="session")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Catalogues:
    locales = tmp_path_factory.mktemp("texts") / "locales"
    shutil.copytree(LOCALES, locales, ignore=shutil.ignore_patterns("*.mo"))
    compile_all(locales)
    return Catalogues.load(locales)


def said(catalogues: Catalogues, language: str, text: Text, *, police: str = "15", answer_number: str = HOTLINE) -> str:
    return catalogues.say(language, text, answer_number=answer_number, **VALUES | {"police": police})


@every_text
@every_language
@pytest.mark.parametrize("police", ["15", "1122"], ids=["two_digits", "four_digits"])
@pytest.mark.parametrize("answer_number", ["", HOTLINE], ids=["she_can_reply", "she_cannot"])
def test_every_text_keeps_its_budget(catalogues: Catalogues, language: str, text: Text, police: str, answer_number: str) -> None:
    counted = segments.count(said(catalogues, language, text, police=police, answer_number=answer_number))
    assert counted.segments <= text.segments_max, counted
    assert counted.encoding == ("UCS-2" if BY_CODE[language].direction == "rtl" else "GSM-7")


def test_only_help_and_what_another_phone_is_told_may_take_two_segments() -> None:
    assert {text for text in TEXTS.values() if text.segments_max != 1} == {HELP, texts.TOLD_ELSEWHERE}
    assert HELP.segments_max == 2


@every_language
def test_a_wording_that_overruns_its_budget_is_found(language: str) -> None:
    assert texts.faults(ANSWER_TO, language, lambda _: "{hotline} " + "a" * 150) != []
    assert texts.faults(ANSWER_TO, language, lambda _: "{hotline} " + "ا" * 58) != []
    assert texts.faults(ANSWER_TO, language, lambda _: "{hotline} " + "ا" * 57) == []


@every_text
@every_language
def test_every_value_is_filled_in_and_none_is_left_open(catalogues: Catalogues, language: str, text: Text) -> None:
    shown = said(catalogues, language, text)
    assert not re.search(r"[{}]", shown)
    for name in text.placeholders:
        assert VALUES[name] in shown
    assert (REFERENCE in shown) == text.shows_reference
    assert (HOTLINE in shown) == (text.asks or text is ANSWER_TO)


@pytest.mark.parametrize(
    ("wording", "fault"),
    [
        ("you: {police} {ambulance}", "{ref} is missing"),
        ("{ref}: {police} {ambulance} {name}", "{name} is not in the English"),
        ("{ref} {police.real}", "not a plain name"),
        ("{ref!r} {police}", "not a plain name"),
        ("{ref:>20} {police}", "not a plain name"),
        ("{} {police}", "not a plain name"),
        ("{ref {police}", "expected"),
    ],
)
def test_a_wording_whose_placeholders_differ_is_found(wording: str, fault: str) -> None:
    (found,) = texts.faults(texts.RECEIPT, "ur", lambda _: wording)
    assert found.startswith("ur receipt: ")
    assert fault in found


def test_no_receipt_leaves_the_ambulance_out() -> None:
    assert texts.faults(texts.RECEIPT, "ur", lambda _: "{ref}: {police}") == ["ur receipt: {ambulance} is missing"]


def test_the_registry_holds_every_text_under_its_name() -> None:
    named = {name.lower(): value for name, value in vars(texts).items() if isinstance(value, Text)}
    assert named == dict(TEXTS)
    assert {text.key for text in TEXTS.values() if text.asks} == {
        "status_resolved",
        "status_closed",
        "status_noted",
        "which_digit",
        "shift_ask",
        "page_needs_you",
        "ring_test",
        *(f"reply_{key}" for key in ("where", "when", "call", "tried", "more")),
    }


# A phone lays out what it gets by the Unicode bidi algorithm; whether it starts from the right, from the left or by the first
# letter is its own affair.


@every_text
@every_language
@either_way_up
def test_a_phone_shows_the_reference_and_our_number_unbroken(catalogues: Catalogues, language: str, text: Text, base: str | None) -> None:
    visual = get_display(said(catalogues, language, text), base_dir=base)
    for name in text.placeholders:
        assert VALUES[name] in visual
    if text.asks:
        assert HOTLINE in visual


@every_text
@pytest.mark.parametrize("language", ["ur", "sd"])
def test_the_reference_is_what_the_eye_meets_first(catalogues: Catalogues, language: str, text: Text) -> None:
    if text.shows_reference:
        shown = said(catalogues, language, text)
        assert shown.startswith(REFERENCE)
        assert get_display(shown, base_dir="R").endswith(REFERENCE)
        assert get_display(shown, base_dir="L").startswith(REFERENCE)


# These end with what to send for another language, in Latin letters.
NAMING_LANGUAGES = (HELP, GREETING)


@pytest.mark.parametrize("text", [text for text in TEXTS.values() if text not in (*NAMING_LANGUAGES, ANSWER_TO)], ids=lambda text: text.key)
@pytest.mark.parametrize("language", ["ur", "sd"])
def test_on_a_phone_that_starts_from_the_left_only_the_last_full_stop_strays(catalogues: Catalogues, language: str, text: Text) -> None:
    """A Sindhi full stop is the Latin one: it goes to the right end of the line, where the sentence begins. An Urdu one stays."""
    shown = said(catalogues, language, text)
    first = f"{REFERENCE}: " if text.shows_reference else f"{LETTERS}: " if text is texts.DAYS_CODE else ""
    body = shown.removeprefix(first)
    stop = "." if body.endswith(".") else ""
    assert get_display(shown, base_dir="L") == first + get_display(body.removesuffix("."), base_dir="R") + stop


@pytest.mark.parametrize("text", NAMING_LANGUAGES, ids=lambda text: text.key)
@pytest.mark.parametrize("language", ["ur", "sd"])
def test_on_a_phone_that_starts_from_the_left_the_latin_names_of_languages_stand_at_the_right(
    catalogues: Catalogues, language: str, text: Text
) -> None:
    """Out of order there, but last and in one piece; the sentences before them stay as they are."""
    shown = said(catalogues, language, text)
    latin = re.search(r" / [A-Za-z /]+$", shown)
    assert latin is not None
    assert get_display(shown, base_dir="R").startswith(latin.group().removeprefix(" / "))
    assert get_display(shown, base_dir="L") == get_display(shown[: latin.start()], base_dir="R") + latin.group()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("آپ کا نمبر 482-719-365 ہے", "365-719-482"),
        ("آپ کا نمبر 482719365 ہے", "482719365"),
        ("جواب +922135662222 پر", "922135662222+"),
        ("جواب 021-35662222 پر", "35662222-021"),
    ],
)
def test_after_an_urdu_letter_dashes_and_plus_turn_a_number_round(written: str, shown: str) -> None:
    """Why the reference comes first and our number is one run of digits; and proof that the tests above can fail."""
    assert shown in get_display(written, base_dir="R")


# A phone is a family.

FORBIDDEN = {
    "en": """complaint complaints complainant ticket case fir police policeman officer officers sho station theft thief stolen stole
        snatched snatching robbery robbed robber dacoity extortion ransom kidnapping kidnapped abducted hostage missing harassment
        harassed threat threatened bribe misconduct violence torture arrested accused weapon gun armed injured victim crime criminal
        danger emergency investigation justice volunteer hotline helpline cplc name safe""",
    "ur": """شکایت شکایات فریاد ٹکٹ مقدمہ پولیس تھانہ تھانے اہلکار افسر چوری چور چھین ڈکیت ڈاکو ڈاکہ لوٹ بھتہ بھتے اغوا تاوان مغوی
        یرغمال بازیاب لاپتہ لاپتا گمشدہ ہراس ہراساں دھمکی رشوت زیادتی تشدد گرفتار ملزم مسلح اسلحہ ہتھیار زخمی جرم خطرہ ہنگامی
        تفتیش انصاف رضاکار ہاٹ لائن ہیلپ لائن""",
    "sd": """شڪايت شڪايتون فرياد ٽڪيٽ ڪيس پوليس ٿاڻو ٿاڻي اهلڪار آفيسر عملدار چوري چور ڦر ڦرلٽ ڌاڙو ڌاڙيل ڦورو ڀتو ڀتي اغوا ڀنگ
        مغوي يرغمال بازياب گم هراس هراسان ڌمڪي رشوت زيادتي تشدد گرفتار جوابدار هٿياربند هٿيار زخمي جرم خطرو هنگامي جاچ انصاف
        رضاڪار هاٽ هيلپ""",
    "ur-Latn": """shikayat shikayaat faryad ticket police thana thane afsar officer sho fir chori chor chheen cheen snatching dakaiti daku
        dako loot bhatta bhatay aghwa agwa tawan yarghamal bazyab lapata gumshuda harasani harassment dhamki rishwat ziadti tashaddud
        giraftar mulzim musallah aslaha hathiyar zakhmi jurm khatra hangami emergency tafteesh insaf razakar hotline helpline naam""",
}


@every_text
@every_language
def test_no_text_tells_whoever_holds_the_phone_what_it_is_about(catalogues: Catalogues, language: str, text: Text) -> None:
    words = set(re.findall(r"[^\W\d_]+", said(catalogues, language, text).casefold()))
    assert not words & set(FORBIDDEN[language].split())
    # A text in one language may borrow an English word.
    assert not words & set(FORBIDDEN["en"].split())


@every_text
@every_language
def test_no_text_says_what_a_volunteer_would_be_stopped_at(catalogues: Catalogues, language: str, text: Text) -> None:
    assert telltales(said(catalogues, language, text), (load_categories(None), load_unsaid(None))) == ()


# Source: Twilio, "Support for opt-out keywords": what it answers itself, before or in place of us.
KEPT_BY_TWILIO = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "START", "YES", "UNSTOP", "HELP", "INFO"}


@every_text
@every_language
def test_no_text_teaches_a_word_that_twilio_keeps_for_itself(catalogues: Catalogues, language: str, text: Text) -> None:
    assert not set(re.findall(r"\b[A-Z]{2,}\b", said(catalogues, language, text))) & KEPT_BY_TWILIO


@every_text
def test_urdu_and_sindhi_are_each_in_their_own_letters(catalogues: Catalogues, text: Text) -> None:
    own_name = {"ur": "سنڌي", "sd": "اردو"}
    only_in = {"ur": "ٹڈڑںےۓی", "sd": "ٺٻٽٿڀڃڄڇڊڌڍڏڙڦڪڱڳڻ۽۾ي"}
    for language, other in (("ur", "sd"), ("sd", "ur")):
        shown = said(catalogues, language, text).replace(own_name[language], "")
        assert not set(shown) & set(only_in[other])


def test_every_sindhi_sentence_is_marked_for_a_native_reader() -> None:
    with Path(po_path(LOCALES, "sd")).open("rb") as file:
        catalog = read_po(file, locale="sd")
    unmarked = [
        message.id for message in catalog if message.id and not any("needs a native reader" in one for one in message.user_comments)
    ]
    assert unmarked == []


def test_the_example_reference_leads_to_no_ticket() -> None:
    assert LONGEST["ref"] == REFERENCE
