"""What the model looks at in a text: words, word pairs and letter groups of its two keys; each as the number of a row.

The match key tells spellings apart, the sound key brings three scripts together. The numbers are the
same on every machine and in every process: a trained model is nothing but a weight for each of them.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from hotline.domain.folding import match_key
from hotline.domain.sounding import sound_key

READ = 1_600
"""Characters that the model reads: the longest text that a gateway takes. The tables read all that is kept."""

_GROUPS = (3, 4, 5)
"""Letters of a group."""

_NUMBER = re.compile(r"\d{3,}")


@dataclass(frozen=True)
class Words:
    """The words of a text in the forms that the model looks at. `written` and `heard` are one for one."""

    written: tuple[str, ...]
    heard: tuple[str, ...]


def words(text: str) -> Words:
    """The words of the beginning of a text.

    What a number is does not matter, but how long it is does: nine digits are a reference, eleven a telephone.
    """
    text = text[:READ]
    return Words(tuple(_NUMBER.sub(_length, match_key(text)).split()), tuple(_NUMBER.sub(_length, sound_key(text)).split()))


def features(found: Words, rows: int) -> list[int]:
    """The numbers, 0 to `rows` - 1, of what is in a text, each once and in order. Work grows with the text's length."""
    names = itertools.chain((name for name, _ in _of_words(found)), _of_letters(found))
    return sorted({crc32(name.encode()) % rows for name in names})


def of_words(found: Words, rows: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The numbers of the features that are words, each with the places of its words in the text."""
    return ((crc32(name.encode()) % rows, places) for name, places in _of_words(found))


def _length(number: re.Match[str]) -> str:
    return "0" * min(len(number[0]), 14)


def _of_words(found: Words) -> Iterator[tuple[str, tuple[int, ...]]]:
    for family, pairs, line in (("w", "W", found.written), ("s", "S", found.heard)):
        yield from ((f"{family} {word}", (at,)) for at, word in enumerate(line))
        yield from ((f"{pairs} {one} {two}", (at, at + 1)) for at, (one, two) in enumerate(pairwise(line)))


def _of_letters(found: Words) -> Iterator[str]:
    yield f"length {len(found.heard).bit_length()}"
    yield from _groups("g", (f" {word} " for word in found.written))
    yield from _groups("h", (f" {' '.join(found.heard)} ",))


def _groups(family: str, stretches: Iterable[str]) -> Iterator[str]:
    for stretch in stretches:
        for length in _GROUPS:
            for at in range(len(stretch) - length + 1):
                yield f"{family}{stretch[at : at + length]}"
