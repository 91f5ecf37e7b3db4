"""Numbers of people in what somebody wrote: identity cards, payment cards, bank accounts and phones, in the digits of any script.

People write them with dashes, spaces or nothing, and mistype them. So what has the length of such a number counts as one, also if its check
digit is wrong. References of ours, amounts of money, dates, times and number plates are left alone.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from hotline.domain import reference
from hotline.domain.folding import ascii_digits


class NumberKind(StrEnum):
    """What a number is, as far as its digits tell."""

    CNIC = "cnic"  # the identity card: 42101-1234567-1
    CARD = "card"  # a payment card, or the IMEI of a phone, which has the same check digit
    ACCOUNT = "account"  # a bank account, or any other number as long
    PHONE = "phone"


@dataclass(frozen=True)
class FoundNumber:
    """A number in a text. `start`, `end` are offsets into the text."""

    kind: NumberKind
    start: int
    end: int


# Up to four signs of any kind may stand between two digits: "0300 - 1234567", and the invisible marks that phones add.
_SIGNS = r"[\W_]{0,4}+"
_DATE = re.compile(
    r"(?<![0-9])(?<![0-9][-/.])"
    r"(?:[0-3]?[0-9]([-/.])[0-3]?[0-9]\1(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}([-/.])[01]?[0-9]\2[0-3]?[0-9])"
    r"(?![0-9]|[-/.][0-9])"
)
_TIME = re.compile(r"(?<![0-9])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9]|:[0-9])")
# Source: State Bank of Pakistan, "IBAN": PK, two check digits, four letters of the bank, sixteen digits or letters of the account.
_IBAN = re.compile(
    r"(?<![0-9A-Za-z])PK[ -]?[0-9]{2}[ -]?[A-Z]{4}(?:(?:[ -]?[0-9]){16}|[0-9A-Z]{16})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
# Source: NADRA: thirteen digits, written 5-7-1.
_CNIC = re.compile(rf"(?<![0-9])[1-9][0-9]{{4}}{_SIGNS}[0-9]{{7}}{_SIGNS}[0-9](?![0-9])")
# Source: Pakistan Telecommunication Authority: a mobile is 03 and nine digits. O for 0 in the prefix; without the 0 only as it is usually
# grouped, because ten digits may be something else.
_MOBILE = re.compile(
    rf"(?<![0-9])(?:(?:\+{_SIGNS}|[0oO]{{2}}{_SIGNS})?92{_SIGNS}(?:0{_SIGNS})?|(?<![A-Za-z])[0oO]{_SIGNS})"
    rf"3{_SIGNS}[0-9oO]{_SIGNS}[0-9oO](?:{_SIGNS}[0-9]){{7}}(?![0-9])"
    r"|(?<![0-9])(?!3[0-9]{3}000000)3[0-7][0-9][ .-]?[0-9]{3}[ .-]?[0-9]{4}(?![0-9])"
)
_AS_WRITTEN = ((NumberKind.ACCOUNT, _IBAN), (NumberKind.CNIC, _CNIC), (NumberKind.PHONE, _MOBILE))
# A run of digits with spaces, dashes, dots, brackets and marks between them. A comma, a slash or a new line ends it.
_RUN = re.compile(
    r"\+?[0-9]++(?:[ \t\u00a0().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\ufe0f\u20e3]{1,4}+[0-9]++)*+"
)
_WORD = re.compile("[0-9]++")
_DASHES = re.compile(r"[\-\u2010-\u2015]")
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_FEWEST, _MOST = 10, 19
_SHOWN = 3
_LONGEST_WRITTEN = 60


def find(text: str) -> tuple[FoundNumber, ...]:
    """The numbers of people in a text, in order; none overlaps another. Takes time linear in the text."""
    rest = ascii_digits(text)  # one for one, so that offsets stay those of the text
    if len(_WORD.sub("", rest)) > len(rest) - _FEWEST + _SHOWN:
        return ()
    for innocent in (_DATE, _TIME):
        rest = innocent.sub(_blank, rest)
    found = []
    for kind, pattern in _AS_WRITTEN:
        found += [FoundNumber(kind, *one.span()) for one in pattern.finditer(rest)]
        rest = pattern.sub(_blank, rest)
    end, pieces = 0, []
    for ours in reference.find(rest):
        if ours.digits[0] != "0" and ours.start >= end:
            pieces += [rest[end : ours.start], "x" * (ours.end - ours.start)]
            end = ours.end
    rest = "".join((*pieces, rest[end:]))
    for run in _RUN.finditer(rest):
        found += _in_run(run)
    return tuple(sorted(found, key=lambda one: one.start))


def masked(text: str) -> str:
    """The text with only the last three digits of each number: 0300-1234567 → …567."""
    return _with(text, lambda number: "…" + "".join(c for c in number if c.isdecimal())[-_SHOWN:])


def hidden(text: str) -> str:
    """The text without a digit of any number: 0300-1234567 → …"""
    return _with(text, lambda _: "…")


def without(text: str) -> str:
    """The text with a space for each number."""
    return _with(text, lambda _: " ")


def _with(text: str, instead: Callable[[str], str]) -> str:
    pieces, end = [], 0
    for one in find(text):
        pieces += [text[end : one.start], instead(text[one.start : one.end])]
        end = one.end
    return "".join((*pieces, text[end:]))


def cut(text: str, length: int) -> str:
    """The beginning of a text, of at most `length` characters. It does not end within a number: half of one is not found to be one."""
    if len(text) <= length:
        return text
    end = length
    while end > max(0, length - _LONGEST_WRITTEN) and not text[end - 1].isalpha():
        end -= 1
    is_number = sum(c.isdecimal() for c in text[end:length]) > _SHOWN
    return text[: end if is_number else length]


def _blank(found: re.Match[str]) -> str:
    return "x" * len(found[0])


def _in_run(run: re.Match[str]) -> list[FoundNumber]:
    """The numbers in a run: from each word of digits on, the most words that make one together."""
    words = [(run.start() + word.start(), run.start() + word.end()) for word in _WORD.finditer(run.group())]
    text, found, first = run.string, [], 0
    while first < len(words):
        start = run.start() if first == 0 else words[first][0]
        longest, kind, digits = first, None, 0
        for last in range(first, min(first + _MOST, len(words))):
            digits += words[last][1] - words[last][0]
            if last > first and (digits > _MOST or words[last][1] - words[last][0] >= _FEWEST):
                break
            may_be = _kind(text, start, words[first : last + 1])
            if may_be is not None:
                longest, kind = last, may_be
        if kind is not None:
            found.append(FoundNumber(kind, start, words[longest][1]))
        first = longest + 1
    return found


def _kind(text: str, start: int, spans: Sequence[tuple[int, int]]) -> NumberKind | None:
    """What words of digits that stand side by side are together; None if they are no number of a person's."""
    words = [text[begin:end] for begin, end in spans]
    if text[start] == "+" and 8 <= sum(len(word) for word in words) <= 15:
        return NumberKind.PHONE
    if len(words) == 1:
        return _kind_of_one(words[0])
    return _kind_of_several(words, [text[end:begin].strip() for (_, end), (begin, _) in pairwise(spans)])


def _kind_of_several(words: Sequence[str], between: Sequence[str]) -> NumberKind | None:
    """What words are together, with the signs between them."""
    digits, lengths = "".join(words), [len(word) for word in words]
    is_money = all(word.endswith("0") for word in words)
    if len(digits) < _FEWEST or between == ["."] or is_money or all(_YEAR.fullmatch(word) for word in words):
        return None
    is_spelt, is_dashed = max(lengths) == 1, all(_DASHES.fullmatch(signs) for signs in between)
    is_like_a_cnic = lengths[0] == 5 and max(lengths) > 5 and 12 <= len(digits) <= 14  # a digit lost, or one too many
    if digits[0] != "0" and (is_like_a_cnic or (len(digits) == 13 and (lengths[0] == 5 or is_spelt or is_dashed))):
        return NumberKind.CNIC
    if _is_card(digits) and (is_spelt or all(3 <= one <= 6 for one in lengths)):
        return NumberKind.CARD
    is_in_fours = len(words) > 2 and set(lengths[:-1]) == {4} and lengths[-1] <= 4
    if _is_phone(digits) and not is_in_fours:
        return NumberKind.PHONE
    return NumberKind.ACCOUNT if is_dashed or is_in_fours or min(lengths) > 5 else None


def _kind_of_one(digits: str) -> NumberKind | None:
    if len(digits) < _FEWEST - (digits[0] == "0") or (digits[0] != "0" and digits.endswith("00000")):
        return None  # too short, or an amount of money
    if len(digits) == 13 and digits[0] != "0":
        return NumberKind.CNIC
    if _is_card(digits):
        return NumberKind.CARD
    return NumberKind.PHONE if _is_phone(digits) else NumberKind.ACCOUNT


def _is_phone(digits: str) -> bool:
    """Whether digits are a phone's as it is dialled in Pakistan, there without the 0, or abroad."""
    if digits.startswith("00"):
        return 11 <= len(digits) <= 17
    if digits[0] == "0":
        return 10 <= len(digits) <= 12  # a digit lost, or one too many
    return (digits[0] == "3" and len(digits) == 10) or (digits[:2] == "92" and len(digits) == 12)


def _is_card(digits: str) -> bool:
    """Whether the check digit is a payment card's. Source: ISO/IEC 7812-1, annex B (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return 13 <= len(digits) <= _MOST and digits[0] != "0" and sum(one - 9 * (one > 9) for one in doubled) % 10 == 0
