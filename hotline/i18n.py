"""The compiled catalogues of the languages: texts and prompts by language, the direction of writing, local times.

A language is named by its code (`domain.languages`); the folder of its catalogue has `_` for `-`. Roman Urdu has texts only.
"""

import gettext
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime

from hotline.domain import languages, prompts, texts
from hotline.domain.category import Category
from hotline.domain.languages import BY_CODE, LANGUAGES, SOURCE, SPOKEN_LANGUAGES, TEXT_LANGUAGES, heard_in
from hotline.domain.prompts import PROMPTS, Prompt
from hotline.domain.texts import ANSWER_TO, TEXTS, Text

PROJECT = Path(__file__).resolve().parent.parent
LOCALES = PROJECT / "locales"


class CatalogueFault(Exception):
    """Catalogues that cannot be used; the message says which, why, and what to do."""


class ValueMissing(Exception):
    """A text lacks one of its values and must not be sent."""


class Catalogues:
    """The compiled catalogues of all languages, read once."""

    def __init__(self, by_language: Mapping[str, gettext.NullTranslations]) -> None:
        """Call `load` instead. `by_language`: language code → translations, for each of `LANGUAGES`."""
        self._by_language = by_language

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read the catalogues under `folder` (by default the project's `locales`).

        Raises `CatalogueFault` with everything that is wrong: a faulty row in the table of languages, a catalogue that is missing or
        older than its source, a text that lacks its translation or a placeholder. (gettext alone would silently send English.)
        """
        locales, read, faults = folder or LOCALES, dict[str, gettext.NullTranslations](), table_faults()
        for language in LANGUAGES:
            try:
                read[language] = _read(mo_path(locales, language))
            except CatalogueFault as fault:
                faults.append(str(fault))
        loaded = cls(read)
        wordings = [fault for language in read for fault in loaded.faults(language)]
        if wordings:
            listed = "; ".join(wordings)
            faults.append(f"texts and prompts: {listed}. Run: hotline catalogues update, mend the .po, then hotline compile")
        if faults:
            raise CatalogueFault("\n".join(faults))
        return loaded

    def faults(self, language: str) -> list[str]:
        """What is wrong with the texts and prompts of a language, a line each."""
        wrong = []
        for text in TEXTS.values() if language in TEXT_LANGUAGES else ():
            wording = self._wording(language, text)
            if language != SOURCE and wording == text.english:
                wrong.append(f"{language} {text.key}: not translated")
            else:
                wrong += texts.placeholder_faults(text, language, wording)
        for prompt in PROMPTS.values() if language in SPOKEN_LANGUAGES else ():
            wording = self.spoken(language, prompt)
            if language != SOURCE and wording == prompt.english:
                wrong.append(f"{language} {prompt.context}: not translated")
            else:
                wrong += prompts.faults(prompt, language, wording)
        return wrong

    def say(self, language: str, text: Text, *, answer_number: str = "", **values: str) -> str:
        """A text as it is sent, with its `values` filled in. Values it does not use are ignored. Raises `ValueMissing`.

        `answer_number`: our number in national form, digits only (a `+` or a dash is shown in the wrong place among Urdu words). It is
        given where the citizen cannot reply to the sender of the text; a text that asks something then ends with it.
        """
        said = self._filled(language, text, values)
        if text.asks and answer_number:
            said = texts.with_answer(language, said, self._filled(language, ANSWER_TO, {"hotline": answer_number}))
        return said

    def spoken(self, language: str, prompt: Prompt) -> str:
        """The wording of a prompt, with its placeholders, in the language that a caller of `language` hears."""
        return self._by_language[heard_in(language)].pgettext(prompt.context, prompt.english)

    def clips(self, language: str, prompt: Prompt, **values: str) -> tuple[str, ...]:
        """The names of the clips that speak a prompt, in order. Raises `ValueError` as `prompts.clips` does."""
        return prompts.clips(self.spoken(language, prompt), prompt.key, **values)

    def clip_texts(self, language: str, categories: Iterable[Category]) -> Mapping[str, str]:
        """Clip name → what it says, for every clip of a spoken language; `categories` are all of the table.

        Raises `ValueError` as `prompts.needed` does.
        """
        return prompts.needed(lambda one: self.spoken(language, one), prompts.on_the_menu(categories, language))

    def translations(self, language: str) -> gettext.NullTranslations:
        """The gettext translations for pages and Jinja's i18n extension. A sentence without a translation stays English."""
        return self._by_language[language]

    def _wording(self, language: str, text: Text) -> str:
        return self._by_language[language].pgettext(text.key, text.english)

    def _filled(self, language: str, text: Text, values: Mapping[str, str]) -> str:
        # The placeholders of the English wording: a missing value is found also in a language whose wording leaves it out.
        absent = sorted(name for name in text.placeholders if not values.get(name))
        if absent:
            raise ValueMissing(f"{text.key} needs {', '.join(absent)}")
        return self._wording(language, text).format_map(values)


def po_path(locales: Path, language: str) -> Path:
    """The path of a catalogue's source."""
    return locales / language.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def mo_path(locales: Path, language: str) -> Path:
    """The path of a compiled catalogue."""
    return po_path(locales, language).with_suffix(".mo")


def prompts_path(locales: Path, language: str) -> Path:
    """The folder of the clips of a spoken language."""
    return locales / language / "prompts"


def direction(language: str) -> Literal["rtl", "ltr"]:
    """The direction of writing of a language, for `<html dir>`."""
    return BY_CODE[language].direction if language in BY_CODE else "ltr"


def local_time(at: datetime, language: str, zone: ZoneInfo) -> str:
    """An instant in local time, as 23 November 2025, 14:05 in that language, digits in ASCII. Raises `ValueError` for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot turn local")
    row = BY_CODE[language]
    return format_datetime(at, row.date_pattern, tzinfo=zone, locale=row.locale)


def local_day(on: date, language: str) -> str:
    """A day without its year, as 23 November in that language, digits in ASCII."""
    return format_date(on, "d MMMM", locale=BY_CODE[language].locale)


def table_faults() -> list[str]:
    """What is wrong in the table of languages, a sentence each: rows that contradict each other, locales that Babel does not have."""
    wrong = languages.faults(languages.TABLE)
    for row in languages.TABLE:
        try:
            Locale.parse(row.locale)
        except (UnknownLocaleError, ValueError):
            wrong.append(f"{row.code}: Babel has no locale {row.locale!r}")
    return [f"{fault}. Mend the row in hotline/domain/languages.py" for fault in wrong]


def _read(path: Path) -> gettext.GNUTranslations:
    source = path.with_suffix(".po")
    if not path.exists():
        raise CatalogueFault(f"{path} is missing. Run: hotline compile")
    if source.exists() and path.stat().st_mtime_ns < source.stat().st_mtime_ns:
        raise CatalogueFault(f"{path} is older than {source.name}. Run: hotline compile")
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueFault(f"{path} cannot be read ({error}). Run: hotline compile") from error
