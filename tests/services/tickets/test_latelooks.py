"""A first look that is late: one alarm for all that waits, to who is on duty, then to the leads."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.look import LookAnswer
from hotline.runtime import Runtime
from hotline.services.tickets import casework, looking, passing
from hotline.services.tickets.latelooks import tell_of_late
from hotline.services.tickets.looking import Given
from hotline.services.tickets.routing import route_due
from hotline.storage import people, shutouts
from hotline.storage.models import Alarm
from tests.services.colleagues import settle, volunteer
from tests.support import OTHER, Clock, text_in, tickets
from workers import jobs

PLAIN = "My motorcycle was taken away from Saddar last night"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def alarmed(rt: Runtime) -> set[str]:
    """Who has an alarm about late looks that is open and not seen."""
    names = {volunteer(rt, login).id: login for login in ("alice", "bob", "charlie", "lead", "head")}
    with rt.reading() as session:
        found = select(Alarm.volunteer_id).where(Alarm.kind == "look_late", Alarm.acknowledged_at.is_(None), Alarm.seen_at.is_(None))
        ids = list(session.scalars(found))
    assert len(ids) == len(set(ids)), "one alarm for all of it"
    return {names[i] for i in ids}


def acknowledge(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Alarm).where(Alarm.kind == "look_late").values(acknowledged_at=tx.now))


def test_one_alarm_for_many_goes_to_everybody_on_duty_and_after_as_long_again_to_the_leads(rt: Runtime, clock: Clock) -> None:
    for n in range(5):
        text_in(rt, PLAIN, sender=f"+92300123450{n}")
    route_due(rt)
    clock.forward(minutes=14)
    assert (tell_of_late(rt), alarmed(rt)) == (0, set())
    clock.forward(minutes=1)
    assert (tell_of_late(rt), alarmed(rt)) == (5, {"alice", "bob", "charlie"})
    clock.forward(minutes=15)
    assert tell_of_late(rt) == 5
    assert alarmed(rt) == {"alice", "bob", "charlie", "lead"}


def test_what_may_be_danger_is_late_after_three_minutes(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "???")
    text_in(rt, "bachao", sender=OTHER)
    route_due(rt)
    clock.forward(minutes=3)
    tell_of_late(rt)
    assert {"alice", "bob"} <= alarmed(rt)
    clock.forward(minutes=3)
    tell_of_late(rt)
    assert "lead" in alarmed(rt)


def test_it_is_raised_again_after_the_interval_and_not_before(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=15)
    tell_of_late(rt)
    acknowledge(rt)
    clock.forward(minutes=5)
    tell_of_late(rt)
    assert alarmed(rt) == set()
    clock.forward(minutes=10)
    tell_of_late(rt)
    assert {"alice", "bob"} <= alarmed(rt)


def test_it_is_raised_at_once_where_nothing_was_late_in_between(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=15)
    tell_of_late(rt)
    acknowledge(rt)
    one = tickets(rt)[0]
    casework.mark_read(rt, volunteer(rt, "alice"), one.reference, one.version)
    assert tell_of_late(rt) == 0
    text_in(rt, "bachao", sender=OTHER)
    clock.forward(minutes=3)
    tell_of_late(rt)
    assert {"alice", "bob"} <= alarmed(rt)


def test_who_begins_to_look_is_rung_no_more(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=15)
    tell_of_late(rt)
    looking.take_next(rt, volunteer(rt, "alice"))
    assert alarmed(rt) == {"bob", "charlie"}


def test_with_nobody_on_duty_it_goes_to_leads_and_heads_at_once(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=9)  # nobody's shift
    text_in(rt, "bachao")
    route_due(rt)
    clock.forward(minutes=3)
    with rt.reading() as session:
        assert not passing.on_duty(rt, session, people.teams(session).values())
    tell_of_late(rt)
    assert alarmed(rt) == {"lead", "head"}


def test_a_sealed_text_is_late_for_its_own_team_and_without_one_on_duty_for_the_head(rt: Runtime, clock: Clock) -> None:
    text_in(rt, BRIBED)
    route_due(rt)
    clock.forward(minutes=15)
    tell_of_late(rt)
    assert alarmed(rt) == {"charlie"}
    acknowledge(rt)
    clock.forward(hours=3)  # charlie has gone home; others are on duty and see nothing of it
    tell_of_late(rt)
    assert alarmed(rt) == {"head"}


def test_a_head_who_is_shut_out_of_all_that_waits_is_not_told(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=3)
    text_in(rt, BRIBED)
    route_due(rt)
    with rt.transaction() as tx:
        shutouts.shut_out(tx.session, tickets(rt)[0].id, volunteer(rt, "head").id, made_by=volunteer(rt, "charlie").id, now=tx.now)
    clock.forward(minutes=15)
    tell_of_late(rt)
    assert alarmed(rt) == set()


def test_what_one_person_answered_is_late_once_the_hour_for_the_second_is_over(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    mine = looking.take_next(rt, volunteer(rt, "alice"))
    assert mine is not None
    looking.answer(rt, volunteer(rt, "alice"), mine, Given(LookAnswer.NOT_OURS))
    clock.forward(minutes=59)
    assert tell_of_late(rt) == 0
    clock.forward(minutes=2)
    assert tell_of_late(rt) == 1
    assert {"alice", "bob", "lead"} <= alarmed(rt)


def test_it_is_told_by_the_job_that_pages(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=15)
    monkeypatch.setattr(jobs, "runtime", lambda: rt)
    monkeypatch.setattr(jobs, "bell", lambda: type("Bell", (), {"answer": staticmethod(lambda _: None)}))
    jobs.watch_shifts()
    assert {"alice", "bob"} <= alarmed(rt)
