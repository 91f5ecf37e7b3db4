"""A live simulator on loopback, a hotline double that takes its webhooks, and the real SDK as the caller."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from hotline.simulator import create_simulator
from hotline.simulator.server import make_simulator_server

SID = "AC" + "1" * 32
TOKEN = "12345"
NUMBER = "+12025550100"
PHONE = "+923001234501"
PUBLIC_URL = "https://hotline.example"
STATUS_URL = f"{PUBLIC_URL}/hooks/twilio/status?message=7&x=a%20b"


def eventually(found: Callable[[], Any], *, within_s: float = 5) -> Any:
    """What `found` gives once it is true."""
    end = time.monotonic() + within_s
    while not (result := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
    return result


@contextmanager
def serving(server: BaseWSGIServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Received:
    uri: str
    fields: dict[str, str]
    headers: dict[str, str]
    genuine: bool
    at: datetime


@dataclass
class HotlineDouble:
    """Keeps what it gets and answers what it is told to."""

    answer: tuple[int, str, str] = (200, "text/xml", "<Response/>")
    received: list[Received] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        uri = environ["RAW_URI"]
        signature = request.headers.get("X-Twilio-Signature", "")
        genuine = RequestValidator(TOKEN).validate(PUBLIC_URL + uri, request.form, signature)
        self.received.append(Received(uri, request.form.to_dict(), dict(request.headers), genuine, datetime.now(UTC)))
        status, content_type, body = self.answer
        return Response(body, status, content_type=content_type)(environ, start_response)

    @property
    def texts(self) -> list[Received]:
        return [one for one in self.received if one.uri == "/hooks/twilio/sms"]

    @property
    def statuses(self) -> list[str]:
        return [one.fields["MessageStatus"] for one in self.received if one.uri.startswith("/hooks/twilio/status")]


@dataclass
class Simulator:
    url: str
    app: Flask

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON (or text) of the answer."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        try:
            form = isinstance(body, str)
            kind = "application/x-www-form-urlencoded" if form else "application/json"
            data = body if form or body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": kind, **(headers or {})})
            reply = connection.getresponse()
            text = reply.read().decode()
            return reply.status, json.loads(text) if reply.getheader("Content-Type") == "application/json" else text
        finally:
            connection.close()

    def text(self, body: str, *, phone: str = PHONE, **more: str) -> Any:
        status, reply = self.call("POST", f"/phones/{phone}/texts", {"body": body, **more})
        assert status == 200
        return reply

    def phone(self, number: str = PHONE) -> list[dict[str, Any]]:
        return self.call("GET", f"/phones/{number}/texts")[1]

    def bodies(self, number: str = PHONE) -> list[str]:
        return [text["body"] for text in self.phone(number)]

    def faults(self, **faults: Any) -> None:
        status, reply = self.call("PUT", "/faults", faults)
        assert status == 200, reply

    def log(self) -> list[dict[str, Any]]:
        return self.call("GET", "/log")[1]


@pytest.fixture
def hotline() -> HotlineDouble:
    return HotlineDouble()


@pytest.fixture
def hotline_url(hotline: HotlineDouble) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, hotline, threaded=True)) as url:
        yield url


@pytest.fixture
def start(hotline_url: str) -> Iterator[Callable[..., Simulator]]:
    """Start a simulator with other settings than the usual."""
    running = []

    def begin(**settings: Any) -> Simulator:
        usual = {"account_sid": SID, "auth_token": TOKEN, "number": NUMBER, "public_url": PUBLIC_URL, "hotline_url": hotline_url}
        app = create_simulator(**{**usual, "step_s": 0.01, **settings})
        context = serving(make_simulator_server(app))
        running.append((context, app))
        return Simulator(context.__enter__(), app)

    yield begin
    for context, app in running:
        context.__exit__(None, None, None)
        app.extensions["simulator"].close()


@pytest.fixture
def simulator(start: Callable[..., Simulator]) -> Simulator:
    return start()


@pytest.fixture
def clients() -> Iterator[Callable[..., Client]]:
    made = []

    def connect(simulator: Simulator, *, token: str = TOKEN, timeout: float = 5) -> Client:
        client = Client(SID, token, http_client=TwilioHttpClient(timeout=timeout))
        client.api.base_url = simulator.url
        made.append(client)
        return client

    yield connect
    for client in made:
        client.http_client.session.close()


@pytest.fixture
def client(simulator: Simulator, clients: Callable[..., Client]) -> Client:
    return clients(simulator)
