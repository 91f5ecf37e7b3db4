"""Words are found by the index: with two hundred thousand tickets a page costs a page."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event

from hotline.runtime import Runtime
from hotline.storage import ticketwords
from hotline.storage.models import Ticket
from tests.bench.searching import COMMON, EVEN, ODD, OFTEN, RARE, grow
from tests.services.colleagues import alice
from tests.support import text_in

TICKETS = 200_000
FIRST, LAST = 100, 99 + TICKETS
ABSENT = 99


@pytest.fixture
def crowded(rt: Runtime) -> Runtime:
    """Two hundred thousand tickets: a word in all of them, one in every tenth, one in every thousandth, and two words that never meet."""
    text_in(rt, "mera mobile cheen liya")
    grow(rt, 0, TICKETS)
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
    read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return max(round(read), *(most_rows(inner) for inner in node.get("Plans", [])), 0)


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
        # The index of the rarest word is walked in order; every other word is a look-up by primary key.
        walked = {
            "sqlite": "COVERING INDEX sqlite_autoindex_ticket_words_1 (word=?",
            "postgresql": "Index Only Scan Backward using pk_ticket_words",
        }
        assert walked[crowded.engine.dialect.name] in told.splitlines()[0 if "SEARCH" in told else 1], told
        for wrong in ("SCAN", "Seq Scan on tickets", "Seq Scan on ticket_words", "Sort", "TEMP B-TREE", "Join", "Nested Loop"):
            assert wrong not in told, told
    if crowded.engine.dialect.name == "postgresql":
        assert rows_read(crowded, COMMON) == 51
        assert rows_read(crowded, COMMON, OFTEN) <= 520  # both are common: the walk is along either
        assert rows_read(crowded, RARE, COMMON, OFTEN) <= 51

    newest, cut = found(crowded, COMMON)
    assert ([t.id for t in newest], cut) == ([LAST - n for n in range(51)], False)
    older, cut = found(crowded, COMMON, before=newest[-1].id)
    assert (older[0].id, cut) == (newest[-1].id - 1, False)
    both, cut = found(crowded, OFTEN, COMMON)
    assert ([t.id % 10 for t in both], len(both), cut) == ([0] * 51, 51, False)
    rare, cut = found(crowded, COMMON, RARE, OFTEN, before=5_000)
    assert ([t.id for t in rare], cut) == ([4_000, 3_000, 2_000, 1_000], False)
    assert found(crowded, RARE, ABSENT) == ((), False)
    assert found(crowded, ABSENT) == ([], False)
    assert found(crowded) == ((), False)

    # Two common words that never meet: only the newest tickets are looked through, and the page says that older ones may exist.
    assert found(crowded, ODD, EVEN) == ([], True)
    assert found(crowded, ODD, EVEN, before=FIRST + 10_000) == ([], False)
