"""The app's REST API over HTTP: one request, its answer read to a bound and a deadline, and what a failure means for a text."""

import base64
import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hotline.gateways.android.settings import Phone
from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.fetching import fetched

_MOST_BYTES = 4 * 2**20
"""Bytes of an answer at most: a page of the inbox has 500 texts, each of some kilobytes at most."""

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_MANY, _UNAVAILABLE = 401, 403, 404, 409, 429, 503
_REFUSALS = (400, 413, 422)

TAKEN = _CONFLICT
"""HTTP's answer to an id that the app has."""

UNKNOWN_ID = _NOT_FOUND
"""HTTP's answer to an id that the app does not have."""


@dataclass(frozen=True)
class Answer:
    """An answer: the status of HTTP, and its JSON (None if it has none)."""

    status: int
    document: Any


class Rest:
    """Asks one phone, or the server before it. Every method raises `GatewayError`."""

    def __init__(self, phone: Phone, *, connections: int, timeout_s: float) -> None:
        self._url = phone.terms.url.rstrip("/")
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.auth = partial(_identified, base64.b64encode(f"{phone.terms.user}:{phone.password}".encode()).decode())
        for scheme in ("http://", "https://"):
            # It must not retry by itself.
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0))

    def ask(self, method: str, path: str, *, accepts: tuple[int, ...] = (), **more: Any) -> Answer:
        """Make a request. A status that is no success is raised, but for those in `accepts`."""
        ends = time.monotonic() + self._timeout_s
        try:
            # A redirect is not followed: it would take the words elsewhere.
            with self._session.request(
                method, self._url + path, timeout=self._timeout_s, allow_redirects=False, stream=True, **more
            ) as response:
                raw = _read(response, ends)
                status, retry_after = response.status_code, response.headers.get("Retry-After", "")
        except requests.exceptions.RequestException as fault:
            outcome = Outcome.NOT_SENT if _never_left(fault) else Outcome.UNKNOWN
            raise GatewayError(type(fault).__name__[:16], outcome) from fault
        if status not in accepts and not 200 <= status < 300:
            wait_s = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else None
            raise GatewayError(f"http_{status}", refused(status), retry_after_s=wait_s)
        return Answer(status, _document(raw))

    def fetch(self, path: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """Write what stands at a path into `into`; see `fetching.fetched`."""
        get = partial(self._session.get, self._url + path, timeout=self._timeout_s, allow_redirects=False, stream=True)
        return fetched(get, into, limit_bytes=limit_bytes, refused=refused)

    def state_of(self, text_id: str) -> tuple[str | None, str]:
        """The app's state of a text, and why it failed ("" if it did not); (None, "") if the app has no such text."""
        answer = self.ask("GET", f"/messages/{text_id}", accepts=(UNKNOWN_ID,))
        if answer.status == UNKNOWN_ID:
            return None, ""
        found = answer.document if isinstance(answer.document, dict) else {}
        if not isinstance(found.get("state"), str):
            raise GatewayError("no_answer", Outcome.UNKNOWN)  # something else answers at this address
        recipients = found.get("recipients")
        errors = [one.get("error") for one in recipients if isinstance(one, dict)] if isinstance(recipients, list) else []
        return found["state"], next((error for error in errors if isinstance(error, str)), "")

    def close(self) -> None:
        """Give connections back."""
        self._session.close()


def refused(status: int) -> Outcome:
    """What an answer without success means for the text that was to be sent."""
    if status in (_TOO_MANY, _UNAVAILABLE):  # a server's 503 says that its queue is full (QueueLimitExceeded): it took nothing
        return Outcome.NOT_SENT
    if status in (_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND) or 300 <= status < 400:  # our password, or our address of the phone
        return Outcome.ILL
    return Outcome.REFUSED if status in _REFUSALS else Outcome.UNKNOWN


def _identified(given: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = f"Basic {given}"  # requests would write a password in Latin-1
    return request


def _read(response: requests.Response, ends: float) -> bytes:
    """The body. One that is too long, or drips in slowly, is an answer that never came."""
    raw = b""
    for piece in response.iter_content(65_536):
        raw += piece
        if len(raw) > _MOST_BYTES or time.monotonic() > ends:
            raise requests.exceptions.ReadTimeout("the answer does not end")
    return raw


def _document(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw.strip() else None
    except (ValueError, RecursionError):  # a page of another server: UnicodeDecodeError is a ValueError
        return None


def _never_left(fault: requests.exceptions.RequestException) -> bool:
    """Whether there was no connection at all: refused, no such host, or too slow."""
    if isinstance(fault, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(fault.args[0] if fault.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
