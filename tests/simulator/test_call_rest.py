"""Calls.create and what the API shows of calls, asked with the real SDK."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import (
    HANGUP,
    NUMBER,
    PHONE,
    PROMPT,
    PUBLIC_URL,
    VOICE_URL,
    HotlineDouble,
    Simulator,
    eventually,
    gather,
    told_of,
)

BACK_URL = f"{VOICE_URL}/back/7"
EVENTS = ["initiated", "ringing", "answered", "completed"]


def place(client: Client, **more: Any) -> dict[str, Any]:
    """The call as the JSON API names it."""
    made = client.calls.create(**{"to": PHONE, "from_": NUMBER, "url": BACK_URL, "status_callback": f"{VOICE_URL}/status", **more})
    return {"sid": made.sid}


def refusal(client: Client, **more: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        place(client, **more)
    return caught.value.status, caught.value.code


# Placing a call


def test_a_call_of_the_hotline_rings_until_the_phone_is_answered(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("/back/7", gather(inside=PROMPT))
    made = client.calls.create(to=PHONE, from_=NUMBER, url=BACK_URL, timeout=20)
    assert (made.status, made.direction, made.to, made._from) == ("queued", "outbound-api", PHONE, NUMBER)
    call = simulator.show(made.sid)
    assert (call["status"], call["awaiting"], call["phone"]) == ("ringing", {"verb": "Ring", "timeout": 20}, PHONE)
    assert simulator.call("POST", f"/calls/{made.sid}/keys", {"digits": "1"})[0] == 409
    assert hotline.received == []
    call = simulator.do(call, "answer")
    assert (call["status"], call["awaiting"]["verb"]) == ("in-progress", "Gather")
    [fields] = hotline.asked("/back/7")
    assert (fields["From"], fields["To"], fields["Direction"], fields["CallStatus"]) == (NUMBER, PHONE, "outbound-api", "in-progress")
    assert simulator.call("POST", f"/calls/{made.sid}/answer")[0] == 409
    simulator.do(call, "hangup")
    assert client.calls(made.sid).fetch().status == "completed"


@pytest.mark.parametrize(("what", "status"), [("reject", "busy"), ("silence", "no-answer")])
def test_a_phone_that_is_not_answered(client: Client, simulator: Simulator, hotline: HotlineDouble, what: str, status: str) -> None:
    call = simulator.do(place(client), what)
    assert (call["status"], call["duration_s"]) == (status, 0)
    [fields] = eventually(lambda: hotline.asked("/status"))
    assert (fields["CallStatus"], fields["CallDuration"], fields["CallSid"]) == (status, "0", call["sid"])
    fetched = client.calls(call["sid"]).fetch()
    assert (fetched.status, fetched.duration) == (status, None)


def test_only_the_end_is_told_unless_more_is_asked_for(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    quiet = place(client)
    loud = place(client, status_callback_event=EVENTS)
    for call in (quiet, loud):
        simulator.do(call, "answer")
    fields = told_of(hotline, loud, 4)
    assert [one["CallStatus"] for one in fields] == ["initiated", "ringing", "in-progress", "completed"]
    assert [one["SequenceNumber"] for one in fields] == ["0", "1", "2", "3"]
    assert [one["CallStatus"] for one in told_of(hotline, quiet, 1)] == ["completed"]


def test_without_a_callback_nothing_is_told(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.do({"sid": client.calls.create(to=PHONE, from_=NUMBER, url=BACK_URL).sid}, "reject")
    simulator.do(place(client), "reject")
    eventually(lambda: hotline.asked("/status"))
    assert len(hotline.received) == 1


def test_a_call_can_bring_its_own_twiml_and_a_fallback(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    call = client.calls.create(to=PHONE, from_=NUMBER, twiml=f"<Response>{PROMPT}{HANGUP}</Response>")
    assert len(simulator.do({"sid": call.sid}, "answer")["heard"]) == 1
    hotline.says("/back/7", "<Sing/>")
    simulator.do(place(client, fallback_url=f"{VOICE_URL}/fallback"), "answer")
    assert hotline.asked("/fallback")[0]["ErrorCode"] == "12200"
    assert simulator.do(place(client), "answer")["status"] == "failed"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "0300 1234501"}, 21211),
        ({"to": "client:anna"}, 21211),
        ({"to": NUMBER}, 21266),
        ({"from_": ""}, 21213),
        ({"from_": PHONE}, 21210),
        ({"url": ""}, 21205),
        ({"url": "/back/7"}, 21205),
        ({"url": "https://hot_line.example/back"}, 21205),
        ({"url": "", "twiml": "<Response><Sing/></Response>"}, 12200),
        ({"url": "", "twiml": f"<Response><!--{'x' * 4000}--></Response>"}, 21205),
        ({"method": "PUT"}, 20001),
        ({"status_callback": "https://hot_line.example/status"}, 21609),
        ({"status_callback_event": ["finished"]}, 21626),
        ({"timeout": 0}, 20001),
        ({"timeout": 601}, 20001),
    ],
)
def test_what_twilio_refuses_to_place(client: Client, simulator: Simulator, more: dict[str, Any], code: int) -> None:
    assert refusal(client, **more) == (400, code)
    assert simulator.call("GET", "/calls")[1] == []


def test_each_of_the_voice_numbers_may_call(
    start: Callable[..., Simulator], clients: Callable[..., Client], hotline: HotlineDouble
) -> None:
    client = clients(start(voice_numbers=("+12025550111", "+12025550122")))
    assert client.calls(place(client, from_="+12025550122")["sid"]).fetch()._from == "+12025550122"
    assert refusal(client, from_=NUMBER) == (400, 21210)


def test_placing_can_fail_on_request(client: Client, simulator: Simulator) -> None:
    simulator.faults(call_http_next=1, call_http_status=429)
    assert refusal(client)[0] == 429
    assert simulator.call("GET", "/calls")[1] == []
    place(client)


def test_a_stranger_may_do_nothing(simulator: Simulator, clients: Callable[..., Client]) -> None:
    stranger = clients(simulator, token="guessed")
    assert refusal(stranger) == (401, 20003)
    with pytest.raises(TwilioException):
        stranger.calls.list()


# Looking at calls


def test_a_call_looks_as_twilios_does(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", "<Pause length='7'/>", PROMPT)
    sid = simulator.ring()["sid"]
    call = client.calls(sid).fetch()
    assert (call.sid, call.direction, call.status, call.to, call._from) == (sid, "inbound", "completed", NUMBER, PHONE)
    assert call.duration == "7"
    assert abs(call.start_time - datetime.now(UTC)) < timedelta(minutes=1)
    assert call.end_time >= call.start_time
    with pytest.raises(TwilioRestException) as caught:
        client.calls("CA" + "0" * 32).fetch()
    assert caught.value.status == 404


def test_calls_are_found_by_number_status_parent_and_day(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather())
    inbound = simulator.ring()["sid"]
    back = place(client)["sid"]
    today = datetime.now(UTC)

    def found(**by: Any) -> list[str | None]:
        return [call.sid for call in client.calls.list(**by)]

    assert found() == [back, inbound]
    assert found(to=NUMBER) == found(from_=PHONE) == found(status="in-progress") == [inbound]
    assert found(to=PHONE) == found(status="ringing") == [back]
    assert found(parent_call_sid=inbound) == []
    assert found(start_time_after=today - timedelta(days=1)) == found(start_time_before=today + timedelta(days=1)) == [back, inbound]
    assert found(start_time_after=today + timedelta(days=1)) == found(start_time_before=today - timedelta(days=1)) == []
    assert found(end_time_after=today - timedelta(days=1)) == []
    simulator.do({"sid": inbound}, "hangup")
    assert found(end_time_after=today - timedelta(days=1)) == [inbound]


def test_a_long_list_comes_in_pages_that_newer_calls_do_not_shift(client: Client, simulator: Simulator) -> None:
    sids = [simulator.ring()["sid"] for _ in range(5)]
    page = client.calls.page(to=NUMBER, page_size=2)
    simulator.ring()
    simulator.ring("+923331234502")
    found = [call.sid for call in page]
    while (page := page.next_page()) is not None:
        found += [call.sid for call in page]
    assert found == sids[::-1]


def test_the_api_can_end_a_call(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather())
    inbound, ringing = simulator.ring()["sid"], place(client)["sid"]
    assert client.calls(inbound).update(status="canceled").status == "in-progress"
    assert client.calls(inbound).update(status="completed").status == "completed"
    assert client.calls(ringing).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        client.calls(inbound).update(url=f"{PUBLIC_URL}/other")
    assert caught.value.status == 400
