"""Words in a volunteer's text that would tell anybody who holds the phone what the complaint is about. Phones are shared in families.

Only words are compared, not meaning: the volunteer is asked about them, and decides. They are found however they are written: taken apart
(hus-band, h u s b a n d), with digits for letters (sh0har), misspelt as they sound (محفوض), and in Roman Urdu by ear.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.folding import match_key
from hotline.domain.sounding import by_ear, same_sound
from hotline.domain.ticket import Priority

BY_EAR = "~"
"""Before a Roman Urdu word of a table: it is compared as it sounds, not as it is spelt."""

HEARD_MIN = 5
"""The least letters of such a word, as it sounds: a shorter one would be heard in half of all texts."""

_SHORTEST_NAME = 3
_SPELT_OUT = 3  # letters that stand alone: "h u s" is a word taken apart, "a b" may be anything
_WORD = re.compile(r"\S+")
_AROUND = ".,:;!?()\"'،۔؟…“”‘’«»*_-–—"
_LOOK_ALIKE = {letter: str.maketrans({**dict(zip("03457@$€", "oeastase", strict=True)), **dict.fromkeys("1!|", letter)}) for letter in "il"}


@dataclass(frozen=True)
class _Reading:
    """One way to read a text: its words as match keys, each with the first and the last written word that it comes from."""

    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]


def unsaid(code: str, words: Iterable[str]) -> Category:
    """Words that no text to a citizen should say, as a category, so that they are looked for in the same way."""
    return Category(code, None, "", Priority.NORMAL, False, False, MappingProxyType({}), tuple(words))


def people(names: Iterable[str]) -> Category:
    """Names of people, as such a category. Each part of a name is a whole word; parts below three letters are too common to count."""
    parts = {part for name in names for part in match_key(name).split() if len(part) >= _SHORTEST_NAME}
    return unsaid("people", (f"={part}" for part in sorted(parts)))


def telltales(text: str, tables: Sequence[tuple[Category, ...]]) -> tuple[str, ...]:
    """The words and phrases of a text that are in one of the tables, as they are written, in order; () if there are none."""
    written = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    spelt, heard = zip(*map(_prepared, tables), strict=True) if tables else ((), ())
    places: set[tuple[int, int]] = set()
    for reading in _readings([text[start:end] for start, end in written]):
        places |= _places(reading, tuple(map(same_sound, reading.words)), spelt)
        places |= _places(reading, tuple(map(by_ear, reading.words)), heard)
    spans = _shortest({(written[first][0], written[last][1]) for first, last in places})
    return tuple(dict.fromkeys(" ".join(text[start:end].split()).strip(_AROUND) for start, end in spans))


def _readings(written: Sequence[str]) -> Iterator[_Reading]:
    """The ways to read the written words: as they stand, and each as one word, with digits and signs as the letters they look like."""
    seen = set()
    plain = [(word, (i, i)) for i, token in enumerate(written) for word in match_key(token).split()]
    joined = [_put_together([(_as_one(token, one), (i, i)) for i, token in enumerate(written)]) for one in _LOOK_ALIKE]
    for found in (plain, *joined):
        words = tuple(word for word, _ in found if word)
        if words not in seen:
            seen.add(words)
            yield _Reading(words, tuple(place for word, place in found if word))


def _as_one(token: str, one: str) -> str:
    """A written word as one word of letters; `one`: the letter that a 1 in it stands for."""
    inner = token.strip(_AROUND)
    if any(c.isascii() and c.isalpha() for c in inner):
        inner = inner.translate(_LOOK_ALIKE[one])
    return match_key(inner).replace(" ", "")


def _put_together(words: Iterable[tuple[str, tuple[int, int]]]) -> list[tuple[str, tuple[int, int]]]:
    """The words, and runs of single letters as one word."""
    found: list[tuple[str, tuple[int, int]]] = []
    for is_single, run in groupby(words, key=lambda word: len(word[0]) == 1):
        letters = list(run)
        if is_single and len(letters) >= _SPELT_OUT:
            letters = [("".join(letter for letter, _ in letters), (letters[0][1][0], letters[-1][1][1]))]
        found += letters
    return found


def _places(reading: _Reading, words: Sequence[str], tables: Sequence[tuple[Category, ...]]) -> set[tuple[int, int]]:
    """The first and the last written word of each phrase of the tables among these forms of the words of a reading."""
    starts, at = [], 1
    for word in words:
        starts.append(at)
        at += len(word) + 1
    key = f" {' '.join(words)} "
    found = set()
    for table in tables:
        for _, letters in category.found_in(key, table):
            first, last = (bisect_right(starts, letter) - 1 for letter in (letters.start, letters.stop - 1))
            found.add((reading.places[first][0], reading.places[last][1]))
    return found


def _shortest(places: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order; where one contains another, only the shorter one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[1], -place[0])):
        # Of the places that end before, the last one found begins last: this one contains it unless it begins after it.
        if not found or start > found[-1][0]:
            found.append((start, end))
    return found


@lru_cache(maxsize=8)
def _prepared(table: tuple[Category, ...]) -> tuple[tuple[Category, ...], tuple[Category, ...]]:
    """The table for words as they are spelt, and the one for words by ear."""
    spelt = (
        replace(row, words=tuple(same_sound(word) for word in row.words if not word.startswith(BY_EAR) and category.GAP not in word))
        for row in table
    )
    sounding = (replace(row, words=tuple(heard(word) for word in row.words if word.startswith(BY_EAR))) for row in table)
    return tuple(spelt), tuple(row for row in sounding if row.words)


def heard(word: str) -> str:
    """An entry of a table that is compared by ear, as it sounds: "~shohar*" is "xohar*"."""
    return by_ear(match_key(word)) + ("*" if word.endswith("*") else "")
