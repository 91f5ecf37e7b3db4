"""A call gateway was taken out of the configuration: what is ours goes all the same, and nobody waits for what cannot come."""

from pathlib import Path

import pytest

from hotline.alarms import AlarmKind
from hotline.gateways.base import GatewayError, Outcome
from hotline.runtime import Runtime
from hotline.services.calls.hangup import close_left
from hotline.services.calls.takenout import left_at, settle_recordings
from hotline.services.keeping import retention
from hotline.services.keeping.erasing import erase_due
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Alarm
from hotline.storage.recordings import RecordingState
from tests.recorded import RecordingGateway, a_recording, calls, fetch, recordings
from tests.services.colleagues import settle
from tests.services.keeping.ended import end, forward, is_known, looked_at, of, words_of
from tests.services.keeping.test_erasing import agree, ask, close, contact
from tests.services.keeping.test_retention import heard
from tests.support import HER, Clock, alter, count, text_in, tickets

CONFIGURED = ("line1",)
"""Those that are left; the recordings of these tests were at another."""


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def test_a_wiped_recording_goes_here_and_its_row_waits_for_the_copy_at_the_gateway(rt: Runtime, clock: Clock) -> None:
    ticket = heard(rt, clock)
    end(rt, ticket.reference)
    name = recordings(rt)[0].stored_as or ""
    forward(clock, 90)
    retention.sweep(rt)
    assert rt.store.size(name) is not None
    assert settle_recordings(rt, CONFIGURED) is False
    [row] = recordings(rt)
    assert (rt.store.size(name), row.state, row.reason, row.stored_as) == (None, RecordingState.GOING, "erased", None)
    forward(clock, 1)
    assert settle_recordings(rt, CONFIGURED) is False
    [row] = recordings(rt)
    assert (row.state, row.stored_as, row.next_attempt_at is not None) == (RecordingState.GOING, None, True)
    with rt.reading() as session:
        assert left_at(session, CONFIGURED) == {"twilio": 1}
        assert left_at(session, ("twilio",)) == {}
    forward(clock, 1)
    gateway = RecordingGateway({row.gateway_id: b"the copy"})  # its table is back
    fetch(rt, gateway)
    [row] = recordings(rt)
    assert (row.state, row.next_attempt_at, gateway.audio) == (RecordingState.LOST, None, {})


def test_the_number_of_a_caller_goes_though_the_copy_at_the_gateway_stays(rt: Runtime, clock: Clock) -> None:
    ticket = heard(rt, clock)
    end(rt, ticket.reference)
    for _ in range(7):
        forward(clock, 40)
        retention.sweep(rt)
        settle_recordings(rt, CONFIGURED)
    assert not is_known(rt, ticket)
    forward(clock, 1)
    assert settle_recordings(rt, CONFIGURED) is False  # without a key too
    assert recordings(rt)[0].state == RecordingState.GOING


def test_our_file_is_removed_once_though_the_gateway_refuses_for_long(rt: Runtime, clock: Clock) -> None:
    """A row that names a file keeps its caller's number: it must name none while the gateway alone is waited for."""
    ticket = heard(rt, clock)
    end(rt, ticket.reference)
    forward(clock, 90)
    retention.sweep(rt)
    for _ in range(2):
        gateway = RecordingGateway(script=[GatewayError("503", Outcome.UNKNOWN)])
        fetch(rt, gateway)
        assert (recordings(rt)[0].state, recordings(rt)[0].stored_as) == (RecordingState.GOING, None)
        forward(clock, 1)


def test_what_never_came_is_lost_after_three_days_and_told_and_the_caller_can_be_erased(rt: Runtime, clock: Clock) -> None:
    a_recording(rt, RecordingGateway())
    ticket = close(rt)
    alter(rt, Call, next_attempt_at=None)
    alter(rt, Recording, look=None)
    ask(rt, ticket)
    agree(rt, ticket)
    clock.forward(hours=71)
    assert settle_recordings(rt, CONFIGURED) is False
    assert (recordings(rt)[0].state, recordings(rt)[0].reason) == (RecordingState.AWAITED, "no_gateway")
    clock.forward(hours=2)
    settle_recordings(rt, CONFIGURED)
    [row] = recordings(rt)
    assert (row.state, row.reason, row.stored_as, row.next_attempt_at) == (RecordingState.LOST, "no_gateway", None, None)
    with rt.reading() as session:
        assert AlarmKind.RECORDING_LOST in {one.kind for one in session.query(Alarm)}
    looked_at(rt)
    clock.forward(hours=7 * 24)
    erase_due(rt)
    assert contact(rt, ticket).kind == "erased"


def test_a_copy_that_cannot_be_deleted_keeps_a_tickets_words_for_thirty_days_more_and_no_longer(rt: Runtime, clock: Clock) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    gateway.script = [None, GatewayError("503", Outcome.UNKNOWN)]  # it is with us; then the table was taken out
    fetch(rt, gateway)
    alter(rt, Recording, look=None)
    alter(rt, Call, next_attempt_at=None, ended_at=clock())
    [ticket] = tickets(rt)
    text_in(rt, f"{ticket.reference} wo phir aaye", sender=HER)
    looked_at(rt)
    end(rt, ticket.reference)
    forward(clock, 31)
    settle_recordings(rt, CONFIGURED)
    [row] = recordings(rt)
    assert (row.state, row.reason, row.next_attempt_at) == (RecordingState.STORED, "no_gateway", None)
    for _ in range(6):
        forward(clock, 40)
        retention.sweep(rt)
    assert not any(words_of(rt, of(rt, ticket.reference).reference))


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_call_that_nobody_can_be_asked_about_is_settled_after_three_days(rt: Runtime, clock: Clock, *, has_ended: bool) -> None:
    a_recording(rt, RecordingGateway())
    if has_ended:
        alter(rt, Call, ended_at=clock())
    clock.forward(hours=71)
    assert close_left(rt, CONFIGURED) is False
    assert calls(rt)[0].next_attempt_at is not None
    clock.forward(hours=2)
    assert close_left(rt, ("twilio",)) is False  # its own gateway is asked
    assert calls(rt)[0].next_attempt_at is not None
    assert close_left(rt, CONFIGURED) is False
    [call] = calls(rt)
    assert (call.ended_at is not None, call.next_attempt_at, count(rt, Call)) == (True, None, 1)
