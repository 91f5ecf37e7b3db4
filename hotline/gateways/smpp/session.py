"""One connection to an SMSC on which we are bound: requests and their answers, by their sequence numbers, from many threads at once."""

import contextlib
import itertools
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.smpp import wire
from hotline.gateways.smpp.settings import Smsc
from hotline.gateways.smpp.statuses import ALREADY_BOUND, BIND_REFUSED, code, refused
from hotline.gateways.smpp.wire import Frame, NotAPdu
from hotline.log import logger

_FORGET_AFTER_S = 600
"""How long an answer to a submit_sm may take for us to know which text it is about."""

Heard = Callable[["Session", Frame], None]


@dataclass
class _Asked:
    """A request of ours that is not answered: its future, and since when."""

    answer: "Future[Frame]"
    at: float


class Session:
    """A bound connection. `way`: transceiver, transmitter or receiver.

    `heard` is called by the connection's own thread, and must not block: for each answer to an enquiry, and for each request of the SMSC
    that is not about the connection itself.
    """

    def __init__(self, smsc: Smsc, way: str, heard: Heard, *, timeout_s: float) -> None:
        """Connect and bind. Raises `GatewayError`: ill if the SMSC does not take our account, else not sent."""
        self.way = way
        self.ended = threading.Event()
        self._name, self._heard, self._timeout_s = smsc.name, heard, timeout_s
        self._sequence, self._lock = itertools.count(1), threading.Lock()
        self._asked: dict[int, _Asked] = {}
        self._enquired: float | None = None  # since when an enquiry is not answered
        self._last_heard = time.monotonic()
        # Two threads must not be in one TLS connection at once; of a plain one, one may read while the other writes.
        self._reading: contextlib.AbstractContextManager[object] = self._lock if smsc.terms.tls else contextlib.nullcontext()
        try:
            self._socket = _connected(smsc, timeout_s)
        except (OSError, ssl.SSLError) as fault:
            raise GatewayError("no_connection", Outcome.NOT_SENT) from fault
        self._waits = select.poll()
        self._waits.register(self._socket, select.POLLIN)
        threading.Thread(target=self._read, name=f"smpp-{way}", daemon=True).start()
        try:
            self._bind(smsc)
        except BaseException:
            self.close(polite=False)
            raise

    def _bind(self, smsc: Smsc) -> None:
        sequence = next(self._sequence)
        account = {"system_id": smsc.terms.system_id, "password": smsc.password, "system_type": smsc.terms.system_type}
        status = self._result(self.ask(sequence, wire.bind(self.way, sequence, **account))).status
        if status in BIND_REFUSED:
            raise GatewayError(f"bind {code(status)}", Outcome.ILL)
        if status != wire.OK:
            raise GatewayError("bound_already" if status == ALREADY_BOUND else f"bind {code(status)}", Outcome.NOT_SENT)

    def next_sequence(self) -> int:
        """The number of the next request."""
        with self._lock:
            return next(self._sequence)

    def ask(self, sequence: int, pdu: bytes) -> "Future[Frame]":
        """Send a request. Its future gets the answer, or fails with `GatewayError`: not sent if the request did not go out whole, unknown
        if the connection ended before the answer."""
        asked = _Asked(Future(), time.monotonic())
        with self._lock:
            if self.ended.is_set():
                raise GatewayError("no_bind", Outcome.NOT_SENT)
            self._asked[sequence] = asked
            try:
                self._socket.sendall(pdu)
            except OSError as fault:  # what did not go out whole, the SMSC does not act on
                self._asked.pop(sequence, None)
                self._end()
                raise GatewayError("no_connection", Outcome.NOT_SENT) from fault
        return asked.answer

    def answer(self, frame: Frame, status: int) -> bool:
        """Answer a request of the SMSC. False if the connection has ended: the SMSC asks again."""
        with self._lock:
            if self.ended.is_set():
                return False
            try:
                self._socket.sendall(wire.answer(frame, status))
            except OSError:  # half of it may have gone out: the SMSC would read what follows as the rest
                self._end()
                return False
        return True

    def submit(self, **fields: object) -> "Future[str]":
        """Send a submit_sm. Its future gets the id that the SMSC gave, or fails with `GatewayError`."""
        sequence = self.next_sequence()
        given: Future[str] = Future()

        def answered(asked: "Future[Frame]") -> None:
            fault = asked.exception()
            if fault is not None:
                given.set_exception(fault)
            elif asked.result().status != wire.OK:
                given.set_exception(refused(asked.result().status))
            else:
                given.set_result(asked.result().first_string)

        self.ask(sequence, wire.submit(sequence, **fields)).add_done_callback(answered)  # type: ignore[arg-type]  # `fields` has all
        return given

    def enquire(self) -> None:
        """Ask whether the SMSC is there. All that was sent before has reached it once it answers."""
        self._enquired = time.monotonic()
        sequence = self.next_sequence()
        with contextlib.suppress(GatewayError):
            self.ask(sequence, wire.ask("enquire_link", sequence))

    @property
    def is_asked(self) -> bool:
        """Whether an enquiry is not answered yet."""
        return self._enquired is not None

    def is_silent(self, *, for_s: float) -> bool:
        """Whether nothing has come for so long."""
        return time.monotonic() - self._last_heard > for_s

    def look(self) -> None:
        """End a connection on which an enquiry is not answered, and forget requests that will not be. To be called every second or so."""
        if self._enquired is not None and time.monotonic() - self._enquired > self._timeout_s:
            logger().warning("the SMSC does not answer: the connection is made anew", gateway=self._name)
            self.close(polite=False)
        with self._lock:
            old = [key for key, asked in self._asked.items() if time.monotonic() - asked.at > _FORGET_AFTER_S]
            for sequence in old:
                del self._asked[sequence]

    def close(self, *, polite: bool = True) -> None:
        """Unbind, if there is time for it, and end the connection."""
        if polite and not self.ended.is_set():
            with contextlib.suppress(GatewayError):
                sequence = self.next_sequence()
                self._result(self.ask(sequence, wire.ask("unbind", sequence)))
        with self._lock:
            self._end()

    def _result(self, future: "Future[Frame]") -> Frame:
        try:
            return future.result(self._timeout_s)
        except TimeoutError as fault:
            raise GatewayError("no_answer", Outcome.NOT_SENT) from fault

    def _end(self) -> None:
        """End the connection; the reading thread sees to the rest. The lock is held."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            while (head := self._exactly(4)) is not None:
                rest = self._exactly(wire.length_of(head) - 4)
                if rest is None:
                    break
                self._take(wire.frame_of(head + rest))
        except NotAPdu as fault:
            logger().error("the SMSC sends what is no SMPP", gateway=self._name, fault=str(fault))
        except (OSError, ValueError):
            pass  # it ended
        finally:
            with self._lock:
                self._end()
                left, self._asked = list(self._asked.values()), {}
            self._socket.close()
            for asked in left:  # the SMSC may have taken them
                asked.answer.set_exception(GatewayError("line_lost", Outcome.UNKNOWN))

    def _exactly(self, size: int) -> bytes | None:
        """So many bytes; None if the connection ended before."""
        parts = []
        while size:
            if not (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
                self._waits.poll()  # for ever: a time-out in the middle of a PDU would lose its beginning
            with self._reading:
                part = self._socket.recv(size)
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _take(self, frame: Frame) -> None:
        self._last_heard = time.monotonic()
        if frame.command & wire.NACK:
            if frame.command == wire.ENQUIRE_RESP:
                self._enquired = None
            with self._lock:
                asked = self._asked.pop(frame.sequence, None)
            if frame.command == wire.ENQUIRE_RESP:
                self._heard(self, frame)
            if asked is not None:
                asked.answer.set_result(frame)
        elif frame.command == wire.ENQUIRE:
            self.answer(frame, wire.OK)
        elif frame.command == wire.UNBIND:
            self.answer(frame, wire.OK)
            with self._lock:
                self._end()
        else:
            self._heard(self, frame)


def _connected(smsc: Smsc, timeout_s: float) -> socket.socket:
    plain = socket.create_connection((smsc.terms.host, smsc.terms.port), timeout_s)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if not smsc.terms.tls:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=smsc.terms.host)
    except BaseException:
        plain.close()
        raise
