"""Several callers in danger at once: each rings a volunteer whom no other caller rings or talks to, as long as there is one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.domain.voice import Beep, Ring
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.services.calls import dutyline, leavings
from tests.calling import LINE, Caller
from tests.support import Clock

VOICE = Voice(number=LINE, duty_line=("+923001112233", "+923001112244"))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path)


def in_danger(rt: Runtime, n: int) -> Caller:
    """A caller who pressed 0 and waits."""
    return Caller(rt, f"+92300555111{n}").ring().press("0").say_nothing()


def rings(caller: Caller) -> int:
    """The place in the duty line of the phone that rings for a caller."""
    assert isinstance(caller.last, Ring)
    return caller.last.index


def test_two_callers_at_once_ring_two_phones_and_each_goes_round_the_line(rt: Runtime) -> None:
    first, second = in_danger(rt, 1), in_danger(rt, 2)
    assert (rings(first), rings(second)) == (0, 1)
    assert (rings(first.dialled()), rings(second.dialled())) == (1, 0)
    for caller in (first, second):
        assert caller.dialled().hears == ["duty_nobody"]
        assert isinstance(caller.last, Beep)


def test_a_third_caller_rings_the_phone_that_was_rung_longest_ago(rt: Runtime, clock: Clock) -> None:
    callers = [in_danger(rt, 1)]
    for n in (2, 3):
        clock.forward(seconds=2)
        callers.append(in_danger(rt, n))
    assert [rings(caller) for caller in callers] == [0, 1, 0]
    clock.forward(seconds=2)
    assert rings(in_danger(rt, 4)) == 1  # phone 0 was rung again by the third
    assert rings(callers[2].dialled()) == 1


def test_a_third_caller_after_both_have_moved_on_rings_what_was_rung_longest_ago(rt: Runtime, clock: Clock) -> None:
    first, second = in_danger(rt, 1), in_danger(rt, 2)
    clock.forward(seconds=1)
    second.dialled()  # now it rings phone 0
    clock.forward(seconds=1)
    first.dialled()  # and this one phone 1
    assert rings(in_danger(rt, 3)) == 0


def test_a_phone_that_talks_to_a_caller_is_not_rung_first_until_the_talk_is_over(rt: Runtime, clock: Clock) -> None:
    first = in_danger(rt, 1)
    assert first.taken()
    clock.forward(minutes=30)
    assert rings(in_danger(rt, 2).hang_up()) == 1
    first.dialled()  # the volunteer hung up, and the caller hears the reference
    assert rings(in_danger(rt, 3)) == 0


def test_a_caller_who_hung_up_frees_the_phone(rt: Runtime) -> None:
    in_danger(rt, 1).hang_up()
    assert rings(in_danger(rt, 2)) == 0


def test_a_caller_in_danger_who_did_not_wait_for_it_keeps_no_phone_busy(rt: Runtime) -> None:
    Caller(rt, "+923005551111").ring().press("0", "5")
    assert rings(in_danger(rt, 2)) == 0


def test_a_call_whose_end_was_lost_keeps_no_phone_busy_for_ever(rt: Runtime, clock: Clock) -> None:
    in_danger(rt, 1)
    clock.forward(seconds=VOICE.duty_line_s + 59)
    assert rings(in_danger(rt, 2).hang_up()) == 1
    clock.forward(seconds=1)
    assert rings(in_danger(rt, 3).hang_up()) == 0


def test_a_talk_whose_end_was_lost_keeps_no_phone_busy_for_ever(rt: Runtime, clock: Clock) -> None:
    assert in_danger(rt, 1).taken()
    clock.now += leavings.OPEN_AT_MOST - timedelta(seconds=1)
    assert rings(in_danger(rt, 2).hang_up()) == 1
    clock.forward(seconds=1)
    assert rings(in_danger(rt, 3).hang_up()) == 0


def test_danger_again_begins_at_a_phone_that_is_free_then(rt: Runtime) -> None:
    first = in_danger(rt, 1)
    assert first.taken()
    first.dialled()
    assert rings(in_danger(rt, 2)) == 0
    assert rings(first.press("0").say_nothing()) == 1
    assert not first.row.duty_taken
    assert rings(first.dialled()) == 0


def test_the_time_is_shared_by_the_phones_that_are_left(rt: Runtime, clock: Clock) -> None:
    in_danger(rt, 1)
    second = in_danger(rt, 2)
    assert (rings(second), second.turn.ring_s) == (1, VOICE.duty_line_s // 2)
    clock.forward(seconds=20)
    assert second.dialled().turn.ring_s == VOICE.duty_line_s - 20


def test_one_phone_is_rung_by_all(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(voice=Voice(number=LINE, duty_line=VOICE.duty_line[:1]), data_dir=tmp_path)
    assert [rings(in_danger(rt, n)) for n in range(3)] == [0, 0, 0]


def test_of_free_phones_the_first_is_rung(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(voice=Voice(number=LINE, duty_line=(*VOICE.duty_line, "+923001112255")), data_dir=tmp_path)
    callers = [in_danger(rt, n) for n in range(3)]
    assert [rings(caller) for caller in callers] == [0, 1, 2]
    callers[1].hang_up()
    with rt.transaction() as tx:
        assert dutyline.first_phone(rt, tx) == 1
