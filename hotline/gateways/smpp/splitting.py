"""Long texts in parts, both ways: by a header in the text (UDH), by optional parameters (SAR), or whole in message_payload.

Sources: 3GPP TS 23.040, 9.2.3.24.1 and .8 (headers with a reference of 8 and of 16 bits), SMPP 3.4, 5.3.2.22 to .24 (SAR) and .32
(message_payload).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.gateways.parts import IncomingPart
from hotline.gateways.smpp.alphabets import Coded, decode, encode, is_ucs2
from hotline.gateways.smpp.wire import Delivered

_UDHI = 0x40
_SHORT_REFERENCE, _LONG_REFERENCE = 0x00, 0x08

_MOST_PARTS = 255
"""Both ways have a byte for it. Some SMSCs write more bytes."""

_INTERNATIONAL = 1
_TIME = re.compile(r"([0-9]{12})([0-9])([0-9]{2})([+-])")


def split(body: str, *, alphabet: str, by: str, reference: int) -> list[dict[str, Any]]:
    """The fields of each submit_sm in which a text leaves. `reference`: 16 bits, another for each text."""
    coded = encode(body, alphabet)
    whole = b"".join(coded.characters)
    if len(whole) <= coded.alone:
        return [{"data_coding": coded.coding, "short_message": whole}]
    if by == "payload":
        return [{"data_coding": coded.coding, "message_payload": whole}]
    parts = list(_pieces(coded))
    return [{"data_coding": coded.coding, **_part(by, reference, number, len(parts), part)} for number, part in enumerate(parts, 1)]


def _pieces(coded: Coded) -> Iterator[bytes]:
    piece = b""
    for character in coded.characters:
        if len(piece) + len(character) > coded.joined:
            yield piece
            piece = b""
        piece += character
    yield piece


def _part(by: str, reference: int, number: int, of: int, part: bytes) -> dict[str, Any]:
    if by == "sar":
        return {"sar_msg_ref_num": reference, "sar_total_segments": of, "sar_segment_seqnum": number, "short_message": part}
    return {"esm_class": _UDHI, "short_message": bytes([5, _SHORT_REFERENCE, 3, reference & 0xFF, of, number]) + part}


def incoming(told: Delivered, alphabet: str) -> IncomingPart:
    """The part of a text that a deliver_sm brings. Where a header is announced and none is there, all is words."""
    reference, of, number, message = "", 1, 1, told.message
    if told.esm_class & _UDHI and message:
        joins, message = _header(message, ucs2=is_ucs2(told.coding))
        reference, of, number = joins or (reference, of, number)
    total, place = told.number("sar_total_segments"), told.number("sar_segment_seqnum")
    if not reference and total and place:
        reference, of, number = f"sar {told.number('sar_msg_ref_num') or 0}", total, place
    if not 1 <= number <= of <= _MOST_PARTS or of == 1:
        reference, of, number = "", 1, 1
    # A deliver_sm has no id of its own. Some SMSCs put one here all the same. What is no time there is the same in each text.
    taken_at = _time(told.schedule)
    own = (told.string("receipted_message_id"), str(told.number("user_message_reference") or ""), told.schedule if taken_at else "")
    return IncomingPart(
        sender=_sender(told),
        words=decode(message, told.coding, alphabet),
        number=number,
        of=of,
        reference=reference,
        told_by="/".join(filter(None, own)),
        received_at=taken_at,
    )


def _header(message: bytes, *, ucs2: bool) -> tuple[tuple[str, int, int] | None, bytes]:
    """(reference, of, number) of the header before a text, if it has a part of it that joins, and the rest of the message.

    What does not fit into the message is no header, nor what its elements do not fill and does not join, nor the 0 with which a Latin
    letter begins in UCS-2: then all is the rest.
    """
    end = 1 + message[0]
    elements, joins, at = message[1:end], None, 0
    while at + 2 <= len(elements):
        kind, length = elements[at], elements[at + 1]
        value = elements[at + 2 : at + 2 + length]
        if (kind, len(value)) == (_SHORT_REFERENCE, 3):
            joins = f"udh {value[0]}", value[1], value[2]
        elif (kind, len(value)) == (_LONG_REFERENCE, 4):
            joins = f"udh16 {int.from_bytes(value[:2])}", value[2], value[3]
        at += 2 + length
    is_none = end > len(message) or (joins is None and at != len(elements)) or (ucs2 and end == 1)
    if is_none:
        return None, message
    return joins, message[end:]


def _sender(told: Delivered) -> str:
    source = "".join(character for character in told.source if character.isprintable()).strip()
    return f"+{source}" if told.source_ton == _INTERNATIONAL and source.isdigit() else source


def _time(given: str) -> datetime | None:
    """An absolute time of SMPP (7.1.1): YYMMDDhhmmss, tenths, and quarters of an hour from UTC. None if it is none."""
    found = _TIME.fullmatch(given)
    if found is None:
        return None
    try:
        local = datetime.strptime(found[1], "%y%m%d%H%M%S").replace(tzinfo=UTC)
        return local - timedelta(minutes=15 * int(found[3]) * (1 if found[4] == "+" else -1))
    except (ValueError, OverflowError):
        return None
