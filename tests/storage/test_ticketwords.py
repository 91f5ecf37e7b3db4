"""Words are found from the index: with two hundred thousand tickets behind them a page costs a page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.storage import tickets, ticketwords
from hotline.storage.models import Ticket, TicketWord
from tests.services.people import alice
from tests.support import NOON, text_in

TICKETS = 200_000
COMMON, OFTEN, RARE, ODD, EVEN, ABSENT = 11, 12, 13, 14, 15, 16


@pytest.fixture
def crowded(rt: Runtime) -> Runtime:
    """Two hundred thousand tickets, with one word in all of them, one in every tenth, one in every 50,000th; and two that never meet."""
    text_in(rt, "mera mobile cheen liya")
    with rt.transaction() as tx:
        [contact_id] = tx.session.scalars(text("SELECT id FROM contacts"))
        rows = [
            {
                **tickets.new(reference=str(200_000_000 + n), contact_id=contact_id, category="general", priority=Priority.NORMAL),
                "id": 10 + n,
                "sealed": False,
                "hold": False,
                "status": Status.CLOSED,
                "opened_at": NOON + timedelta(seconds=n),
                "changed_at": NOON,
                "routed_at": NOON,
            }
            for n in range(TICKETS)
        ]
        every = {COMMON: 1, OFTEN: 10, RARE: 50_000}
        marks = [{"word": word, "ticket_id": 10 + n} for word, step in every.items() for n in range(0, TICKETS, step)]
        marks += [{"word": (EVEN, ODD)[n % 2], "ticket_id": 10 + n} for n in range(TICKETS)]
        tx.session.connection().execute(insert(Ticket), rows)
        tx.session.connection().execute(insert(TicketWord), marks)
    with rt.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return rt


def found(rt: Runtime, *words: int, before: int | None = None) -> tuple[Sequence[Ticket], bool]:
    with rt.reading() as session:
        return ticketwords.having_all(session, alice(rt), words, before=before, limit=51)


def plan(rt: Runtime, *words: int, before: int | None = None) -> str:
    """How the database finds a page."""
    asked: list[tuple[str, Any]] = []
    seen_by = alice(rt)
    with rt.reading() as session:
        event.listen(rt.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        ticketwords.having_all(session, seen_by, words, before=before, limit=51)
        explain = "EXPLAIN QUERY PLAN" if rt.engine.dialect.name == "sqlite" else "EXPLAIN"
        statement, values = asked[-2]  # the last one fetches the tickets of a page by their ids
        return "\n".join(str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {statement}", values))


def rows_read(rt: Runtime, *words: int) -> int:
    """How many rows PostgreSQL touches for a page."""
    asked: list[tuple[str, Any]] = []
    with rt.reading() as session:
        event.listen(rt.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        ticketwords.having_all(session, alice(rt), words, before=None, limit=51)
        statement, values = asked[-2]  # the last one fetches the tickets of a page by their ids
        answer = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    return most_rows(answer[0]["Plan"])


def most_rows(node: dict[str, Any]) -> int:
    return max(int(node["Actual Rows"] * node["Actual Loops"]), *(most_rows(inner) for inner in node.get("Plans", [])), 0)


def test_pages_are_read_from_the_index(crowded: Runtime) -> None:
    asked_for: list[tuple[tuple[int, ...], int | None]] = [
        ((COMMON,), None),
        ((COMMON,), 100_000),
        ((COMMON, OFTEN), None),
        ((RARE, COMMON), None),
        ((OFTEN, EVEN), 150_000),
        ((ODD, EVEN), 150_000),
    ]
    for words, before in asked_for:
        told = plan(crowded, *words, before=before)
        # The index of the rarest word is walked in its order; anything else is one look into a primary key.
        walked = {
            "sqlite": "COVERING INDEX sqlite_autoindex_ticket_words_1 (word=?",
            "postgresql": "Index Only Scan Backward using pk_ticket_words",
        }
        assert walked[crowded.engine.dialect.name] in told.splitlines()[0 if "SEARCH" in told else 1], told
        for wrong in ("SCAN", "Seq Scan on tickets", "Seq Scan on ticket_words", "Sort", "TEMP B-TREE", "Join", "Nested Loop"):
            assert wrong not in told, told
    if crowded.engine.dialect.name == "postgresql":
        assert rows_read(crowded, COMMON) == 51
        assert rows_read(crowded, COMMON, OFTEN) == 510  # both are common: the walk is along either
        assert rows_read(crowded, RARE, COMMON, OFTEN) == 4

    newest, cut = found(crowded, COMMON)
    assert ([t.id for t in newest], cut) == ([10 + TICKETS - 1 - n for n in range(51)], False)
    older, cut = found(crowded, COMMON, before=newest[-1].id)
    assert (older[0].id, cut) == (newest[-1].id - 1, False)
    both, cut = found(crowded, OFTEN, COMMON)
    assert ([t.id % 10 for t in both], len(both), cut) == ([0] * 51, 51, False)
    rare, cut = found(crowded, COMMON, RARE, OFTEN)
    assert ([t.id for t in rare], cut) == ([150_010, 100_010, 50_010, 10], False)
    assert found(crowded, RARE, ABSENT) == ((), False)
    assert found(crowded, ABSENT) == ([], False)
    assert found(crowded) == ((), False)

    # Two common words that never meet: the newest are looked through, and she is told that there may be older ones.
    assert found(crowded, ODD, EVEN) == ([], True)
    assert found(crowded, ODD, EVEN, before=10_000) == ([], False)
