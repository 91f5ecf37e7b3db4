"""Who is on duty at an instant, in local time, and who takes the next ticket."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.domain.duty import ANOTHER, ORDINARY, REACH, Candidate, Exchange, Key, Shift, add_load, choose, present, speaks_another, turns
from hotline.domain.hours import Calendar, read_hours, read_pause

MON, TUE, SUN = 0, 1, 6


def at(day: int, clock: str) -> datetime:
    """A local time of the week that begins on Monday, 23 November 2026."""
    return datetime.fromisoformat(f"2026-11-{23 + day}T{clock}")


def shift(weekday: int, starts: str, ends: str, volunteer_id: int = 1) -> Shift:
    return Shift(volunteer_id, 1, weekday, time.fromisoformat(starts), time.fromisoformat(ends))


def on_duty(
    shifts: list[Shift], local: datetime, exchanges: Mapping[Key, Exchange] | None = None, calendar: Calendar = ORDINARY
) -> set[int]:
    """Ids of the volunteers who answer at the local time."""
    return present(turns(shifts, local.date() - REACH, local.date(), exchanges, calendar), local)


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
    assert (on_duty([planned], local) == {planned.volunteer_id}) is covered


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


def test_where_nobody_speaks_it_the_language_of_the_answer_comes_before_the_lightest_load() -> None:
    saraiki = Candidate(4, frozenset({"en", "skr"}), open_tickets=9)
    assert choose([ALICE, BOB, CHARLIE, saraiki], "skr", then="ur") == 4
    assert choose([ALICE, BOB, CHARLIE], "skr", then="ur") == 1


def test_a_caller_of_another_language_goes_to_whoever_speaks_more_than_ours() -> None:
    pashto = Candidate(4, frozenset({"ur", "ps"}), open_tickets=9)
    assert choose([ALICE, BOB, CHARLIE, pashto], ANOTHER) == 4
    assert choose([ALICE, BOB, CHARLIE], ANOTHER) == 3  # nobody does, so the ticket stays marked


def test_a_language_of_texts_alone_is_another_language_to_a_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not speaks_another(BOB.languages)
    monkeypatch.setattr("hotline.domain.duty.SPOKEN_LANGUAGES", ("en", "ur"))  # Sindhi is not on the call menu
    assert speaks_another(BOB.languages)
    assert choose([ALICE, BOB, CHARLIE], ANOTHER) == 2


def test_a_second_way_to_write_a_language_is_no_other_language() -> None:
    assert not speaks_another({"en", "ur", "ur-Latn"})
    assert choose([dataclasses.replace(ALICE, languages=frozenset({"ur", "ur-Latn"})), CHARLIE], ANOTHER) == 3


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


MONDAY = date(2026, 11, 23)
DAY = shift(MON, "09:00", "17:00")


def key(planned: Shift, day: date) -> tuple[int, int, date, time]:
    return planned.team_id, planned.volunteer_id, day, planned.starts


def test_whoever_does_not_come_is_not_on_duty_and_who_agreed_to_stand_in_is() -> None:
    noon = at(MON, "12:00")
    assert on_duty([DAY], noon, {key(DAY, MONDAY): Exchange(comes=False)}) == set()
    assert on_duty([DAY], noon, {key(DAY, MONDAY): Exchange(comes=True)}) == {1}
    assert on_duty([DAY], noon, {key(DAY, MONDAY): Exchange(stand_in=2)}) == {2}
    assert on_duty([DAY], noon, {key(DAY, MONDAY - timedelta(days=7)): Exchange(stand_in=2)}) == {1}  # of another week


def test_a_stand_in_of_a_night_is_on_duty_past_midnight() -> None:
    night = shift(MON, "22:00", "06:00")
    assert on_duty([night], at(TUE, "05:00"), {key(night, MONDAY): Exchange(stand_in=2)}) == {2}


def test_a_shift_that_is_not_for_holidays_rests_on_them() -> None:
    rests = dataclasses.replace(DAY, on_holidays=False)
    free = Calendar(holidays=frozenset({MONDAY}))
    assert on_duty([rests, shift(MON, "09:00", "17:00", 2)], at(MON, "12:00"), calendar=free) == {2}
    assert on_duty([rests], at(MON, "12:00")) == {1}


@pytest.mark.parametrize(
    ("pause", "clock", "present"),
    [
        ("mon 13:00-14:30", "12:59", {1}),
        ("mon 13:00-14:30", "13:00", set()),
        ("mon 13:00-14:30", "14:30", {1}),
        ("tue 13:00-14:30", "13:00", {1}),
        ("2026-11-20/2026-11-23 13:00-14:30", "13:00", set()),
        ("2026-11-24/2026-12-20 13:00-14:30", "13:00", {1}),
        ("ramzan 13:00-14:30", "13:00", set()),
        ("ramzan tue 13:00-14:30", "13:00", {1}),
        ("2026-11-20/2026-11-23 mon ramzan 13:00-14:30", "13:00", set()),
        ("2026-11-20/2026-11-22 ramzan 13:00-14:30", "13:00", {1}),
    ],
)
def test_no_shift_runs_in_a_pause(pause: str, clock: str, present: set[int]) -> None:
    assert on_duty([DAY], at(MON, clock), calendar=Calendar(ramzan={MONDAY}, pauses=(read_pause(pause),))) == present


@pytest.mark.parametrize(
    "written",
    [
        "",
        "fri",
        "day 13:00-14:00",
        "fri 14:00-13:00",
        "2026-02-30/2026-03-01 13:00-14:00",
        "fri 13:00-25:00",
        "fri fri 13:00-14:00",
        "ramzan ramzan 13:00-14:00",
        "2026-03-02/2026-03-01 13:00-14:00",
        "2026-03-02 13:00-14:00",
        "fri  13:00-14:00",
        "13:00-14:00",
        "ramzan 09:00-17:00 10:00-15:00",  # other hours are no pause
    ],
)
def test_a_pause_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of the time, the date or the whole
        read_pause(written)


@pytest.mark.parametrize(
    ("utc", "present"),
    [
        ("2026-10-25T00:30", {1}),  # 02:30, summer time: the night
        ("2026-10-25T01:30", {2}),  # 02:30 again: the morning began when it was first half past two
        ("2026-10-25T00:44", {1}),
        ("2026-10-25T06:59", {2}),
        ("2026-10-25T07:00", set()),
    ],
)
def test_when_the_clock_is_put_back_one_shift_follows_the_other_without_a_gap(utc: str, present: set[int]) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    shifts = [shift(5, "22:00", "02:45"), shift(SUN, "02:45", "08:00", 2)]
    assert on_duty(shifts, datetime.fromisoformat(utc).replace(tzinfo=UTC).astimezone(berlin)) == present


def test_when_the_clock_is_put_forward_a_night_is_an_hour_shorter_and_nobody_is_missing() -> None:
    berlin, shifts = ZoneInfo("Europe/Berlin"), [shift(5, "22:00", "02:30"), shift(SUN, "02:30", "06:00", 2)]
    begins = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    present = [on_duty(shifts, (begins + timedelta(minutes=15 * n)).astimezone(berlin)) for n in range(28)]
    assert present == [{1}] * 18 + [{2}] * 10


def test_a_citizen_who_asks_for_a_woman_goes_first_to_who_takes_those() -> None:
    takes = dataclasses.replace(CHARLIE, volunteer_id=9, open_tickets=50, takes_women=True)
    assert choose([ALICE, BOB, takes], "ur", wants_woman=True) == 9
    assert choose([ALICE, BOB, takes], "ur") == 1
    assert choose([ALICE, BOB], "ur", wants_woman=True) == 1


RAMZAN_MONDAY = Calendar(ramzan={MONDAY}, hours=(read_hours("ramzan 09:00-17:00 10:00-15:00"), read_hours("mon 22:00-06:00 00:30-05:00")))


@pytest.mark.parametrize(
    ("planned", "local", "present"),
    [
        (DAY, at(MON, "09:59"), set()),
        (DAY, at(MON, "10:00"), {1}),
        (DAY, at(MON, "14:59"), {1}),
        (DAY, at(MON, "15:00"), set()),
        (shift(MON, "09:00", "18:00"), at(MON, "17:30"), {1}),  # not those hours
        (shift(TUE, "09:00", "17:00"), at(TUE, "09:30"), {1}),  # not that day
        # moved behind midnight: Tuesday morning, and not the morning before it
        (shift(MON, "22:00", "06:00"), at(MON, "22:30"), set()),
        (shift(MON, "22:00", "06:00"), at(MON, "01:00"), set()),
        (shift(MON, "22:00", "06:00"), at(TUE, "00:30"), {1}),
        (shift(MON, "22:00", "06:00"), at(TUE, "05:00"), set()),
    ],
)
def test_a_shift_has_other_hours_on_the_days_that_are_named(planned: Shift, local: datetime, present: set[int]) -> None:
    assert on_duty([planned], local, calendar=RAMZAN_MONDAY) == present


def test_a_night_that_ends_on_the_day_after_next_is_still_on_duty() -> None:
    night = shift(MON, "23:00", "07:00")
    late = Calendar(hours=(read_hours("mon 23:00-07:00 09:00-02:00"),))
    assert on_duty([night], at(2, "01:59"), calendar=late) == {1}
    assert on_duty([night], at(2, "02:00"), calendar=late) == set()


def test_of_two_other_hours_that_fit_the_first_counts() -> None:
    calendar = Calendar(hours=(read_hours("mon 09:00-17:00 09:00-12:00"), read_hours("2026-11-01/2026-11-30 09:00-17:00 10:00-15:00")))
    assert on_duty([DAY], at(MON, "14:00"), calendar=calendar) == set()
    assert on_duty([shift(TUE, "09:00", "17:00")], at(TUE, "14:00"), calendar=calendar) == {1}
    chained = Calendar(hours=(read_hours("mon 09:00-17:00 10:00-15:00"), read_hours("mon 10:00-15:00 11:00-12:00")))
    assert on_duty([DAY], at(MON, "14:00"), calendar=chained) == {1}  # by the hours that are planned, not by others


def test_a_swap_holds_when_the_hours_of_that_day_become_others() -> None:
    agreed = {key(DAY, MONDAY): Exchange(stand_in=2)}
    assert on_duty([DAY], at(MON, "09:30"), agreed) == {2}
    assert on_duty([DAY], at(MON, "09:30"), agreed, RAMZAN_MONDAY) == set()
    assert on_duty([DAY], at(MON, "10:30"), agreed, RAMZAN_MONDAY) == {2}


@pytest.mark.parametrize(
    "written", ["", "ramzan 09:00-17:00", "ramzan 09:00-17:00 10:00", "09:00-17:00 10:00-15:00", "ramadan 09:00-17:00 10:00-15:00"]
)
def test_other_hours_that_cannot_be_read_are_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of the time, the date or the whole
        read_hours(written)


def pieces(planned: Shift, *pauses: str, work_through: frozenset[int] = frozenset()) -> list[list[str]]:
    """The stretches of the Monday's turns."""
    calendar = Calendar(pauses=tuple(read_pause(p) for p in pauses), work_through=work_through)
    return [[f"{a:%H:%M}-{b:%H:%M}" for a, b in turn.stretches] for turn in turns([planned], MONDAY, MONDAY, calendar=calendar)]


@pytest.mark.parametrize(
    ("planned", "pauses", "left"),
    [
        (DAY, ["mon 13:00-14:30"], [["09:00-13:00", "14:30-17:00"]]),
        (DAY, ["mon 08:00-09:30", "mon 16:00-18:00"], [["09:30-16:00"]]),
        (DAY, ["mon 09:00-17:00"], []),
        (DAY, ["mon 17:00-18:00", "mon 08:00-09:00"], [["09:00-17:00"]]),
        (shift(MON, "22:00", "06:00"), ["tue 03:00-04:30", "mon 03:00-04:30"], [["22:00-03:00", "04:30-06:00"]]),
    ],
)
def test_a_pause_is_cut_out_of_a_shift(planned: Shift, pauses: list[str], left: list[list[str]]) -> None:
    assert pieces(planned, *pauses) == left


def test_whoever_works_through_pauses_is_on_duty_in_them_and_so_is_she_for_somebody_else() -> None:
    friday = Calendar(pauses=(read_pause("mon 13:00-14:30"),), work_through=frozenset({2}))
    assert on_duty([DAY, shift(MON, "09:00", "17:00", 2)], at(MON, "13:00"), calendar=friday) == {2}
    assert on_duty([DAY], at(MON, "13:00"), {key(DAY, MONDAY): Exchange(stand_in=2)}, friday) == {2}
    other = dataclasses.replace(DAY, volunteer_id=2)
    assert on_duty([other], at(MON, "13:00"), {key(other, MONDAY): Exchange(stand_in=1)}, friday) == set()


def test_other_hours_over_a_clock_change_leave_no_gap() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    shifts = [shift(5, "20:00", "02:00"), shift(SUN, "02:00", "08:00", 2)]
    calendar = Calendar(hours=(read_hours("sat 20:00-02:00 20:00-02:30"), read_hours("sun 02:00-08:00 02:30-08:00")))
    for begins in (datetime(2026, 3, 28, 19, tzinfo=UTC), datetime(2026, 10, 24, 18, tzinfo=UTC)):
        present = [on_duty(shifts, (begins + timedelta(minutes=15 * n)).astimezone(berlin), calendar=calendar) for n in range(44)]
        assert [len(there) for there in present] == [1] * 44
