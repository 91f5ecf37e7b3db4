"""The database goes in the middle of a call: what was told of it waits on the disk, and leaves once what it would have left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from hotline import spool
from hotline.domain.call import CallDirection
from hotline.domain.danger import Danger
from hotline.domain.ticket import Priority
from hotline.domain.voice import Hush
from hotline.runtime import Runtime
from hotline.sections import Hours, Voice
from hotline.services import arriving, callsteps
from hotline.services.calls import callflow, hangup
from hotline.services.draining import take_in_waiting
from hotline.spool import Reader, SpoolFault, Turn
from hotline.storage.callmodels import Call, Recording
from hotline.storage.events import EventKind
from hotline.storage.models import Event
from hotline.storage.writing import Overloaded
from tests.calling import LINE, Caller, calls_of, recording_id
from tests.support import HER, Clock, away, count, keys_file, texts_out, tickets

DUTY = "+923001112233"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=Voice(number=LINE, duty_line=(DUTY,)), data_dir=tmp_path / "data")


def files(rt: Runtime) -> list[Path]:
    return list(spool.waiting(rt.config.data_dir))


def take_in(rt: Runtime) -> None:
    assert take_in_waiting(rt, Reader(Path(keys_file())), for_s=30) is False
    assert (files(rt), spool.aside(rt.config.data_dir)) == ([], [])


def broken_off(rt: Runtime, caller: Caller, keys: str) -> None:
    """The caller presses a key while the database is away, and hears that the lines are busy."""
    with away(rt), pytest.raises(OperationalError):
        callsteps.press_key(rt, caller.told(keys), caller.turn.turn)


def happened(rt: Runtime, kind: EventKind) -> int:
    with rt.reading() as session:
        return session.query(Event).filter(Event.kind == kind).count()


@pytest.mark.parametrize("way", [(), ("1",), ("1", "1"), ("1", "1", "1"), ("1", "1", "1", "1"), ("1", "2"), ("1", "3")])
def test_danger_keyed_at_any_step_while_the_database_is_away_is_told_to_people(rt: Runtime, clock: Clock, way: tuple[str, ...]) -> None:
    caller = Caller(rt).ring().press(*way)
    broken_off(rt, caller, "0")
    clock.forward(minutes=20)
    take_in(rt)
    [ticket] = tickets(rt)
    assert (ticket.danger, ticket.priority, ticket.hold, ticket.next_ring_at is not None) == (Danger.KEYED, Priority.URGENT, True, True)
    [call] = calls_of(rt)
    assert (call.ticket_id, call.ended_at is not None, call.danger_at is not None) == (ticket.id, True, True)
    assert texts_out(rt) == []  # so late no machine texts about danger


@pytest.mark.parametrize(("minutes", "receipts", "waits"), [(5, 1, False), (31, 1, True), (25 * 60, 0, False)])
def test_the_receipt_of_a_call_that_is_taken_in_late_is_late_too(
    make_rt: Callable[..., Runtime], clock: Clock, tmp_path: Path, minutes: int, receipts: int, waits: bool
) -> None:
    opens = (clock.now.astimezone(make_rt().config.zone) + timedelta(minutes=minutes, hours=4)).replace(minute=0)
    hours = Hours(opens=f"{opens:%H}:00", closes=f"{opens + timedelta(hours=2):%H}:00")
    rt = make_rt(voice=Voice(number=LINE), data_dir=tmp_path / "data", contact_hours=hours)
    caller = Caller(rt).ring().press("1", "3", "1")
    assert caller.hears == ["consent"]
    broken_off(rt, caller, "1")
    clock.forward(minutes=minutes)
    take_in(rt)
    assert len(tickets(rt)) == 1
    due = [text.next_attempt_at for text in texts_out(rt)]
    assert len(due) == receipts
    assert all((at is not None and at > clock.now) is waits for at in due)


@pytest.mark.parametrize("reported", ["before", "after", "never"])
def test_the_end_of_the_call_may_be_told_before_or_after_what_waits_is_taken_in(rt: Runtime, reported: str) -> None:
    caller = Caller(rt).ring().press("1")
    broken_off(rt, caller, "0")
    if reported == "before":
        hangup.end_call(rt, caller.told(), 9)
        assert tickets(rt) == []
    take_in(rt)
    if reported == "after":
        hangup.end_call(rt, caller.told(), 9)
    [call] = calls_of(rt)
    assert (len(tickets(rt)), tickets(rt)[0].danger, call.ended_at is not None) == (1, Danger.KEYED, True)
    assert call.duration_s == (None if reported == "never" else 9)


def test_a_call_that_came_and_ended_while_the_database_was_away_is_a_missed_call(rt: Runtime) -> None:
    told = Caller(rt).told()
    with away(rt):
        with pytest.raises(OperationalError):
            arriving.begin_call(rt, told)
        callsteps.end_call(rt, told, 0)
    assert len(files(rt)) == 2
    assert len({spool.lane_of(path) for path in files(rt)}) == 1, "the end is taken in behind the call"
    take_in(rt)
    assert [call.direction for call in calls_of(rt) if call.gateway_id == told.gateway_id] == [CallDirection.MISSED]


def test_a_step_that_is_taken_in_twice_leaves_one_ticket(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(rt).ring().press("1")
    broken_off(rt, caller, "0")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            take_in_waiting(rt, Reader(Path(keys_file())), for_s=30)
    events = count(rt, Event)
    take_in(rt)
    assert (len(tickets(rt)), count(rt, Event), count(rt, Call)) == (1, events, 1)


def test_a_step_that_is_half_done_when_the_worker_dies_is_done_whole_later(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(rt).ring().press("1")
    broken_off(rt, caller, "0")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hangup, "end_call", killed)
        with pytest.raises(KeyboardInterrupt):
            take_in_waiting(rt, Reader(Path(keys_file())), for_s=30)
    assert (tickets(rt), calls_of(rt)[0].turn) == ([], 1)
    take_in(rt)
    assert len(tickets(rt)) == 1


def test_what_was_chosen_before_and_at_the_break_is_on_the_ticket(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("1", "1")
    broken_off(rt, caller, "1")
    take_in(rt)
    assert [ticket.category for ticket in tickets(rt)] == ["snatching"]


@pytest.mark.parametrize("way", [(), ("1",), ("1", "2")])
def test_a_call_that_left_nothing_stands_in_the_book_as_a_call_that_got_nowhere(rt: Runtime, way: tuple[str, ...]) -> None:
    caller = Caller(rt).ring().press(*way)
    broken_off(rt, caller, "")
    take_in(rt)
    [call] = calls_of(rt)
    assert (call.direction, call.ticket_id, call.reason, call.ended_at is not None) == (CallDirection.IN, None, None, True)


def test_a_language_that_was_chosen_is_kept(rt: Runtime) -> None:
    broken_off(rt, Caller(rt).ring(), "2")
    take_in(rt)
    assert Caller(rt).ring().turn.actions == Caller(rt).ring().turn.actions
    assert calls_of(rt)[1].walk["language"] == rt.config.voice.languages[1]


def test_danger_whose_receipt_the_caller_agreed_to_is_answered_if_it_is_fresh(rt: Runtime, clock: Clock) -> None:
    caller = Caller(rt).ring().press("1", "1", "1", "1")
    broken_off(rt, caller, "0")
    clock.forward(minutes=2)
    take_in(rt)
    assert [text.text_key for text in texts_out(rt)] == ["receipt"]


def test_a_recording_that_ended_meanwhile_is_fetched_and_its_key_counts(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("1", "1", "1", "1", "1")
    told = caller.told("0", recording_id=recording_id(), recorded_s=7)
    with away(rt), pytest.raises(OperationalError):
        callsteps.end_recording(rt, told, caller.turn.turn)
    take_in(rt)
    assert (len(tickets(rt)), tickets(rt)[0].danger, count(rt, Recording)) == (1, Danger.KEYED, 1)


def test_who_cannot_speak_is_texted_and_rung_by_no_machine_though_the_database_was_away(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("0")
    assert caller.turn.hush is Hush.BY_KEY
    told = caller.told("5", recording_id=recording_id(), recorded_s=3)
    with away(rt), pytest.raises(OperationalError):
        callsteps.end_recording(rt, told, caller.turn.turn)
    take_in(rt)
    assert happened(rt, EventKind.MUST_BE_SILENT) == 1
    assert calls_of(rt)[0].walk["must_be_silent"]


def test_a_duty_phone_that_is_answered_is_joined_and_no_phone_is_thought_to_ring_afterwards(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("0").speak()
    with away(rt):
        assert callsteps.take_duty(rt, caller.told("1"), caller.turn.call_id) is True
        assert callsteps.take_duty(rt, caller.told("2"), caller.turn.call_id) is False
        assert callsteps.take_duty(rt, caller.told(""), caller.turn.call_id) is False
        with pytest.raises(OperationalError):
            callsteps.end_dial(rt, caller.told(), caller.turn.turn)
    assert len(files(rt)) == 2
    take_in(rt)
    [call] = calls_of(rt)
    assert (call.duty_taken, call.ended_at is not None, happened(rt, EventKind.DUTY_TAKEN)) == (True, True, 1)
    other = Caller(rt, number="+923331234599").ring().press("0").speak()
    assert calls_of(rt)[1].walk.get("duty_index", 0) == 0
    assert other.turn.ring_s > 0


def test_a_duty_phone_is_joined_although_the_disk_is_full_too(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(rt).ring().press("0").speak()
    monkeypatch.setattr(rt.spool, "put", full)
    with away(rt):
        assert callsteps.take_duty(rt, caller.told("1"), caller.turn.call_id) is True


def full(*_: object, **__: object) -> None:
    raise SpoolFault("No space left on device")


def test_the_end_and_the_recording_are_told_to_the_disk_and_taken_in_in_order(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("1", "1", "1", "1", "1")
    with away(rt):
        callsteps.receive_recording(rt, caller.told(recording_id=recording_id(), recorded_s=12))
        callsteps.end_call(rt, caller.told(), 33)
    take_in(rt)
    [call] = calls_of(rt)
    assert (call.duration_s, call.ticket_id is not None, count(rt, Recording), len(tickets(rt))) == (33, True, 1, 1)


def test_what_can_be_kept_nowhere_is_refused_so_that_the_gateway_may_tell_it_again(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(rt).ring()
    monkeypatch.setattr(rt.spool, "put", full)
    with away(rt):
        with pytest.raises(Overloaded):
            callsteps.end_call(rt, caller.told(), 3)
        with pytest.raises(OperationalError):
            callsteps.press_key(rt, caller.told("0"), 0)


def test_a_call_that_went_on_meanwhile_is_not_ended_by_what_was_told_twice(rt: Runtime) -> None:
    caller = Caller(rt).ring()
    broken_off(rt, caller, "1")
    caller.press("1")  # the gateway asked once more, and was answered
    take_in(rt)
    [call] = calls_of(rt)
    assert (call.ended_at, call.turn) == (None, 1)


def test_danger_keyed_twice_at_the_break_is_one_danger(rt: Runtime) -> None:
    caller = Caller(rt).ring().press("1")
    broken_off(rt, caller, "0")
    broken_off(rt, caller, "0")
    assert len(files(rt)) == 2
    take_in(rt)
    assert len(tickets(rt)) == 1


@pytest.mark.parametrize("keys", ["0", "1"])
def test_a_step_of_a_call_that_the_database_has_lost_is_kept(rt: Runtime, keys: str) -> None:
    caller = replace(Caller(rt), turn=callflow.CallAnswer((), turn=4))
    broken_off(rt, caller, keys)
    take_in(rt)
    in_danger = [ticket.danger for ticket in tickets(rt)]
    assert in_danger == ([Danger.KEYED] if keys == "0" else [])
    assert next(call.direction for call in calls_of(rt)) == (CallDirection.IN if keys == "0" else CallDirection.MISSED)


def test_an_alarm_that_was_answered_in_vain_waits_nowhere_and_rings_again(rt: Runtime) -> None:
    with away(rt), pytest.raises(OperationalError):
        callsteps.press_key(rt, Caller(rt).told("9"), 0, is_alarm=True)
    assert files(rt) == []


def test_danger_keyed_on_a_call_goes_before_texts_that_waited_longer(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(rt).ring()
    with away(rt):
        for number in range(3):
            arriving.take_text(rt, "twilio", text(number))
    broken_off(rt, caller, "0")
    assert [spool.turn_of(path) for path in files(rt)] == [Turn.LAST, Turn.LAST, Turn.LAST, Turn.FIRST]
    came = list[str]()
    real = arriving.receive
    monkeypatch.setattr(arriving, "receive", lambda *told, **more: (came.append(f"{len(tickets(rt))}"), real(*told, **more)))
    take_in(rt)
    assert int(min(came)) >= 1
    assert len(tickets(rt)) == 4


def text(number: int) -> "arriving.IncomingText":
    return arriving.IncomingText(f"SM{number}", f"+9230012346{number:02}", "orangi town mein mera mobile cheen liya")


def test_no_log_line_of_a_step_that_cannot_be_stored_tells_a_number(rt: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    with away(rt):
        callsteps.end_call(rt, Caller(rt).told(), 3)
    said = capsys.readouterr()
    assert HER[1:] not in said.out + said.err
