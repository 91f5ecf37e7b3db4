"""The queue's lists with many tickets in the database, compared with few: a page should cost the same, with words and filters too."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

from hotline.domain.queue import Channel, QueueFilter, QueueList
from hotline.domain.rights import Rights
from hotline.keys import KeyFile
from hotline.services.condition import figures as condition
from hotline.storage import queues, said, sealed, tickets
from hotline.storage.db import make_engine
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Membership, Team, Volunteer
from tests.bench.report import say
from tests.opened import numbered, seal_all
from tests.support import keys_file, make_runtime

TEAMS, VOLUNTEERS, LED_TEAMS, PHONES = 50, 50, 3, 1000
_SEVERAL = 1  # the contact with several tickets; the phones come behind it
_PAGE, _TIMES = 51, 40
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', '2020-01-01', '+' || i || ' seconds')",
    "postgresql": "timestamptz '2020-01-01 00:00Z' + i * interval '1 second'",
}
# One ticket in twenty is open, one in fifty thousand is of a citizen with several. One open ticket in sixty is nobody's, one in forty is
# late; the newest are the last.
_FILL = """
INSERT INTO tickets (reference, contact_id, status, category, priority, sealed, hold, unread, unattended, team_id, assignee_id, opened_at,
                     changed_at, routed_at, version, on_time, walk_in, wants_woman)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
SELECT CAST(100000000 + i AS VARCHAR(9)), CASE WHEN i % 50000 = 0 THEN {several} ELSE {several} + 1 + i / 20 % {phones} END,
       CASE WHEN i % 20 = 0 THEN 'assigned' ELSE 'closed' END,
       CASE WHEN i % 2000 = 0 THEN 'theft' ELSE 'general' END, 1 + i / 20 % 3, false, false, false, false,
       1 + i / 20 % {teams}, CASE WHEN i % 1200 = 0 THEN NULL ELSE 1 + i / 20 % {volunteers} END, {at}, {at}, {at}, 1,
       i % 800 <> 0, false, false
FROM n
"""
# Each open ticket has the text that opened it, and so have some of the others.
_SAY = """
INSERT INTO messages (direction, contact_id, ticket_id, gateway, gateway_id, plain, created_at, read_as, look)
SELECT 'in', contact_id, id, 'twilio', 'SM' || id, 'mera mobile cheen liya, gali mein do larke thay aur sab dekh rahe thay' || reference,
       opened_at, 'opened', CASE WHEN id % 40 = 0 THEN 2 END
FROM tickets WHERE status <> 'closed' OR id % 100 = 1
"""
_HAPPEN = """
INSERT INTO events (ticket_id, kind, happened_at, data) SELECT id, 'opened', opened_at, '{}' FROM tickets WHERE status <> 'closed'
"""


@dataclass(frozen=True)
class Growth:
    """Milliseconds of each question, with few tickets and with many."""

    database: str
    few: int
    many: int
    first: dict[str, tuple[float, float]] = field(default_factory=dict)
    next: dict[str, tuple[float, float]] = field(default_factory=dict)  # with many tickets: the first page, and the next
    sifted: dict[str, tuple[float, float]] = field(default_factory=dict)  # a first page with its words, of what few tickets are
    counts: tuple[float, float] = (0.0, 0.0)
    views: tuple[float, float] = (0.0, 0.0)
    others: tuple[float, float] = (0.0, 0.0)
    figures: tuple[float, float] = (0.0, 0.0)


def measure(database: str, few_url: str, many_url: str, *, few: int, many: int) -> Growth:
    """Fill both databases and ask them in turns."""
    asked = []
    for url, rows in ((few_url, few), (many_url, many)):
        began = time.monotonic()
        fill(url, rows)
        say(f"{database}: {rows:,} tickets in {time.monotonic() - began:.0f} s")
        asked.append(_Asker(url))
    small, large = asked
    growth = Growth(database, few, many)
    for of in QueueList:
        growth.first[of] = _in_turns(lambda of=of: small.page(of), lambda of=of: large.page(of))  # type: ignore[misc]
        growth.next[of] = _in_turns(lambda of=of: large.page(of), lambda of=of: large.page(of, second=True))  # type: ignore[misc]
        say(f"    {of}: first page {growth.first[of][0]:.2f} and {growth.first[of][1]:.2f} ms, the next {growth.next[of][1]:.2f} ms")
        for few_are, asked_for in _ASKED.items():
            name = f"{of}, {few_are}"
            growth.sifted[name] = _in_turns(
                lambda of=of, wanted=asked_for: small.whole(QueueFilter(of, **wanted)),  # type: ignore[misc]
                lambda of=of, wanted=asked_for: large.whole(QueueFilter(of, **wanted)),  # type: ignore[misc]
            )
            say(f"    {name}, with words: {growth.sifted[name][0]:.2f} and {growth.sifted[name][1]:.2f} ms")
    counts, views, others, figures = (
        _in_turns(getattr(small, asking), getattr(large, asking)) for asking in ("counts", "views", "others_of_the_citizen", "figures")
    )
    say(f"    counts: {counts[0]:.2f} and {counts[1]:.2f} ms; of {_VIEWS} views: {views[0]:.2f} and {views[1]:.2f} ms")
    say(f"    a citizen's other tickets: {others[0]:.2f} and {others[1]:.2f} ms")
    say(f"    the figures for Prometheus: {figures[0]:.2f} and {figures[1]:.2f} ms")
    for one in asked:
        one.close()
    return Growth(database, few, many, growth.first, growth.next, growth.sifted, counts, views, others, figures)


_VIEWS = 12
_ASKED: dict[str, dict[str, Any]] = {
    "all": {},
    "late": {"late": True},
    "of a rare kind": {"category": "theft"},
    "of a language, by text, since a day": {
        "language": "ur",
        "channel": Channel.TEXT,
        "since": datetime(2020, 1, 1, 12, tzinfo=UTC),
    },
}


def fill(url: str, rows: int) -> None:
    """Store so many tickets and the volunteers who work them, in one transaction. The first volunteer leads `LED_TEAMS` teams."""
    engine = make_engine(url, pool_size=1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with engine.connect().execution_options(hotline_writes=True) as connection:
        contact = {"kind": "mobile", "country": "PK", "language": "ur", "language_named": True}
        contact |= {"may_text": True, "may_call": True, "on_hold": False, "created_at": now, "times_seen": 1}
        phones = range(_SEVERAL, _SEVERAL + PHONES + 1)  # each row of a page is of another phone, so that each has another key to open
        connection.execute(insert(Contact), [{"id": n, **numbered(f"+92300{n:07}"), **contact} for n in phones])
        connection.execute(insert(Team), [{"id": n, "code": f"team{n}", "name": f"Team {n}"} for n in range(1, TEAMS + 1)])
        person = {"page_language": "en", "languages": ["en", "ur"], "is_head": False, "active": True}
        connection.execute(insert(Volunteer), [{"id": n, "login": f"v{n}", "name": f"V{n}", **person} for n in range(1, VOLUNTEERS + 1)])
        led = [{"team_id": n, "volunteer_id": 1, "is_lead": True} for n in range(1, LED_TEAMS + 1)]
        connection.execute(insert(Membership), led)
        statement = _FILL.format(
            rows=rows, teams=TEAMS, volunteers=VOLUNTEERS, at=_AT[engine.dialect.name], several=_SEVERAL, phones=PHONES
        )
        # psycopg reads a % as the place of a value.
        connection.exec_driver_sql(statement.replace("%", "%%") if engine.dialect.name == "postgresql" else statement)
        connection.exec_driver_sql(_SAY.replace("%", "%%") if engine.dialect.name == "postgresql" else _SAY)
        connection.exec_driver_sql(_HAPPEN)
        if engine.dialect.name == "postgresql":  # rows with an id of their own did not move the sequence
            for name in ("contacts", "teams", "volunteers"):
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 10000)")
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE")
    seal_all(engine)
    engine.dispose()


class _Asker:
    """Asks one database for what a lead's page shows."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url, pool_size=1)
        self._rt = make_runtime(url)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False, info={sealed.KEYS: KeyFile(Path(keys_file()))})
        self._rights = Rights(teams=frozenset(range(1, LED_TEAMS + 1)), leads=frozenset(range(1, LED_TEAMS + 1)))
        with self._sessions() as session:
            self._her = session.get_one(Volunteer, 1)
        self._ends: dict[QueueList, queues.Place] = {}

    def page(self, of: QueueList, *, second: bool = False) -> None:
        with self._sessions() as session:
            found = queues.page(
                session, self._her, self._rights, QueueFilter(of), after=self._ends[of] if second else None, limit=_PAGE
            ).tickets
            if not second:
                last = found[-1]
                self._ends[of] = last.priority, last.on_time, last.opened_at, last.reference

    def whole(self, asked: QueueFilter) -> None:
        """A first page, and what was said on its tickets."""
        with self._sessions() as session:
            found = queues.page(session, self._her, self._rights, asked, after=None, limit=_PAGE).tickets
            said.of_tickets(session, [ticket.id for ticket in found], longest=121)

    def counts(self) -> None:
        self._count([QueueFilter(of) for of in QueueList])

    def views(self) -> None:
        lists = list(QueueList)
        self._count([QueueFilter(lists[n % len(lists)], category="theft", late=n % 2 == 0, language="ur") for n in range(_VIEWS)])

    def others_of_the_citizen(self) -> None:
        with self._sessions() as session:
            assert len(tickets.newest_of_contact(session, self._her, _SEVERAL, besides=0, limit=2)) == 2

    def figures(self) -> None:
        condition.read(self._rt)

    def _count(self, asked: list[QueueFilter]) -> None:
        with self._sessions() as session:
            queues.counts(session, self._her, self._rights, asked)

    def close(self) -> None:
        self._rt.close()
        self._engine.dispose()


def _in_turns(one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float]:
    """The median of each, in milliseconds. Asked in turns, so that the machine's noise falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for n in range(_TIMES + 3):
        for ask, times in zip((one, other), taken, strict=True):
            began = time.perf_counter()
            ask()
            if n >= 3:  # the first rounds warm up
                times.append((time.perf_counter() - began) * 1000)
    return median(taken[0]), median(taken[1])
