"""At which hours fewer than two phones can be rung. The clock stands at noon on a Monday in Karachi."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from hotline.domain import phone
from hotline.runtime import Runtime
from hotline.services.duty.coverage import thin_hours
from hotline.storage import contacts
from hotline.storage.models import Contact
from tests.opened import is_phone
from tests.services.calls.test_missedcalls import VOICE
from tests.services.colleagues import settle
from tests.services.duty.test_attendance import give_phone

Make = Callable[..., Runtime]

ALICE, BOB, OTHER = "+923211234501", "+923211234502", "+923451110000"

ROUND_THE_CLOCK = """
[[team]]
code = "street"
name = "Street"
[[volunteer]]
login = "alice"
name = "Alice"
teams = ["street"]
[[volunteer]]
login = "bob"
name = "Bob"
teams = ["street"]
[[shift]]
team = "street"
volunteers = ["alice", "bob"]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "08:00"
to = "08:00"
"""


def settled(make_rt: Make, folder: Path, plan: str = ROUND_THE_CLOCK, line: tuple[str, ...] = (), number: str = VOICE.number) -> Runtime:
    rt = make_rt(voice=replace(VOICE, duty_line=line, number=number, missed_call_number=""))
    settle(rt, folder, plan)
    give_phone(rt, "alice", ALICE)
    give_phone(rt, "bob", BOB)
    return rt


def thin(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [f"{one.begins:%a %H:%M} {one.ends:%a %H:%M} {one.phones}" for one in thin_hours(rt, session)]


def test_two_people_round_the_clock_are_enough(make_rt: Make, tmp_path: Path) -> None:
    assert thin(settled(make_rt, tmp_path)) == []


def test_a_gap_is_told_to_the_minute_with_how_many_are_left(make_rt: Make, tmp_path: Path) -> None:
    # Bob does not work from 01:30 to 03:00.
    bob = '[[shift]]\nteam = "street"\nvolunteers = ["bob"]\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
    plan = ROUND_THE_CLOCK.replace('["alice", "bob"]\ndays', '["alice"]\ndays') + f'{bob}from = "03:00"\nto = "01:30"\n'
    found = thin(settled(make_rt, tmp_path, plan))
    assert len(found) == 7
    assert (found[0], found[-1]) == ("Tue 01:30 Tue 03:00 1", "Mon 01:30 Mon 03:00 1")


def test_nobody_at_all_is_one_stretch_of_a_week(make_rt: Make, tmp_path: Path) -> None:
    plan = ROUND_THE_CLOCK.partition("[[shift]]")[0]
    assert thin(settled(make_rt, tmp_path, plan)) == ["Mon 12:00 Mon 12:00 0"]


@pytest.mark.parametrize(("line", "left"), [((), 0), ((OTHER,), 1), ((OTHER, ALICE), None)])
def test_phones_of_the_duty_line_count_at_every_hour(make_rt: Make, tmp_path: Path, line: tuple[str, ...], left: int | None) -> None:
    plan = ROUND_THE_CLOCK.partition("[[shift]]")[0]
    assert thin(settled(make_rt, tmp_path, plan, line)) == ([] if left is None else [f"Mon 12:00 Mon 12:00 {left}"])


def test_a_phone_counts_once_though_it_stands_in_the_duty_line_too(make_rt: Make, tmp_path: Path) -> None:
    plan = ROUND_THE_CLOCK.replace('["alice", "bob"]\ndays', '["alice"]\ndays')
    assert thin(settled(make_rt, tmp_path, plan, (ALICE,))) == ["Mon 12:00 Mon 12:00 1"]


@pytest.mark.parametrize("marked", [{"may_call": False}, {"on_hold": True}])
def test_a_phone_that_may_not_be_rung_does_not_count(make_rt: Make, tmp_path: Path, marked: dict[str, bool]) -> None:
    rt = settled(make_rt, tmp_path)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(BOB)).values(**marked))
    assert thin(rt) == ["Mon 12:00 Mon 12:00 1"]


def test_without_a_number_of_ours_nobody_can_be_rung(make_rt: Make, tmp_path: Path) -> None:
    assert thin(settled(make_rt, tmp_path, number="")) == ["Mon 12:00 Mon 12:00 0"]


def test_a_phone_of_the_duty_line_that_a_volunteer_marked_does_not_count(make_rt: Make, tmp_path: Path) -> None:
    rt = settled(make_rt, tmp_path, ROUND_THE_CLOCK.replace('volunteers = ["alice", "bob"]', 'volunteers = ["alice"]'), line=(OTHER,))
    assert thin(rt) == []
    with rt.transaction() as tx:
        sender = phone.read_sender(OTHER, rt.config.numbers.region)
        made = contacts.typed_in(tx.session, sender, language="en", now=tx.now)
        tx.session.execute(update(Contact).where(Contact.id == made.id).values(may_call=False))
    assert [one.rsplit(" ", 1)[1] for one in thin(rt)] == ["1"]
