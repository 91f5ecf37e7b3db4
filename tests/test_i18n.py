"""Catalogues: loaded whole or not at all; texts said whole or not at all; directions and times as people read them."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from hotline.cli.catalogues import compile_all
from hotline.domain import prompts
from hotline.domain.languages import BY_CODE, LANGUAGES, PAGE_LANGUAGES, SPOKEN_LANGUAGES
from hotline.domain.prompts import PROMPTS
from hotline.domain.texts import RECEIPT, STATUS_CLOSED, STATUS_RECEIVED, TEXTS
from hotline.i18n import LOCALES, CatalogueFault, Catalogues, ValueMissing, direction, local_time, mo_path, po_path
from hotline.tables import load_categories

KARACHI = ZoneInfo("Asia/Karachi")


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A compiled copy of ours, to break."""
    shutil.copytree(LOCALES, tmp_path / "locales", ignore=shutil.ignore_patterns("*.mo"))
    compile_all(tmp_path / "locales")
    return tmp_path / "locales"


@pytest.fixture
def catalogues(locales: Path) -> Catalogues:
    return Catalogues.load(locales)


def reworded(locales: Path, language: str, old: str, new: str) -> None:
    path = po_path(locales, language)
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")
    mo_path(locales, language).unlink()
    compile_all(locales)


def test_a_text_is_said_in_each_language(catalogues: Catalogues) -> None:
    assert {language: catalogues.say(language, STATUS_RECEIVED, ref="482-719-365") for language in LANGUAGES} == {
        "en": "482-719-365: we have it. It is waiting its turn.",
        "ur": "482-719-365: پیغام ہمارے پاس ہے۔ باری آنے پر دیکھا جائے گا۔",
        "sd": "482-719-365: نياپو اسان وٽ آهي. واري اچڻ تي ڏٺو ويندو.",
        "ur-Latn": "482-719-365: paigham hamare paas hai. Baari aane par dekha jaye ga.",
    }


def test_a_text_that_asks_ends_with_where_to_answer_when_she_cannot_reply(catalogues: Catalogues) -> None:
    endings = {"en": " Send to 02135662222", "ur": "، 02135662222 پر", "sd": "، 02135662222 تي", "ur-Latn": ", 02135662222 par"}
    for language, ending in endings.items():
        plain = catalogues.say(language, STATUS_CLOSED, ref="482-719-365")
        assert catalogues.say(language, STATUS_CLOSED, answer_number="02135662222", ref="482-719-365") == plain + ending


def test_a_text_that_asks_nothing_names_no_number(catalogues: Catalogues) -> None:
    assert "02135662222" not in catalogues.say("ur", STATUS_RECEIVED, answer_number="02135662222", ref="482-719-365")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("values", [{"police": "15", "ambulance": "1122"}, {"ref": "", "police": "15", "ambulance": "1122"}])
def test_a_text_without_one_of_its_values_does_not_go_out(catalogues: Catalogues, language: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueMissing, match="receipt needs ref"):
        catalogues.say(language, RECEIPT, **values)


def test_braces_in_a_value_are_only_letters(catalogues: Catalogues) -> None:
    assert catalogues.say("en", STATUS_RECEIVED, ref="{police} {0.__class__}").startswith("{police} {0.__class__}: we have it")


def test_an_organisation_may_change_an_english_wording(locales: Path) -> None:
    english = '"That number does not look right. Please check your 9 digits and send them again."\n'
    reworded(locales, "en", f'{english}msgstr ""', f'{english}msgstr "Please look at your number again."')
    assert Catalogues.load(locales).say("en", TEXTS["reference_mistyped"]) == "Please look at your number again."


def test_a_catalogue_that_was_never_compiled_is_refused_with_what_to_do(locales: Path) -> None:
    mo_path(locales, "sd").unlink()
    with pytest.raises(CatalogueFault, match=r"sd.*is missing\. Run: hotline compile"):
        Catalogues.load(locales)


def test_every_catalogue_that_cannot_be_used_is_told_at_once(locales: Path) -> None:
    reworded(locales, "ur-Latn", '"{ref}: yeh band ho chuka hai. Kaam na hua ho to hamein phir batayein."', '""')
    for language in ("ur", "sd"):
        mo_path(locales, language).unlink()
    with pytest.raises(CatalogueFault, match=r"ur.*is missing(?s:.*)sd.*is missing(?s:.*)ur-Latn status_closed_other: not translated"):
        Catalogues.load(locales)


def test_a_catalogue_older_than_its_source_is_refused_with_what_to_do(locales: Path) -> None:
    compiled = mo_path(locales, "ur").stat().st_mtime
    os.utime(po_path(locales, "ur"), (compiled + 5, compiled + 5))
    with pytest.raises(CatalogueFault, match=r"ur.*is older than messages\.po\. Run: hotline compile"):
        Catalogues.load(locales)


def test_a_catalogue_that_is_no_catalogue_is_refused_with_what_to_do(locales: Path) -> None:
    mo_path(locales, "ur").write_bytes(b"not a catalogue")
    with pytest.raises(CatalogueFault, match=r"ur.*cannot be read .*Run: hotline compile"):
        Catalogues.load(locales)


def test_catalogues_without_their_sources_are_enough(locales: Path) -> None:
    for language in LANGUAGES:
        po_path(locales, language).unlink()
    assert Catalogues.load(locales).say("sd", STATUS_RECEIVED, ref="482-719-365").startswith("482-719-365: نياپو")


def test_a_text_without_a_translation_is_refused_rather_than_sent_in_english(locales: Path) -> None:
    reworded(locales, "ur", '"{ref}: یہ بند ہو چکا ہے۔ کام نہ ہوا ہو تو ہمیں پھر بتائیں۔"', '""')
    with pytest.raises(CatalogueFault, match="ur status_closed_other: not translated"):
        Catalogues.load(locales)


def test_a_translation_that_lost_the_reference_is_refused(locales: Path) -> None:
    reworded(
        locales,
        "sd",
        '"{ref}: هي بند ٿي چڪو آهي. ڪم نه ٿيو هجي ته اسان کي وري ٻڌايو."',
        '"هي بند ٿي چڪو آهي. ڪم نه ٿيو هجي ته اسان کي وري ٻڌايو."',
    )
    with pytest.raises(CatalogueFault, match=r"sd status_closed_other: \{ref\} is missing"):
        Catalogues.load(locales)


def test_a_prompt_is_spoken_by_its_clips_in_the_order_of_each_language(catalogues: Catalogues) -> None:
    police = ("digit_1", "digit_5")
    assert catalogues.clips("en", prompts.DANGER, police="15") == ("danger.1", *police)
    assert catalogues.clips("ur", prompts.DANGER, police="15") == ("danger.1", *police, "danger.2")
    assert catalogues.clips("sd", prompts.CATEGORY_CHOICE, category="theft", digit="2") == (
        "category_theft",
        "digit_2",
        "category_choice.1",
    )
    assert catalogues.clips("ur", prompts.GOODBYE) == ("goodbye",)


def test_whoever_writes_roman_urdu_hears_urdu(catalogues: Catalogues) -> None:
    for key, prompt in PROMPTS.items():
        assert catalogues.spoken("ur-Latn", prompt) == catalogues.spoken("ur", prompt), key
    assert catalogues.clips("ur-Latn", prompts.DANGER, police="15") == catalogues.clips("ur", prompts.DANGER, police="15")


@pytest.mark.parametrize("language", SPOKEN_LANGUAGES)
def test_every_clip_that_a_prompt_asks_for_has_a_text(catalogues: Catalogues, language: str) -> None:
    texts = catalogues.clip_texts(language, load_categories(None))
    for key, prompt in PROMPTS.items():
        asked = catalogues.clips(language, prompt, police="15", digits="482719365", digit="7", hour="9", category="theft")
        assert set(asked) <= set(texts), key


def test_a_prompt_without_its_number_is_not_spoken(catalogues: Catalogues) -> None:
    for digits in ("", "12a", "٤٥", "1" * 16):
        with pytest.raises(ValueError, match="reference"):
            catalogues.clips("ur", prompts.REFERENCE, digits=digits)


def test_a_prompt_without_a_translation_is_refused_rather_than_spoken_in_english(locales: Path) -> None:
    reworded(locales, "sd", '"توهان جي مهرباني."', '""')
    with pytest.raises(CatalogueFault, match="sd spoken: goodbye: not translated"):
        Catalogues.load(locales)


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_pages_ask_the_same_catalogues(catalogues: Catalogues, language: str) -> None:
    pages = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    pages.install_gettext_translations(catalogues.translations(language), newstyle=True)  # type: ignore[attr-defined]
    template = f"{{{{ pgettext('status_received', '{STATUS_RECEIVED.english}') }}}}|{{{{ gettext('no such sentence') }}}}"
    shown = pages.from_string(template).render()
    assert shown == f"{catalogues.say(language, STATUS_RECEIVED, ref='{ref}')}|no such sentence"


def test_urdu_and_sindhi_run_from_the_right() -> None:
    assert {language: direction(language) for language in LANGUAGES} == {"en": "ltr", "ur": "rtl", "sd": "rtl", "ur-Latn": "ltr"}


def test_each_language_of_the_pages_is_named_by_itself() -> None:
    assert [BY_CODE[language].own_name for language in PAGE_LANGUAGES] == ["English", "اردو", "سنڌي"]


def test_a_time_is_local_and_in_ascii_digits() -> None:
    at = datetime(2025, 11, 23, 20, 5, tzinfo=UTC)
    assert {language: local_time(at, language, KARACHI) for language in LANGUAGES} == {
        "en": "24 November 2025, 01:05",
        "ur": "24 نومبر 2025، 01:05",
        "sd": "24 نومبر 2025، 01:05",
        "ur-Latn": "24 November 2025, 01:05",
    }


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        local_time(datetime(2025, 11, 23, 20, 5), "en", KARACHI)  # noqa: DTZ001 -- the point of the test
