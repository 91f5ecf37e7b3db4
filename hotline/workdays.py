"""The calendar for shifts: the country's holidays, the month of Ramzan, and the pauses and changed hours of the configuration."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from hijridate import Gregorian
from holidays import country_holidays

from hotline.config import Config
from hotline.domain.hours import Calendar, read_holiday, read_hours, read_pause
from hotline.sections import Duty

_RAMZAN_MONTH = 9


@dataclass(frozen=True)
class _Ramzan:
    """The days of Ramzan. The library has the calculated calendar of Makkah (Umm al-Qura).

    Where the month begins when the moon is sighted, it begins `later_days` after that. Years that the library does not have (from 2077)
    have no Ramzan.
    """

    later_days: int

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        try:
            return Gregorian.fromdate(day - timedelta(days=self.later_days)).to_hijri().month == _RAMZAN_MONTH
        except OverflowError:
            return False


@dataclass(frozen=True)
class _Holidays:
    """The country's holidays. `overrides` are the days that the configuration makes a holiday (True) or a working day (False)."""

    country: Container[date]
    overrides: Mapping[date, bool]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.overrides.get(day, day in self.country)


def calendar(config: Config) -> Calendar:
    """The calendar of a configuration."""
    return _calendar(config.numbers.region if config.duty.holidays else "", config.duty)


@lru_cache
def _calendar(country: str, duty: Duty) -> Calendar:
    try:
        # The library works out a year when one of its days is asked for. Holidays that depend on the moon are estimates.
        free: Container[date] = country_holidays(country) if country else frozenset()
    except NotImplementedError:  # the library does not know this country's holidays
        free = frozenset()
    holidays = _Holidays(free, dict(read_holiday(one) for one in duty.holiday_dates))
    pauses, hours = tuple(read_pause(one) for one in duty.pauses), tuple(read_hours(one) for one in duty.hours)
    return Calendar(holidays, _Ramzan(duty.moon_days), pauses, hours)
