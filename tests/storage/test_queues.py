"""The queue's lists are read in the order of their indexes, on both databases: with a hundred thousand tickets a page costs a page."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from hotline.domain.queue import Channel, QueueFilter, QueueList
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.storage import people, pressing, queues, tickets
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Membership, Volunteer
from hotline.storage.queues import COUNTED, Count, Place
from tests.servers import Fill
from tests.services.colleagues import settle, volunteer
from tests.support import NOON, make_runtime, text_in

LISTS = list(QueueList)
INDEXES = {
    QueueList.MINE: {"ix_tickets_assignee"},
    QueueList.TEAMS: {"ix_tickets_team"},
    QueueList.UNASSIGNED: {"ix_tickets_nobodys", "ix_tickets_assignee"},
    QueueList.ALL: {"ix_tickets_queue"},
}


def crowd(database_url: str) -> None:
    """Thousands of tickets, a quarter of them open, some opened at the same instant; most are the lead's, or of the lead's teams."""
    rt = make_runtime(database_url)
    with tempfile.TemporaryDirectory() as folder:
        settle(rt, Path(folder))
    text_in(rt, "mera mobile cheen liya")
    lead = volunteer(rt, "lead")
    with rt.transaction() as tx:
        [contact_id] = tx.session.scalars(text("SELECT id FROM contacts"))
        team_ids = [team.id for team in people.teams(tx.session).values()]
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
                "team_id": team_ids[n // 4 % len(team_ids)] if n % 5 else None,
                "assignee_id": lead.id if n % 3 else None,
            }
            for n in range(8000)
        ]
        tx.session.execute(insert(Ticket), rows)
    with rt.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    rt.close()


@pytest.fixture
def filled_by() -> Fill:
    return crowd


@pytest.fixture
def crowded(rt: Runtime) -> Runtime:
    """A copy of the crowd for each test, as some change it."""
    return rt


def place(ticket: Ticket) -> Place:
    return ticket.priority, ticket.on_time, ticket.opened_at, ticket.reference


def page(rt: Runtime, asked: QueueFilter, after: Place | None, rows: int) -> Sequence[Ticket]:
    lead = volunteer(rt, "lead")
    with rt.reading() as session:
        return queues.page(session, lead, people.rights(session, lead), asked, after=after, limit=rows).tickets


def pages(rt: Runtime, asked: QueueFilter, rows: int) -> Iterator[Sequence[Ticket]]:
    """The list, page after page."""
    after = None
    while found := page(rt, asked, after, rows):
        yield found
        after = place(found[-1])


def plan_of(rt: Runtime, ask: Any) -> str:
    """How the database answers what `ask(session)` asks last."""
    asked: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        asked.append((call[2], call[3]))

    event.listen(rt.engine, "before_cursor_execute", note)
    with rt.reading() as session:
        ask(session)
        explain = "EXPLAIN QUERY PLAN" if rt.engine.dialect.name == "sqlite" else "EXPLAIN"
        statement, values = asked[-1]
        answer = session.connection().exec_driver_sql(f"{explain} {statement}", values)
        told = "\n".join(str(row[-1]) for row in answer)
    event.remove(rt.engine, "before_cursor_execute", note)
    return told


def indexes_on(told: str) -> set[str]:
    """The indexes of tickets that a plan uses; a scan of the whole table is listed as such."""
    return set(re.findall(r"\bix_tickets_\w+", told)) | set(re.findall(r"Seq Scan on tickets|SCAN tickets(?! USING INDEX)", told))


@pytest.mark.parametrize("of", LISTS)
def test_pages_have_every_ticket_of_a_list_once_in_order(crowded: Runtime, of: QueueList) -> None:
    lead = volunteer(crowded, "lead")
    seen = [ticket for found in pages(crowded, QueueFilter(of), 333) for ticket in found]
    with crowded.reading() as session:
        teams = people.rights(session, lead).teams
        there = [t for t in session.scalars(select(Ticket)) if t.status != Status.CLOSED or t.unread]
    belongs = {
        QueueList.MINE: lambda t: t.assignee_id == lead.id,
        QueueList.TEAMS: lambda t: t.team_id is None or t.team_id in teams,
        QueueList.UNASSIGNED: lambda t: t.assignee_id is None,
        QueueList.ALL: bool,
    }[of]
    assert [place(t) for t in seen] == sorted(place(t) for t in there if belongs(t))
    assert len(seen) > 500


@pytest.mark.parametrize("of", LISTS)
def test_a_page_of_a_list_is_read_from_its_index(crowded: Runtime, of: QueueList) -> None:
    lead = volunteer(crowded, "lead")
    last = place(next(iter(pages(crowded, QueueFilter(of), 300)))[-1])
    with crowded.reading() as session:
        rights = people.rights(session, lead)
    for after in (None, last):
        for asked in (
            QueueFilter(of),
            QueueFilter(of, category="theft", channel=Channel.CALL, language="ur", since=NOON),
            QueueFilter(of, late=True),
        ):
            told = plan_of(crowded, lambda session: queues.shown(session, lead, rights, asked, after=after, limit=51))  # noqa: B023
            assert indexes_on(told), told
            # The few late tickets of a priority stand together in each index.
            assert indexes_on(told) <= INDEXES[of] | ({"ix_tickets_queue"} if asked.late else set()), told
            # A later page starts at its place in the index, not at the front.
            assert (
                after is None
                or asked.late
                or re.search(r"\(priority,on_time,opened_at\)>|ROW\(priority, on_time, opened_at\) >= ROW\(", told)
            ), told
            # What is looked up elsewhere is looked up by a key, ticket by ticket.
            assert not re.search(r"(Hash|Merge) .*Join|SCAN (calls|contacts)", told), told


def test_counts_are_of_what_she_may_see_and_stop_at_a_thousand(crowded: Runtime) -> None:
    lead, charlie = volunteer(crowded, "lead"), volunteer(crowded, "charlie")
    with crowded.reading() as session:
        counted = queues.counts(session, lead, people.rights(session, lead), [QueueFilter(of) for of in LISTS])
        there = {of: sum(len(found) for found in pages(crowded, QueueFilter(of), 400)) for of in LISTS}
        assert counted == [Count(min(n, COUNTED), goes_on=n > COUNTED) for n in there.values()]
        assert counted[LISTS.index(QueueList.ALL)].goes_on
        [before] = queues.counts(session, charlie, people.rights(session, charlie), [QueueFilter(QueueList.UNASSIGNED)])
    with crowded.transaction() as tx:
        tx.session.execute(text("UPDATE tickets SET sealed = true WHERE reference IN ('200000000', '200000024')"))
    with crowded.reading() as session:
        [after] = queues.counts(session, charlie, people.rights(session, charlie), [QueueFilter(QueueList.UNASSIGNED)])
    assert after == Count(before.tickets - 2, goes_on=False)


def test_counts_are_read_from_the_indexes_too(crowded: Runtime) -> None:
    lead = volunteer(crowded, "lead")
    with crowded.reading() as session:
        rights = people.rights(session, lead)
    for late in (False, True):
        each = [QueueFilter(of, late=late, language="ur") for of in LISTS]
        told = plan_of(crowded, lambda session: queues.counts(session, lead, rights, each))  # noqa: B023
        assert indexes_on(told) <= set().union(*INDEXES.values()), told


def test_what_could_be_taken_is_found_by_the_indexes_of_her_teams_and_of_herself(crowded: Runtime) -> None:
    lead = volunteer(crowded, "lead")
    with crowded.reading() as session:
        rights = people.rights(session, lead)
    told = plan_of(crowded, lambda session: session.scalars(pressing.looked_at(lead, rights, pressing.Holders([lead.id], NOON))).all())
    assert indexes_on(told) == {"ix_tickets_team", "ix_tickets_assignee"}, told


def test_a_list_is_asked_for_by_status_priority_and_category(crowded: Runtime) -> None:
    with crowded.transaction() as tx:
        tx.session.execute(text("UPDATE tickets SET priority = 1, category = 'theft' WHERE reference = '200000004'"))
    for asked in (QueueFilter(QueueList.ALL, priority=Priority.URGENT), QueueFilter(QueueList.ALL, category="theft")):
        assert [t.reference for t in page(crowded, asked, None, 9)] == ["200000004"]
    assert page(crowded, QueueFilter(QueueList.ALL, status=Status.REFERRED), None, 9) == []
    assert len(page(crowded, QueueFilter(QueueList.ALL, status=Status.NEW, priority=Priority.NORMAL, category="general"), None, 9)) == 9


def test_what_few_tickets_have_is_found_however_far_behind_and_no_page_looks_at_more_than_its_share(crowded: Runtime) -> None:
    lead, last = volunteer(crowded, "lead"), "200007996"
    with crowded.transaction() as tx:
        tx.session.execute(text(f"UPDATE tickets SET category = 'theft', on_time = true WHERE reference IN ('200000004', '{last}')"))
    asked = QueueFilter(QueueList.ALL, category="theft")
    found, rounds, after = [], 0, None
    with crowded.reading() as session:
        rights = people.rights(session, lead)
        everything = [t.reference for t in queues.page(session, lead, rights, QueueFilter(QueueList.ALL), after=None, limit=9000).tickets]
        [counted] = queues.counts(session, lead, rights, [asked])
        far = queues.looks_through(lead, rights, asked)
        while True:
            one = queues.page(session, lead, rights, asked, after=after, limit=9)
            found += [t.reference for t in one.tickets]
            rounds += 1
            if one.looked_at is None:
                break
            assert everything.index(one.looked_at.reference) == rounds * far - 1
            after = place(one.looked_at)
    assert found == [one for one in everything if one in ("200000004", last)]
    assert rounds == len(everything) // far + 1
    assert counted == Count(sum(one in ("200000004", last) for one in everything[:far]), goes_on=True)


def test_somebody_with_many_teams_gets_one_list_of_them(crowded: Runtime) -> None:
    with crowded.transaction() as tx:
        reader = Volunteer(login="many", name="Many", page_language="en", languages=["en"], is_head=False, active=True)
        tx.session.add(reader)
        tx.session.flush()
        for n in range(20):
            team = people.team(tx.session, f"team{n}", f"Team {n}")
            tx.session.flush()
            tx.session.add(Membership(team_id=team.id, volunteer_id=reader.id, is_lead=False))
            tx.session.execute(text(f"UPDATE tickets SET team_id = {team.id} WHERE reference = '{200_000_000 + 4 * n}'"))
    with crowded.reading() as session:
        found = queues.page(session, reader, people.rights(session, reader), QueueFilter(QueueList.TEAMS), after=None, limit=1000).tickets
    assert {str(200_000_000 + 4 * n) for n in range(20)} <= {t.reference for t in found}
    assert [place(t) for t in found] == sorted(place(t) for t in found)
