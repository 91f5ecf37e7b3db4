"""Words in a volunteer's text that would tell anybody who holds the phone what the complaint is about. Phones are shared in families.

Only words are compared, not meaning: the volunteer is asked about them, and decides.
"""

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType

from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.folding import match_key
from hotline.domain.ticket import Priority

_LONGEST_PHRASE = 4
_SHORTEST_NAME = 3
_WORD = re.compile(r"\S+")


def unsaid(code: str, words: Iterable[str]) -> Category:
    """Words that no text to a citizen should say, as a category, so that they are looked for in the same way."""
    return Category(code, None, "", Priority.NORMAL, False, False, MappingProxyType({}), tuple(words))


def people(names: Iterable[str]) -> Category:
    """Names of people, as such a category. Each part of a name is a whole word; parts below three letters are too common to count."""
    parts = {part for name in names for part in match_key(name).split() if len(part) >= _SHORTEST_NAME}
    return unsaid("people", (f"={part}" for part in sorted(parts)))


def telltales(text: str, tables: Sequence[tuple[Category, ...]]) -> tuple[str, ...]:
    """The words and phrases of a text that are in one of the tables, as they are written, in order; () if there are none."""
    places: set[tuple[int, int]] = set()
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    for table in tables:
        hits = {hit.code for hit in category.categories_in(text, table)}
        if hits:
            places |= _places(text, words, table, hits)
    return tuple(dict.fromkeys(text[start:end].strip(".,:;!?()\"'،۔؟") for start, end in _shortest(places)))


def _shortest(places: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order; where one contains another, only the shorter one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[1], -place[0])):
        # Of the places that end before, the last one found begins last: this one contains it unless it begins after it.
        if not found or start > found[-1][0]:
            found.append((start, end))
    return found


def _places(text: str, words: list[tuple[int, int]], table: tuple[Category, ...], hits: set[str]) -> set[tuple[int, int]]:
    """Spans of the phrases that hit one of these categories; the whole text if no short phrase does."""
    found = set()
    for length in range(1, _LONGEST_PHRASE + 1):
        for first, last in zip(words, words[length - 1 :], strict=False):
            if hits & {hit.code for hit in category.categories_in(text[first[0] : last[1]], table)}:
                found.add((first[0], last[1]))
    return found or {(words[0][0], words[-1][1])}
