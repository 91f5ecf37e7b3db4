"""The reference: nine digits, the first not zero and never 111, the last a Damm check digit; written like 482-719-365.

It is digits, so that a caller can hear it and key it in, and random, because a sequence would tell how many complaints there are.
`482-719-365` is the example everywhere. Its check digit is wrong, so that no poster leads to a real ticket.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from hotline.domain.folding import ascii_digits

EXAMPLE = "482719365"

# Source: H. Michael Damm, "Total anti-symmetrische Quasigruppen" (2004); the usual table of order 10, in which 572 takes 4.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
# Invisible marks for the direction of writing, which phones add; they may stand anywhere between digits.
_MARKS = "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff\\u061c"
# Dashes and dots of all kinds, also those of an Urdu keyboard (۔ and tatweel).
_DASHES = "\\-\\u2010-\\u2015\\u2212._/\\u00ad\u06d4\u0640"
# A run of digits on one line, with one or two spaces or one dash or dot between them. A comma, a new line or "dot, space" ends it.
# Marks are matched possessively (*+): with backtracking, 20,000 of them would take a worker seconds.
_RUN = re.compile(
    rf"\+?[0-9](?:[{_MARKS}]*+(?:[ \t\u00a0]{{1,2}}|[ \t\u00a0]?[{_DASHES}](?:(?<![.\u06d4])[ \t\u00a0])?)?[{_MARKS}]*+[0-9])*"
)
_CHUNK = re.compile(r"[^ \t\u00a0]+")
# Three groups of three, as we write it, with up to four signs of any kind or line breaks between the groups, and O for 0 or l for 1. Each
# group has a digit, and the nine have six: else they are words ("100 200 oil").
_GROUP = "(?=[oOlI|]{0,2}[0-9])[0-9oOlI|]{3}"
_SIGNS = r"[\s,;:()\[\]{}<>\\#*'\"\u060c\u061b\u066b\u066c\uff0c" + _DASHES + _MARKS + "]{0,4}+"
_GROUPS = re.compile(rf"(?<![\w+])(?<![0-9][^\s\w]){_GROUP}{_SIGNS}{_GROUP}{_SIGNS}{_GROUP}(?!\w|[^\s\w][0-9])")
_LOOK_ALIKES = str.maketrans("oOlI|", "00111")
_DIGITS_AT_LEAST = 6
_MAY_HAVE_ONE = re.compile(rf"\A(?:\D*+\d){{{_DIGITS_AT_LEAST}}}")
"""Matches a text with so many digits, of any script. Most texts have fewer, and need no closer look."""


@dataclass(frozen=True)
class FoundReference:
    """Nine digits seen in a text. `valid` says whether the check digit holds; `start`, `end` are offsets into the text."""

    digits: str
    valid: bool
    start: int
    end: int


def check_digit(digits: str) -> str:
    """The Damm check digit for `digits` (ASCII): 572 → 4."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


def is_valid(digits: str) -> bool:
    """Whether nine ASCII digits are a reference we could have given."""
    return len(digits) == 9 and digits[0] != "0" and not digits.startswith("111") and check_digit(digits) == "0"


def draw(randbelow: Callable[[int], int]) -> str:
    """A random reference. `randbelow(n)` gives an integer in [0, n). The reference may be taken already: the database tells."""
    while True:
        body = str(10_000_000 + randbelow(90_000_000))
        # Firms in Pakistan have telephone numbers like 111-xxx-xxx: such a reference would be taken for one.
        if not body.startswith("111"):
            return body + check_digit(body)


def written(digits: str) -> str:
    """As people read it: 482719365 → 482-719-365."""
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def find(text: str) -> tuple[FoundReference, ...]:
    """Every run of exactly nine digits in a text, in any script's digits, with spaces, dashes, dots or nothing between them. Three
    groups of three count with any signs or line breaks between them, and with O for 0 or l for 1.

    Nine digits that are part of a longer run (a phone, an identity card, an IMEI) do not count. One or two digits in the next word are a
    count of their own ("482719365 2 din se": for two days). In the word before, one digit is an answer or a place in a list and does no
    harm; two digits are the code of a country or a city and make it a phone, unless they are the minutes of a time (12:30).
    """
    if _MAY_HAVE_ONE.match(text) is None:
        return ()
    ascii_text = ascii_digits(text)  # one for one, so that offsets stay those of the text
    found, runs = [], list(_RUN.finditer(ascii_text))
    for run in runs:
        if run.group()[0] == "+":
            continue
        spans = [run.span()] if len(_digits(run.group())) == 9 else _nine_among_counts(run)
        for start, end in spans:
            digits = _digits(ascii_text[start:end])
            found.append(FoundReference(digits, is_valid(digits), start, end))
    return tuple(sorted((*found, *_in_groups(ascii_text, runs)), key=lambda one: one.start))


def miscounted(text: str) -> tuple[FoundReference, ...]:
    """The only number of a text, if it has eight or ten digits and is no phone: somebody's reference with a digit lost or one too many."""
    runs = list(islice(_RUN.finditer(ascii_digits(text)), 2)) if _MAY_HAVE_ONE.match(text) else []
    digits = _digits(runs[0].group()) if len(runs) == 1 else ""
    if len(digits) not in (8, 10) or runs[0].group()[0] in "+0" or (len(digits) == 10 and digits.startswith("3")):
        return ()
    return (FoundReference(digits, valid=False, start=runs[0].start(), end=runs[0].end()),)


def _in_groups(ascii_text: str, runs: list[re.Match[str]]) -> list[FoundReference]:
    """References in three groups that no run shows whole. A group that is part of a longer run is part of another number.

    Groups that end in 000 are an amount of money: "150,000,000".
    """
    found = []
    ends = [run.end() for run in runs]
    for groups in _GROUPS.finditer(ascii_text):
        start, end = groups.span()
        inside = [run.span() for run in runs[bisect_right(ends, start) : bisect_left(ends, end) + 1] if run.start() < end]
        digits = _digits(groups.group().translate(_LOOK_ALIKES))
        is_reference = len(_digits(groups.group())) >= _DIGITS_AT_LEAST and not digits.endswith("000")
        if is_reference and inside != [(start, end)] and all(start <= run_start and run_end <= end for run_start, run_end in inside):
            found.append(FoundReference(digits, is_valid(digits), start, end))
    return found


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _nine_among_counts(run: re.Match[str]) -> list[tuple[int, int]]:
    """Spans of the words of nine digits in a longer run, if the words beside them have nine digits too, or too few to belong to them."""
    chunks = [(run.start() + c.start(), run.start() + c.end(), len(_digits(c.group()))) for c in _CHUNK.finditer(run.group())]
    spans = []
    before = 0  # digits of the last word that had any
    for n, (start, end, digits) in enumerate(chunks):
        after = chunks[n + 1][2] if n + 1 < len(chunks) else 0
        if digits == 9 and before in (0, 1, 9) and after in (0, 1, 2, 9):
            spans.append((start, end))
        is_minutes = n == 0 and run.string[run.start() - 1 : run.start()] == ":"
        before = 0 if is_minutes and digits == 2 else digits or before
    return spans


def without(text: str, found: tuple[FoundReference, ...]) -> str:
    """The text without those runs: what else was written."""
    left, end = [], 0
    for one in sorted(found, key=lambda f: f.start):
        left.append(text[end : one.start])
        end = one.end
    return " ".join((*left, text[end:])).strip()
