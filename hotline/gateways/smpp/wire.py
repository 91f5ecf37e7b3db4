"""PDUs, the messages of SMPP 3.4, as bytes. The only module that knows smpplib, of which it takes how PDUs are made and read.

Its client is not used: it loses its place in the stream when a PDU comes slowly, is not safe with threads, ends at the first error that
an SMSC answers, and speaks TLS without looking whose certificate it is shown.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smpplib import consts
from smpplib.command import DataSM, DeliverSM
from smpplib.smpp import make_pdu

HEADER = 16
LONGEST = 70_000
"""Bytes of the longest PDU: a message_payload has at most 65,535."""

DELIVER, DATA, ENQUIRE, ENQUIRE_RESP, UNBIND = 0x5, 0x103, 0x15, 0x80000015, 0x6
NACK, ALERT = 0x80000000, 0x102
_RESPONSES = {DELIVER: "deliver_sm_resp", DATA: "data_sm_resp", ENQUIRE: "enquire_link_resp", UNBIND: "unbind_resp"}

OK, LATER, INVALID_COMMAND = 0x00, 0x64, 0x03
"""What we answer. `LATER` is ESME_RX_T_APPN: we cannot take it now, and the SMSC sends it again."""

_TON_UNKNOWN, _TON_INTERNATIONAL, _TON_NAME, _TON_SHORT = 0, 1, 5, 6
_NPI_UNKNOWN, _NPI_ISDN = 0, 1
_TLVS = {code: name for name, code in consts.OPTIONAL_PARAMS.items()}


class NotAPdu(Exception):
    """What came from the SMSC cannot be read."""


@dataclass(frozen=True)
class Frame:
    """A PDU as it came."""

    command: int
    status: int
    sequence: int
    data: bytes  # all of it

    @property
    def first_string(self) -> str:
        """The first field of the body, a C-octet string: the id in the response to a submit_sm. An end that is missing is let pass."""
        return self.data[HEADER:].partition(b"\0")[0].decode("latin-1").strip()


@dataclass(frozen=True)
class Delivered:
    """What a deliver_sm or a data_sm says. `tlvs`: name → bytes."""

    source: str
    source_ton: int
    destination: str
    esm_class: int
    coding: int
    schedule: str
    message: bytes
    tlvs: Mapping[str, bytes]

    def number(self, name: str) -> int | None:
        """The value of an optional parameter that is a number; None if it is not there."""
        return int.from_bytes(self.tlvs[name][:4]) if self.tlvs.get(name) else None

    def string(self, name: str) -> str:
        """The value of an optional parameter that is a string; "" if it is not there. Not every SMSC writes its end."""
        return self.tlvs.get(name, b"").partition(b"\0")[0].decode("latin-1").strip()


class _OddParameters:
    """Reads optional parameters as far as they can be: an odd parameter must not cost the text."""

    def parse_optional_params(self, data: bytes) -> None:
        self.read: dict[str, bytes] = {}
        at = 0
        while at + 4 <= len(data):
            code, length = struct.unpack_from(">HH", data, at)
            if name := _TLVS.get(code):
                self.read[name] = data[at + 4 : at + 4 + length]
            at += 4 + length


class _Deliver(_OddParameters, DeliverSM):  # type: ignore[misc]  # the library has no types
    """A deliver_sm."""


class _Data(_OddParameters, DataSM):  # type: ignore[misc]  # the library has no types
    """A data_sm (4.7.1). Its words stand in the parameter message_payload alone."""


def frame_of(data: bytes) -> Frame:
    """The PDU in whole bytes."""
    _, command, status, sequence = struct.unpack_from(">LLLL", data)
    return Frame(command, status, sequence, data)


def length_of(head: bytes) -> int:
    """How long the PDU is that begins with these 4 bytes. Raises `NotAPdu`."""
    (length,) = struct.unpack(">L", head)
    if not HEADER <= length <= LONGEST:
        raise NotAPdu(f"a PDU of {length} bytes")
    return int(length)


def delivered(frame: Frame) -> Delivered:
    """What a deliver_sm or a data_sm says. Raises `NotAPdu`."""
    pdu: Any = _Data("data_sm", need_sequence=False) if frame.command == DATA else _Deliver("deliver_sm", need_sequence=False)
    pdu.read = {}
    try:
        pdu.parse(frame.data)
    except (struct.error, IndexError, TypeError, ValueError) as fault:
        raise NotAPdu("a text that cannot be read") from fault
    short = None if frame.command == DATA else pdu.short_message
    if pdu.data_coding is None or (frame.command == DELIVER and short is None and pdu.sm_length is None):
        raise NotAPdu("a text that ends too soon")
    strings = [
        (one or b"").decode("latin-1") for one in (pdu.source_addr, pdu.destination_addr, getattr(pdu, "schedule_delivery_time", None))
    ]
    return Delivered(
        source=strings[0],
        source_ton=pdu.source_addr_ton or 0,
        destination=strings[1],
        esm_class=pdu.esm_class or 0,
        coding=pdu.data_coding or 0,
        schedule=strings[2],
        message=short or pdu.read.get("message_payload", b""),
        tlvs=pdu.read,
    )


def bind(way: str, sequence: int, *, system_id: str, password: str, system_type: str) -> bytes:
    """A bind; `way`: transceiver, transmitter or receiver."""
    return _made(f"bind_{way}", sequence, system_id=system_id, password=password, system_type=system_type)


def submit(sequence: int, *, sender: str, to: str, **fields: Any) -> bytes:
    """A submit_sm to a number in E.164, with the fields of smpplib's `SubmitSM`."""
    ton, npi, address = _address(sender)
    return _made(
        "submit_sm",
        sequence,
        source_addr_ton=ton,
        source_addr_npi=npi,
        source_addr=address,
        dest_addr_ton=_TON_INTERNATIONAL,
        dest_addr_npi=_NPI_ISDN,
        destination_addr=to.removeprefix("+"),
        **fields,
    )


def ask(command: str, sequence: int) -> bytes:
    """An enquire_link or an unbind."""
    return _made(command, sequence)


def answer(frame: Frame, status: int) -> bytes:
    """The answer to a request of the SMSC."""
    if command := _RESPONSES.get(frame.command):
        return _made(command, frame.sequence, status=status)
    return struct.pack(">LLLL", HEADER, NACK, status, frame.sequence)


def _address(sender: str) -> tuple[int, int, str]:
    """TON, NPI and digits or name of our sender (SMPP 3.4, 5.2.5)."""
    if sender.startswith("+"):
        return _TON_INTERNATIONAL, _NPI_ISDN, sender[1:]
    if sender.isdigit():
        return _TON_SHORT, _NPI_UNKNOWN, sender
    return _TON_NAME, _NPI_UNKNOWN, sender


def _made(command: str, sequence: int, **fields: Any) -> bytes:
    pdu = make_pdu(command, sequence=sequence, **fields)
    pdu.sequence = sequence
    return bytes(pdu.generate())
