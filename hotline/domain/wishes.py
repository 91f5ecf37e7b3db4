"""What a citizen's text asks of how we answer: no texts and no calls from us, or a woman.

A small table of phrases. In doubt a text is read as the wish to be left alone: a person can take that back, and a phone that beeped in the
wrong hands cannot be taken back.
"""

from dataclasses import dataclass

from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.folding import match_key
from hotline.domain.keyword import Lexicon, says_nothing

_WORDS_MAX = 12
"""A text of more words than this says more than that. The limit also bounds the work."""


@dataclass(frozen=True)
class WishTable:
    """The phrases of one deployment. `unsafe` and `woman` are looked for as words of a category are; those of `woman_alone`, match keys,
    count in a text of little else."""

    unsafe: Category
    woman: Category
    woman_alone: tuple[str, ...]  # the longest first


@dataclass(frozen=True)
class Wishes:
    """What a text asks for."""

    unsafe: bool = False  # no texts and no calls that we start
    woman: bool = False


def read_wishes(text: str, table: WishTable, lexicon: Lexicon) -> Wishes:
    """What a text asks of how we answer."""
    found = category.categories_in(text, (table.unsafe, table.woman))
    return Wishes(unsafe=table.unsafe in found, woman=table.woman in found or _says_only(text, table.woman_alone, lexicon))


def _says_only(text: str, alone: tuple[str, ...], lexicon: Lexicon) -> bool:
    """Whether a text consists of such phrases and courtesies, and asks at most how it is going."""
    key = match_key(text)
    if len(key.split()) > _WORDS_MAX:
        return False
    rest = f" {key} "
    for phrase in alone:
        rest = rest.replace(f" {phrase} ", " ")
    return rest.strip() != key and says_nothing(rest, lexicon)
