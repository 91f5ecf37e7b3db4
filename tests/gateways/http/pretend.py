"""One server that plays the services of the presets by what is known of them, and the one of example.toml. It shares no code with ours.

What it took is on the phones. It misbehaves when it is told to, and keeps every request to the byte.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from tests.gateways.world import Mishap

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

USER, PASSWORD, MASK = "923001110000", "p&ss w+rd/%", "HELP 8020"
LONGEST_S = 1.3
"""How long a lost answer takes not to come: longer than the hotline of these tests waits."""

_RUBBISH = Response("<html>Server Error in '/' Application.</html>", 500)


@dataclass
class Asked:
    """A request, to the byte."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Pretend:
    """The services. `by_id`: our id → the service's, of the texts that were taken; `answers`: given before anything else, for a test."""

    asked: list[Asked] = field(default_factory=list)
    phones: list[tuple[str, str]] = field(default_factory=list)
    by_id: dict[str, str] = field(default_factory=dict)
    report_urls: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    mishap: Mishap | None = None
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    answers: list[Response] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        with self.lock:
            answer = self._answer(request)
        if self.mishap is Mishap.ANSWER_LOST and request.path not in ("/login", "/corporate_sms2/api/auth.jsp"):
            time.sleep(LONGEST_S)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        target = request.environ.get("RAW_URI") or request.full_path
        self.asked.append(Asked(request.method, target, request.get_data(), dict(request.headers)))
        if self.answers:
            return self.answers.pop(0)
        if self.mishap is Mishap.BROKEN:
            return _RUBBISH
        service: Callable[[Request], Response] | None = {
            "/GenericServiceRestAPI/api/SendSMS": self._m3tech,
            "/sendsms_xml.html": self._jazz,
            "/receivesms_xml.html": self._jazz_inbox,
            "/reachrestapi/home/SendQuickSMS": self._zong,
            "/corporate_sms2/api/auth.jsp": self._telenor_login,
            "/corporate_sms2/api/sendsms.jsp": self._telenor,
            "/corporate_sms2/api/querymsg.jsp": self._telenor_query,
            "/cgi-bin/sendsms": self._kannel,
            "/send": self._jasmin if request.mimetype != "application/json" else self._example,
            "/login": self._example_login,
            "/inbox": lambda _: _json({"messages": self.messages}),
        }.get(request.path)
        if service is None and request.path.startswith("/status/"):
            service = self._example_query
        return service(request) if service is not None else Response("no such page", 404)

    def _take(self, number: str, words: str, our_id: str = "") -> str:
        self.phones.append((number, words))
        theirs = f"{len(self.phones):08d}"
        self.by_id[our_id or theirs] = theirs
        return theirs

    # M3Tech: an id of ours, codes in JSON with 200 whatever happened.

    def _m3tech(self, request: Request) -> Response:
        given = _query(request)
        assert given["AuthKey"] == "m3-Tech"
        assert given["HandsetPort"] == given["SMSChannel"] == given["Telco"] == "0"
        assert given["SMSType"] == ("0" if given["SMS"].isascii() else "7")
        code = "0"
        if self.mishap is Mishap.ILL or (given["UserId"], given["Password"]) != (USER, PASSWORD):
            code = "-1"
        elif self.mishap is Mishap.REFUSED or not given["MobileNo"].startswith("923"):
            code = "-2"
        elif given["MsgId"] in self.by_id:
            code = "-10"
        else:
            self._take("+" + given["MobileNo"], given["SMS"], given["MsgId"])
        return _json([{"Response": code}] if code in ("0", "-10") else {"ResponseCode": int(code)})

    # Jazz: XML in a form; a type of document in every answer.

    def _jazz(self, request: Request) -> Response:
        given = _tree(dict(parse_qsl(self.asked[-1].body.decode()))["xmldoc"])
        assert given["statuscode"] == "1"
        assert given["urdu"] == ("0" if given["Message"].isascii() else "1")
        code, theirs = "300", ""
        if self.mishap is Mishap.ILL:
            code = "310"
        elif (given["Username"], given["Password"], given["From"]) != (USER, PASSWORD, MASK):
            code = "304"
        elif self.mishap is Mishap.REFUSED:
            code = "309"
        else:
            theirs = self._take("+92" + given["To"].removeprefix("0"), given["Message"])
        more = f"<messageid>{theirs}</messageid>" if theirs else ""
        xml = f"<response><statuscode>{code}</statuscode><statusmessage>said</statusmessage>{more}</response>"
        return _xml(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE response SYSTEM "response.dtd">\n{xml}')

    def _jazz_inbox(self, request: Request) -> Response:
        given = _tree(dict(parse_qsl(self.asked[-1].body.decode()))["xmldoc"])
        assert (given["Username"], given["Password"], given["Shortcode"]) == (USER, PASSWORD, "7005148")
        time.strptime(given["FromDate"], "%Y-%m-%d %H:%M:%S")
        time.strptime(given["ToDate"], "%Y-%m-%d %H:%M:%S")
        rows = [
            "<SMSInfo>" + "".join(f"<{name}>{_in_xml(value)}</{name}>" for name, value in row.items()) + "</SMSInfo>" for row in self.rows
        ]
        return _xml(f"<SMSRsponse>{''.join(rows) or '<Error>No Record Found.</Error>'}</SMSRsponse>")

    # Zong: JSON; what it answers is not known, and made up here.

    def _zong(self, request: Request) -> Response:
        given = json.loads(self.asked[-1].body)
        assert set(given) == {"loginId", "loginPassword", "Destination", "Mask", "Message", "UniCode", "ShortCodePrefered"}
        assert given["UniCode"] == ("0" if given["Message"].isascii() else "1")
        if self.mishap is Mishap.ILL or (given["loginId"], given["loginPassword"]) != (USER, PASSWORD):
            return Response("login failed")
        if self.mishap is Mishap.REFUSED:
            return Response("invalid destination")
        return Response(f"message submitted {self._take('+' + given['Destination'], given['Message'])}")

    # Telenor: a session, XML.

    def _telenor_login(self, request: Request) -> Response:
        given = _query(request)
        if self.mishap is Mishap.ILL or (given["msisdn"], given["password"]) != (USER, PASSWORD):
            return _corp("Auth_request", "200", "ERROR")
        return _corp("Auth_request", self._session(), "OK")

    def _telenor(self, request: Request) -> Response:
        given = _query(request)
        assert ("unicode" in given) == (not given["text"].isascii())
        if given["session_id"] not in self.sessions:
            return _corp("Submit_SM", "201", "ERROR")
        if self.mishap is Mishap.THROTTLED:
            return _corp("Submit_SM", "211", "ERROR")
        return _corp("Submit_SM", self._take("+" + given["to"], given["text"]), "OK")

    def _telenor_query(self, request: Request) -> Response:
        given = _query(request)
        is_known = given["session_id"] in self.sessions and given["msg_id"] in self.by_id.values()
        return _corp("Message_query", "1", "OK") if is_known else _corp("Message_query", "220", "ERROR")

    def _session(self) -> str:
        self.logins += 1
        self.sessions.add(f"session{self.logins:04d}")
        return f"session{self.logins:04d}"

    # Kannel and Jasmin: gateways of one's own.

    def _kannel(self, request: Request) -> Response:
        given = _query(request)
        if self.mishap is Mishap.ILL or (given["username"], given["password"]) != (USER, PASSWORD):
            return Response("Authorization failed for sendsms", 403)
        if self.mishap is Mishap.REFUSED:
            return Response("Not routable. Do not try again.", 403)
        if self.mishap is Mishap.THROTTLED:
            return Response("Temporal failure, try again later.", 503)
        assert given["coding"] == ("0" if given["text"].isascii() else "2")
        self.report_urls.append(given["dlr-url"])
        self._take(given["to"], given["text"])
        return Response("0: Accepted for delivery", 202)

    def _jasmin(self, request: Request) -> Response:
        given = {name.decode(): value for name, value in parse_qsl(self.asked[-1].body, keep_blank_values=True)}
        if self.mishap is Mishap.ILL or (given[b"username".decode()], given["password"]) != (USER.encode(), PASSWORD.encode()):
            return Response('Error "Authentication failure for username:x"', 403)
        if self.mishap is Mishap.REFUSED:
            return Response('Error "Argument [to] has an invalid value: [x]."', 400)
        coding = given["coding"].decode()
        words = given["content"].decode() if coding == "0" else bytes.fromhex(given["hex-content"].decode()).decode("utf-16-be")
        assert (coding == "0") == words.isascii()
        self.report_urls.append(given["dlr-url"].decode())
        return Response(f'Success "07033084-5cfd-4812-90a4-{self._take(given["to"].decode(), words):>012}"')

    # The service of example.toml.

    def _example_login(self, request: Request) -> Response:
        return Response(f"<a><response>OK</response><data>{self._session()}</data></a>")

    def _example(self, request: Request) -> Response:
        given = json.loads(self.asked[-1].body)
        known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.mishap is Mishap.ILL or request.headers.get("Authorization") != f"Basic {known}":
            return Response("no", 401)
        if given["session"] not in self.sessions:
            return Response("your session expired", 403 if self.mishap is Mishap.THROTTLED else 200)
        if self.mishap is Mishap.THROTTLED:
            return Response("slowly", 429, {"Retry-After": "7"})
        if self.mishap is Mishap.REFUSED:
            return _json({"status": "bad_number"})
        if given["id"] in self.by_id:
            return _json({"status": "duplicate"})
        assert given["flags"] == {"channel": "1", "report": True}
        assert given["type"] == (0 if given["text"].isascii() else 7)
        [number] = given["to"]
        return _json({"data": [{"status": "queued", "id": self._take(number, given["text"], given["id"])}]})

    def _example_query(self, request: Request) -> Response:
        if request.path.removeprefix("/status/") not in self.by_id:
            return Response("", 404)
        return _json({"state": "queued"})


def _query(request: Request) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(request.query_string.decode(), keep_blank_values=True, strict_parsing=True).items()
    }


def _tree(xml: str) -> dict[str, str]:
    return {one.tag: one.text or "" for one in ET.fromstring(xml)}  # noqa: S314 - our own request


def _in_xml(value: str) -> str:
    return escape(value, {"\r": "&#13;"})


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def _corp(command: str, data: str, response: str) -> Response:
    xml = f"<corpsms>\n<command>{command}</command>\n<data>{data}</data>\n<response>{response}</response>\n</corpsms>"
    return _xml(f'<?xml version="1.0" encoding="UTF-8" ?>\n{xml}')
