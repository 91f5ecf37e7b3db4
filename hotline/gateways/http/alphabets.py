"""Turns the bytes of a text into words.

Sources: 3GPP TS 23.038 (6.2.1, the default alphabet and its extension), SMPP 3.4 (5.2.19, data_coding).
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
_ESCAPE = 0x1B

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

_CHARSETS = {"utf-8", "utf-16be", "utf-16le", "iso-8859-1", "iso-8859-6", "us-ascii", "ascii", "windows-1252", "windows-1256"}
"""The names of alphabets that a service may give. Python knows more, and some of them are none."""

_OF_TWO_BYTES = {"utf-16", "utf16", "ucs-2", "ucs2", "iso-10646-ucs-2"}
"""Names that do not say which byte comes first: the higher (RFC 2781, 4.3), unless a mark before the words says otherwise."""


def decoded(raw: bytes, coding: bytes | None, charset: str, *, is_hex: bool) -> str:
    """The words in the bytes. `coding`: SMPP's data_coding in digits or as the byte itself, None where the service gives none."""
    if is_hex:
        try:
            raw = bytes.fromhex(raw.decode("ascii", "replace"))
        except ValueError:  # it is kept as it came
            return raw.decode("utf-8", "replace")
    if coding is not None:
        return _reader_of(coding)(raw)
    return named(raw, charset) if charset.strip() or not is_hex else _of_digits(raw)


def named(raw: bytes, charset: str) -> str:
    """The words in bytes of an alphabet of that name; of an unknown one they are read as UTF-8."""
    name = charset.strip().lower()
    if name in _OF_TWO_BYTES:
        name = "utf-16" if raw[:2] in (BOM_UTF16_BE, BOM_UTF16_LE) else "utf-16be"
    return raw.decode(name if name in _CHARSETS or name == "utf-16" else "utf-8", "replace")


def _of_digits(raw: bytes) -> str:
    """The words in bytes that came as digits, of an alphabet that nobody names: UTF-8 if it makes text, else UTF-16, the higher byte first.

    In the letters that people write here, UTF-16 has a byte that is none in text: 0 before those of Latin, 6 before those of Arabic.
    """
    try:
        words = raw.decode()
    except UnicodeDecodeError:
        return _of_ucs2(raw)
    return _of_ucs2(raw) if _NOT_TEXT.search(words) else words


def of_gsm7(raw: bytes) -> str:
    """The characters of GSM 03.38, a septet in each byte. What is none is replaced."""
    found, escaped = [], False
    for one in raw:
        if escaped:
            found.append(_EXTENSION.get(one, _BASIC[one] if one < len(_BASIC) else "\ufffd"))
            escaped = False
        elif one == _ESCAPE:
            escaped = True
        else:
            found.append(_BASIC[one] if one < len(_BASIC) else "\ufffd")
    return "".join(found)


def _of_ucs2(raw: bytes) -> str:
    return raw.decode("utf-16-be", "replace")


def _of_utf8(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _of_latin1(raw: bytes) -> str:
    return raw.decode("latin-1")


def _reader_of(coding: bytes) -> Callable[[bytes], str]:
    """What reads the bytes of a data_coding: its own numbers, and the groups of a GSM data coding scheme (TS 23.038, 4)."""
    digits = coding.strip(b" ")
    number = int(digits) if digits.isdigit() and len(digits) < 4 else coding[0] if len(coding) == 1 else 0 if not digits else -1
    if number == 0x08 or (0x10 <= number < 0x40 and number & 0x0C == 0x08) or 0xE0 <= number < 0xF0:
        return _of_ucs2
    if number == 0 or (0x10 <= number < 0x40 and number & 0x0C == 0) or 0xC0 <= number < 0xE0 or (number >= 0xF0 and not number & 0x04):
        return of_gsm7
    return _of_latin1 if number == 0x03 else _of_utf8
