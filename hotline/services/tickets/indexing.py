"""The index of the search, kept by a worker: nothing is written for it where a text comes in."""

import secrets
from datetime import timedelta
from itertools import takewhile

from hotline.domain import searching
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import marks, ticketwords
from hotline.storage.ticketwords import Pair, Source

BATCH = 200
"""Rows that are indexed in one transaction: on SQLite a text that comes in waits for it."""

_SETTLED_AFTER = timedelta(minutes=1)
"""Ids are not committed in their order. What is older than this is, and is looked at a second time."""

_KEY = "words:key"
_PASSES = tuple((name, settled) for name in ticketwords.SOURCES for settled in (False, True))


def index_words(rt: Runtime) -> bool:
    """Index what is new, a batch of each kind; True if there may be more. Two workers at once do no harm."""
    key = searching.key_of(rt.config.secret_key)
    _begin_anew_if_other_key(rt, key)
    were_full = [_index(rt, key, name, settled=settled) for name, settled in _PASSES]
    return any(were_full)


def reindex(rt: Runtime) -> None:
    """Empty the index and build it anew. Workers may go on meanwhile."""
    _begin_anew(rt, searching.key_of(rt.config.secret_key))
    while index_words(rt):
        pass


def _begin_anew_if_other_key(rt: Runtime, key: bytes) -> None:
    """Under another key, or folded in another way, nothing of the old index would ever be found."""
    with rt.reading() as session:
        is_known = marks.read(session, _KEY) == searching.hashed(key, _KEY)
    if not is_known:
        _begin_anew(rt, key)


def _begin_anew(rt: Runtime, key: bytes) -> None:
    with rt.transaction() as tx:
        ticketwords.forget_all(tx.session)
        # A start that no other beginning has: a worker that looked before it, and found nothing lacking, moves none of these marks.
        start = -1 - secrets.randbelow(2**62)
        for name, settled in _PASSES:
            marks.put(tx.session, _mark(name, settled=settled), start)
        marks.put(tx.session, _KEY, searching.hashed(key, _KEY))
    logger().info("the index of the search begins anew")


def _index(rt: Runtime, key: bytes, name: str, *, settled: bool) -> bool:
    """One batch past a mark: of all there is, or of what is settled. What is there already is not written again."""
    mark = _mark(name, settled=settled)
    with rt.reading() as session:
        before = marks.read(session, mark)
        rows = list(ticketwords.SOURCES[name](session, before, BATCH))
        if settled:
            rows = list(takewhile(lambda row: row.at < rt.clock() - _SETTLED_AFTER, rows))
        if not rows:
            return False
        lacking = ticketwords.lacking(session, (pair for row in rows for pair in _pairs(key, name, row)))
    with rt.transaction() as tx:
        ticketwords.put(tx.session, lacking)
        marks.move(tx.session, mark, before=before, after=rows[-1].id)
    return len(rows) == BATCH


def _mark(name: str, *, settled: bool) -> str:
    return f"words:{name}:{'settled' if settled else 'new'}"


def _pairs(key: bytes, name: str, row: Source) -> list[Pair]:
    if row.text is None or row.ticket_id is None:
        return []
    words = searching.tails(row.text) if name == "references" else searching.words(row.text)[: searching.WORDS_MAX]
    return [(searching.hashed(key, word), row.ticket_id) for word in words]
