"""A phone's API: what is sent, what an answer means, what is found."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from hotline.domain.delivery import Delivery
from hotline.gateways.android import pairing, rest
from hotline.gateways.android.client import AndroidGateway
from hotline.gateways.android.gateway import GATEWAY
from hotline.gateways.android.settings import phone_of
from hotline.gateways.base import GatewayError, GatewayFault, IncomingText, Outcome, OutgoingText, Sent
from hotline.gateways.listing import Span
from hotline.sections import Sending
from hotline.simulator.androidfaults import NO_BALANCE, NO_SIGNAL, PhoneFaults
from tests.gateways.android.world import NAME, AndroidWorld, open_world, phone_settings
from tests.gateways.world import MakeRt, Mishap, eventually
from tests.servers import serving
from tests.support import HER, NOON, OTHER, Clock, make_config

SNATCHED = "orangi town mein do larkon ne mera mobile cheen liya"

LEASE = NOON + timedelta(minutes=10)


@pytest.fixture
def world(make_rt: MakeRt) -> Iterator[AndroidWorld]:
    with open_world(make_rt, sims=("1", "2")) as world:
        yield world


def text(number: int = 1, **more: Any) -> OutgoingText:
    return OutgoingText(**{"message_id": number, "attempt": 1, "to": HER, "body": "salam", "our_id": f"0123abcd-{number}-1", **more})


@contextmanager
def answering(app: Callable[[Request], Response], **terms: Any) -> Iterator[AndroidGateway]:
    """A gateway of ours before a server that answers as it likes."""
    with serving(make_server("127.0.0.1", 0, Request.application(app), threaded=True)) as url:
        config = make_config("sqlite:///unused", sending=Sending(timeout_s=2), gateways={NAME: phone_settings(url, **terms)})
        gateway = AndroidGateway(config, NAME, clock=lambda: NOON)
        try:
            yield gateway
        finally:
            gateway.close()


def fault_of(call: Callable[[], object]) -> GatewayError:
    with pytest.raises(GatewayError) as fault:
        call()
    assert len(fault.value.code) <= 16
    return fault.value


# What is sent


def test_every_field_of_a_text_that_is_sent() -> None:
    seen: list[Request] = []

    def take(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        return Response('{"id": "x"}', status=202, mimetype="application/json")

    with answering(take, sims=("2", "1"), device="dev1") as gateway:
        gateway.send(text(body="سلام 😢", leaves_by=LEASE, urgent=True))
        gateway.send(text(2, line="1"))
    first, second = (one.get_json() for one in seen)
    assert seen[0].full_path == "/messages?skipPhoneValidation=true"
    assert seen[0].authorization is not None
    assert (seen[0].authorization.username, seen[0].authorization.password) == ("sms", "pass wörd")
    assert first == {
        "id": "0123abcd-1-1",
        "textMessage": {"text": "سلام 😢"},
        "phoneNumbers": [HER],
        "withDeliveryReport": True,
        "priority": 99,
        "simNumber": 2,
        "deviceId": "dev1",
        "ttl": 600,
    }
    assert (second["simNumber"], second["priority"], "ttl" in second) == (1, 0, False)


def test_a_phone_without_named_slots_chooses_by_itself() -> None:
    seen: list[Any] = []
    with answering(lambda request: seen.append(request.get_json()) or Response("{}", status=202)) as gateway:  # type: ignore[func-returns-value]  # one line
        gateway.send(text())
        gateway.send(text(2, line="2"))
        gateway.send(text(3, line="+92300111"))
    assert [one.get("simNumber") for one in seen] == [None, 2, None]


def test_a_text_whose_time_is_over_is_not_sent(world: AndroidWorld, clock: Clock) -> None:
    clock.forward(minutes=10)
    assert fault_of(lambda: world.gateway.send(text(leaves_by=LEASE))).outcome is Outcome.NOT_SENT
    assert world.phone.find("0123abcd-1-1") is None


@pytest.mark.parametrize(("left_s", "leaves"), [(5, True), (4, False), (1, False)])
def test_a_text_that_a_server_would_refuse_for_its_short_life_is_sent_later(left_s: int, leaves: bool) -> None:
    with answering(lambda _request: Response("{}", status=202)) as gateway:
        short = text(leaves_by=NOON + timedelta(seconds=left_s))
        if leaves:
            assert gateway.send(short).delivery is Delivery.SENT
        else:
            assert fault_of(lambda: gateway.send(short)).outcome is Outcome.NOT_SENT


def test_an_id_that_the_phone_has_is_a_text_that_it_has(world: AndroidWorld) -> None:
    assert world.gateway.send(text()) == world.gateway.send(text()) == Sent("0123abcd-1-1", Delivery.SENT)
    eventually(world.phone.arrived)
    time.sleep(0.05)
    assert len(world.phone.arrived()) == 1


def test_urgent_texts_leave_before_those_that_wait_and_the_others_in_their_order(world: AndroidWorld) -> None:
    world.phone.faults = PhoneFaults(unreported_next=-1)
    world.phone._busy = True  # the phone is at another text
    for number in range(1, 5):
        world.gateway.send(text(number, body=str(number)))
    world.gateway.send(text(5, body="5", urgent=True))
    world.gateway.send(text(6, body="6"))
    world.phone._busy = False
    world.phone._jobs.after(0, world.phone._send_next)
    assert [one.text for one in eventually(lambda: len(world.phone.arrived()) == 6 and world.phone.arrived())] == list("512346")


def test_a_text_that_the_phone_cannot_send_in_time_never_leaves(world: AndroidWorld, clock: Clock) -> None:
    world.phone._busy = True
    world.gateway.send(text(leaves_by=LEASE))
    clock.forward(minutes=11)
    world.phone._busy = False
    world.gateway.send(text(2))
    eventually(world.phone.arrived)
    assert [one.id for one in world.phone.arrived()] == ["0123abcd-2-1"]
    assert world.gateway.look_up(text(), NOON, set()) is None  # so it is sent again


# What an answer means


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.REFUSED),
        (401, Outcome.ILL),
        (403, Outcome.ILL),
        (404, Outcome.ILL),
        (301, Outcome.ILL),
        (302, Outcome.ILL),
        (405, Outcome.UNKNOWN),
        (413, Outcome.REFUSED),
        (429, Outcome.NOT_SENT),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        (503, Outcome.NOT_SENT),
        (504, Outcome.UNKNOWN),
    ],
)
def test_a_status_means(status: int, outcome: Outcome) -> None:
    with answering(lambda _: Response("{}", status=status, headers={"Location": "/elsewhere", "Retry-After": "7"})) as gateway:
        fault = fault_of(lambda: gateway.send(text()))
    assert (fault.outcome, fault.code, fault.retry_after_s) == (outcome, f"http_{status}", 7)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("body", ["", "<html>Sign in to this network</html>", "[]", '"ok"', "{", "[" * 100_000, "\xff"])
def test_an_answer_that_is_not_the_apps_is_no_answer(body: str) -> None:
    with answering(lambda _: Response(body.encode("latin-1"), status=200)) as gateway:
        assert fault_of(lambda: gateway.send(text())).outcome is Outcome.UNKNOWN
        assert fault_of(lambda: gateway.look_up(text(), NOON, set())).outcome is Outcome.UNKNOWN


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def lead_away(request: Request) -> Response:
        asked.append(request.path)
        return Response(status=307, headers={"Location": "/elsewhere"})

    with answering(lead_away) as gateway:
        fault_of(lambda: gateway.send(text()))
    assert asked == ["/messages"]


def test_an_answer_without_end_is_given_up() -> None:
    def drips(_: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            for _ in range(100):
                yield b" " * 10
                time.sleep(0.1)

        return Response(pieces(), status=202)

    began = time.monotonic()
    with answering(drips) as gateway:
        assert fault_of(lambda: gateway.send(text())).outcome is Outcome.UNKNOWN
        assert time.monotonic() - began < 6


def test_an_answer_that_is_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_MOST_BYTES", 1000)
    with answering(lambda _: Response(b"{}" + b" " * 2000, status=202)) as gateway:
        assert fault_of(lambda: gateway.send(text())).outcome is Outcome.UNKNOWN


# Looking up


@pytest.mark.parametrize(
    ("state", "error", "wanted"),
    [
        ("Pending", None, Sent("0123abcd-1-1", Delivery.SENT)),
        ("Processed", None, Sent("0123abcd-1-1", Delivery.SENT)),
        ("Cancelling", None, Sent("0123abcd-1-1", Delivery.SENT)),
        ("Sent", None, Sent("0123abcd-1-1", Delivery.SENT)),
        ("Delivered", None, Sent("0123abcd-1-1", Delivery.DELIVERED)),
        ("SomethingNew", None, Sent("0123abcd-1-1", Delivery.SENT)),
        ("Cancelled", None, None),
        ("Failed", NO_SIGNAL, None),
        ("Failed", NO_BALANCE, None),
        ("Failed", "TTL expired", None),
        ("Failed", "Delivery result from SC x: 65", Sent("0123abcd-1-1", Delivery.UNDELIVERED, "sc_65")),
        ("Failed", "Delivery result from SC x: 70", Sent("0123abcd-1-1", Delivery.UNDELIVERED, "sc_70", Outcome.UNREACHABLE)),
        ("Failed", "Send result: RESULT_ERROR_NULL_PDU", Sent("0123abcd-1-1", Delivery.FAILED, "null_pdu", Outcome.REFUSED)),
        ("Failed", None, None),
    ],
)
def test_a_state_means(state: str, error: str | None, wanted: Sent | None) -> None:
    document = {"id": "0123abcd-1-1", "state": state, "recipients": [{"phoneNumber": HER, "state": state, "error": error}]}

    with answering(lambda _: Response(json.dumps(document), mimetype="application/json")) as gateway:
        assert gateway.look_up(text(), NOON, set()) == wanted


def test_a_phone_that_cannot_be_asked_is_no_answer(world: AndroidWorld) -> None:
    for mishap in (Mishap.NO_CONNECTION, Mishap.ILL):
        world.meets(mishap)
        fault_of(lambda: world.gateway.look_up(text(), NOON, set()))
        fault_of(lambda: world.gateway.texts_in(Span(NOON)))


# Cancelling


def test_a_text_that_waits_can_be_stopped_and_one_that_left_cannot(world: AndroidWorld) -> None:
    world.phone._busy = True
    world.gateway.send(text())
    assert world.gateway.cancel(text()) is True
    assert world.gateway.cancel(text()) is True
    assert world.gateway.cancel(text(9)) is True  # the phone never had it
    world.phone._busy = False
    world.gateway.send(text(2))
    eventually(world.phone.arrived)
    assert world.gateway.cancel(text(2)) is False
    assert [one.id for one in world.phone.arrived()] == ["0123abcd-2-1"]
    assert world.gateway.look_up(text(), NOON, set()) is None


# The inbox


def listed(gateway: AndroidGateway, since: datetime) -> list[IncomingText]:
    """All that the phone lists since then, page by page."""
    page = gateway.texts_in(Span(since))
    found = list(page.listed)
    while page.next is not None:
        page = gateway.texts_in(Span(since), page.next)
        found += page.listed
    return found


def test_the_inbox_is_read_page_by_page(world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.gateways.android.client._PAGE", 7)
    for second in range(30):
        world.phone.hear(HER, str(second), at=clock() - timedelta(minutes=10, seconds=second))
    found = listed(world.gateway, clock() - timedelta(days=2))
    assert {one.body for one in found} == {str(second) for second in range(30)}
    assert len({one.gateway_id for one in found}) == 30
    assert [one.body for one in listed(world.gateway, clock() - timedelta(minutes=10))] == ["0"]


def test_the_app_is_not_asked_to_look_for_what_is_on_its_way(world: AndroidWorld, clock: Clock) -> None:
    world.phone.faults = PhoneFaults(deaf=True)
    world.phone.hear(HER, "young", at=clock() - timedelta(seconds=119))
    world.phone.hear(OTHER, "old", at=clock() - timedelta(seconds=121))
    assert [one.body for one in listed(world.gateway, clock() - timedelta(hours=1))] == ["old"]


@pytest.mark.parametrize("days", [-3, -3650, 1])
def test_the_inbox_is_read_whatever_the_phones_clock_says(world: AndroidWorld, clock: Clock, days: int) -> None:
    """The app ends a list by its own clock, and refuses one that would end before it begins."""
    world.phone.faults = PhoneFaults(webhook_lost_next=1, clock_off_s=days * 86_400.0)
    world.phone.hear(HER, SNATCHED, at=clock() - timedelta(minutes=5))
    assert [one.body for one in listed(world.gateway, clock() - timedelta(days=2))] == [SNATCHED]


def test_a_list_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def same(request: Request) -> Response:
        asked.append(request.path)
        return Response("[" + ",".join(["{}"] * 500) + "]", mimetype="application/json")

    monkeypatch.setattr("hotline.gateways.android.client._MOST_PAGES", 3)
    with answering(same) as gateway:
        assert len(listed(gateway, NOON)) == 1500
    assert asked.count("/inbox") == 3


def test_a_server_has_no_inbox() -> None:
    config = make_config("sqlite:///unused", gateways={NAME: phone_settings("https://sms.example.org/api/3rdparty/v1", mode="server")})
    gateway = AndroidGateway(config, NAME)
    assert (gateway.can.keeps_log, gateway.can.idempotent) == (False, True)
    gateway.close()


# Setting up, and the doctor's check


def test_a_phone_is_set_up_and_can_be_set_up_again(world: AndroidWorld) -> None:
    world.pair(world.rt.config)
    assert {hook["event"] for hook in world.phone.setup.hooks.values()} == set(pairing.EVENTS)
    assert len(world.phone.setup.hooks) == len(pairing.EVENTS)
    assert world.phone.setup.settings["messages"] == {"processing_order": "FIFO", "log_lifetime_days": 7}
    assert world.phone.setup.settings["webhooks"] == {"signing_key": "k" * 32, "retry_count": 15, "internet_required": False}
    assert world.phone.setup.settings["ping"] == {"interval_seconds": 60}
    GATEWAY.check(world.rt.config, NAME)


def test_what_the_app_passes_over_is_told(world: AndroidWorld) -> None:
    world.phone.setup.settings["messages"] = {"log_lifetime_days": None}
    del world.phone.setup.settings["incoming"]
    rest = pairing.rest_of(world.rt.config, phone_of(world.rt.config, NAME))
    assert pairing.set_up(world.rt.config, phone_of(world.rt.config, NAME), rest) == ["messages.processing_order", "incoming.lifetime_days"]
    rest.close()


def test_a_server_is_given_no_key_which_it_would_refuse() -> None:
    """Its `DeviceSettings` wants `signing_key` empty, and refuses all settings with it."""
    asked: list[Any] = []

    def answer(request: Request) -> Response:
        if request.path == "/settings":
            asked.append(json.loads(request.get_data()))
            return Response(json.dumps({"messages": {"log_lifetime_days": 7}, **asked[-1]}), mimetype="application/json")
        return Response("{}", 201, mimetype="application/json")

    with answering(answer, mode="server") as gateway:
        config, phone = gateway._rest, gateway._phone
        assert pairing.set_up(make_config("sqlite:///unused"), phone, config) == []
    assert {"webhooks": {"retry_count": 15, "internet_required": True}} in asked
    assert "signing_key" not in repr(asked)


def test_the_check_says_what_to_do(world: AndroidWorld) -> None:
    world.phone.setup.hooks.popitem()
    with pytest.raises(GatewayFault, match=f"system:ping; run: hotline gateways pair {NAME}"):
        GATEWAY.check(world.rt.config, NAME)
    world.phone.password = "another"
    with pytest.raises(GatewayFault, match="does not take our user and password"):
        GATEWAY.check(world.rt.config, NAME)
    gone = replace(phone_of(world.rt.config, NAME), terms=replace(phone_of(world.rt.config, NAME).terms, url="http://127.0.0.1:9"))
    with pytest.raises(GatewayFault, match="cannot be reached at"):
        GATEWAY.check(replace(world.rt.config, gateways={NAME: gone}), NAME)


def test_many_threads_send_by_one_gateway(world: AndroidWorld) -> None:
    world.phone.faults = PhoneFaults(unreported_next=-1)
    threads = [threading.Thread(target=lambda n=n: world.gateway.send(text(n))) for n in range(1, 21)]  # type: ignore[misc]  # of a default
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: len(world.phone.arrived()) == 20)
