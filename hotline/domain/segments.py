"""Segments: the parts in which a text is sent and billed. A cheap phone may show them out of order, so our texts should have one.

A text in GSM-7 may have 160 septets, or 153 in each of several parts. Any other text is UCS-2: 70 UTF-16 units, or 67 in each part.
Source: 3GPP TS 23.038 (alphabets) and TS 23.040 (the header that joins parts). The Urdu shift tables of 23.038 are not used: no gateway
promises them.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
_GSM7 = _BASIC | _EXTENSION

# What an ordinary phone has no key for, and a word processor puts in by itself. Joiners do nothing between Latin letters.
_PLAIN = {
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛‹›′´`ʼ", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u200c\u200d", ""),
    "⁄": "/",
    "•": "-",
    "×": "x",
}


@dataclass(frozen=True)
class Segments:
    """The size of a text. `units` are septets in GSM-7 (an extension character takes two), UTF-16 units in UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def count(text: str) -> Segments:
    """The segments of a text as a gateway counts them; an empty text has none."""
    if _GSM7.issuperset(text):
        units = len(text) + sum(map(text.count, _EXTENSION))
        return Segments("GSM-7", units, _parts(text, _EXTENSION.__contains__, units, alone=160, joined=153))
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return Segments("UCS-2", units, _parts(text, _is_pair, units, alone=70, joined=67))


def _is_pair(character: str) -> bool:
    return character > "\uffff"


def plainer(text: str) -> str | None:
    """The text with plain forms of the quotes, dashes, spaces and accents that GSM-7 lacks; None if that saves no segment."""
    plain = text.translate({ord(character): _plain_form(character) for character in set(text) - _GSM7})
    return plain if _GSM7.issuperset(plain) and count(plain).segments < count(text).segments else None


def _plain_form(character: str) -> str:
    """The plain form of a character; itself if it has none."""
    taken_apart = unicodedata.normalize("NFKD", _PLAIN.get(character, character))
    plainer = "".join(_PLAIN.get(c, c) for c in taken_apart if not unicodedata.combining(c))
    return plainer if _GSM7.issuperset(plainer) else character


def _parts(text: str, takes_two: Callable[[str], bool], units: int, *, alone: int, joined: int) -> int:
    """How many parts it takes to hold these characters; none is split over two parts."""
    if units <= alone:
        return 1 if text else 0
    parts, used = 1, 0
    for character in text:
        cost = 2 if takes_two(character) else 1
        if used + cost > joined:
            parts, used = parts + 1, 0
        used += cost
    return parts
