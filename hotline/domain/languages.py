"""The table of languages: one row for each. What depends on a language follows from its row, and what a row still lacks (a catalogue,
names, audio, words) is listed by `hotline catalogues check`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

_CODE_MAX = 8  # the width of the columns that hold a code


@dataclass(frozen=True)
class Language:
    """A language, or a second way to write one.

    `code` is the tag of BCP 47 that the database and the tables hold; the folder of a catalogue has `_` for its `-`. `name` is English, for
    the pages to translate; `own_name` is what the language calls itself. `joint` stands between a text that asks and where to answer it.
    `locale` gives the names of the months (CLDR's), `date_pattern` their order.
    `pages`, `texts` and `calls` say what it is used for. `heard_in` is the code of the language that people who read this one hear on a
    call; empty: this one. `machine_voice` is its voice in espeak-ng; empty: there is none, and people record every prompt.
    """

    code: str
    name: str
    own_name: str
    direction: Literal["ltr", "rtl"]
    joint: str
    locale: str
    date_pattern: str
    pages: bool = False
    texts: bool = False
    calls: bool = False
    heard_in: str = ""
    machine_voice: str = ""


# Dates have patterns of their own: CLDR puts the month first in Sindhi and "evening, noon" for PM, and takes Roman Urdu for Urdu.
TABLE: tuple[Language, ...] = (
    Language(
        "en",
        "English",
        own_name="English",
        direction="ltr",
        joint=" ",
        locale="en",
        date_pattern="d MMMM y, HH:mm",
        pages=True,
        texts=True,
        calls=True,
        machine_voice="en",
    ),
    Language(
        "ur",
        "Urdu",
        own_name="اردو",
        direction="rtl",
        joint="، ",
        locale="ur",
        date_pattern="d MMMM y، HH:mm",
        pages=True,
        texts=True,
        calls=True,
        machine_voice="ur",
    ),
    Language(
        "sd",
        "Sindhi",
        own_name="سنڌي",
        direction="rtl",
        joint="، ",
        locale="sd",
        date_pattern="d MMMM y، HH:mm",
        pages=True,
        texts=True,
        calls=True,
        machine_voice="sd",
    ),
    Language(
        "ur-Latn",
        "Roman Urdu",
        own_name="Roman Urdu",
        direction="ltr",
        joint=", ",
        locale="en",
        date_pattern="d MMMM y, HH:mm",
        texts=True,
        heard_in="ur",
    ),
)

SOURCE = "en"
"""The language of the sentences in the sources. Pages are shown in it until a reader chooses another."""

VOLUNTEERS_SPEAK = ("en", "ur")
"""The languages of a new volunteer until somebody says otherwise."""

BY_CODE: Mapping[str, Language] = MappingProxyType({language.code: language for language in TABLE})
LANGUAGES = tuple(BY_CODE)
PAGE_LANGUAGES = tuple(language.code for language in TABLE if language.pages)
TEXT_LANGUAGES = tuple(language.code for language in TABLE if language.texts)
SPOKEN_LANGUAGES = tuple(language.code for language in TABLE if language.calls)
NAMED_LANGUAGES = tuple(language.code for language in TABLE if language.pages or language.calls)
"""The languages that categories and areas have names in: people read them on pages or hear them on a call."""


def heard_in(code: str) -> str:
    """The language that people who read the language `code` hear on a call: Urdu for Roman Urdu."""
    return (BY_CODE[code].heard_in if code in BY_CODE else "") or code


def faults(table: Iterable[Language]) -> list[str]:
    """What is wrong with a table of languages: rows that contradict themselves or one another, and missing rows, a sentence each."""
    rows = tuple(table)
    codes, spoken = [row.code for row in rows], {row.code for row in rows if row.calls}
    wrong = [f"{code}: two rows have this code" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    wrong += [f"{code}: it has no row" for code in dict.fromkeys((SOURCE, *VOLUNTEERS_SPEAK)) if code not in codes]
    return wrong + [f"{row.code}: {fault}" for row in rows for fault in _row_faults(row, spoken)]


def _row_faults(row: Language, spoken: set[str]) -> Iterator[str]:
    if len(row.code) > _CODE_MAX:
        yield f"its code is longer than {_CODE_MAX} characters"
    if not row.pages and not row.texts:
        yield "it is used for nothing: set pages or texts"
    if row.calls and not row.texts:
        yield "it is used for calls and not for texts: a caller is sent texts in the language of the call"
    if (row.heard_in or row.code) not in spoken:
        yield f"heard_in is {row.heard_in or row.code!r}, which is not used for calls"
    elif row.calls and row.heard_in not in ("", row.code):
        yield "it is used for calls, so heard_in must be empty"
