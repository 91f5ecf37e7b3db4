"""The queue is read in the order of its index, on both databases: with a hundred thousand tickets behind it a page costs a page."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.storage import tickets
from hotline.storage.models import Ticket
from tests.services.people import alice
from tests.support import NOON, text_in


@pytest.fixture
def crowded(rt: Runtime) -> Runtime:
    """Thousands of tickets, one in four of them open, some opened in the same instant."""
    text_in(rt, "mera mobile cheen liya")
    with rt.transaction() as tx:
        [contact_id] = tx.session.scalars(text("SELECT id FROM contacts"))
        rows = [
            {
                **tickets.new(reference=str(200_000_000 + n), contact_id=contact_id, category="general", priority=Priority.NORMAL),
                "sealed": False,
                "hold": False,
                "unread": n % 4 == 0,
                "status": Status.NEW if n % 4 == 0 else Status.CLOSED,
                "on_time": n % 3 > 0,
                "opened_at": NOON + timedelta(seconds=n // 8),
                "changed_at": NOON,
                "routed_at": NOON,
            }
            for n in range(8000)
        ]
        tx.session.execute(insert(Ticket), rows)
    with rt.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return rt


def pages(rt: Runtime, rows: int) -> Iterator[Sequence[Ticket]]:
    """The queue, page after page."""
    seen_by, after = alice(rt), None
    while True:
        with rt.reading() as session:
            page = tickets.queue(session, seen_by, after=after, limit=rows)
        if not page:
            return
        yield page
        after = (page[-1].priority, page[-1].on_time, page[-1].opened_at, page[-1].reference)


def plan(rt: Runtime, after: Ticket | None) -> str:
    """How the database finds a page."""
    asked: list[tuple[str, Any]] = []
    seen_by = alice(rt)
    with rt.reading() as session:
        event.listen(rt.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        place = (after.priority, after.on_time, after.opened_at, after.reference) if after else None
        tickets.queue(session, seen_by, after=place, limit=51)
        explain = "EXPLAIN QUERY PLAN" if rt.engine.dialect.name == "sqlite" else "EXPLAIN"
        statement, values = asked[-1]
        answer = session.connection().exec_driver_sql(f"{explain} {statement}", values)
        return "\n".join(str(row[-1]) for row in answer)


def test_pages_have_every_open_ticket_once_in_order(crowded: Runtime) -> None:
    seen = [(t.priority, t.on_time, t.opened_at, t.reference) for page in pages(crowded, 333) for t in page]
    assert len(seen) == 2001
    assert seen == sorted(set(seen))


def test_a_page_is_read_from_the_index_of_the_queue(crowded: Runtime) -> None:
    *_, last = next(iter(pages(crowded, 700)))
    for after in (None, last):
        told = plan(crowded, after)
        assert "ix_tickets_queue" in told, told
        assert "Seq Scan on tickets" not in told, told
    # Whoever turns the pages starts where she is, not at the front.
    assert {"sqlite": "(priority,on_time,opened_at)>(?,?,?)", "postgresql": "Index Cond: (ROW(priority, on_time, opened_at) >= ROW("}[
        crowded.engine.dialect.name
    ] in told
