"""What the model looks at in a text: words, pairs of words and groups of letters of its two keys; each as the number of a row.

The match key tells spellings apart, the sound key brings three scripts together. The numbers are the
same on every machine and in every process: a trained model is nothing but a weight for each of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from hotline.domain.folding import match_key
from hotline.domain.sounding import sound_key

READ = 1_600
"""Characters that the model reads: the longest text that a gateway takes. The tables read all that is kept."""

_GROUP = 4
"""Letters of a group. Groups of three and five besides made a reading twice as slow, and no better."""

# The families of features: where the sum of each begins, so that a word and a group of the same letters are two.
_LENGTH, _WRITTEN, _HEARD, _PAIR, _WRITTEN_GROUP, _HEARD_GROUP = range(1, 7)

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
    numbers = {number for number, _ in _of_words(found)}
    numbers.add(crc32(bytes([len(found.heard).bit_length()]), _LENGTH))
    for word in found.written:
        numbers.update(_groups(f" {word} ", _WRITTEN_GROUP))
    numbers.update(_groups(f" {' '.join(found.heard)} ", _HEARD_GROUP))
    return sorted({number % rows for number in numbers})


def of_words(found: Words, rows: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The numbers of the features that are words, each with the places of its words in the text."""
    return ((number % rows, places) for number, places in _of_words(found))


def _length(number: re.Match[str]) -> str:
    return "0" * min(len(number[0]), 14)


def _of_words(found: Words) -> Iterator[tuple[int, tuple[int, ...]]]:
    yield from ((crc32(word.encode(), _WRITTEN), (at,)) for at, word in enumerate(found.written))
    yield from ((crc32(word.encode(), _HEARD), (at,)) for at, word in enumerate(found.heard))
    yield from ((crc32(f"{one} {two}".encode(), _PAIR), (at, at + 1)) for at, (one, two) in enumerate(pairwise(found.heard)))


def _groups(stretch: str, family: int) -> list[int]:
    """The numbers of all groups of letters of a stretch. They are cut from its bytes, two a letter: to cut and encode each costs more."""
    letters = stretch.encode("utf-16-le", "surrogatepass")
    return [crc32(letters[at : at + 2 * _GROUP], family) for at in range(0, len(letters) - 2 * _GROUP + 1, 2)]
