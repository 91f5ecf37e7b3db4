"""A worker keeps the index of the search, so that an incoming text pays nothing for it."""

import secrets
from datetime import timedelta
from itertools import takewhile

from hotline.domain import numbers, searching
from hotline.domain.message import READ
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.storage import marks, ticketwords
from hotline.storage.ticketwords import Pair, Source

BATCH = 200
"""How many rows are indexed in one transaction. On SQLite an incoming text waits for that transaction."""

_SETTLED_AFTER = timedelta(minutes=1)
"""Ids are not committed in order. Rows older than this are all committed: a second pass looks at them again."""

KEY = "words:key"
"""The mark of the key by which the index is built; with another value the index is built anew."""

_PASSES = tuple((name, settled) for name in ticketwords.SOURCES for settled in (False, True))


def index_words(rt: Runtime) -> bool:
    """Index a batch of each kind of row; True if there may be more. Two workers may do it at once."""
    key = searching.key_of(rt.keys.search)
    _rebuild_if_key_changed(rt, key)
    were_full = [_index(rt, key, name, settled=settled) for name, settled in _PASSES]
    return any(were_full)


def reindex(rt: Runtime) -> None:
    """Empty the index and build it again. Workers may go on meanwhile."""
    _rebuild(rt, searching.key_of(rt.keys.search))
    while index_words(rt):
        pass


def index_again(rt: Runtime, tx: Transaction, ticket_id: int) -> None:
    """Index a ticket anew whose texts were moved: it is found by what is on it now, and by nothing else."""
    key = searching.key_of(rt.keys.search)
    ticketwords.forget(tx.session, ticket_id)
    found = ((name, row) for name, source in ticketwords.SOURCES.items() for row in source(tx.session, 0, None, ticket_id=ticket_id))
    ticketwords.index(tx.session, sorted({pair for name, row in found for pair in _pairs(key, name, row)}))


def _rebuild_if_key_changed(rt: Runtime, key: bytes) -> None:
    """An index of another key, or of other folding rules, would never be matched by a search."""
    with rt.reading() as session:
        is_known = marks.value(session, KEY) == searching.hashed(key, KEY)
    if not is_known:
        _rebuild(rt, key)


def _rebuild(rt: Runtime, key: bytes) -> None:
    with rt.transaction() as tx:
        ticketwords.forget_all(tx.session)
        # A start that no earlier index had: a worker that still looks at the old index moves none of these marks.
        start = -1 - secrets.randbelow(2**62)
        for name, settled in _PASSES:
            marks.set_value(tx.session, _mark(name, settled=settled), start)
        marks.set_value(tx.session, KEY, searching.hashed(key, KEY))
    logger().info("the index of the search is built again")


def _index(rt: Runtime, key: bytes, name: str, *, settled: bool) -> bool:
    """Index one batch past a mark: of all rows, or of the settled ones. What is indexed already is not written again."""
    mark = _mark(name, settled=settled)
    with rt.reading() as session:
        before = marks.value(session, mark)
        rows = list(ticketwords.SOURCES[name](session, before, BATCH))
        if settled:
            rows = list(takewhile(lambda row: row.at < rt.clock() - _SETTLED_AFTER, rows))
        if not rows:
            return False
        lacking = set(ticketwords.lacking(session, (pair for row in rows for pair in _pairs(key, name, row))))
    with rt.transaction() as tx:
        there = ticketwords.still_there(tx.session, name, rows) if lacking else []
        ticketwords.index(tx.session, sorted(lacking & {pair for row in there for pair in _pairs(key, name, row)}))
        marks.move(tx.session, mark, before=before, after=rows[-1].id)
    return len(rows) == BATCH


def _mark(name: str, *, settled: bool) -> str:
    return f"words:{name}:{'settled' if settled else 'new'}"


def _pairs(key: bytes, name: str, row: Source) -> list[Pair]:
    if row.text is None or row.ticket_id is None:
        return []
    words = searching.tails(row.text) if name == "references" else searching.words(numbers.cut(row.text, READ))[: searching.WORDS_MAX]
    return [(searching.hashed(key, word), row.ticket_id) for word in words]
