"""The pretend phone does what the app does, also what the app does wrong."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from hotline.simulator.androidapi import create_phone_app
from hotline.simulator.androidfaults import PhoneFaults
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.server import make_simulator_server
from tests.servers import serving
from tests.simulator.conftest import eventually

HER, KEY = "+923001234501", "k" * 24
NOON = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


class Told:
    """A hotline that keeps what it is told, and answers with the statuses of its script, then 200."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.script: list[int] = []
        self.forged = 0

    @Request.application
    def app(self, request: Request) -> Response:
        wanted = hmac.new(KEY.encode(), request.get_data() + request.headers["X-Timestamp"].encode(), hashlib.sha256).hexdigest()
        self.forged += not hmac.compare_digest(wanted, request.headers["X-Signature"])
        self.got.append(json.loads(request.get_data()) | {"stamp": int(request.headers["X-Timestamp"])})
        return Response(status=self.script.pop(0) if self.script else 200)

    def of(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.got if one["event"] == event]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def phone(told: Told) -> Iterator[AndroidPhone]:
    with serving(make_server("127.0.0.1", 0, told.app, threaded=True)) as url:
        phone = AndroidPhone(password="secret", hotline_url=url, step_s=0.005, retry_s=0.02, now=lambda: NOON)
        yield phone
        phone.close()


@pytest.fixture
def ask(phone: AndroidPhone) -> Iterator[Callable[..., requests.Response]]:
    """Requests of the phone's API, which is set up to tell of everything."""
    with serving(make_simulator_server(create_phone_app(phone))) as url:

        def request(method: str, path: str, document: Any = None, *, password: str = "secret") -> requests.Response:  # noqa: S107 - of a test
            return requests.request(method, url + path, json=document, auth=("sms", password), timeout=5)

        request("PATCH", "/settings", {"webhooks": {"signing_key": KEY, "retry_count": 4}, "unknown": {"a": 1}})
        texts = ("sms:received", "sms:sent", "sms:delivered", "sms:failed", "sms:cancelled")
        for event in (*texts, "mms:received", "mms:downloaded", "system:ping"):
            made = request("POST", "/webhooks", {"id": event, "url": "https://hotline.example.org/hooks/android/sim1", "event": event})
            assert made.status_code == 201
        yield request


def send(ask: Callable[..., requests.Response], number: int, words: str = "salam", **more: Any) -> requests.Response:
    return ask("POST", "/messages", {"id": f"id{number}", "textMessage": {"text": words}, "phoneNumbers": [HER], **more})


def test_it_asks_for_its_password(ask: Callable[..., requests.Response]) -> None:
    for method, path in (("GET", "/settings"), ("POST", "/messages"), ("GET", "/inbox"), ("GET", "/webhooks")):
        assert ask(method, path, password="another").status_code == 401
    assert ask("GET", "/health", password="another").json()["checks"]["battery:level"]["observedValue"] == 87
    assert "signing_key" not in ask("GET", "/settings").text


def test_a_text_goes_through_its_states_and_each_part_is_reported(ask: Callable[..., requests.Response], told: Told) -> None:
    assert send(ask, 1, "س" * 71).status_code == 202
    assert send(ask, 1).status_code == 409
    eventually(lambda: len(told.of("sms:delivered")) == 2)
    assert len(told.of("sms:sent")) == 2
    state = ask("GET", "/messages/id1").json()
    assert state["state"] == "Delivered"
    assert set(state["states"]) == {"Pending", "Processed", "Sent", "Delivered"}
    assert ask("GET", "/messages/id2").status_code == 404
    assert told.forged == 0


@pytest.mark.parametrize(("order", "wanted"), [("LIFO", "0321"), ("FIFO", "0123")])
def test_it_sends_the_newest_first_unless_it_is_told_otherwise(
    ask: Callable[..., requests.Response], phone: AndroidPhone, order: str, wanted: str
) -> None:
    if order == "FIFO":
        ask("PATCH", "/settings", {"messages": {"processing_order": "FIFO"}})
    phone._busy = True
    for number in range(1, 4):
        send(ask, number, str(number))
    send(ask, 0, "0", priority=10)
    phone._busy = False
    phone._jobs.after(0, phone._send_next)
    eventually(lambda: "".join(one.text for one in phone.arrived()) == wanted)


def test_what_is_not_taken_is_told_again_later_and_then_lost(
    ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told
) -> None:
    told.script = [503, 400, 500]
    phone.hear(HER, "one")
    eventually(lambda: len(told.got) == 4)
    assert len({one["id"] for one in told.got}) == 1
    told.script = [503] * 9
    phone.hear(HER, "two")
    eventually(lambda: phone._hooks_queue.lost == 1)
    assert [one["payload"]["message"] for one in told.got[4:]] == ["two"] * 5
    assert phone.log[-1] == {"event": "sms:received", "status": 503, "tries": 5}


def test_a_second_telling_has_another_id_and_the_same_words(ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told) -> None:
    phone.faults = PhoneFaults(webhook_double_next=1)
    phone.hear(HER, "one", sim=2)
    one, two = eventually(lambda: len(told.got) == 2 and told.got)
    assert one["id"] != two["id"]
    assert one["payload"] == two["payload"]
    assert (one["payload"]["simNumber"], one["payload"]["receivedAt"]) == (2, "2026-11-23T12:00:00.000+05:00")


def test_the_second_of_two_equal_texts_of_one_second_is_lost(
    ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told
) -> None:
    for _ in range(2):
        phone.hear(HER, "one")
    phone.hear(HER, "one", at=NOON + timedelta(seconds=1))
    eventually(lambda: len(told.got) == 2)
    assert len(phone.heard()) == 3


def test_faults_of_webhooks(ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told) -> None:
    assert ask("PUT", "/control/faults", {"webhook_lost_next": 1, "webhook_reorder_next": 1, "clock_off_s": -900.0}).status_code == 200
    for words in ("lost", "late", "early"):
        phone.hear(HER, words)
    eventually(lambda: len(told.got) == 2)
    assert [one["payload"]["message"] for one in told.got] == ["early", "late"]
    assert told.got[0]["stamp"] == int(NOON.timestamp()) - 900
    assert told.got[0]["payload"]["receivedAt"].startswith("2026-11-23T12:00:00")  # the network's time
    assert ask("PUT", "/control/faults", {"nonsense": 1}).status_code == 400
    assert ask("PUT", "/control/faults", {"deaf": 1}).status_code == 400
    assert ask("GET", "/control/faults").json()["webhook_reorder_next"] == 0


def test_a_deaf_phone_sends_and_its_store_has_what_came(ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told) -> None:
    phone.faults = PhoneFaults(deaf=True)
    ask("POST", "/control/texts", {"from": HER, "text": "unheard"})
    send(ask, 1)
    eventually(lambda: told.of("sms:delivered"))
    assert (told.of("sms:received"), ask("GET", "/inbox").json()) == ([], [])
    span = {"since": "2026-11-23T06:00:00.000Z", "until": "2026-11-23T07:00:00.000Z", "triggerWebhooks": False}
    assert ask("POST", "/inbox/refresh", span).status_code == 202
    [found] = ask("GET", "/inbox?from=2026-11-23T06:00:00.000Z").json()
    assert (found["contentPreview"], found["sender"], found["createdAt"]) == ("unheard", HER, "2026-11-23T12:00:00.000+05:00")
    assert told.of("sms:received") == []


def test_a_phone_that_was_off_goes_on_where_it_was(ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told) -> None:
    phone._busy = True
    send(ask, 1, ttl=60)
    send(ask, 2)
    ask("PUT", "/control/faults", {"off": True})
    phone._busy = False
    with pytest.raises(requests.exceptions.ConnectionError):
        ask("GET", "/messages/id1")
    phone.now = lambda: NOON + timedelta(minutes=2)
    ask("PUT", "/control/faults", {})
    eventually(lambda: told.of("sms:delivered"))
    assert [one.id for one in phone.arrived()] == ["id2"]
    assert [one["payload"]["reason"] for one in told.of("sms:failed")] == ["TTL expired"]


@pytest.mark.parametrize(
    ("faults", "state", "error"),
    [
        ({"send_error_next": 1}, "Failed", "RESULT_ERROR_NO_SERVICE"),
        ({"undelivered_next": 1}, "Failed", "Delivery result from SC +923000000042: 70"),
        ({"unreported_next": 1}, "Processed", ""),
    ],
)
def test_faults_of_sending(ask: Callable[..., requests.Response], phone: AndroidPhone, faults: Any, state: str, error: str) -> None:
    phone.faults = PhoneFaults(**faults)
    send(ask, 1)
    found = eventually(lambda: (found := ask("GET", "/messages/id1").json())["state"] == state and found)
    assert error in (found["recipients"][0]["error"] or "")
    assert len(phone.arrived()) == ("send_error_next" not in faults)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"phoneNumbers": [HER]},
        {"textMessage": {"text": ""}, "phoneNumbers": [HER]},
        {"textMessage": {"text": "x"}, "phoneNumbers": []},
        {"textMessage": {"text": "x"}, "phoneNumbers": [HER], "simNumber": 0},
    ],
)
def test_what_the_app_refuses(ask: Callable[..., requests.Response], document: Any) -> None:
    assert ask("POST", "/messages", document).status_code == 400


def test_a_sim_that_is_not_there_fails(ask: Callable[..., requests.Response], told: Told) -> None:
    send(ask, 1, simNumber=3)
    [failed] = eventually(lambda: told.of("sms:failed"))
    assert failed["payload"]["reason"] == "Can't send message: SIM 3 not found"


def test_it_tells_how_it_is_and_forgets_everything(ask: Callable[..., requests.Response], phone: AndroidPhone, told: Told) -> None:
    ask("POST", "/control/ping")
    [ping] = eventually(lambda: told.of("system:ping"))
    assert ping["payload"]["health"]["checks"]["battery:charging"]["observedValue"] == 2
    ask("PATCH", "/settings", {"ping": {"interval_seconds": 0.05}})
    eventually(lambda: len(told.of("system:ping")) >= 3)
    ask("DELETE", "/control/state")
    assert ask("GET", "/webhooks").json() == []


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://hotline.example.org", "ftp://127.0.0.1"])
def test_it_tells_nobody_but_a_hotline_on_this_computer(url: str) -> None:
    with pytest.raises(ValueError, match="plain http on this computer"):
        AndroidPhone(password="x", hotline_url=url)


def test_an_mms_is_served_to_who_knows_the_password(phone: AndroidPhone, told: Told, ask: Callable[..., requests.Response]) -> None:
    pictures = [base64.b64encode(b"one").decode(), base64.b64encode(b"two").decode()]
    given = {"from": HER, "text": "salam", "pictures": pictures, "serves": True, "tells": ["mms:downloaded", "mms:received"]}
    assert ask("POST", "/control/mms", given).status_code == 201
    eventually(lambda: len(told.got) == 2)
    [loaded] = told.of("mms:downloaded")
    attachments = loaded["payload"]["attachments"]
    assert [(one["partId"], one["data"], one["size"]) for one in attachments] == [(1, None, 3), (2, None, 3)]
    assert [ask("GET", one["url"]).content for one in attachments] == [b"one", b"two"]
    assert ask("GET", "/inbox/1/attachments/3").status_code == 404
    assert ask("GET", attachments[0]["url"], password="wrong").status_code == 401
