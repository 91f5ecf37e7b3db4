"""Faults of Messages.create, and the fault list itself."""

import time
from collections.abc import Callable

import pytest
from requests.exceptions import ConnectionError as Cut
from requests.exceptions import ReadTimeout
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from hotline.simulator.faults import Faults
from tests.simulator.conftest import NUMBER, PHONE, Simulator, eventually


def outcome(client: Client) -> tuple[int, int | None]:
    try:
        client.messages.create(to=PHONE, from_=NUMBER, body="x")
    except TwilioRestException as failure:
        return failure.status, failure.code
    return 201, None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_create_answers_an_http_error_so_many_times(simulator: Simulator, client: Client, status: int) -> None:
    simulator.faults(create_http_next=2, create_http_status=status)
    assert [outcome(client) for _ in range(3)] == [(status, 20000 + status)] * 2 + [(201, None)]
    assert len(client.messages.list()) == 1


def test_create_answers_an_http_error_until_told_otherwise(simulator: Simulator, client: Client) -> None:
    simulator.faults(create_http_next=-1)
    assert [outcome(client)[0] for _ in range(4)] == [503] * 4
    simulator.faults()
    assert outcome(client) == (201, None)


def test_an_http_error_can_hide_a_text_that_was_taken(simulator: Simulator, client: Client) -> None:
    simulator.faults(create_http_next=1, create_http_status=500, create_http_takes=True)
    assert outcome(client) == (500, 20500)
    eventually(lambda: simulator.bodies() == ["x"])
    assert len(client.messages.list(to=PHONE)) == 1


@pytest.mark.parametrize("code", [21610, 21614])
def test_create_answers_a_twilio_error(simulator: Simulator, client: Client, code: int) -> None:
    simulator.faults(create_error_next=1, create_error_code=code)
    assert [outcome(client), outcome(client)] == [(400, code), (201, None)]


def test_create_can_take_a_text_and_cut_the_line(simulator: Simulator, client: Client) -> None:
    simulator.faults(create_hang_next=1)
    with pytest.raises(Cut):
        client.messages.create(to=PHONE, from_=NUMBER, body="x")
    eventually(lambda: simulator.bodies() == ["x"])
    assert outcome(client) == (201, None)


def test_create_can_take_a_text_and_leave_the_caller_waiting(simulator: Simulator, clients: Callable[..., Client]) -> None:
    simulator.faults(create_hang_next=1, create_hang_s=1)
    with pytest.raises(ReadTimeout):
        clients(simulator, timeout=0.3).messages.create(to=PHONE, from_=NUMBER, body="x")
    assert simulator.bodies() == ["x"]


def test_create_can_be_slow(simulator: Simulator, client: Client) -> None:
    simulator.faults(create_latency_ms=200)
    began = time.monotonic()
    assert outcome(client) == (201, None)
    assert time.monotonic() - began >= 0.2


def test_faults_are_read_back_and_what_is_not_named_goes_back_to_its_default(simulator: Simulator) -> None:
    simulator.faults(incoming_drop_next=2, final_status="sent")
    assert simulator.call("GET", "/faults")[1] == {**Faults().as_json(), "incoming_drop_next": 2, "final_status": "sent"}
    simulator.faults(callback_delay_s=1)
    assert simulator.call("GET", "/faults")[1] == {**Faults().as_json(), "callback_delay_s": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"create_htpp_next": 1},
        {"create_http_next": "1"},
        {"create_http_next": True},
        {"create_http_next": -2},
        {"create_http_status": 200},
        {"create_latency_ms": 0.5},
        {"callback_delay_s": 1e9},
        {"final_status": "lost"},
        {"opt_out": 1},
        [],
    ],
)
def test_a_fault_that_does_not_exist_changes_nothing(simulator: Simulator, wrong: object) -> None:
    simulator.faults(incoming_drop_next=2)
    status, reply = simulator.call("PUT", "/faults", wrong)
    assert (status, list(reply)) == (400, ["error"])
    assert simulator.call("GET", "/faults")[1]["incoming_drop_next"] == 2


def test_a_reset_forgets_texts_faults_log_and_who_opted_out(simulator: Simulator, client: Client) -> None:
    simulator.text("STOP")
    simulator.faults(create_http_next=-1)
    assert simulator.call("DELETE", "/state")[0] == 204
    assert (simulator.phone(), simulator.log(), client.messages.list()) == ([], [], [])
    assert outcome(client) == (201, None)
