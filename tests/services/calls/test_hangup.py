"""Calls end: the gateway tells it, or the sweep asks the gateway."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from hotline.domain.call import CallReason
from hotline.gateways.base import CallState, FoundRecording, GatewayError, Outcome
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.services.calls.hangup import close_calls, end_call, tick_off
from hotline.services.calls.leavings import receive_recording
from hotline.storage import calls as call_rows
from hotline.storage import contacts
from hotline.storage.callmodels import Call, Recording
from tests.calling import LINE, Caller
from tests.recorded import RecordingGateway
from tests.services.colleagues import alice
from tests.support import Clock, count, make_runtime, tickets


class AskedGateway(RecordingGateway):
    """Answers with the states of calls that the test sets."""

    state: CallState | GatewayError | None = CallState(ended=True, duration_s=41)

    def call_state(self, gateway_id: str) -> CallState | None:
        self.asked.append(("state", gateway_id))
        if isinstance(self.state, GatewayError):
            raise self.state
        return self.state


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=Voice(number=LINE), data_dir=tmp_path)


@pytest.fixture
def gateway() -> AskedGateway:
    return AskedGateway()


def sweep(rt: Runtime, gateway: AskedGateway) -> None:
    while close_calls(rt, gateway):
        pass


def test_a_call_that_never_told_its_end_is_closed_after_the_gateway_was_asked(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    caller = Caller(rt).ring().press("1", "1", "1")
    sweep(rt, gateway)
    assert gateway.asked == []
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert (caller.row.ended_at, caller.row.duration_s) == (clock.now, 41)
    assert len(tickets(rt)) == 1  # for what the caller had keyed


def test_one_that_goes_on_is_left_alone(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    caller = Caller(rt).ring()
    gateway.state = CallState(ended=False)
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert caller.row.ended_at is None
    clock.forward(hours=4)
    sweep(rt, gateway)
    assert caller.row.ended_at is not None


def test_one_the_gateway_does_not_know_is_over(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    caller = Caller(rt).ring()
    gateway.state = None
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert caller.row.ended_at is not None


def test_a_gateway_that_does_not_answer_is_asked_again(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    caller = Caller(rt).ring()
    gateway.state = GatewayError("timeout", Outcome.UNKNOWN)
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert caller.row.ended_at is None
    gateway.state = CallState(ended=True, duration_s=7)
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert caller.row.duration_s == 7


def test_a_recording_nobody_reported_is_found_by_asking(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    """The caller spoke and the line dropped. The gateway sent neither the step nor the recording's own report."""
    caller = Caller(rt).ring().press("1", "").hang_up()
    assert tickets(rt) == []
    gateway.listed = [FoundRecording("RE" + "a" * 32, 14)]
    clock.forward(minutes=3)
    sweep(rt, gateway)
    assert count(rt, Recording) == 1
    assert caller.row.ticket_id == tickets(rt)[0].id
    assert caller.row.next_attempt_at is None
    asked = len(gateway.asked)
    clock.forward(days=1)
    sweep(rt, gateway)
    assert len(gateway.asked) == asked


def test_a_call_without_a_single_step_is_not_asked_about_again(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    Caller(rt).ring().hang_up()
    clock.forward(hours=1)
    sweep(rt, gateway)
    assert gateway.asked == []


def test_a_worker_that_dies_while_it_asks_is_followed_by_another(rt: Runtime, gateway: AskedGateway, clock: Clock) -> None:
    class Died(BaseException):
        pass

    caller = Caller(rt).ring()
    clock.forward(minutes=10)
    asks = gateway.call_state
    gateway.call_state = lambda _id: (_ for _ in ()).throw(Died())  # type: ignore[method-assign]
    with pytest.raises(Died):
        close_calls(rt, gateway)
    gateway.call_state = asks  # type: ignore[method-assign]
    clock.forward(minutes=10)
    sweep(rt, gateway)
    assert caller.row.ended_at is not None


def test_a_call_of_the_book_is_ticked_off_and_one_under_way_is_not(rt: Runtime) -> None:
    over, under_way, with_ticket = Caller(rt).ring(), Caller(rt).ring(), Caller(rt).ring().press("0")
    over.hang_up()
    with_ticket.hang_up()
    somebody = alice(rt)
    for call in (over, under_way, with_ticket):
        tick_off(rt, somebody, call.gateway_id)
    assert [call.row.reason for call in (over, under_way, with_ticket)] == [CallReason.SERVED, None, None]
    tick_off(rt, somebody, "CA" + "f" * 32)


def test_an_end_told_while_the_call_begins_stands_in_nobodys_way(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps lock the call and then the contact. A process that locked the contact first would wait for a step, and the step for it."""
    rt = make_runtime(postgres_url, voice=Voice(number=LINE))
    caller = Caller(rt).ring()
    in_hand, real, real_keep = threading.Event(), call_rows.locked, call_rows.keep

    def before_it_began(*_: object) -> None:
        monkeypatch.setattr(call_rows, "locked", real)

    def keep(session: Session, **values: Any) -> int | None:
        in_hand.set()
        return real_keep(session, **values)

    monkeypatch.setattr(call_rows, "locked", before_it_began)
    monkeypatch.setattr(call_rows, "keep", keep)
    with ThreadPoolExecutor(1) as pool, rt.transaction() as tx:
        call = call_rows.locked_by_id(tx.session, caller.row.id)
        assert call is not None
        ending = pool.submit(end_call, rt, caller.told(), 12)
        assert in_hand.wait(5)
        contacts.locked(tx.session, call.contact_id)
        call_rows.store(tx.session, call, turn=1)
    ending.result(5)
    assert (caller.row.turn, caller.row.duration_s, count(rt, Call)) == (1, 12, 1)
    rt.close()


def test_a_recording_told_while_its_call_begins_is_kept_on_that_call(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller, real = Caller(rt).ring(), call_rows.locked

    def before_it_began(*_: object) -> None:
        monkeypatch.setattr(call_rows, "locked", real)

    monkeypatch.setattr(call_rows, "locked", before_it_began)
    receive_recording(rt, caller.told(recording_id="RE1", recorded_s=9))
    assert (count(rt, Call), count(rt, Recording), len(tickets(rt))) == (1, 1, 1)
    assert caller.row.ticket_id is not None
