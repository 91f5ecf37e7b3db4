"""The calendar that shifts go by: the country's holidays, the month of Ramzan, and the pauses and other hours of the configuration."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from hijridate import Gregorian
from holidays import country_holidays

from hotline.config import Config
from hotline.domain.hours import Calendar, read_holiday, read_hours, read_pause
from hotline.sections import Duty

_NINTH = 9


@dataclass(frozen=True)
class _Ramzan:
    """The days of Ramzan. The library has the reckoned calendar of Makkah (Umm al-Qura); where the moon is looked for the month begins some
    days after that. Years it does not reckon (from 2077) have none."""

    later_days: int

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        try:
            return Gregorian.fromdate(day - timedelta(days=self.later_days)).to_hijri().month == _NINTH
        except OverflowError:
            return False


@dataclass(frozen=True)
class _Holidays:
    """The country's holidays, but for the days of which the configuration says something else."""

    country: Container[date]
    said: Mapping[date, bool]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.said.get(day, day in self.country)


def calendar(config: Config) -> Calendar:
    """As the configuration has it."""
    return _calendar(config.numbers.region if config.duty.holidays else "", config.duty)


@lru_cache
def _calendar(country: str, duty: Duty) -> Calendar:
    try:
        # A year is worked out when one of its days is asked for. Those of the moon are estimates.
        free: Container[date] = country_holidays(country) if country else frozenset()
    except NotImplementedError:  # a country whose holidays the library does not know
        free = frozenset()
    holidays = _Holidays(free, dict(read_holiday(one) for one in duty.holiday_dates))
    pauses, hours = tuple(read_pause(one) for one in duty.pauses), tuple(read_hours(one) for one in duty.hours)
    return Calendar(holidays, _Ramzan(duty.moon_days), pauses, hours)
