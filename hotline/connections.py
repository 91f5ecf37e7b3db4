"""gunicorn's threads, and a poller that waits for clients in their stead. The Procfile names the worker (`--worker-class`).

gunicorn's own threads read a request from the client and write the answer to it, so that a client who stops in the middle of either holds
one of the few. Here a thread gets a request when all of it has come, and is free when its answer is worked out. Receiving, sending and
closing are done by the poller, each by a deadline.
"""

import contextlib
import os
import re
import socket
from concurrent.futures import Future
from functools import partial
from itertools import chain
from selectors import EVENT_READ, EVENT_WRITE
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from hotline.guards import FOR_GATEWAYS, FOR_PHONES, FORM_LIMIT_BYTES, GATEWAY_FORM_LIMIT_BYTES, PHONE_EVENT_LIMIT_BYTES
from hotline.sealing import Scratch

RECEIVE_S = 10.0
"""How long a request may take to come. Most come at once; a form of 5 kB takes five seconds over the slowest of phones."""

_SEND_S, _SEND_BYTES_PER_S = 30.0, 4096
_CLOSE_S = 2.0
_TURN_S = 0.001
"""So long after a process took a connection it leaves the next to the others. A proxy keeps its connections: if one process took all that
are made at one time, it would work alone, and the other cores rest. A process takes 500 new ones a second at most, as many as it can
answer."""
_LOOK_EVERY_S = 0.5
_HEAD_BYTES = 65_536
_HELD_BYTES = 2**26
"""What all requests that are on their way may take together: beyond it, the largest are given up."""
_READ_BYTES = 8192
"""A text's form comes in one such piece. A larger buffer for each costs a process one to two MiB."""
_PIECE_BYTES = 65_536
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_TO_GATEWAYS = tuple(f"POST {path}".encode() for path in FOR_GATEWAYS)
_TO_PHONES_HOOK = f"POST {FOR_PHONES}".encode()
_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
"""The end of a chunked form. It may also have fields behind its last chunk; no client is known that sends any."""


def is_whole(came: bytes | bytearray) -> bool:
    """Whether all of a request has come, or more of it than anybody here reads.

    It need not be right about everything that a client may make up: gunicorn's parser gets these bytes and no others. If it finds that some
    are missing, the connection is closed.
    """
    limit = _limit(came)
    end = came.find(_END_OF_HEADERS)
    if end < 0 or len(came) > limit + _HEAD_BYTES:
        return len(came) > (_HEAD_BYTES if end < 0 else limit)
    if _CHUNKED.search(came, 0, end):
        return came.endswith(_LAST_CHUNK)
    length = _LENGTH.search(came, 0, end)
    # A form that is too long is refused by its length, without being read.
    return length is None or not len(came) - end - len(_END_OF_HEADERS) < int(length[1][:9]) <= limit


def _limit(came: bytes | bytearray) -> int:
    if came.startswith(_TO_PHONES_HOOK):
        return PHONE_EVENT_LIMIT_BYTES
    return GATEWAY_FORM_LIMIT_BYTES if came.startswith(_TO_GATEWAYS) else FORM_LIMIT_BYTES


class _Line(socket.socket):
    """The socket of a client. What the client does not take at once is kept, so that writing to it never waits."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self.came = bytearray()
        self.was_told_to_go_on = False
        self.unsent_bytes = 0
        self._unsent = _Buffer()

    def read(self) -> bytes | None:
        """What has come; None if nothing has, and nothing more will."""
        try:
            return self.recv(_READ_BYTES, socket.MSG_DONTWAIT) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def sendall(self, data: Any, _flags: int = 0, /) -> None:
        """Send what can be sent now, and keep the rest for `send_more`. Raises `OSError` if the client is gone."""
        sent = 0 if self.unsent_bytes else self._send(data)
        if sent < len(data):
            self._unsent.add(data[sent:])
            self.unsent_bytes += len(data) - sent

    def send(self, data: Any, _flags: int = 0, /) -> int:
        """The same: gunicorn uses it to tell a client to go on."""
        self.sendall(data)
        return len(data)

    def send_more(self) -> None:
        """Send what can be sent of what is kept. Raises `OSError` if the client is gone."""
        self.unsent_bytes -= self._send(self._unsent.piece_of_last(self.unsent_bytes))
        if not self.unsent_bytes:
            self._unsent.close()
            self._unsent = _Buffer()

    def close(self) -> None:
        """Close the connection, and forget what has not been sent."""
        self._unsent.close()
        self.unsent_bytes = 0
        super().close()

    def _send(self, data: Any) -> int:
        with contextlib.suppress(BlockingIOError):
            return super().send(data, socket.MSG_DONTWAIT)
        return 0


class _Buffer:
    """What a client has not taken yet: in memory while it is small, in a file without a name when it is large.

    It is hidden there: a page has citizens' words, and the blocks of a file stay on a disk when the file is gone.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_PIECE_BYTES)  # noqa: SIM115
        self._scratch = Scratch()
        self._bytes = 0

    def add(self, data: bytes) -> None:
        self._file.seek(self._bytes)
        self._file.write(self._scratch.turned(data, self._bytes))
        self._bytes += len(data)

    def piece_of_last(self, count: int) -> bytes:
        """The first piece of the last `count` bytes."""
        at = self._bytes - count
        self._file.seek(at)
        return self._scratch.turned(self._file.read(_PIECE_BYTES), at)

    def close(self) -> None:
        self._file.close()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A web process. All methods run in its main thread, except that gunicorn calls `handle` in the others."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # In the order in which they began.
        self._receiving: dict[Any, None] = {}
        self._leaving: dict[Any, None] = {}
        self._looked_at = 0.0
        self._accepts_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection; gunicorn calls this when there is one, perhaps for several processes at once."""
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            accepted, client = listener.accept()
            self.nr_conns += 1
            self.enqueue_req(TConn(self.cfg, _Line(accepted), client, listener.getsockname()))
            if self.cfg.workers > 1:
                self._accepts_at = monotonic() + _TURN_S
                self.set_accept_enabled(enabled=False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections or not. gunicorn calls this in each turn of its loop in which it could take one."""
        super().set_accept_enabled(enabled and monotonic() >= self._accepts_at)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events, but not beyond the time from which connections are taken again."""
        # A process that ends takes none any more: without its master it ends too.
        if not self._accepting and self.alive and self.ppid == os.getppid() and self.nr_conns < self.worker_connections:
            timeout = min(timeout, max(self._accepts_at - monotonic(), _TURN_S))
        super().wait_for_and_dispatch_events(timeout)

    def enqueue_req(self, conn: Any) -> None:
        """Receive a request, then give it to a thread. gunicorn calls this for a connection that is new, or on which something comes."""
        conn.sock.came += conn.parser.unreader.take_buffered() if conn.parser else b""
        conn.sock.was_told_to_go_on = False
        if is_whole(conn.sock.came):
            self._give_to_thread(conn)
        else:
            # Most often all of it is there. To ask the poller first would take a tenth of what a text takes.
            self._receive(conn, conn.sock)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Send the rest of an answer, then keep the connection or close it. gunicorn calls this when a thread has done its work."""
        if conn.sock.unsent_bytes:
            within_s = _SEND_S + conn.sock.unsent_bytes / _SEND_BYTES_PER_S
            self._wait(conn, self._leaving, EVENT_WRITE, partial(self._send_more, fs=fs), within_s)
        # A parser that came to the end of its bytes and wanted more has not found where the next request begins.
        elif not fs.cancelled() and fs.exception() is None and fs.result() and conn.parser.unreader.iter is not None:
            super().finish_request(conn, fs)
        else:
            self._part(conn)

    def murder_pending(self) -> None:
        """Close what is past its deadline, and make room. gunicorn calls this once in each turn of its loop, when no event is in hand."""
        now = monotonic()
        if now >= self._looked_at + _LOOK_EVERY_S:
            self._looked_at = now
            for conn in [*chain(self._receiving, self._leaving)]:
                if conn.timeout <= now or (not self.alive and self._is_silent(conn)):
                    self._give_up(conn)
            held = sum(len(conn.sock.came) for conn in self._receiving)
            while held > _HELD_BYTES:
                largest = max(self._receiving, key=lambda conn: len(conn.sock.came))
                held -= len(largest.sock.came)
                self._give_up(largest)
        # At its limit gunicorn would take no new connection, so that idle ones could keep everybody out.
        while self.nr_conns >= self.worker_connections and (most := max(self.keepalived_conns, self._receiving, self._leaving, key=len)):
            oldest = next(iter(most))
            if most is self.keepalived_conns:
                self.keepalived_conns.popleft()
                self.poller.unregister(oldest.sock)
            self._close(oldest)

    def _receive(self, conn: Any, line: _Line) -> None:
        data = line.read()
        if data is None:
            self._close(conn)
            return
        line.came += data
        if is_whole(line.came):
            self._stop_waiting(conn)
            self._give_to_thread(conn)
            return
        if conn not in self._receiving:
            self._wait(conn, self._receiving, EVENT_READ, self._receive, RECEIVE_S)
        if not line.was_told_to_go_on and (end := line.came.find(_END_OF_HEADERS)) >= 0 and _EXPECTS.search(line.came, 0, end):
            line.was_told_to_go_on = True
            with contextlib.suppress(OSError):  # it is seen when the client is read next
                line.sendall(_GO_ON)

    def _give_to_thread(self, conn: Any) -> None:
        conn.parser = get_parser(self.cfg, [bytes(conn.sock.came)], conn.client)
        conn.initialized = True
        conn.sock.came.clear()
        super().enqueue_req(conn)

    def _send_more(self, conn: Any, line: _Line, *, fs: Future[Any]) -> None:
        try:
            line.send_more()
        except OSError:
            self._close(conn)
            return
        if not line.unsent_bytes:
            self._stop_waiting(conn)
            self.finish_request(conn, fs)

    def _part(self, conn: Any) -> None:
        """Close after what the client still sends has come: if it were left unread, the client might not get the answer (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        self._wait(conn, self._leaving, EVENT_READ, self._discard, _CLOSE_S)

    def _discard(self, conn: Any, line: _Line) -> None:
        if line.read() is None:
            self._close(conn)

    def _give_up(self, conn: Any) -> None:
        if conn in self._leaving or self._is_silent(conn):
            self._close(conn)
            return
        self._stop_waiting(conn)
        with contextlib.suppress(OSError):
            conn.sock.sendall(_TOO_SLOW)
        self._part(conn)

    def _is_silent(self, conn: Any) -> bool:
        return conn in self._receiving and not conn.sock.came

    def _wait(self, conn: Any, among: dict[Any, None], event: int, then: Any, within_s: float) -> None:
        conn.timeout = monotonic() + within_s
        among[conn] = None
        self.poller.register(conn.sock, event, partial(then, conn))

    def _stop_waiting(self, conn: Any) -> None:
        for among in (self._receiving, self._leaving):
            if conn in among:
                del among[conn]
                self.poller.unregister(conn.sock)

    def _close(self, conn: Any) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()
