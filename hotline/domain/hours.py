"""The days and hours that are not like others: holidays, pauses, and shifts whose hours are others for a time. Local wall-clock times."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RAMZAN = "ramzan"
_HALF_A_DAY = timedelta(hours=12)

Stretch = tuple[datetime, datetime]
"""Local time from its beginning, which belongs to it, to its end, which does not."""


@dataclass(frozen=True)
class Days:
    """Days of a period, of the month of Ramzan, of one weekday, or of these together."""

    first: date = date.min
    last: date = date.max
    in_ramzan: bool = False
    weekday: int | None = None


@dataclass(frozen=True)
class Hours:
    """Hours of those days in which no shift runs; or, with `instead`, the hours that shifts planned for `begins` to `ends` have on them."""

    days: Days
    begins: time
    ends: time
    instead: tuple[time, time] | None = None


_A_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_WRITTEN = re.compile(rf"(?P<days>\S.*?) (?P<hours>{_A_TIME}-{_A_TIME})(?: (?P<instead>{_A_TIME}-{_A_TIME}))?")


def read_pause(written: str) -> Hours:
    """A pause as the configuration has it: `fri 13:00-14:30`, `ramzan 18:00-19:00`, `2027-02-08/2027-03-09 fri 12:30-14:00`. Raises
    ValueError."""
    found = _read(written)
    if found.instead or found.begins >= found.ends:
        raise ValueError(written)
    return found


def read_hours(written: str) -> Hours:
    """Other hours as the configuration has them, as planned and instead: `ramzan 09:00-17:00 10:00-15:00`. Raises ValueError."""
    found = _read(written)
    if found.instead is None:
        raise ValueError(written)
    return found


def read_holiday(written: str) -> tuple[date, bool]:
    """A day and whether it is a holiday, whatever the country's calendar says: `2027-03-11`, or `not 2027-03-10`. Raises ValueError."""
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
    first, last = (date.fromisoformat(each) for each in word.split("/"))  # ValueError: no date, or not two
    if first > last:
        raise ValueError(word)
    return {"first": first, "last": last}


@dataclass(frozen=True)
class Calendar:
    """What is not as in other weeks. `ramzan` has the days of that month; `work_through` whoever works through pauses."""

    holidays: Container[date] = frozenset()
    ramzan: Container[date] = frozenset()
    pauses: tuple[Hours, ...] = ()
    hours: tuple[Hours, ...] = ()
    work_through: Container[int] = frozenset()

    def stretches(self, day: date, starts: time, ends: time, who: int | None) -> tuple[Stretch, ...]:
        """When the shift that is planned for that day and those hours runs, whoever comes to it: its hours, less the pauses. None: it
        falls into pauses altogether."""
        whole = self._whole(day, starts, ends)
        if who in self.work_through:
            return (whole,)
        left = [whole]
        for n in range((whole[1].date() - whole[0].date()).days + 1):
            on = whole[0].date() + timedelta(days=n)
            for pause in self.pauses:
                if self._has(pause.days, on):
                    cut = datetime.combine(on, pause.begins), datetime.combine(on, pause.ends)
                    left = [rest for stretch in left for rest in _without(stretch, cut)]
        return tuple(left)

    def _whole(self, day: date, starts: time, ends: time) -> Stretch:
        planned = datetime.combine(day, starts)
        fits = (h.instead for h in self.hours if h.instead and (h.begins, h.ends) == (starts, ends) and self._has(h.days, day))
        starts, ends = next(fits, (starts, ends))
        begins = datetime.combine(day, starts)
        if planned - begins > _HALF_A_DAY:  # planned for the evening, and moved behind midnight
            begins += timedelta(days=1)
        return begins, datetime.combine(begins.date() + timedelta(days=ends <= starts), ends)

    def _has(self, days: Days, day: date) -> bool:
        is_then = days.first <= day <= days.last and days.weekday in (None, day.weekday())
        return is_then and (not days.in_ramzan or day in self.ramzan)


def _without(stretch: Stretch, cut: Stretch) -> list[Stretch]:
    (begins, ends), (cut_begins, cut_ends) = stretch, cut
    left = (begins, min(ends, cut_begins)), (max(begins, cut_ends), ends)
    return [rest for rest in left if rest[0] < rest[1]]
