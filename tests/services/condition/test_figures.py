"""The figures: what waits in every state, of all tickets, along indexes alone."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from hotline.domain.look import Look
from hotline.runtime import Runtime
from hotline.services.condition import figures
from hotline.storage import figures as storage_figures
from hotline.storage.base import Base
from hotline.storage.figures import Leaving
from hotline.storage.models import Message, Ticket
from tests.services.colleagues import settle
from tests.services.condition.states import fill
from tests.support import NOON, alter


@pytest.fixture
def rt(rt: Runtime, tmp_path: Path) -> Runtime:
    settle(rt, tmp_path)
    return rt


def test_an_empty_hotline_has_nothing_that_waits_and_ticks_that_never_were(rt: Runtime) -> None:
    found = figures.read(rt)
    assert (found.queued, found.due, found.on_queue, found.unacted, found.recordings) == (0, (0, None), 0, (0, None), (0, None))
    assert found.looks == dict.fromkeys(Look, (0, None))
    assert set(found.ticks.values()) == {None}
    assert (found.backup_at, found.certificate_ends, found.unknown_gateways) == (None, None, Leaving())
    [gateway] = found.gateways
    assert (gateway.name, gateway.carries, gateway.claimed, gateway.heard_at) == ("twilio", True, 0, None)


def test_what_waits_is_counted_in_every_state(rt: Runtime) -> None:
    fill(rt)
    found = figures.read(rt)
    [gateway] = found.gateways
    assert gateway.leaving == Leaving(sending=1, unknown=1, undecided=1)
    assert found.unknown_gateways == Leaving(unknown=1)
    assert (gateway.carries, gateway.claimed, gateway.battery, gateway.deaf, gateway.heard_at) == (False, 7, 40, True, NOON)
    assert found.queued == found.due.rows + 1, "one waits for the morning"
    assert found.due.since == NOON
    assert found.looks[Look.FIRST].rows == 2, "the cry and the recording"
    assert found.looks[Look.NEXT] == (7, NOON)
    assert found.unacted == (1, NOON)
    assert (found.on_queue, found.unrouted, found.recordings) == (8, 1, (1, NOON))
    assert found.alarms_open >= 1
    assert found.still == ("calls",)
    assert found.certificate_ends == NOON + timedelta(days=30)


def test_texts_that_a_person_has_left_do_not_fill_up_the_count(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(rt)
    monkeypatch.setattr(storage_figures, "MOST", 4)
    found = figures.read(rt)
    assert (found.gateways[0].leaving, found.unknown_gateways) == (Leaving(sending=1, unknown=1, undecided=1), Leaving(unknown=1))


def test_a_sealed_ticket_is_counted_as_any_other(rt: Runtime) -> None:
    fill(rt)
    before = figures.read(rt)
    alter(rt, Ticket, sealed=True, hold=True, category="police")
    assert figures.read(rt) == before


def test_a_ticket_that_was_acted_on_or_has_ended_is_not_in_danger_any_more(rt: Runtime) -> None:
    fill(rt)
    alter(rt, Ticket, status="resolved")
    assert figures.read(rt).unacted == (0, None)
    alter(rt, Ticket, status="assigned", acted_at=NOON)
    assert figures.read(rt).unacted == (0, None)


def test_the_oldest_unsent_text_is_found_whatever_its_rank(rt: Runtime) -> None:
    fill(rt)
    with rt.transaction() as tx:
        [last, *_] = tx.session.scalars(text("SELECT max(id) FROM messages WHERE delivery = 'queued'"))
        tx.session.execute(text("UPDATE messages SET rank = 5 WHERE id = :id"), {"id": last})
    alter(rt, Message, created_at=NOON)
    rt_due = figures.read(rt).due
    with rt.transaction() as tx:
        row = tx.session.get_one(Message, last)
        row.next_attempt_at = NOON - timedelta(hours=1)
        tx.session.flush()
    assert figures.read(rt).due == (rt_due.rows, NOON - timedelta(hours=1))


@pytest.fixture
def asked(rt: Runtime) -> Iterator[list[tuple[str, object]]]:
    """The statements that are run, with their values."""
    found: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        found.append((statement, values))

    event.listen(rt.engine, "before_cursor_execute", note)
    yield found
    event.remove(rt.engine, "before_cursor_execute", note)


def test_no_statement_walks_along_all_tickets_or_texts(rt: Runtime, asked: list[tuple[str, object]]) -> None:
    fill(rt)
    asked.clear()
    figures.read(rt)
    statements, explain = list(asked), "EXPLAIN QUERY PLAN " if rt.engine.dialect.name == "sqlite" else "EXPLAIN "
    plans = {}
    with rt.engine.connect() as connection:
        if rt.engine.dialect.name == "postgresql":  # with so few rows it would walk along all of them, whatever the indexes
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, values in statements:
            plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + statement, values))  # type: ignore[arg-type]
            plans[statement] = plan
    assert len(plans) > 15
    assert [statement for statement, plan in plans.items() if "ORDER BY messages.id DESC" not in statement and _is_long(plan)] == []


_PARTIAL = {
    one.name for table in Base.metadata.tables.values() for one in table.indexes if one.dialect_options["sqlite"]["where"] is not None
}


def _is_long(plan: str) -> bool:
    """Whether something walks along all of a large table: by no index, or by one that is not partial."""
    tables = "(?:tickets|messages|recordings|alarms)"
    walks = re.findall(rf"SCAN {tables}(?: USING (?:COVERING )?INDEX (\w+))?", plan)  # SQLite
    walks += re.findall(rf"Scan (?:Backward )?using (\w+) on {tables}", plan) + re.findall(r"Bitmap Index Scan on (\w+_messages\w*)", plan)
    return bool(re.search(rf"Seq Scan on {tables}", plan)) or any(index not in _PARTIAL for index in walks)
