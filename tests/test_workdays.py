"""The calendar that shifts go by."""

from collections.abc import Callable
from datetime import date

import pytest

from hotline.runtime import Runtime
from hotline.sections import Duty
from hotline.workdays import calendar


@pytest.mark.parametrize(
    ("moon_days", "first", "last"),
    [
        (0, date(2026, 2, 18), date(2026, 3, 19)),  # as it is reckoned
        (1, date(2026, 2, 19), date(2026, 3, 20)),
        (1, date(2027, 2, 9), date(2027, 3, 9)),
    ],
)
def test_ramzan_begins_some_days_after_the_reckoned_calendar(
    make_rt: Callable[..., Runtime], moon_days: int, first: date, last: date
) -> None:
    ramzan = calendar(make_rt(duty=Duty(moon_days=moon_days)).config).ramzan
    days = [day for n in range(-40, 60) if (day := date.fromordinal(first.toordinal() + n)) in ramzan]
    assert (days[0], days[-1], len(days)) == (first, last, (last - first).days + 1)


def test_a_year_that_nobody_reckoned_has_no_ramzan(make_rt: Callable[..., Runtime]) -> None:
    assert date(2300, 1, 1) not in calendar(make_rt().config).ramzan
    assert date.min not in calendar(make_rt().config).ramzan


def test_the_configuration_knows_better_which_days_are_holidays(make_rt: Callable[..., Runtime]) -> None:
    estimated, later, independence = date(2027, 3, 10), date(2027, 3, 13), date(2027, 8, 14)
    reckoned = calendar(make_rt().config).holidays
    assert (estimated in reckoned, later in reckoned, independence in reckoned) == (True, False, True)
    seen = calendar(make_rt(duty=Duty(holiday_dates=("not 2027-03-10", "2027-03-13"))).config).holidays
    assert (estimated in seen, later in seen, independence in seen) == (False, True, True)
    none = calendar(make_rt(duty=Duty(holidays=False, holiday_dates=("2027-03-13",))).config).holidays
    assert (estimated in none, later in none) == (False, True)
