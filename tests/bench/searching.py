"""The search by words, with few tickets in the database and with many: a page must take as long."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import text

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import search
from tests.bench.report import say
from tests.services.colleagues import alice
from tests.support import make_runtime, text_in

COMMON, OFTEN, RARE, ODD, EVEN = range(1, 6)
_CASES: Mapping[str, Sequence[int]] = {
    "a common word": (COMMON,),
    "two common words": (OFTEN, COMMON),
    "a rare word and a common one": (RARE, COMMON),
    "two words that never meet": (ODD, EVEN),
}
_ROUNDS = 40
_SAME = "contact_id, category, priority, sealed, hold, unattended, opened_at, changed_at"
_TICKETS = f"""
    INSERT INTO tickets (id, reference, status, unread, routed_at, version, {_SAME})
    {{numbers}} SELECT n, CAST(200000000 + n AS VARCHAR(9)), '{Status.CLOSED.value}', false, opened_at, 1, {_SAME}
    FROM numbers, (SELECT * FROM tickets ORDER BY id LIMIT 1) AS one
"""


@dataclass(frozen=True)
class Searched:
    """How long a page takes, in ms, for each case, with few tickets and with many."""

    database: str
    few: int
    many: int
    ms_of_few: dict[str, float]
    ms_of_many: dict[str, float]
    next_ms: float

    def ratio(self, case: str) -> float:
        """The figure with many tickets divided by the figure with few."""
        return self.ms_of_many[case] / self.ms_of_few[case]


def measure(database: str, *, url: str, few: int, many: int) -> Searched:
    """Measure on one database, which grows meanwhile."""
    rt = make_runtime(url)
    try:
        text_in(rt, "mera mobile cheen liya")
        alice(rt)
        grow(rt, 0, few)
        ms_of_few = _times(rt)
        say(f"{database}: search among {few:,} tickets: {_said(ms_of_few)}; loading {many:,}")
        grow(rt, few, many)
        ms_of_many = _times(rt)
        say(f"{database}: search among {many:,} tickets: {_said(ms_of_many)}")
        return Searched(database, few, many, ms_of_few, ms_of_many, _page_ms(rt, (COMMON,), before=many // 2))
    finally:
        rt.close()


def _said(times: dict[str, float]) -> str:
    return ", ".join(f"{case} {ms:.1f} ms" for case, ms in times.items())


def grow(rt: Runtime, there: int, wanted: int) -> None:
    """Store closed tickets with ids from 100 on, and their words."""
    first, last = 100 + there, 99 + wanted
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    if rt.engine.dialect.name == "postgresql":
        numbers = f"WITH numbers AS (SELECT n FROM generate_series({first}, {last}) AS n)"
    every = {COMMON: "1 = 1", OFTEN: "id % 10 = 0", RARE: "id % 1000 = 0", ODD: "id % 2 = 1", EVEN: "id % 2 = 0"}
    new = f"SELECT {{}}, id FROM tickets WHERE id BETWEEN {first} AND {last} AND {{}}"
    statements = [
        _TICKETS.format(numbers=numbers),
        *(f"INSERT INTO ticket_words (word, ticket_id) {new.format(word, which)}" for word, which in every.items()),
    ]
    with rt.transaction() as tx:
        for statement in statements:
            tx.session.execute(text(statement))
    with rt.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    if rt.engine.dialect.name == "postgresql":
        with rt.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM tickets, ticket_words"))  # as autovacuum would do in time


def _times(rt: Runtime) -> dict[str, float]:
    return {case: _page_ms(rt, words) for case, words in _CASES.items()}


def _page_ms(rt: Runtime, words: Sequence[int], *, before: int | None = None) -> float:
    seen_by, times = alice(rt), []
    for _ in range(_ROUNDS):
        with rt.reading() as session:
            began = time.perf_counter()
            search.by_words(rt, session, seen_by, words, before=before)
            times.append(time.perf_counter() - began)
    return median(times) * 1000
