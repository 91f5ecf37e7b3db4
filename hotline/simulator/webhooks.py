"""Sends signed requests to the hotline, as Twilio does, and checks the answers as Twilio would."""

import http.client
import re
import threading
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from hotline.simulator.account import Account
from hotline.simulator.messages import API_VERSION, Message
from hotline.simulator.state import State
from hotline.simulator.timetable import Timetable

# Twilio's defaults for webhooks, which it calls ct and rt.
_CONNECT_S = 5.0
_READ_S = 15.0
_TRIES = 2  # rc=1, rp=ct: one more try, and only if there was no connection
ANSWER_BYTES = 65_536  # a larger document is refused

# Twilio's debugger codes.
RETRIEVAL_FAILURE = 11200
CONNECTION_FAILURE = 11205
DOCUMENT_FAILURE = 12100
CONTENT_TYPE_FAILURE = 12300

_TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True)
class Answer:
    """The hotline's answer: HTTP status (None: no answer), the code that Twilio would log (None: no error), and why."""

    status: int | None
    error_code: int | None = None
    detail: str = ""
    content_type: str = ""
    cache_control: str = ""
    body: bytes = b""


class BadAnswer(ValueError):
    """An answer that Twilio could not use: the code of Twilio's debugger, and why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def post(account: Account, url: str, fields: dict[str, str]) -> Answer:
    """Sign a form and post it, with a second try if there was no connection. Redirects are not followed: the hotline makes none."""
    return ask(account, "POST", url, fields)


def ask(account: Account, method: str, url: str, fields: dict[str, str], *, most: int = ANSWER_BYTES) -> Answer:
    """Like `post`, by GET or POST; a GET has the fields in its query. At most `most` + 1 bytes of the answer are read."""
    url = url.partition("#")[0]
    if method == "GET" and fields:
        url += ("&" if "?" in url else "?") + urlencode(fields)
        fields = {}
    address = account.real_address(url)
    if address is None:
        return Answer(None, CONNECTION_FAILURE, "not requested: this address is not on this computer")
    signature = account.sign(url, fields)
    headers = {
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "Host": urlsplit(url).netloc,
        # The same token for the same form, as with Twilio's own retries.
        "I-Twilio-Idempotency-Token": str(uuid5(NAMESPACE_URL, signature)),
        "X-Twilio-Signature": signature,
    }
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    for _ in range(_TRIES):
        connection = _connect(address)
        if connection is not None:
            form = urlencode(fields).encode("ascii") if method == "POST" else None
            return _exchange(connection, method, address, form, headers, most=most)
    return Answer(None, CONNECTION_FAILURE, "no connection")


def _connect(address: str) -> http.client.HTTPConnection | None:
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_CONNECT_S)
    try:
        connection.connect()
    except OSError:
        return None
    connection.sock.settimeout(_READ_S)
    return connection


def _exchange(
    connection: http.client.HTTPConnection, method: str, address: str, form: bytes | None, headers: dict[str, str], *, most: int
) -> Answer:
    where = urlsplit(address)
    target = (where.path or "/") + (f"?{where.query}" if where.query else "")
    try:
        connection.request(method, target, form, headers)
        reply = connection.getresponse()
        body = reply.read(most + 1)
    except (OSError, http.client.HTTPException) as failure:
        return Answer(None, RETRIEVAL_FAILURE, f"no answer ({type(failure).__name__})")
    finally:
        connection.close()
    if not 200 <= reply.status < 300:
        return Answer(reply.status, RETRIEVAL_FAILURE, f"HTTP {reply.status}")
    kind, caching = reply.getheader("Content-Type", ""), reply.getheader("Cache-Control", "")
    return Answer(reply.status, None, f"HTTP {reply.status}", kind, caching, body)


def read_twiml(answer: Answer) -> tuple[Answer, list[str]]:
    """The answer to an incoming text, checked as TwiML, and the bodies of its `<Message>` verbs."""
    if answer.error_code is not None:
        return answer, []
    code, detail, bodies = _check_twiml(answer)
    return (Answer(answer.status, code, detail) if code else answer), bodies


def _check_twiml(answer: Answer) -> tuple[int | None, str, list[str]]:
    try:
        root = parse_xml(answer)
    except BadAnswer as bad:
        return bad.code, bad.detail, []
    if root.tag != "Response":
        return DOCUMENT_FAILURE, "the answer has no <Response>", []
    bodies = [(verb.findtext("Body") or verb.text or "").strip() for verb in root.iter("Message")]
    return None, "", [body for body in bodies if body]


def parse_xml(answer: Answer) -> ET.Element:
    """The root element of an answer. Raises BadAnswer if the status is not 200, the type is not XML, or it does not parse."""
    if answer.status != 200:
        raise BadAnswer(RETRIEVAL_FAILURE, f"HTTP {answer.status} instead of 200 with TwiML")
    if answer.content_type.partition(";")[0].strip().lower() not in _TWIML_TYPES:
        raise BadAnswer(CONTENT_TYPE_FAILURE, "the answer is not XML by its Content-Type")
    # Entities are dangerous in this parser, and TwiML does not need them.
    if re.search(rb"<!(DOCTYPE|ENTITY)", answer.body):
        raise BadAnswer(DOCUMENT_FAILURE, "the answer has a DOCTYPE")
    try:
        return ET.fromstring(answer.body)  # noqa: S314  written by the hotline on this computer, without entities
    except ET.ParseError:
        raise BadAnswer(DOCUMENT_FAILURE, "the answer does not parse as XML") from None


class Reports:
    """Posts the status callbacks of one text, one after another, so that only a fault can change their order."""

    def __init__(self, account: Account, state: State, posting: Timetable, message: Message) -> None:
        self._account = account
        self._state = state
        self._posting = posting
        self._message = message
        self._generation = state.generation
        self._reversed = bool(message.callback_url) and state.strikes("callback_reorder_next")
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._busy = False

    def add(self, status: str, error_code: int | None, *, last: bool) -> None:
        """Report a status in the background. `last`: no other follows."""
        if not self._message.callback_url:
            return
        with self._lock:
            if self._reversed:
                self._waiting.appendleft(lambda: self._post(status, error_code))
            else:
                self._waiting.append(lambda: self._post(status, error_code))
            if self._busy or (self._reversed and not last):
                return
            self._busy = True
        self._posting.after(self._state.faults.callback_delay_s, self._drain)

    def _drain(self) -> None:
        self._waiting.popleft()()
        with self._lock:
            self._busy = bool(self._waiting)
        if self._busy:
            self._posting.after(self._state.faults.callback_delay_s, self._drain)

    def _post(self, status: str, error_code: int | None) -> None:
        message = self._message
        if self._generation != self._state.generation:  # the simulator was reset: the next test must not get this callback
            return
        line = {"kind": "status", "sid": message.sid, "phone": message.phone, "message_status": status}
        if self._state.strikes("callback_drop_next"):
            self._state.write_log(**line, http_status=None, error_code=None, detail="dropped on request")
            return
        for _ in range(2 if self._state.strikes("callback_double_next") else 1):
            answer = post(self._account, message.callback_url, self._fields(status, error_code))
            self._state.write_log(**line, http_status=answer.status, error_code=answer.error_code, detail=answer.detail)

    def _fields(self, status: str, error_code: int | None) -> dict[str, str]:
        message = self._message
        fields = {
            "AccountSid": self._account.sid,
            "ApiVersion": API_VERSION,
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.recipient,
        }
        if message.service_sid:
            fields["MessagingServiceSid"] = message.service_sid
        if error_code:
            fields["ErrorCode"] = str(error_code)
        return fields
