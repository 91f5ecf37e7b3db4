"""A worker binds what happened, and who looked, into pages that cannot be changed unseen. A text that comes in pays nothing for it."""

from datetime import timedelta
from itertools import takewhile

from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import binding
from hotline.storage.binding import PAGE_ROWS, Book

SETTLED_AFTER = timedelta(minutes=5)
"""Ids are not committed in their order. All rows that are older than this are committed: no transaction lives as long."""

_EVERY = timedelta(minutes=15)
"""A page that is not full is bound when its oldest row is as old as this."""

_PAGES = 8
"""The most pages of a book in one run of the job: rows from before the books were bound come at once."""


def bind_books(rt: Runtime) -> bool:
    """Bind the rows that are old enough; True if there may be more. Of two workers at once one binds a page."""
    were_full = [_bind(rt, book) for book in Book]
    return any(were_full)


def _bind(rt: Runtime, book: Book) -> bool:
    for _ in range(_PAGES):
        with rt.reading() as session:
            before = binding.last_page(session, book)
            found = binding.rows(session, book, after=before.last_id if before is not None else None, limit=PAGE_ROWS)
        settled = list(takewhile(lambda row: row.at < rt.clock() - SETTLED_AFTER, found))
        is_full = len(settled) == PAGE_ROWS
        if not settled or not (is_full or settled[0].at < rt.clock() - _EVERY):
            return False
        with rt.transaction() as tx:
            is_bound = binding.bind(tx.session, book, before, settled, now=tx.now)
        if not is_bound:
            return False
        # The log stands elsewhere: a book that was bound anew has other digests.
        with rt.reading() as session:
            bound = binding.last_page(session, book)
        logger().info("a page is bound", book=book, page=bound and bound.number, digest=bound and bound.digest.hex()[:16])
        if not is_full:
            return False
    return True
