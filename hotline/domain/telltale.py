"""A phone is a family: what in a text we write would tell whoever holds the phone what it is about.

The lists are words, not sense: they stop the hand and ask; whoever writes decides.
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
_BLANK = re.compile(r"\S+")


def unsaid(code: str, words: Iterable[str]) -> Category:
    """A list of words that no text to a citizen says, in the form in which categories are looked for."""
    return Category(code, None, "", Priority.NORMAL, False, False, MappingProxyType({}), tuple(words))


def people(names: Iterable[str]) -> Category:
    """The names of people, each part as a whole word; parts shorter than three letters are in half of all sentences."""
    parts = {part for name in names for part in match_key(name).split() if len(part) >= _SHORTEST_NAME}
    return unsaid("people", (f"={part}" for part in sorted(parts)))


def telltales(text: str, tables: Sequence[tuple[Category, ...]]) -> tuple[str, ...]:
    """The words of a text that one of the tables names, as they are written, in their order; () if it gives nothing away."""
    places: set[tuple[int, int]] = set()
    words = [(found.start(), found.end()) for found in _BLANK.finditer(text)]
    for table in tables:
        hits = {hit.code for hit in category.read(text, table)}
        if hits:
            places |= _places(text, words, table, hits)
    # Where one phrase lies within another the shorter one says enough.
    least = [one for one in places if not any(other != one and one[0] <= other[0] and other[1] <= one[1] for other in places)]
    return tuple(dict.fromkeys(text[start:end].strip(".,:;!?()\"'،۔؟") for start, end in sorted(least)))


def _places(text: str, words: list[tuple[int, int]], table: tuple[Category, ...], hits: set[str]) -> set[tuple[int, int]]:
    found = set()
    for length in range(1, _LONGEST_PHRASE + 1):
        for first, last in zip(words, words[length - 1 :], strict=False):
            if hits & {hit.code for hit in category.read(text[first[0] : last[1]], table)}:
                found.add((first[0], last[1]))
    return found or {(words[0][0], words[-1][1])}
