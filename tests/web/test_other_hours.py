"""A shift with other hours on one day: the roster, the text before the shift, missed shifts, the hand-over and duty agree.

It is noon on a Monday in Karachi; alice and bob would work from 08:00 to 20:00 on Tuesday, which is 10:00 to 15:00 here, with a pause
at 13:00."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.sections import Duty
from hotline.services.duty.attendance import watch_shifts
from hotline.storage import people, shiftdays
from hotline.storage.models import Ticket
from hotline.workdays import calendar
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, came, days, give_phone, raised
from tests.support import Clock, count, text_in, texts_out
from tests.web.test_roster import As, of, team
from tests.web.visiting import Visitor


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    return make_rt(duty=Duty(hours=("tue 08:00-20:00 10:00-15:00",), pauses=("tue 13:00-14:30",), ask_hours=24))


@pytest.fixture
def as_(rt: Runtime, tmp_path: Path) -> As:
    settle(rt, tmp_path)
    app = create_app(rt)
    return lambda login: Visitor(app).log_in(login)


def at(clock: Clock, hour: int, minute: int = 0) -> None:
    """Tuesday, by Karachi's clock."""
    clock.now = clock.now.replace(day=24, hour=hour - 5, minute=minute)


def present(rt: Runtime, clock: Clock) -> list[str]:
    with rt.reading() as session:
        ids = shiftdays.present(session, team(rt, "street"), clock.now.astimezone(rt.config.zone), calendar(rt.config))
        return sorted(people.names(session, ids).values())


def test_the_roster_shows_the_hours_of_that_day(as_: As) -> None:
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", as_("alice").text("/roster")))
    assert "Tuesday 24 November 10:00–13:00 14:30–15:00" in page
    assert "Wednesday 25 November 08:00–20:00" in page


def test_duty_keeps_those_hours(as_: As, rt: Runtime, clock: Clock) -> None:
    there = {}
    for hour in (8, 9, 10, 12, 13, 14, 15, 19):
        at(clock, hour)
        there[hour] = present(rt, clock)
    assert {hour for hour, who in there.items() if who == ["Alice", "Bob"]} == {10, 12}
    assert all(who in ([], ["Alice", "Bob"]) for who in there.values())


def test_the_text_before_the_shift_names_the_hour_of_that_day(as_: As, rt: Runtime) -> None:
    give_phone(rt, "bob")
    watch_shifts(rt)
    assert [text.body.partition("?")[0] for text in texts_out(rt)] == ["Are you coming at 10:00"]


def test_nobody_is_missed_before_the_hour_of_that_day_nor_in_a_pause(as_: As, rt: Runtime, clock: Clock) -> None:
    came(rt, "charlie")
    for hour, minute in ((9, 0), (10, 9), (13, 10)):
        at(clock, hour, minute)
        watch_shifts(rt)
        assert raised(rt) == []
    at(clock, 14, 31)
    watch_shifts(rt)
    assert raised(rt) == [("no_show", "lead"), ("no_show", "lead")]


def test_it_is_handed_over_before_the_end_of_that_day(as_: As, rt: Runtime, clock: Clock) -> None:
    at(clock, 14, 29)
    bob = as_("bob")
    assert "Your note" not in bob.text("/handover")
    at(clock, 14, 31)
    assert "Your note" in bob.text("/handover")
    assert bob.post("/handover", **of(rt, "bob"), note="Ring back").status_code == 302


def test_a_swap_on_such_a_day_holds_for_its_hours(as_: As, rt: Runtime, clock: Clock) -> None:
    assert as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id)).status_code == 302
    assert as_("lead").post("/roster/answer", **of(rt, "alice"), agrees="yes").status_code == 302
    at(clock, 9)
    assert present(rt, clock) == []
    at(clock, 11)
    assert present(rt, clock) == ["Bob", "Lead"]


def test_whoever_says_so_on_her_account_works_through_pauses(as_: As, rt: Runtime, clock: Clock) -> None:
    assert as_("bob").post("/account/choices", phone="", works_through="yes").status_code == 302
    at(clock, 13, 30)
    assert present(rt, clock) == ["Bob"]
    bob = as_("bob")
    assert "10:00–15:00" in bob.text("/roster")
    bob.post("/account/choices", phone="")
    assert present(rt, clock) == []


def test_an_answer_to_the_text_counts_until_the_end_of_that_day(as_: As, rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "alice")
    give_phone(rt, "bob", "+923217654321")
    watch_shifts(rt)
    no = {day.volunteer_id: day.no_code or "" for day in days(rt)}
    alice, bob = volunteer(rt, "alice").id, volunteer(rt, "bob").id
    at(clock, 14, 59)
    text_in(rt, no[alice], sender=PHONE)
    at(clock, 15)
    text_in(rt, no[bob], sender="+923217654321")
    assert {day.volunteer_id: day.comes for day in days(rt) if day.asked_at} == {alice: False, bob: None}
    assert count(rt, Ticket) == 0
