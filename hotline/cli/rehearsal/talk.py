"""HTTP to what is on the stage. Everything there may be dead, or hang: no answer is None."""

import contextlib
import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

_WAIT_S = 40.0


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    return exchange("GET", url, wait_s=5)[0] == http.client.OK


def ask(method: str, url: str, body: object = None) -> Any:
    """The JSON of an answer with success; None if there is none."""
    status, raw = exchange(method, url, None if body is None else json.dumps(body).encode())
    if status is None or not 200 <= status < 300:
        return None
    with contextlib.suppress(ValueError):
        return json.loads(raw or b"{}")
    return None


def exchange(method: str, url: str, body: bytes | None = None, *, wait_s: float = _WAIT_S) -> tuple[int | None, bytes]:
    """The status and the body of an answer; None for the status if there is no answer."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=wait_s)
    try:
        connection.request(method, url.partition(where.netloc)[2], body, {"Content-Type": "application/json"} if body is not None else {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()
