"""A live simulator on loopback, a hotline double that takes its webhooks and says what TwiML a test gives it, and the real SDK."""

import io
import json
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from hotline.simulator import create_simulator
from hotline.simulator.server import make_simulator_server
from tests.servers import serving

SID = "AC" + "1" * 32
TOKEN = "12345"
NUMBER = "+12025550100"
PHONE = "+923001234501"
PUBLIC_URL = "https://hotline.example"
STATUS_URL = f"{PUBLIC_URL}/hooks/twilio/status?message=7&x=a%20b"
VOICE = "/hooks/twilio/voice"
VOICE_URL = PUBLIC_URL + VOICE
PROMPT = f"<Play>{PUBLIC_URL}/prompts/hello.wav</Play>"
HANGUP = "<Hangup/>"


def gather(path: str = "/keys", inside: str = "", **attributes: object) -> str:
    """A Gather whose action is a path below the voice address."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Gather action="{VOICE_URL}{path}"{more}>{inside}</Gather>'


def record(path: str = "/recorded", **attributes: object) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Record action="{VOICE_URL}{path}" recordingStatusCallback="{VOICE_URL}/recording"{more}/>'


def make_wav(seconds: float, *, rate: int = 8000, channels: int = 1) -> bytes:
    """A square wave."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        frames = round(seconds * rate)
        sound.writeframes(b"".join((9000 if n // 10 % 2 else -9000).to_bytes(2, "little", signed=True) * channels for n in range(frames)))
    return kept.getvalue()


def length_s(audio: bytes) -> float:
    with wave.open(io.BytesIO(audio)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return sound.getnframes() / 8000


def eventually(found: Callable[[], Any], *, within_s: float = 5) -> Any:
    """What `found` gives, once it gives something true."""
    end = time.monotonic() + within_s
    while not (result := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
    return result


def told_of(hotline: "HotlineDouble", call: dict[str, Any], count: int) -> list[dict[str, str]]:
    """What the hotline was told of a call's progress, in order, once there are that many reports."""

    def found() -> list[dict[str, str]]:
        return sorted(
            (one for one in hotline.asked("/status") if one["CallSid"] == call["sid"]), key=lambda one: int(one["SequenceNumber"])
        )

    return eventually(lambda: len(told := found()) >= count and told)


@dataclass
class Received:
    uri: str
    fields: dict[str, str]
    headers: dict[str, str]
    genuine: bool
    at: datetime


@dataclass
class HotlineDouble:
    """Keeps the forms it gets. Answers what it is told to: `pages` by path, else `answer`."""

    answer: tuple[int, str, str] = (200, "text/xml", "<Response/>")
    pages: dict[str, tuple[int, str, str | bytes]] = field(default_factory=lambda: {"/prompts/hello.wav": (200, "audio/wav", b"sound")})
    cache_control: str = ""
    received: list[Received] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        uri = environ["RAW_URI"]
        signature = request.headers.get("X-Twilio-Signature", "")
        genuine = RequestValidator(TOKEN).validate(PUBLIC_URL + uri, request.form, signature)
        self.received.append(Received(uri, request.form.to_dict(), dict(request.headers), genuine, datetime.now(UTC)))
        status, content_type, body = self.pages.get(uri.partition("?")[0], self.answer)
        headers = {"Cache-Control": self.cache_control} if self.cache_control else {}
        return Response(body, status, headers, content_type=content_type)(environ, start_response)

    @property
    def texts(self) -> list[Received]:
        return [one for one in self.received if one.uri == "/hooks/twilio/sms"]

    def says(self, path: str, *verbs: str) -> None:
        """Answer the path below the voice address with these verbs."""
        self.pages[VOICE + path] = (200, "text/xml", f"<Response>{''.join(verbs)}</Response>")

    def asked(self, path: str) -> list[dict[str, str]]:
        """The forms posted to the path below the voice address."""
        return [one.fields for one in self.received if one.uri == VOICE + path]

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

    def ring(self, phone: str = PHONE, **given: Any) -> dict[str, Any]:
        """A phone calls the hotline."""
        status, call = self.call("POST", f"/phones/{phone}/calls", given)
        assert status == 200, call
        return call

    def do(self, call: dict[str, Any], what: str, **given: Any) -> dict[str, Any]:
        """The person on the phone does something; returns the call as it is then."""
        status, now = self.call("POST", f"/calls/{call['sid']}/{what}", given)
        assert status == 200, now
        return now

    def press(self, call: dict[str, Any], digits: str) -> dict[str, Any]:
        return self.do(call, "keys", digits=digits)

    def show(self, sid: str) -> dict[str, Any]:
        status, call = self.call("GET", f"/calls/{sid}")
        assert status == 200, call
        return call


@pytest.fixture
def hotline() -> HotlineDouble:
    return HotlineDouble()


@pytest.fixture
def hotline_url(hotline: HotlineDouble) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, hotline, threaded=True)) as url:
        yield url


@pytest.fixture
def start(hotline_url: str) -> Iterator[Callable[..., Simulator]]:
    """Start a simulator with other settings than usual."""
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
