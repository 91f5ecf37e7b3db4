"""Turns the bytes of a text into words.

Sources: 3GPP TS 23.038 (6.2.1, the default alphabet and its extension), SMPP 3.4 (5.2.19, data_coding).
"""

from collections.abc import Callable, Mapping

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
_ESCAPE = 0x1B

_CHARSETS = {"utf-8", "utf-16", "utf-16be", "utf-16le", "iso-8859-1", "us-ascii", "ascii", "windows-1252"}
"""The names of alphabets that a service may give. Python knows more, and some of them are none."""


def decoded(raw: bytes, coding: bytes | None, charset: str, *, is_hex: bool) -> str:
    """The words in the bytes. `coding`: SMPP's data_coding as a digit or as the byte itself, None where the service gives none."""
    if is_hex:
        try:
            raw = bytes.fromhex(raw.decode("ascii", "replace"))
        except ValueError:  # it is kept as it came
            return raw.decode("utf-8", "replace")
    if coding is not None:
        return _BY_CODING.get(coding.strip(b" ") or b"0", _of_utf8)(raw)
    name = charset.strip().lower()
    return raw.decode(name if name in _CHARSETS else "utf-8", "replace")


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


_BY_CODING: Mapping[bytes, Callable[[bytes], str]] = {
    **dict.fromkeys((b"0", b"\x00"), of_gsm7),
    **dict.fromkeys((b"1", b"\x01"), _of_utf8),  # ASCII
    **dict.fromkeys((b"3", b"\x03"), _of_latin1),
    **dict.fromkeys((b"8", b"\x08"), _of_ucs2),
}
