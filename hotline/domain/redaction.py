"""Parts of a text that are not shown: where they begin and end, which words they are, and what stands in their place.

Places in a text are counted in characters, as Python counts them: code points. A part never cuts what a reader sees as one letter: it is
widened to that.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from hotline.domain import numbers

BLOCK = "█████"
"""What is shown in the place of a masked part, however long that is: its length would tell which word it was."""

_JOINER = "\u200d"
_WORD = re.compile(r"\S++")


class Span(NamedTuple):
    """A part of a text or a recording: from `starts` to before `ends`, in characters, or in milliseconds."""

    starts: int
    ends: int


class Token(NamedTuple):
    """A word of a text, or a number with the signs in it, as somebody may choose it."""

    span: Span
    is_number: bool


def widened(text: str, span: Span) -> Span | None:
    """The part, cut to the text and widened to whole letters with their marks; None if nothing is left of it."""
    starts, ends = max(0, span.starts), min(len(text), span.ends)
    if starts >= ends:
        return None
    while starts > 0 and _are_one(text, starts):
        starts -= 1
    while ends < len(text) and _are_one(text, ends):
        ends += 1
    return Span(starts, ends)


def joined(spans: Iterable[Span], length: int) -> list[Span]:
    """The parts in order, cut to `length`; those that touch or overlap as one."""
    found: list[Span] = []
    for span in sorted(spans):
        starts, ends = max(0, span.starts), min(length, span.ends)
        if starts >= ends:
            continue
        if found and starts <= found[-1].ends:
            found[-1] = Span(found[-1].starts, max(ends, found[-1].ends))
        else:
            found.append(Span(starts, ends))
    return found


def masked(text: str, spans: Iterable[Span]) -> str:
    """The text with `BLOCK` in the place of each part."""
    pieces, end = [], 0
    for span in joined(spans, len(text)):
        pieces += [text[end : span.starts], BLOCK]
        end = span.ends
    return "".join((*pieces, text[end:]))


def left_of(span: Span, cut: Span) -> Span | None:
    """Where a part is once `cut` was replaced by `BLOCK`; None if it lay in it."""
    if cut.starts <= span.starts and span.ends <= cut.ends:
        return None
    further = len(BLOCK) - (cut.ends - cut.starts)
    starts = span.starts if span.starts <= cut.starts else max(span.starts, cut.ends) + further
    ends = span.ends + further if span.ends >= cut.ends else min(span.ends, cut.starts)
    return Span(starts, ends)


def tokens(text: str) -> list[Token]:
    """The words of a text, in order. A number is one word, with the spaces in it: no reader may be shown it in pieces."""
    of_people = [(Span(one.start, one.end), True) for one in numbers.find(text)]
    found: list[Token] = []
    for span, is_number in sorted([*((Span(*word.span()), False) for word in _WORD.finditer(text)), *of_people]):
        if found and span.starts < found[-1].span.ends and (is_number or found[-1].is_number):
            last = found.pop().span
            found.append(Token(Span(last.starts, max(span.ends, last.ends)), is_number=True))
        else:
            found.append(Token(span, is_number))
    return found


def chosen(words: Sequence[Token], places: Collection[int]) -> list[Span]:
    """The parts that the chosen words make: words that stand side by side are one part, with what is between them."""
    found: list[Span] = []
    before = -2
    for place in sorted({*places}):
        if not 0 <= place < len(words):
            continue
        span = words[place].span
        if place == before + 1:
            span = Span(found.pop().starts, span.ends)
        found.append(span)
        before = place
    return found


def _are_one(text: str, at: int) -> bool:
    """Whether the characters before and at a place are seen as one letter or sign."""
    before, here = text[at - 1], text[at]
    if _JOINER in (before, here) or unicodedata.category(here) in ("Mn", "Me", "Mc"):
        return True
    if "\U0001f3fb" <= here <= "\U0001f3ff" or (before == "\r" and here == "\n"):  # the colour of a skin; one end of a line
        return True
    if "\ud800" <= before <= "\udbff" and "\udc00" <= here <= "\udfff":
        return True
    return _is_flag(before) and _is_flag(here) and _flags_before(text, at) % 2 == 1


def _is_flag(letter: str) -> bool:
    """Whether it is half of a flag: a regional indicator."""
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag(text[at - 1 - count]):
        count += 1
    return count
