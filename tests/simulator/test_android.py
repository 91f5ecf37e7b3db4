"""The pretend Android phone: on the page in place of the account, and on with what it had after a kill."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from werkzeug.wrappers import Request, Response

from hotline.simulator import androidmain
from hotline.simulator.__main__ import build
from hotline.simulator.androidapi import create_phone_app
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.server import make_simulator_server
from tests.servers import serving
from tests.simulator.conftest import PHONE, HotlineDouble, Simulator, eventually
from tests.simulator.test_start import SETTINGS

KEY, PASSWORD = "k" * 32, "of the phone"
AUTH = ("sms", PASSWORD)


@pytest.fixture
def phones(hotline_url: str) -> Iterator[Callable[..., AndroidPhone]]:
    """A paired phone; `kept` is its file."""
    made = []

    def begin(kept: Path | None = None) -> AndroidPhone:
        phone = AndroidPhone(password=PASSWORD, hotline_url=hotline_url, step_s=0.005, retry_s=0.05, kept=kept)
        phone.setup.pair("https://hotline.example/hooks/android/phone", KEY)
        made.append(phone)
        return phone

    yield begin
    for phone in made:
        phone.close()


@pytest.fixture
def bodies(hotline: HotlineDouble, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """(path, event) of each genuine event that the hotline was told of. It answers 200."""
    told: list[tuple[str, dict[str, Any]]] = []
    real = HotlineDouble.__call__

    def call(self: HotlineDouble, environ: Any, start_response: Any) -> Any:
        if not environ["PATH_INFO"].startswith("/hooks/android/"):
            return real(self, environ, start_response)
        request = Request(environ)
        raw = request.get_data()
        signed = hmac.new(KEY.encode(), raw + request.headers["X-Timestamp"].encode(), hashlib.sha256).hexdigest()
        assert request.headers["X-Signature"] == signed
        if self.answer[0] == 200:
            told.append((request.path, json.loads(raw)))
        return Response("", self.answer[0])(environ, start_response)

    monkeypatch.setattr(HotlineDouble, "__call__", call)
    return told


def send(url: str, id_: str, words: str, to: str = PHONE) -> int:
    asked = {"id": id_, "textMessage": {"text": words}, "phoneNumbers": [to]}
    return requests.post(f"{url}/messages", json=asked, auth=AUTH, timeout=10).status_code


def kinds(told: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [event["event"] for _, event in told]


def test_the_page_texts_by_the_phone_and_shows_what_arrives_by_it(
    start: Callable[..., Simulator], phones: Callable[..., AndroidPhone], hotline: HotlineDouble, bodies: list[tuple[str, dict[str, Any]]]
) -> None:
    simulator = start(android=phones())
    assert simulator.call("POST", "/send", urlencode({"number": PHONE, "body": "پہلی\r\nسطر"}))[0] == 303
    eventually(lambda: bodies)
    [(path, event)] = bodies
    assert (path, event["event"]) == ("/hooks/android/phone", "sms:received")
    assert (event["payload"]["sender"], event["payload"]["message"]) == (PHONE, "پہلی\nسطر")
    assert hotline.texts == []  # the account has no part in it
    eventually(lambda: simulator.phone()[0]["webhook"] == "taken")
    assert send(f"{simulator.url}/android", "ours-1", "482-719-365: پیغام مل گیا") == 202
    eventually(lambda: len(simulator.phone()) == 2)
    page = simulator.call("GET", "/")[1]
    assert "پیغام مل گیا" in page
    assert "+923001110001" in page
    assert [one["from"] for one in simulator.phone()] == [PHONE, "+923001110001"]
    eventually(lambda: kinds(bodies) == ["sms:received", "sms:sent", "sms:delivered"])
    assert simulator.call("POST", "/reset", "")[0] == 303
    assert simulator.phone() == []
    simulator.text("salam")
    eventually(lambda: len(bodies) == 4)  # it is still paired


def test_a_photo_of_the_page_comes_by_the_phone_as_an_mms(
    start: Callable[..., Simulator], phones: Callable[..., AndroidPhone], bodies: list[tuple[str, dict[str, Any]]]
) -> None:
    simulator = start(android=phones())
    simulator.text("ye dekhein", photo=base64.b64encode(b"a picture").decode())
    eventually(lambda: len(bodies) == 2)
    assert kinds(bodies) == ["mms:received", "mms:downloaded"]
    head, loaded = (event["payload"] for _, event in bodies)
    [attachment] = loaded["attachments"]
    assert base64.b64decode(attachment["data"]) == b"a picture"
    assert (loaded["body"], loaded["sender"], head["sender"]) == ("ye dekhein", PHONE, PHONE)
    assert head["messageId"] != loaded["messageId"]
    eventually(lambda: simulator.phone()[0]["webhook"] == "taken")


def test_a_text_that_the_hotline_does_not_take_says_so_on_the_page_until_it_does(
    start: Callable[..., Simulator], phones: Callable[..., AndroidPhone], hotline: HotlineDouble, bodies: list[tuple[str, dict[str, Any]]]
) -> None:
    simulator = start(android=phones())
    hotline.answer = (503, "text/plain", "busy")
    simulator.text("salam")
    eventually(lambda: simulator.phone()[0]["webhook"] == "not taken yet: HTTP 503")
    assert "HTTP 503" in simulator.call("GET", "/")[1]
    hotline.answer = (200, "text/plain", "")
    eventually(lambda: simulator.phone()[0]["webhook"] == "taken")
    assert len(bodies) == 1


def test_a_phone_that_is_killed_goes_on_with_what_it_had(
    phones: Callable[..., AndroidPhone], hotline: HotlineDouble, bodies: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    kept = tmp_path / "phone.kept"
    before = phones(kept)
    hotline.answer = (503, "text/plain", "busy")
    before.hear(PHONE, "salam")
    eventually(lambda: before.log)
    before.faults = type(before.faults)(off=True)
    with serving(make_simulator_server(create_phone_app(before))) as url, pytest.raises(requests.ConnectionError):
        send(url, "never", "it is off")
    before.faults = type(before.faults)()
    with serving(make_simulator_server(create_phone_app(before))) as url:
        assert send(url, "ours-1", "one") == 202
        eventually(before.arrived)
    before.close()  # its threads end and its file closes in the middle of everything, as by a kill
    hotline.answer = (200, "text/plain", "")
    after = phones(kept)
    eventually(lambda: "sms:received" in kinds(bodies))
    assert [(one.to, one.text) for one in after.arrived()] == [(PHONE, "one")]
    assert [one.text for one in after.heard()] == [one.text for one in after.inbox()] == ["salam"]
    with serving(make_simulator_server(create_phone_app(after))) as url:
        assert send(url, "ours-1", "one") == 409
        assert send(url, "ours-2", "two") == 202
        eventually(lambda: len(after.arrived()) == 2)
    assert kinds(bodies).count("sms:received") == 1


def test_a_text_that_waits_at_a_phone_that_is_killed_is_sent_once_afterwards(phones: Callable[..., AndroidPhone], tmp_path: Path) -> None:
    before = phones(tmp_path / "phone.kept")
    with serving(make_simulator_server(create_phone_app(before))) as url:
        for number in range(20):
            assert send(url, f"ours-{number}", str(number), f"+92300{number:07d}") == 202
    before.close()
    after = phones(tmp_path / "phone.kept")
    eventually(lambda: len(after.arrived()) >= 20)
    assert sorted(int(one.text) for one in after.arrived()) == list(range(20))


def test_with_the_secrets_of_a_phone_it_is_played_and_paired() -> None:
    more = {"HOTLINE_PHONE_PASSWORD": PASSWORD, "HOTLINE_PHONE_SIGNING_KEY": KEY}
    app = build({**SETTINGS, **more}, None)
    line = app.extensions["simulator"].line
    assert {hook["url"] for hook in line.phone.setup.hooks.values()} == {"http://127.0.0.1:9/hooks/android/phone"}
    app.extensions["simulator"].close()
    assert build(SETTINGS, None).extensions["simulator"].line is None


def test_a_phone_alone_needs_its_password(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINE_PHONE_PASSWORD", raising=False)
    monkeypatch.setattr("sys.argv", ["androidmain", "--kept", "x"])
    assert androidmain.main() == 2
    assert "HOTLINE_PHONE_PASSWORD" in capsys.readouterr().err
