"""Missed calls: rejected, and called back once within the hours. A phone that may not be rung is never rung."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from hotline.domain.call import CallDirection
from hotline.domain.voice import Ask, HangUp, Reject
from hotline.gateways.base import GatewayError, Outcome
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.sections import Hours, Voice
from hotline.services import arriving
from hotline.services.calls import callflow, hangup, missedcalls
from hotline.services.calls.placing import place_calls
from hotline.services.duty import callers
from hotline.storage import calls as call_rows
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from tests.calling import LINE, MISSED, Caller, calls_of, contact_of
from tests.opened import is_phone
from tests.recorded import Killed, RecordingGateway
from tests.support import HER, OTHER, Clock, RecordingBell

VOICE = Voice(number=LINE, missed_call_number=MISSED, languages=("ur", "sd", "en"))


def ours(call_id: int) -> str:
    """The gateway's id for a call of ours."""
    return f"CAf{call_id:031x}"


class CallingGateway(RecordingGateway):
    """Places calls, or does what the script says."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[tuple[str, int]] = []
        self.alarms: list[int] = []  # the placed calls that are alarms

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        self._meets("place", to)
        self.placed.append((to, call_id))
        self.alarms += [call_id] * is_alarm
        return ours(call_id)


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path)


@pytest.fixture
def gateway() -> CallingGateway:
    return CallingGateway()


def missed(rt: Runtime, number: str = HER) -> Caller:
    return Caller(rt, number, line=MISSED).ring()


def answered(rt: Runtime, gateway: CallingGateway) -> Caller:
    """The person rung last answers."""
    to, call_id = gateway.placed[-1]
    caller = Caller(rt, to, gateway_id=ours(call_id))
    caller.turn = callflow.answer_back(rt, call_id, caller.told())
    return caller


def reasons(rt: Runtime) -> list[tuple[str, str | None]]:
    return [(call.direction, call.reason) for call in calls_of(rt)]


def in_the_book(rt: Runtime) -> int:
    with rt.reading() as session:
        return len(call_rows.book(session, before=None, limit=99))


def test_a_missed_call_is_rejected_and_called_back_once(rt: Runtime, gateway: CallingGateway) -> None:
    assert missed(rt).turn.actions == (Reject(),)
    assert isinstance(rt.bell, RecordingBell)
    assert Job.PLACE_CALLS in rt.bell.rung
    for _ in range(2):
        place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER]


def test_whoever_answers_hears_press_one_in_each_language_and_no_name(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    place_calls(rt, gateway)
    caller = answered(rt, gateway)
    assert caller.hears == ["press_one"] * 3
    assert caller.languages == {"ur", "sd", "en"}
    caller.press("", "", "")
    assert caller.turn.actions == (HangUp(),)
    caller.hang_up()
    assert in_the_book(rt) == 1


def test_a_key_leads_to_the_menu_and_the_missed_call_needs_nobody(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    assert in_the_book(rt) == 1
    place_calls(rt, gateway)
    caller = answered(rt, gateway).press("1")
    assert caller.hears[0] == "danger_key"
    assert in_the_book(rt) == 0


def test_told_of_twice_it_is_called_back_once(rt: Runtime, gateway: CallingGateway) -> None:
    caller = missed(rt)
    assert callflow.start_call(rt, caller.told()).actions == (Reject(),)
    place_calls(rt, gateway)
    assert len(gateway.placed) == 1


def test_ringing_again_while_a_call_back_is_under_way_makes_no_second_one(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    missed(rt)
    place_calls(rt, gateway)
    assert reasons(rt) == [("missed", None), ("back", None), ("missed", "under_way")]
    answered(rt, gateway).hang_up()
    missed(rt)
    place_calls(rt, gateway)
    assert len(gateway.placed) == 2


def test_one_phone_is_called_back_so_often_a_day(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    for _ in range(VOICE.call_backs_per_day + 2):
        missed(rt)
        if place_calls(rt, gateway) or len(calls_of(rt)) % 2 == 0:
            answered(rt, gateway).hang_up()
        clock.forward(minutes=10)
    assert len(gateway.placed) == VOICE.call_backs_per_day
    clock.forward(days=1)
    missed(rt)
    place_calls(rt, gateway)
    assert len(gateway.placed) == VOICE.call_backs_per_day + 1


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("anonymous", "unfit"),
        ("+266696687", "unfit"),  # how some networks say anonymous
        ("1234", "unfit"),
        ("+92900111222", "unfit"),  # premium
        ("+923001234501", None),
        ("+922135662222", None),
        ("+447400123456", "unfit"),  # of a country that is not configured
        ("+19005551234", "unfit"),
        ("", "unfit"),
    ],
)
def test_who_is_not_called_back(rt: Runtime, gateway: CallingGateway, number: str, reason: str | None) -> None:
    missed(rt, number)
    place_calls(rt, gateway)
    assert reasons(rt)[0] == ("missed", reason)
    assert len(gateway.placed) == (reason is None)
    assert in_the_book(rt) == 1


def test_we_never_ring_ourselves(make_rt: Callable[..., Runtime], gateway: CallingGateway) -> None:
    """A call of ours that is forwarded to the missed-call number would be called back without end."""
    numbers = ("+922135662222", "+922135662223", "+923001112233")
    rt = make_rt(voice=Voice(number=numbers[0], missed_call_number=numbers[1], duty_line=numbers[2:]))
    for number in numbers:
        Caller(rt, number, line=numbers[1]).ring()
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert [reason for _, reason in reasons(rt)] == ["unfit"] * 3


def test_nobody_is_rung_at_night(make_rt: Callable[..., Runtime], gateway: CallingGateway, clock: Clock) -> None:
    rt = make_rt(voice=VOICE, contact_hours=Hours(opens="08:00", closes="21:00"))
    clock.forward(hours=9, minutes=30)  # 21:30
    missed(rt)
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert reasons(rt) == [("missed", "hours")]


def test_a_call_back_that_waited_into_the_night_is_not_made(make_rt: Callable[..., Runtime], gateway: CallingGateway, clock: Clock) -> None:
    rt = make_rt(voice=VOICE, contact_hours=Hours(opens="08:00", closes="21:00"))
    clock.forward(hours=8, minutes=59)
    missed(rt)
    clock.forward(minutes=2)
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert reasons(rt)[-1] == ("back", "hours")


def test_a_call_back_that_waited_too_long_is_not_made(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    missed(rt)
    clock.forward(minutes=6)
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert reasons(rt)[-1] == ("back", "too_late")


@pytest.mark.parametrize("changes", [{"may_call": False}, {"on_hold": True}])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_phone_that_may_not_be_rung_is_not(rt: Runtime, gateway: CallingGateway, changes: dict[str, bool], when: str) -> None:
    if when == "after":
        missed(rt)
    else:
        Caller(rt).ring().hang_up()
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(HER)).values(**changes))
    if when == "before":
        missed(rt)
    place_calls(rt, gateway)
    assert gateway.placed == []


def test_a_no_in_a_call_is_a_no_to_being_called_back(rt: Runtime, gateway: CallingGateway) -> None:
    Caller(rt).ring().press("1", "1", "1", "2", "2").hang_up()
    missed(rt)
    place_calls(rt, gateway)
    assert gateway.placed == []


def test_a_hang_up_on_the_main_number_is_never_called_back(rt: Runtime, gateway: CallingGateway) -> None:
    Caller(rt).ring().hang_up()
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert in_the_book(rt) == 1


def test_without_a_second_number_nothing_is_ever_rejected(make_rt: Callable[..., Runtime]) -> None:
    rt = make_rt(voice=Voice(number=LINE))
    assert isinstance(missed(rt).last, Ask)


@pytest.mark.parametrize(
    ("outcome", "placed"),
    [(Outcome.NOT_SENT, 1), (Outcome.UNKNOWN, 0), (Outcome.REFUSED, 0)],
)
def test_a_call_is_placed_again_only_if_it_surely_was_not(
    rt: Runtime, gateway: CallingGateway, clock: Clock, outcome: Outcome, placed: int
) -> None:
    missed(rt)
    gateway.script.append(GatewayError("11200", outcome))
    place_calls(rt, gateway)
    clock.forward(seconds=30)
    place_calls(rt, gateway)
    assert len(gateway.placed) == placed
    assert in_the_book(rt) == 1


def test_answered_before_the_gateway_told_us_of_the_call(rt: Runtime, gateway: CallingGateway) -> None:
    """The webhook of the answered phone may come before the answer to our request."""
    missed(rt)
    heard: list[Caller] = []

    def answer_first() -> None:
        call = next(c for c in calls_of(rt) if c.direction == "back")
        caller = Caller(rt, HER, gateway_id=ours(call.id))
        caller.turn = callflow.answer_back(rt, call.id, caller.told())
        heard.append(caller.press("1"))

    gateway.script.append(answer_first)
    place_calls(rt, gateway)
    caller = heard[0]
    assert caller.row.gateway_id == caller.gateway_id
    assert caller.press("1").hears[0] == "danger_key"


def test_an_end_told_before_the_gateway_told_us_of_the_call(rt: Runtime, gateway: CallingGateway) -> None:
    """A phone that is off fails at once."""
    missed(rt)

    def end_first() -> None:
        call = next(c for c in calls_of(rt) if c.direction == "back")
        told = dataclasses.replace(Caller(rt, HER, gateway_id=ours(call.id)).told(), call_id=call.id)
        hangup.end_call(rt, told, 0)

    gateway.script.append(end_first)
    place_calls(rt, gateway)
    assert [(c.direction, c.ended_at is not None) for c in calls_of(rt)] == [("missed", True), ("back", True)]
    assert calls_of(rt)[1].gateway_id == ours(calls_of(rt)[1].id)


def test_a_worker_that_dies_takes_one_call_with_it_and_not_the_batch(rt: Runtime, gateway: CallingGateway) -> None:
    numbers = [f"+9230012345{n:02d}" for n in range(4)]
    for number in numbers:
        missed(rt, number)
    gateway.script.append(Killed())
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == numbers[1:]


def test_a_call_back_whose_worker_died_is_not_placed_again_and_people_are_told(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    missed(rt)
    gateway.script.append(Killed())
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    clock.forward(minutes=1)
    missed(rt)
    clock.forward(minutes=3, seconds=50)
    place_calls(rt, gateway)
    assert reasons(rt) == [("missed", None), ("back", "placing"), ("missed", "under_way")]
    clock.forward(seconds=10)
    place_calls(rt, gateway)
    assert (gateway.placed, reasons(rt)) == ([], [("missed", "lost"), ("back", "lost"), ("missed", "lost")])
    assert (in_the_book(rt), calls_of(rt)[1].ended_at) == (2, clock())
    missed(rt)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER], "the caller rings once more and is called back"


def test_a_call_back_that_was_lost_and_is_answered_after_all_is_one_like_others(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    missed(rt)
    gateway.script.append(Killed())
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    clock.forward(minutes=5)
    place_calls(rt, gateway)
    gateway.placed.append((HER, calls_of(rt)[1].id))
    caller = answered(rt, gateway).press("1")
    assert (caller.hears[0], in_the_book(rt)) == ("danger_key", 0)
    assert caller.row.ended_at is None
    caller.hang_up()
    assert reasons(rt) == [("missed", "served"), ("back", None)]


def test_a_phone_that_is_being_called_back_is_rung_by_nothing_else(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    gateway.script.append(Killed())
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    with rt.transaction() as tx:
        assert callers.on_line(rt, tx, contact_of(rt, HER), waiting=False) == {CallDirection.BACK}


def test_who_still_hears_that_the_lines_are_busy_is_called_back_after_that(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    arriving.note_call(rt, Caller(rt, HER).told())
    for seconds in (0, 5, 54):
        clock.forward(seconds=seconds)
        place_calls(rt, gateway)
        assert gateway.placed == []
    clock.forward(seconds=1)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER]


def test_who_heard_it_minutes_ago_is_called_back_at_once(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    missedcalls.note_late(rt, Caller(rt, HER).told(), came_at=clock() - timedelta(minutes=2))
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER]


def test_forged_numbers_do_not_make_us_ring_a_city(make_rt: Callable[..., Runtime], gateway: CallingGateway, clock: Clock) -> None:
    rt = make_rt(voice=dataclasses.replace(VOICE, call_backs_per_hour=3))
    for n in range(5):
        missed(rt, f"+9230012345{n:02d}")
    place_calls(rt, gateway)
    assert len(gateway.placed) == 3
    assert reasons(rt)[-1] == ("missed", "crowded")
    assert in_the_book(rt) == 5
    clock.forward(minutes=61)
    missed(rt, OTHER)
    place_calls(rt, gateway)
    assert len(gateway.placed) == 4


def test_a_phone_with_something_on_hold_is_not_rung_by_a_machine(rt: Runtime, gateway: CallingGateway) -> None:
    Caller(rt).ring().press("0").hang_up()
    missed(rt)
    place_calls(rt, gateway)
    assert gateway.placed == []


def test_missed_calls_that_came_while_it_rang_are_served_with_it(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    missed(rt)
    place_calls(rt, gateway)
    answered(rt, gateway).press("1")
    assert in_the_book(rt) == 0


def test_a_batch_is_placed_oldest_first(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    numbers = [f"+9230012345{n:02d}" for n in range(25)]
    for number in numbers:
        missed(rt, number)
        clock.forward(seconds=1)
    while place_calls(rt, gateway):
        pass
    assert [to for to, _ in gateway.placed] == numbers


def test_the_call_of_another_phone_cannot_pass_for_the_call_back(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    place_calls(rt, gateway)
    call_id = gateway.placed[0][1]
    stranger = Caller(rt, OTHER)
    assert callflow.answer_back(rt, call_id, stranger.told()).actions == (HangUp(),)


def test_a_call_back_that_reports_an_end_is_closed(rt: Runtime, gateway: CallingGateway) -> None:
    missed(rt)
    place_calls(rt, gateway)
    call_id = gateway.placed[0][1]
    Caller(rt, HER, gateway_id=ours(call_id)).hang_up(duration_s=0)
    with rt.reading() as session:
        call = session.get_one(Call, call_id)
    assert call.ended_at is not None
    assert not contact_of(rt, HER).on_hold
    assert call.started_at + timedelta(minutes=1) > call.ended_at
