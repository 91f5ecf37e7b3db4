"""Who is on duty at an instant, in local time, and who takes the next ticket."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from hotline.domain.duty import ANOTHER, Candidate, Shift, add_load, choose, on_duty

MON, TUE, SUN = 0, 1, 6


def at(day: int, clock: str) -> datetime:
    """A local time of the week that begins on Monday, 23 November 2026."""
    return datetime.fromisoformat(f"2026-11-{23 + day}T{clock}")


def shift(weekday: int, starts: str, ends: str, volunteer_id: int = 1) -> Shift:
    return Shift(volunteer_id, 1, weekday, time.fromisoformat(starts), time.fromisoformat(ends))


@pytest.mark.parametrize(
    ("planned", "local", "covered"),
    [
        (shift(MON, "09:00", "17:00"), at(MON, "08:59:59.999999"), False),
        (shift(MON, "09:00", "17:00"), at(MON, "09:00"), True),
        (shift(MON, "09:00", "17:00"), at(MON, "16:59:59"), True),
        (shift(MON, "09:00", "17:00"), at(MON, "17:00"), False),
        (shift(MON, "09:00", "17:00"), at(TUE, "12:00"), False),
        # past midnight
        (shift(MON, "22:00", "06:00"), at(MON, "21:59"), False),
        (shift(MON, "22:00", "06:00"), at(MON, "22:00"), True),
        (shift(MON, "22:00", "06:00"), at(MON, "23:59:59"), True),
        (shift(MON, "22:00", "06:00"), at(TUE, "00:00"), True),
        (shift(MON, "22:00", "06:00"), at(TUE, "05:59:59"), True),
        (shift(MON, "22:00", "06:00"), at(TUE, "06:00"), False),
        (shift(MON, "22:00", "06:00"), at(MON, "03:00"), False),
        (shift(MON, "22:00", "06:00"), at(TUE, "23:00"), False),
        # to midnight
        (shift(MON, "16:00", "00:00"), at(MON, "23:59:59"), True),
        (shift(MON, "16:00", "00:00"), at(TUE, "00:00"), False),
        # over the end of the week
        (shift(SUN, "22:00", "06:00"), at(SUN, "23:00"), True),
        (shift(SUN, "22:00", "06:00"), at(MON, "05:00"), True),
        (shift(SUN, "22:00", "06:00"), at(MON, "06:00"), False),
        # round the clock
        (shift(MON, "00:00", "00:00"), at(MON, "00:00"), True),
        (shift(MON, "00:00", "00:00"), at(MON, "23:59:59"), True),
        (shift(MON, "00:00", "00:00"), at(TUE, "00:00"), False),
        (shift(MON, "08:00", "08:00"), at(TUE, "07:59"), True),
        (shift(MON, "08:00", "08:00"), at(TUE, "08:00"), False),
    ],
)
def test_a_shift_covers_its_start_and_not_its_end(planned: Shift, local: datetime, covered: bool) -> None:
    assert planned.covers(local) is covered


def test_duty_goes_by_the_local_clock() -> None:
    night = shift(TUE, "00:00", "06:00")
    late_on_monday_in_utc = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert on_duty([night], late_on_monday_in_utc.astimezone(ZoneInfo("Asia/Karachi"))) == {1}
    assert on_duty([night], late_on_monday_in_utc) == set()


def test_everybody_whose_shift_covers_the_instant_is_on_duty_once() -> None:
    shifts = [
        shift(MON, "08:00", "16:00", 1),
        shift(MON, "12:00", "20:00", 1),
        shift(MON, "12:00", "20:00", 2),
        shift(TUE, "08:00", "16:00", 3),
    ]
    assert on_duty(shifts, at(MON, "13:00")) == {1, 2}
    assert on_duty(shifts, at(MON, "21:00")) == set()


ALICE = Candidate(1, frozenset({"en", "ur"}), open_tickets=5)
BOB = Candidate(2, frozenset({"en", "ur", "sd"}), open_tickets=7)
CHARLIE = Candidate(3, frozenset({"en"}), open_tickets=0)


@pytest.mark.parametrize(("language", "chosen"), [("ur", 1), ("ur-Latn", 1), ("sd", 2), ("en", 3)])
def test_her_language_comes_before_the_lightest_load(language: str, chosen: int) -> None:
    assert choose([ALICE, BOB, CHARLIE], language) == chosen


def test_with_nobody_of_her_language_the_lightest_load_decides() -> None:
    assert choose([ALICE, CHARLIE], "sd") == 3


def test_a_caller_of_another_language_goes_to_whoever_speaks_more_than_ours() -> None:
    pashto = Candidate(4, frozenset({"ur", "ps"}), open_tickets=9)
    assert choose([ALICE, BOB, CHARLIE, pashto], ANOTHER) == 4
    assert choose([ALICE, BOB, CHARLIE], ANOTHER) == 3  # nobody does: it is left marked


def test_equals_take_turns_as_each_is_given_one() -> None:
    present = {1: Candidate(1, frozenset({"ur"}), 0), 2: Candidate(2, frozenset({"ur"}), 0)}
    taken = []
    for _ in range(4):
        chosen = choose(present.values(), "ur")
        assert chosen is not None
        taken.append(chosen)
        present = add_load(present, chosen)
    assert taken == [1, 2, 1, 2]


def test_nobody_is_chosen_from_nobody() -> None:
    assert choose([], "ur") is None
