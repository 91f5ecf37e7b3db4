"""A ticket whose promise was not kept in time goes up on the queue, once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, text, update

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.services.tickets.lateness import mark_late
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Event, Ticket
from tests.services.colleagues import settle, volunteer
from tests.support import NOON, OTHER, Clock, text_in, tickets


@pytest.fixture
def promised(rt: Runtime, tmp_path: Path) -> Ticket:
    """A ticket with a promise for one o'clock, and another without a promise."""
    settle(rt, tmp_path)
    for sender in ("+923001234501", OTHER):
        text_in(rt, "mera mobile cheen liya", sender=sender)
    route_due(rt)
    with rt.transaction() as tx:
        first = tx.session.scalar(select(Ticket.id).order_by(Ticket.id).limit(1))
        tx.session.execute(update(Ticket).where(Ticket.id == first).values(promised_at=NOON + timedelta(hours=1)))
    return tickets(rt)[0]


def late_events(rt: Runtime) -> int:
    with rt.reading() as session:
        return len(session.scalars(select(Event).where(Event.kind == "late")).all())


def test_it_is_late_from_the_instant_that_was_promised_and_told_once(rt: Runtime, promised: Ticket, clock: Clock) -> None:
    clock.forward(minutes=59)
    assert mark_late(rt) == 0
    clock.forward(minutes=1)
    assert [mark_late(rt), mark_late(rt)] == [1, 0]
    late, other = tickets(rt)
    assert (late.on_time, late.version, other.on_time) == (False, promised.version + 1, True)
    assert late_events(rt) == 1


@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
def test_what_is_done_is_promised_no_longer(rt: Runtime, promised: Ticket, clock: Clock, to: Status) -> None:
    casework.change_status(rt, volunteer(rt, "alice"), promised.reference, version=promised.version, to=to)
    clock.forward(hours=2)
    assert mark_late(rt) == 0
    assert (tickets(rt)[0].promised_at, tickets(rt)[0].on_time) == (None, True)


def test_what_was_late_and_is_done_is_late_no_longer(rt: Runtime, promised: Ticket, clock: Clock) -> None:
    clock.forward(hours=2)
    mark_late(rt)
    casework.change_status(rt, volunteer(rt, "alice"), promised.reference, version=promised.version + 1, to=Status.RESOLVED)
    assert tickets(rt)[0].on_time is True


def test_the_rest_is_asked_for_again(rt: Runtime, promised: Ticket, clock: Clock) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(promised_at=NOON))
    assert [mark_late(rt, limit=1) for _ in range(3)] == [1, 1, 0]


def test_what_is_due_is_found_by_its_index(rt: Runtime, promised: Ticket) -> None:
    asked: list[str] = []
    event.listen(rt.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    mark_late(rt)
    [statement] = [s for s in asked if "promised_at <=" in s]
    assert "promised_at IS NOT NULL AND on_time" in statement  # the words of the partial index
    with rt.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            told = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.replace('?', '1')}")).all()
            assert "ix_tickets_promised" in str(told)
