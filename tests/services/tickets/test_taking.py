"""Take next: the most pressing ticket that fits the volunteer. Of many volunteers who press at once, each gets another ticket."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.tickets import passing, taking
from hotline.storage import people
from hotline.storage import tickets as rows
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact, Event, Ticket
from hotline.storage.peoplemodels import Membership, Volunteer
from tests.opened import numbered
from tests.services.colleagues import settle, volunteer
from tests.support import NOON, Clock, count, text_in, tickets

FIFTY = 50


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def opened(rt: Runtime, *, team: str | None = "street", priority: Priority = Priority.NORMAL, **values: object) -> str:
    """A routed ticket without an assignee, a minute younger than the one before; returns its reference."""
    with rt.transaction() as tx:
        n = len(tx.session.scalars(select(Ticket.id)).all())
        contact_id = tx.session.scalar(select(Contact.id).order_by(Contact.id).limit(1))
        if contact_id is None:
            contact = Contact(
                **numbered("+923001234501"), kind="mobile", country="PK", language="en", language_named=True, may_text=True, may_call=True,
                on_hold=False, created_at=NOON, times_seen=1,
            )  # fmt: skip
            tx.session.add(contact)
            tx.session.flush()
            contact_id = contact.id
        reference = str(300_000_000 + n)
        given = {
            **rows.new(reference=reference, contact_id=contact_id, category="general", priority=priority),
            "sealed": False,
            "hold": False,
            "team_id": people.teams(tx.session)[team].id if team else None,
            "opened_at": NOON + timedelta(minutes=n),
            "changed_at": NOON,
            "routed_at": NOON,
        }
        tx.session.execute(insert(Ticket).values({**given, **values}))
    return reference


def change(rt: Runtime, reference: str, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.reference == reference).values(**values))


def contact(rt: Runtime, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(**values))


def take_all(rt: Runtime, clock: Clock, login: str) -> list[str]:
    """Press until nothing is left."""
    taken = []
    while reference := taking.take_next(rt, volunteer(rt, login)):
        taken.append(reference)
        clock.forward(seconds=10)
    return taken


def test_she_gets_the_urgent_then_the_late_then_the_oldest(rt: Runtime, clock: Clock) -> None:
    old, late, young = opened(rt), opened(rt, on_time=False), opened(rt)
    urgent = opened(rt, priority=Priority.URGENT)
    assert take_all(rt, clock, "bob") == [urgent, late, old, young]
    assert {(t.assignee_id, t.status, t.version) for t in tickets(rt)} == {(volunteer(rt, "bob").id, Status.ASSIGNED, 2)}
    with rt.reading() as session:
        assert [e.kind for e in session.scalars(select(Event))] == ["claimed"] * 4


def test_a_double_click_takes_one(rt: Runtime, clock: Clock) -> None:
    first, second = opened(rt), opened(rt)
    bob = volunteer(rt, "bob")
    assert [taking.take_next(rt, bob) for _ in range(3)] == [first] * 3
    clock.forward(seconds=10)
    assert taking.take_next(rt, bob) == second
    assert count(rt, Event) == 2


def test_two_presses_of_hers_at_the_same_moment_take_one(make_rt: Callable[..., Runtime], rt: Runtime) -> None:
    opened(rt), opened(rt)
    bob, taken = volunteer(rt, "bob"), press_at_once([(r, volunteer(rt, "bob")) for r in (rt, make_rt(), rt, make_rt())])
    assert len(set(taken)) == 1
    assert [t.assignee_id for t in tickets(rt)].count(bob.id) == 1


def test_nothing_left_is_said_and_changes_nothing(rt: Runtime) -> None:
    assert taking.take_next(rt, volunteer(rt, "bob")) is None
    assert count(rt, Event) == 0


def test_what_somebody_on_duty_holds_stays_hers_and_what_somebody_off_duty_holds_does_not(rt: Runtime, clock: Clock) -> None:
    held, left = opened(rt), opened(rt)
    change(rt, held, assignee_id=volunteer(rt, "alice").id, status=Status.ASSIGNED)
    change(rt, left, assignee_id=volunteer(rt, "charlie").id, status=Status.ASSIGNED)
    assert take_all(rt, clock, "bob") == [left]
    clock.forward(hours=12)  # alice went home
    assert take_all(rt, clock, "bob") == [held]


def test_what_somebody_took_herself_is_hers_for_as_long_as_a_log_in_lasts(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=12)  # nobody is on duty
    reference = opened(rt)
    assert take_all(rt, clock, "lead") == [reference]
    assert take_all(rt, clock, "bob") == []
    clock.forward(hours=12)  # later: the day after, bob is on duty and the lead is not
    assert take_all(rt, clock, "bob") == [reference]


def test_what_is_being_worked_or_waits_for_others_is_nobodys_next(rt: Runtime, clock: Clock) -> None:
    for status in (Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED):
        change(rt, opened(rt), assignee_id=volunteer(rt, "charlie").id, status=status, unread=False)
    came_in = opened(rt)
    change(rt, came_in, assignee_id=volunteer(rt, "charlie").id, status=Status.IN_PROGRESS, unread=True)
    assert take_all(rt, clock, "bob") == [came_in]


def test_what_came_to_her_unopened_is_among_what_she_may_be_given(rt: Runtime, clock: Clock) -> None:
    bob = volunteer(rt, "bob").id
    free, hers, passed_to_her = opened(rt), opened(rt, priority=Priority.HIGH), opened(rt, team="general")
    for reference in (hers, passed_to_her):
        change(rt, reference, assignee_id=bob, status=Status.ASSIGNED, unread=True)
    answered = opened(rt)
    change(rt, answered, assignee_id=bob, status=Status.ASSIGNED, unread=False)
    assert take_all(rt, clock, "bob") == [hers, free, passed_to_her]
    assert {t.reference for t in tickets(rt) if t.assignee_id == bob} == {hers, free, passed_to_her, answered}


def test_what_she_passed_on_does_not_come_back_to_her_by_itself(rt: Runtime, clock: Clock) -> None:
    reference = opened(rt)
    bob, charlie = volunteer(rt, "bob"), volunteer(rt, "charlie")
    passing.pass_to(rt, bob, reference, version=1, colleague_id=charlie.id, note="")  # charlie is off duty
    assert take_all(rt, clock, "bob") == []
    assert take_all(rt, clock, "alice") == [reference]


def test_it_fits_her_teams(rt: Runtime, clock: Clock) -> None:
    opened(rt, team="general", priority=Priority.URGENT)
    hers, of_no_team = opened(rt), opened(rt, team=None)
    assert take_all(rt, clock, "bob") == [hers, of_no_team]


def test_it_fits_her_languages(rt: Runtime, clock: Clock) -> None:
    reference = opened(rt)
    for language, login in (("sd", "alice"), ("ur", "lead")):
        contact(rt, language=language)
        with rt.transaction() as tx:
            tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(languages=["en"]))
        assert take_all(rt, clock, login) == []
    contact(rt, language="ur-Latn")
    assert take_all(rt, clock, "alice") == [reference]


def test_another_language_is_for_whoever_speaks_more_than_ours(rt: Runtime, clock: Clock) -> None:
    reference = opened(rt)
    with rt.transaction() as tx:
        [ticket] = tx.session.scalars(select(Ticket))
        call = {"direction": "in", "gateway": "twilio", "gateway_id": "CA1", "turn": 1, "lookups": 0, "duty_taken": False}
        call |= {"contact_id": ticket.contact_id, "ticket_id": ticket.id, "started_at": NOON, "stepped_at": NOON}
        tx.session.execute(insert(Call).values(**call, walk={"step": "ended", "language": "en", "other_language": True}))
    assert take_all(rt, clock, "bob") == []
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(languages=["en", "ps"]))
    assert take_all(rt, clock, "bob") == [reference]


def test_who_asks_for_a_woman_waits_for_one_who_takes_her(rt: Runtime, clock: Clock) -> None:
    reference = opened(rt, wants_woman=True)
    assert take_all(rt, clock, "bob") == []
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "alice").values(takes_women=True))
    assert take_all(rt, clock, "alice") == [reference]


def test_what_is_sealed_to_her_is_not_given_to_her(rt: Runtime, clock: Clock) -> None:
    opened(rt, team=None, sealed=True)
    sealed = opened(rt, team="integrity", sealed=True)
    assert take_all(rt, clock, "bob") == []
    assert take_all(rt, clock, "charlie") == [sealed]


def test_a_text_that_came_in_is_taken_with_its_reference(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    assert take_all(rt, clock, "alice") == [tickets(rt)[0].reference]


def press_at_once(presses: list[tuple[Runtime, Volunteer]]) -> list[str | None]:
    """What each volunteer gets when all press at the same moment."""
    barrier, taken = threading.Barrier(len(presses)), []

    def press(rt: Runtime, her: Volunteer) -> None:
        barrier.wait()
        taken.append(taking.take_next(rt, her))

    threads = [threading.Thread(target=press, args=each) for each in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@pytest.fixture
def fifty(rt: Runtime) -> list[Volunteer]:
    """Fifty volunteers of the street team."""
    with rt.transaction() as tx:
        street = people.teams(tx.session)["street"]
        made = [
            Volunteer(login=f"v{n}", name=f"V{n}", page_language="en", languages=["en"], is_head=False, active=True) for n in range(FIFTY)
        ]
        tx.session.add_all(made)
        tx.session.flush()
        tx.session.add_all(Membership(team_id=street.id, volunteer_id=her.id, is_lead=False) for her in made)
    return made


def test_fifty_pressing_at_once_get_fifty_different_tickets(rt: Runtime, make_rt: Callable[..., Runtime], fifty: list[Volunteer]) -> None:
    there = {opened(rt) for _ in range(FIFTY)}
    runtimes = [rt, *(make_rt() for _ in range(4))]  # processes of their own: the threads of one wait for each other
    taken = press_at_once([(runtimes[n % 5], her) for n, her in enumerate(fifty)])
    assert len(taken) == FIFTY
    assert set(taken) == there
    assert {t.version for t in tickets(rt)} == {2}


def test_fifty_pressing_at_once_for_ten_tickets_get_ten_and_forty_are_told(
    rt: Runtime, make_rt: Callable[..., Runtime], fifty: list[Volunteer]
) -> None:
    there = {opened(rt) for _ in range(10)}
    runtimes = [rt, *(make_rt() for _ in range(4))]
    taken = press_at_once([(runtimes[n % 5], her) for n, her in enumerate(fifty)])
    assert sorted(filter(None, taken)) == sorted(there)
    assert taken.count(None) == FIFTY - 10
