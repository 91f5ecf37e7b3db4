"""A kind that a person names raises, holds and seals as words of it do, and can be undone without undoing what somebody did since."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select

from hotline.domain.danger import BroughtIn, Danger
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets import acting, casework, facts, kinds, passing, taking
from hotline.services.tickets.kinds import TooLate
from hotline.services.tickets.meaning import add, read_words
from hotline.services.tickets.routing import route_due
from hotline.storage import events
from hotline.storage import tickets as storage
from hotline.storage.events import Part
from hotline.storage.models import Alarm, Event, ShutOut, Ticket
from tests.services.colleagues import volunteer
from tests.support import Clock, alter, text_in, tickets

STATE = ("category", "priority", "danger", "danger_at", "acted_at", "next_ring_at", "hold", "sealed", "team_id", "assignee_id", "status")


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def state(rt: Runtime) -> dict[str, object]:
    return {column: getattr(now(rt), column) for column in STATE}


def name(rt: Runtime, code: str, *, by: str = "alice") -> None:
    """A person says of what kind the ticket is, and it is routed."""
    found = now(rt)
    facts.describe(
        rt, volunteer(rt, by), found.reference, version=found.version, category=code, area=found.area, wants_woman=found.wants_woman
    )
    route_due(rt)


def undo(rt: Runtime, *, by: str = "alice") -> list[Part]:
    return list(kinds.undo(rt, volunteer(rt, by), now(rt).reference))


def test_a_kind_by_hand_raises_holds_seals_and_leads_as_its_words_do(rt: Runtime, ticket: Ticket) -> None:
    columns = ("category", "priority", "hold", "sealed", "team_id")
    for kind in rt.categories:
        results = []
        for by_hand in (True, False):
            alter(rt, Ticket, category="general", priority=3, danger=None, acted_at=None, next_ring_at=None, hold=False, sealed=False)
            alter(rt, Ticket, assignee_id=None, team_id=None, status="new", routed_at=None)
            route_due(rt)
            with rt.transaction() as tx:
                tx.session.execute(delete(Event))
                one = now(rt)
                if by_hand:
                    changes = kinds.put(rt, tx, one, volunteer(rt, "alice").id, kind) if kind.code != "general" else {}
                    storage.change(tx.session, one.id, one.version, now=tx.now, **changes)
                else:
                    words = next((word for word in kind.words if word.isalpha()), "")
                    meant = read_words(rt, words)
                    assert meant.category == kind.code or not words
                    add(rt, tx, one, meant)
            route_due(rt)
            results.append({column: getattr(now(rt), column) for column in columns} | {"danger": now(rt).danger is not None})
        if any(word.isalpha() for word in kind.words):
            assert results[0] == results[1], kind.code


def test_suicide_by_hand_rings_phones_and_the_undo_lets_them_rest(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    before = state(rt)
    name(rt, "suicide")
    raised = now(rt)
    assert (raised.priority, raised.danger, raised.hold, raised.next_ring_at is not None) == (Priority.URGENT, Danger.PERSON, True, True)
    clock.forward(seconds=30)
    ring_due(rt)
    with rt.reading() as session:
        assert {*session.scalars(select(Alarm.kind))} >= {"danger", "urgent"}
    assert undo(rt) == []
    assert state(rt) == before
    with rt.reading() as session:
        assert session.scalars(select(Alarm.id).where(Alarm.acknowledged_at.is_(None))).all() == []
        assert not events.is_held_by_person(session, ticket.id, {c.code for c in rt.categories if c.hold})
        assert not events.is_placed(session, ticket.id)
    clock.forward(minutes=30)
    ring_due(rt)
    assert state(rt) == before, "no further phone rings"
    assert undo(rt) == [], "a second click does nothing"
    with rt.reading() as session:
        assert len(session.scalars(select(Event).where(Event.kind == "kind_undone")).all()) == 1


def test_it_lowers_nothing_and_does_not_wake_again_who_has_acted(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    facts.set_priority(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, to=Priority.URGENT, note="")
    acting.bring_in(rt, volunteer(rt, "alice"), ticket.reference, version=now(rt).version, whom=BroughtIn.RESCUE, note="")
    acted_at = now(rt).acted_at
    for code in ("suicide", "theft", "general"):
        name(rt, code)
        assert (now(rt).category, now(rt).priority, now(rt).hold, now(rt).acted_at) == (code, Priority.URGENT, True, acted_at)


def test_a_closed_ticket_that_is_named_danger_is_on_the_queue_again(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, status="closed", unread=False)
    name(rt, "kidnapping")
    assert (now(rt).status, now(rt).unread) == ("closed", True)


def test_who_begins_keeps_it_and_who_passed_it_on_is_heeded(rt: Runtime, ticket: Ticket) -> None:
    street = ticket.team_id
    name(rt, "child")
    assert now(rt).team_id != street
    undo(rt)
    assert now(rt).team_id == street
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=now(rt).version, to=Status.IN_PROGRESS)
    name(rt, "child")
    assert (now(rt).team_id, now(rt).status) == (street, "in_progress")
    alter(rt, Ticket, status="assigned", category="theft")
    passing.pass_to_team(rt, volunteer(rt, "alice"), ticket.reference, version=now(rt).version, code="street", note="")
    name(rt, "harassment")
    assert now(rt).team_id == street


# Sealed, and out of sight


def test_who_sealed_it_by_mistake_undoes_it_without_seeing_it(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    before = state(rt)
    name(rt, "police")
    clock.forward(seconds=20)
    assert (now(rt).sealed, now(rt).assignee_id) == (True, volunteer(rt, "charlie").id)
    casework.view(rt, volunteer(rt, "charlie"), ticket.reference)
    with pytest.raises(NoSuchTicket):
        casework.view(rt, volunteer(rt, "alice"), ticket.reference)
    for stranger in ("bob", "lead", "head"):
        with pytest.raises(NoSuchTicket):
            undo(rt, by=stranger)
    with pytest.raises(TooLate):
        undo(rt, by="charlie")
    assert undo(rt) == []
    assert state(rt) == before


@pytest.mark.parametrize("work", ["note", "text", "took"])
def test_what_was_put_on_a_sealed_ticket_stays_with_its_team(rt: Runtime, ticket: Ticket, clock: Clock, work: str) -> None:
    name(rt, "police")
    clock.forward(seconds=20)
    charlie = volunteer(rt, "charlie")
    if work == "note":
        casework.write_note(rt, charlie, ticket.reference, version=now(rt).version, note="the officer is a neighbour")
    elif work == "text":
        text_in(rt, "aur bhi hai")
    else:
        taking.claim(rt, charlie, ticket.reference, now(rt).version)
    sealed = state(rt)
    assert undo(rt) == [Part.KIND, Part.SEAL, Part.PLACE]
    after = state(rt)
    assert {column for column in STATE if after[column] != sealed[column]} == {"hold"}
    with pytest.raises(NoSuchTicket):
        casework.view(rt, volunteer(rt, "alice"), ticket.reference)


def test_words_that_ask_for_a_seal_keep_it_and_a_person_who_was_shut_out_undoes_nothing(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    with rt.transaction() as tx:
        events.happened(tx.session, ticket.id, events.EventKind.ADDED, now=tx.now, hits=("police",))
    clock.forward(seconds=1)
    name(rt, "police")
    clock.forward(seconds=1)
    assert Part.SEAL in undo(rt)
    assert now(rt).sealed
    with rt.transaction() as tx:
        tx.session.execute(insert(ShutOut).values(ticket_id=ticket.id, volunteer_id=volunteer(rt, "alice").id, made_at=tx.now))
    with pytest.raises(NoSuchTicket):
        undo(rt)


# What somebody changed since, and when it is too late


def acted(rt: Runtime, ticket: Ticket) -> None:
    acting.bring_in(rt, volunteer(rt, "bob"), ticket.reference, version=now(rt).version, whom=BroughtIn.RESCUE, note="")


def danger_came(rt: Runtime, _: Ticket) -> None:
    text_in(rt, "meri behen ne khudkushi ki koshish ki")


def thanks(rt: Runtime, _: Ticket) -> None:
    text_in(rt, "shukriya")


def passed(rt: Runtime, ticket: Ticket) -> None:
    passing.pass_to(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, colleague_id=volunteer(rt, "bob").id, note="")


@pytest.mark.parametrize(
    ("meanwhile", "stays"),
    [
        (acted, [Part.URGENCY, Part.HOLD]),
        (danger_came, [Part.URGENCY, Part.HOLD]),
        (passed, [Part.PLACE]),
        (thanks, []),
    ],
    ids=["acted", "danger", "passed", "thanks"],
)
def test_what_somebody_changed_since_stays(
    rt: Runtime, ticket: Ticket, clock: Clock, meanwhile: Callable[[Runtime, Ticket], object], stays: list[Part]
) -> None:
    before = state(rt)
    name(rt, "violence")
    clock.forward(seconds=5)
    changed = state(rt)
    meanwhile(rt, ticket)
    touched = {column for column in STATE if state(rt)[column] != changed[column]}
    assert undo(rt) == stays
    after = state(rt)
    assert after["category"] == before["category"]
    assert all(after[column] == before[column] for column in STATE if column not in touched and not stays)
    assert (after["danger"] is None) == (Part.URGENCY not in stays)
    assert after["hold"] == (Part.HOLD in stays)
    assert (after["assignee_id"] == volunteer(rt, "bob").id) == (Part.PLACE in stays)


def test_after_ten_minutes_after_another_kind_and_by_others_it_is_not_undone(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    with pytest.raises(TooLate):
        undo(rt)
    name(rt, "theft")
    clock.forward(seconds=1)
    with pytest.raises(TooLate):
        undo(rt, by="bob")
    name(rt, "general", by="bob")
    with pytest.raises(TooLate):
        undo(rt)
    clock.forward(minutes=10)
    with pytest.raises(TooLate):
        undo(rt, by="bob")
    with rt.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == "kind_undone")).all() == []
    clock.forward(seconds=1)
    name(rt, "theft", by="bob")
    clock.forward(seconds=1)
    assert undo(rt, by="lead") == [], "a lead of its team may, too"
    assert now(rt).category == "general"


def test_of_many_clicks_one_undoes_it(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    name(rt, "theft")
    clock.forward(seconds=1)
    clicks = [threading.Thread(target=undo, args=(rt,)) for _ in range(5)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    with rt.reading() as session:
        assert len(session.scalars(select(Event).where(Event.kind == "kind_undone")).all()) == 1
    assert now(rt).category == ticket.category
