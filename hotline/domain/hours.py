"""Exceptions to the week's plan of shifts: holidays, pauses, and changed hours for a time. All times are local wall-clock times."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RAMZAN = "ramzan"
_HALF_A_DAY = timedelta(hours=12)

Stretch = tuple[datetime, datetime]
"""A span of local time (naive): its beginning, which is included, and its end, which is not."""


@dataclass(frozen=True)
class Days:
    """The days from `first` to `last`, both included; of these only the days in Ramzan, only one weekday (Monday 0), or both."""

    first: date = date.min
    last: date = date.max
    in_ramzan: bool = False
    weekday: int | None = None


@dataclass(frozen=True)
class Hours:
    """A pause from `begins` to `ends` on those days; or, with `instead`, the new hours of shifts planned from `begins` to `ends`."""

    days: Days
    begins: time
    ends: time
    instead: tuple[time, time] | None = None


_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_WRITTEN = re.compile(rf"\A(?P<days>\S.*?) (?P<hours>{_TIME}-{_TIME})(?: (?P<instead>{_TIME}-{_TIME}))?")


def read_pause(written: str) -> Hours:
    """A pause as the configuration has it: `fri 13:00-14:30`, `ramzan 18:00-19:00`, `2027-02-08/2027-03-09 fri 12:30-14:00`.

    Raises ValueError.
    """
    found = _read(written)
    if found.instead or found.begins >= found.ends:
        raise ValueError(written)
    return found


def read_hours(written: str) -> Hours:
    """Changed hours as the configuration has them, the planned ones first: `ramzan 09:00-17:00 10:00-15:00`. Raises ValueError."""
    found = _read(written)
    if found.instead is None:
        raise ValueError(written)
    return found


def read_holiday(written: str) -> tuple[date, bool]:
    """A day, and whether it is a holiday, whatever the country's calendar says: `2027-03-11`, or `not 2027-03-10`. Raises ValueError."""
    day = written.removeprefix("not ")
    return date.fromisoformat(day), day == written


def _read(written: str) -> Hours:
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(written)
    instead = found["instead"]
    return Hours(_days(found["days"]), *_times(found["hours"]), _times(instead) if instead else None)


def _times(written: str) -> tuple[time, time]:
    begins, _, ends = written.partition("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


def _days(written: str) -> Days:
    values: dict[str, date | int | bool] = {}
    for word in written.split(" "):
        read = _word(word)
        if values.keys() & read:
            raise ValueError(written)
        values |= read
    return Days(**values)  # type: ignore[arg-type]


def _word(word: str) -> dict[str, date | int | bool]:
    if word == RAMZAN:
        return {"in_ramzan": True}
    if word in WEEKDAYS:
        return {"weekday": WEEKDAYS.index(word)}
    first, last = (date.fromisoformat(each) for each in word.split("/"))  # raises ValueError unless these are two dates
    if first > last:
        raise ValueError(word)
    return {"first": first, "last": last}


@dataclass(frozen=True)
class Calendar:
    """All exceptions to the week's plan. `ramzan` has the days of that month, `work_through` the ids of volunteers who take no pauses."""

    holidays: Container[date] = frozenset()
    ramzan: Container[date] = frozenset()
    pauses: tuple[Hours, ...] = ()
    hours: tuple[Hours, ...] = ()
    work_through: Container[int] = frozenset()

    def stretches(self, day: date, starts: time, ends: time, who: int | None) -> tuple[Stretch, ...]:
        """When a shift that is planned for that day and those hours really runs: its hours on that day, less the pauses.

        `who` is the id of the volunteer who comes, if anybody. () if pauses cover all of it.
        """
        whole = self._whole(day, starts, ends)
        if who in self.work_through:
            return (whole,)
        left = [whole]
        for n in range((whole[1].date() - whole[0].date()).days + 1):
            on = whole[0].date() + timedelta(days=n)
            for pause in self.pauses:
                if self._includes(pause.days, on):
                    cut = datetime.combine(on, pause.begins), datetime.combine(on, pause.ends)
                    left = [rest for stretch in left for rest in _without(stretch, cut)]
        return tuple(left)

    def _whole(self, day: date, starts: time, ends: time) -> Stretch:
        """The hours of that shift on that day, with the pauses still in them."""
        planned = datetime.combine(day, starts)
        fits = (h.instead for h in self.hours if h.instead and (h.begins, h.ends) == (starts, ends) and self._includes(h.days, day))
        starts, ends = next(fits, (starts, ends))
        begins = datetime.combine(day, starts)
        if planned - begins > _HALF_A_DAY:  # planned for the evening, and changed to after midnight
            begins += timedelta(days=1)
        return begins, datetime.combine(begins.date() + timedelta(days=ends <= starts), ends)

    def _includes(self, days: Days, day: date) -> bool:
        is_then = days.first <= day <= days.last and days.weekday in (None, day.weekday())
        return is_then and (not days.in_ramzan or day in self.ramzan)


def _without(stretch: Stretch, cut: Stretch) -> list[Stretch]:
    """What is left of a stretch: none, one or two pieces."""
    (begins, ends), (cut_begins, cut_ends) = stretch, cut
    left = (begins, min(ends, cut_begins)), (max(begins, cut_ends), ends)
    return [rest for rest in left if rest[0] < rest[1]]
