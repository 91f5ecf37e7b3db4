"""One request and its answer, within a deadline and a size.

Each request has a connection of its own, and the library for it is the standard one: so it is known whether there was a connection at all
(without one, nothing was sent), and nothing follows redirects, unpacks, or tries again by itself.
"""

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from urllib.parse import urlsplit

from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.http.filling import Wire


@dataclass(frozen=True)
class Answer:
    """What a service answered: at most so many bytes of the body as were asked for."""

    status: int
    body: bytes
    retry_after_s: float | None = None


def exchange(url: str, wire: Wire, *, timeout_s: float, limit_bytes: int) -> Answer:
    """Make a request at the service `url` (scheme, host, port). Raises `GatewayError`: NOT_SENT if there was no connection, ILL if the
    service's certificate is not good, UNKNOWN if the answer did not come."""
    ends = time.monotonic() + timeout_s
    connection = _connected(url, timeout_s)
    late = threading.Event()
    watch = threading.Timer(max(0.0, ends - time.monotonic()), _end, (connection.sock, late))
    watch.daemon = True
    watch.start()
    try:
        connection.request(wire.method, wire.target, body=wire.body, headers={name: value.encode() for name, value in wire.headers.items()})
        with connection.getresponse() as response:
            answer = _read(response, limit_bytes)
    except (OSError, HTTPException, ValueError) as fault:
        raise GatewayError("too_slow" if late.is_set() else type(fault).__name__[:16], Outcome.UNKNOWN) from fault
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():  # the end of the body was ours
        raise GatewayError("too_slow", Outcome.UNKNOWN)
    return answer


def reach(url: str, *, timeout_s: float) -> None:
    """Connect to a service and ask nothing. Raises `GatewayError` as `exchange` does."""
    _connected(url, timeout_s).close()


def _connected(url: str, timeout_s: float) -> HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port, timeout=timeout_s, context=_trust())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=timeout_s)
    )
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as fault:
        raise GatewayError("certificate", Outcome.ILL) from fault
    except (OSError, ValueError) as fault:  # ValueError: a name that no server can have
        raise GatewayError(type(fault).__name__[:16], Outcome.NOT_SENT) from fault
    return connection


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _end(sock: socket.socket, late: threading.Event) -> None:
    """End an exchange that takes too long: a service that sends a byte now and then never meets the time limit of a single read."""
    late.set()
    with contextlib.suppress(OSError):  # it is closed already
        sock.shutdown(socket.SHUT_RDWR)


def _read(response: HTTPResponse, limit_bytes: int) -> Answer:
    body = response.read(limit_bytes)
    if response.length and len(body) < limit_bytes:
        raise IncompleteRead(body)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        body = b""  # we ask for none: a packed body may be a thousand times as large
    waits = response.headers.get("Retry-After", "")
    return Answer(response.status, body, float(waits) if waits.isascii() and waits.isdigit() and len(waits) < 6 else None)
