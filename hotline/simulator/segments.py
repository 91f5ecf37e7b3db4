"""How many billed parts a text has. Source: 3GPP TS 23.038. Twilio has GSM-7 and UCS-2 only: one Urdu letter makes a text UCS-2."""

from itertools import pairwise

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def encoding(body: str) -> str:
    """`GSM-7` or `UCS-2`."""
    return "GSM-7" if all(letter in _BASIC or letter in _EXTENDED for letter in body) else "UCS-2"


def count_segments(body: str) -> int:
    """Parts of a text: one of 160 septets or several of 153; in UCS-2, one of 70 UTF-16 units or several of 67. No letter is split."""
    if encoding(body) == "GSM-7":
        return _parts([2 if letter in _EXTENDED else 1 for letter in body], alone=160, joined=153)
    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in body], alone=70, joined=67)


def _parts(sizes: list[int], *, alone: int, joined: int) -> int:
    if sum(sizes) <= alone:
        return 1
    fill = [0]
    for size in sizes:
        fill.append(size if fill[-1] + size > joined else fill[-1] + size)
    # The fill of a part only rises; it falls where a new part begins.
    return 1 + sum(after <= before for before, after in pairwise(fill))
