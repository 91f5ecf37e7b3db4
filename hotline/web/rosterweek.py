"""A team's shifts of two weeks as the roster shows them: the days across, the hours of the plan down."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from hotline.domain.duty import Turn
from hotline.storage.peoplemodels import ShiftDay

Hours = tuple[time, time]
"""Beginning and end of a shift as it is planned for every week."""


@dataclass(frozen=True)
class Duty:
    """One volunteer's shift on one day, with what happened to it; `is_short`: too few come when it begins."""

    turn: Turn
    day: ShiftDay | None
    is_short: bool

    @property
    def as_planned(self) -> bool:
        """Whether its hours on that day are those of the plan: there is no pause, and no holiday has moved it."""
        [(begins, ends), *more] = self.turn.stretches
        return not more and (begins.date(), begins.time(), ends.time()) == (self.turn.on_date, self.turn.starts, self.turn.ends)

    def is_about(self, volunteer_id: int) -> bool:
        """Whether the volunteer comes, was to come, or was asked to stand in and has not answered."""
        asked = self.day.stand_in_id if self.day is not None and self.day.agreed_at is None else None
        return volunteer_id in (self.turn.volunteer_id, self.turn.who, asked)


@dataclass(frozen=True)
class Week:
    """Seven days from Monday, and for the hours of each planned shift the duties of each day."""

    days: tuple[date, ...]
    rows: tuple[tuple[Hours, tuple[tuple[Duty, ...], ...]], ...]

    def by_day(self) -> Iterator[tuple[date, list[tuple[Hours, tuple[Duty, ...]]]]]:
        """The same, day by day: the hours at which somebody was planned, and the duties."""
        for n, on in enumerate(self.days):
            yield on, [(hours, cells[n]) for hours, cells in self.rows if cells[n]]


def weeks(duties: Iterable[Duty], monday: date) -> tuple[Week, Week]:
    """The week of that Monday and the next. What began before, or begins after, stands on the first or the last day."""
    last, placed = monday + timedelta(days=13), defaultdict[date, list[Duty]](list)
    for duty in duties:
        placed[min(max(duty.turn.begins.date(), monday), last)].append(duty)
    return _week(placed, monday), _week(placed, monday + timedelta(days=7))


def _week(placed: dict[date, list[Duty]], monday: date) -> Week:
    days = tuple(monday + timedelta(days=n) for n in range(7))
    planned = sorted({(duty.turn.starts, duty.turn.ends) for on in days for duty in placed[on]})
    rows = tuple(
        (hours, tuple(tuple(duty for duty in placed[on] if (duty.turn.starts, duty.turn.ends) == hours) for on in days))
        for hours in planned
    )
    return Week(days, rows)
