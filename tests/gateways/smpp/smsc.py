"""A pretend SMSC: the server of `smpp34`, and a wire before it on which answers are lost, changed or cut."""

import asyncio
import contextlib
import ipaddress
import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import smpp34
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from smpplib.gsm import GSM_CHARACTER_TABLE

T = TypeVar("T")

BIND_RESPS = frozenset({0x80000001, 0x80000002, 0x80000009})
SUBMIT, SUBMIT_RESP, DELIVER_RESP, ENQUIRE_RESP = 0x4, 0x80000004, 0x80000005, 0x80000015
DATA, DATA_RESP, NACK = 0x103, 0x80000103, 0x80000000


class Smsc:
    """An SMSC on loopback at `port`. `accepted` are the submit_sm that it took, each with the id that it gave."""

    def __init__(self) -> None:
        self.accepted: list[tuple[Any, str]] = []
        self.reject: Callable[[Any], int | None] = lambda _: None  # the status that a submit_sm is refused with
        self.hold: Callable[[Any], bool] = lambda _: False  # whether a submit_sm is never answered
        self.before_answer: Callable[[Any, str], Awaitable[None]] | None = None
        self.give_id: Callable[[int], str] = lambda count: f"{0xA0B0 + count:08X}"
        self.lost: set[int] = set()  # commands of PDUs to us, or from us, that the wire loses
        self.bind_status = 0
        self.answered: list[int] = []  # the statuses of our answers to what it brought
        self.submitted: list[Any] = []  # every submit_sm that came, as `smpp34` reads it
        self.port = 0
        self.context: ssl.SSLContext | None = None
        self._counter = itertools.count(1)
        self._esmes: dict[str, Any] = {}
        self._held: list[Any] = []
        self._lines: set[asyncio.StreamWriter] = set()
        self._newest: asyncio.StreamWriter | None = None  # to the newest connection
        self._raw: dict[int, asyncio.Future[tuple[int, bytes]]] = {}  # by the number of a PDU that `bring_raw` brought
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, doing: Any, *, within_s: float = 20) -> Any:
        """What a coroutine gives, run in the SMSC's own thread."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(within_s)

    def open(self) -> None:
        """Listen; at the port of before, if there was one."""
        self.do(self._open())

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._line, "127.0.0.1", self.port, reuse_address=True, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        self._behind = _free_port()
        self._smpp = smpp34.Server("127.0.0.1", self._behind, system_id="smsc")
        await self._smpp.start()
        self._events = asyncio.ensure_future(self._take())

    def shut(self) -> None:
        """Go away, in the middle of everything."""
        self.do(self._shut())

    async def _shut(self) -> None:
        self._server.close()
        self.cut_now()
        self._events.cancel()
        await self._smpp.stop()
        self._esmes.clear()

    def cut(self) -> None:
        """Drop all connections, and listen on."""

        async def cut() -> None:
            self.cut_now()

        self.do(cut())

    def cut_now(self) -> None:
        for line in list(self._lines):
            line.transport.abort()

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def begin_to_deliver(self, source: str, message: bytes, **fields: Any) -> None:
        """Bring a text, and do not wait for the answer."""
        asyncio.run_coroutine_threadsafe(self.delivering(source, message, **fields), self._loop)

    def answer_held(self, gateway_id: str) -> None:
        """Take the oldest submit_sm that was held."""

        async def answer() -> None:
            event = self._held.pop(0)
            self.accepted.append((event, gateway_id))
            event.accept(gateway_id)

        self.do(answer())

    def refuse_held(self, status: int) -> None:
        """Refuse the oldest submit_sm that was held."""

        async def refuse() -> None:
            self._held.pop(0).reject(status)

        self.do(refuse())

    @property
    def sessions(self) -> set[str]:
        """The ids of the connections that are bound."""
        return set(self._esmes)

    @property
    def held(self) -> int:
        """How many submit_sm wait for an answer."""
        return len(self._held)

    @property
    def is_bound(self) -> bool:
        return any(esme.can_receive for esme in self._esmes.values())

    def deliver(self, source: str, message: bytes, **fields: Any) -> int | None:
        """Bring a text or a receipt; the status of the answer, or None if there was none."""
        return self.do(self.delivering(source, message, **fields), within_s=40)  # type: ignore[no-any-return]

    async def delivering(self, source: str, message: bytes, *, destination: str = "8484", **fields: Any) -> int | None:
        esme = next(one for one in reversed(list(self._esmes.values())) if one.can_receive)
        given = {"source_addr_ton": 1, "source_addr_npi": 1} | fields
        try:
            answer = await esme.deliver_sm(destination, message, source_addr=source.removeprefix("+"), **given)
        except smpp34.SmppError:
            return None
        return int(answer.command_status)

    def data(self, source: str, words: bytes, *, esm_class: int = 0, coding: int = 0, tlvs: dict[int, bytes] | None = None) -> int:
        """Bring words by a data_sm (4.7.1 of SMPP 3.4), which `smpp34` does not know; the status of the answer."""
        body = b"\0\1\1" + source.removeprefix("+").encode() + b"\0\0\1" + b"8484\0" + bytes([esm_class, 0, coding])
        for tag, value in {**({smpp34.TLV_MESSAGE_PAYLOAD: words} if words else {}), **(tlvs or {})}.items():
            body += struct.pack(">HH", tag, len(value)) + value
        status, answer = self.raw(DATA, body)
        assert answer == b"\0"  # a message_id of no characters
        return status

    def raw(self, command: int, body: bytes) -> tuple[int, bytes]:
        """Bring a PDU; status and body of the answer."""

        async def bring() -> tuple[int, bytes]:
            number = 0x7F000000 + next(self._counter)
            self._raw[number] = asyncio.get_running_loop().create_future()
            assert self._newest is not None
            self._newest.write(struct.pack(">LLLL", 16 + len(body), command, 0, number) + body)
            return await self._raw[number]

        return self.do(bring())  # type: ignore[no-any-return]

    async def _take(self) -> None:
        while True:
            event = await self._smpp.next()
            if isinstance(event, smpp34.Esme):
                self._esmes[event.session_id] = event
            elif isinstance(event, smpp34.Unbound):
                self._esmes.pop(event.session_id, None)
            elif self.hold(event):
                self._held.append(event)
            elif (status := self.reject(event)) is not None:
                event.reject(status)
            else:
                given = self.give_id(next(self._counter))
                self.accepted.append((event, given))
                if self.before_answer is not None:
                    await self.before_answer(event, given)
                event.accept(given)

    # The wire

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._behind)
        self._lines |= {writer, ours}
        self._newest = writer
        ways = [asyncio.ensure_future(self._carry(reader, ours)), asyncio.ensure_future(self._carry(theirs, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for one in (writer, ours):
            self._lines.discard(one)
            one.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(16)
                length, command, status, sequence = struct.unpack(">LLLL", head)
                body = await reader.readexactly(length - 16)
                if (asked := self._raw.pop(sequence, None)) is not None:
                    asked.set_result((status, body))
                    continue
                if command == DELIVER_RESP:
                    self.answered.append(status)
                if command == SUBMIT:
                    self.submitted.append(smpp34.decode(head + body))
                if command in self.lost:
                    continue
                if command in BIND_RESPS and self.bind_status:
                    length, status, body = 16, self.bind_status, b""
                writer.write(struct.pack(">LLLL", length, command, status, sequence) + body)
                await writer.drain()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def self_signed(address: str) -> bytes:
    """A key and a certificate for that address, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "smsc")]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def gsm(words: str) -> bytes:
    """Words in GSM 03.38, by another table than ours. Raises `ValueError` for a character that it lacks."""
    codes = [GSM_CHARACTER_TABLE.index(character) for character in words]
    if "`" in words:
        raise ValueError("the table fills its holes with it")
    return b"".join(bytes([code]) if code < 0x80 else bytes([0x1B, code - 0x80]) for code in codes)


def ungsm(given: bytes) -> str:
    found, at = "", 0
    while at < len(given):
        escaped = given[at] == 0x1B
        at += escaped
        found += GSM_CHARACTER_TABLE[given[at] + 0x80 * escaped]
        at += 1
    return found


def coded(words: str) -> tuple[int, bytes]:
    """data_coding and bytes of words, as a phone would send them."""
    try:
        return 0, gsm(words)
    except ValueError:
        return 8, words.encode("utf-16-be", "surrogatepass")


def in_parts(words: str, reference: int) -> Iterator[tuple[bytes, dict[str, int]]]:
    """The short_message and fields of each part in which a phone sends words; an emoji may be split, as phones do."""
    coding, data = coded(words)
    alone, joined = (160, 152) if coding == 0 else (140, 134)
    if len(data) <= alone:
        yield data, {"data_coding": coding}
        return
    pieces = [data[at : at + joined] for at in range(0, len(data), joined)]
    for number, piece in enumerate(pieces, 1):
        yield bytes([5, 0, 3, reference & 0xFF, len(pieces), number]) + piece, {"data_coding": coding, "esm_class": 0x40}


def on_phones(accepted: list[tuple[Any, str]]) -> list[tuple[str, str]]:
    """What phones show of what an SMSC took: a long text once all its parts are there."""
    shown: list[tuple[str, str]] = []
    waiting: dict[tuple[str, int, int], dict[int, bytes]] = {}
    for event, _ in accepted:
        message, coding = bytes(event.short_message), event.data_coding
        tlvs = {tlv.tag: bytes(tlv.value) for tlv in event.tlvs}
        message = message or tlvs.get(smpp34.TLV_MESSAGE_PAYLOAD, b"")
        reference, of, number = None, 1, 1
        if event.esm_class & 0x40:
            reference, of, number, message = message[3], message[4], message[5], message[6:]
        elif smpp34.TLV_SAR_MSG_REF_NUM in tlvs:
            reference = int.from_bytes(tlvs[smpp34.TLV_SAR_MSG_REF_NUM])
            of, number = tlvs[smpp34.TLV_SAR_TOTAL_SEGMENTS][0], tlvs[smpp34.TLV_SAR_SEGMENT_SEQNUM][0]
        if reference is not None:
            parts = waiting.setdefault((event.destination_addr, reference, of), {})
            parts[number] = message
            if len(parts) < of:
                continue
            message = b"".join(parts[n] for n in sorted(parts))
            del waiting[event.destination_addr, reference, of]
        shown.append((f"+{event.destination_addr}", message.decode("utf-16-be") if coding == 8 else ungsm(message)))
    return shown
