"""The alphabets of texts in SMPP: GSM 03.38 with a byte for each septet, Latin 1 and UCS-2.

Sources: 3GPP TS 23.038 (the default alphabet and its extension, data coding schemes), SMPP 3.4, 5.2.19 (data_coding).
"""

from typing import NamedTuple

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
_ESCAPE = 0x1B
_CODES = {character: bytes([code]) for code, character in enumerate(_BASIC) if code != _ESCAPE}
_CODES |= {character: bytes([_ESCAPE, code]) for character, code in _EXTENSION.items()}
_EXTENDED = {code: character for character, code in _EXTENSION.items()}

DEFAULT, ASCII, LATIN1, UCS2 = 0x00, 0x01, 0x03, 0x08
_OCTETS = (0x02, 0x04)


class Coded(NamedTuple):
    """A text as it travels: its data_coding, the bytes of each character, and how many of them a text of one part and a part may have."""

    coding: int
    characters: list[bytes]
    alone: int
    joined: int


def encode(text: str, alphabet: str) -> Coded:
    """A text in the alphabet that the SMSC takes data_coding 0 for ("gsm" or "latin1"), if it fits; else in UCS-2.

    A character that UTF-16 writes in two units is one: it is never split over two parts.
    """
    try:
        if alphabet == "gsm":
            return Coded(DEFAULT, [_CODES[character] for character in text], 160, 153)
        if alphabet == "latin1":
            return Coded(DEFAULT, [character.encode("latin-1") for character in text], 140, 134)
    except (KeyError, UnicodeEncodeError):
        pass  # it does not fit
    return Coded(UCS2, [character.encode("utf-16-be", "replace") for character in text], 140, 134)


def decode(given: bytes, coding: int, alphabet: str) -> str:
    """The words of a part. Bytes that mean nothing are replaced; half a character at an end is left as a lone surrogate."""
    if is_ucs2(coding):
        return given[: len(given) // 2 * 2].decode("utf-16-be", "surrogatepass") + "\N{REPLACEMENT CHARACTER}" * (len(given) % 2)
    if coding in (ASCII, LATIN1, *_OCTETS) or (coding == DEFAULT and alphabet == "latin1"):
        return given.decode("latin-1")
    return _decode_gsm(given)


def whole(words: str) -> str:
    """Words that were joined from parts: halves of characters are put together, and a half that is left alone is replaced."""
    return words.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def is_ucs2(coding: int) -> bool:
    """Whether data_coding is UCS-2, or a data coding scheme of GSM that means it: groups 00xx (general) and 1110 (waiting)."""
    return coding == UCS2 or (0x10 <= coding < 0x40 and coding & 0x0C == 0x08) or coding & 0xF0 == 0xE0


def _decode_gsm(given: bytes) -> str:
    found, at = [], 0
    while at < len(given):
        code, at = given[at], at + 1
        if code != _ESCAPE:
            found.append(_BASIC[code] if code < len(_BASIC) else "\N{REPLACEMENT CHARACTER}")
        elif at < len(given):
            code, at = given[at], at + 1
            # What the extension lacks is shown as in the basic table, a second escape as a space (23.038, 6.2.1.1).
            found.append(_EXTENDED.get(code) or (" " if code == _ESCAPE else _decode_gsm(bytes([code]))))
    return "".join(found)
