"""The witness of the books: a code of each day, which leaves the machine. Who changes a book later cannot change what a phone has.

The code goes to the auditors and the heads, as a text that names nothing, and stands on the auditor's page.
"""

from datetime import date, datetime, time, timedelta

from hotline.domain import bookpage, texts
from hotline.log import logger
from hotline.runtime import Reading, Runtime
from hotline.services.books.binding import SETTLED_AFTER
from hotline.services.duty import paging
from hotline.storage import binding, codesofdays, people
from hotline.storage.binding import Book


def tell_codes(rt: Runtime) -> int:
    """Make the code of yesterday, and text it once it is an hour in which we text anybody; returns how many texts that were."""
    now = rt.clock()
    local = now.astimezone(rt.config.zone)
    day = local.date() - timedelta(days=1)
    if now < _end_of(rt, day) + SETTLED_AFTER:  # what was bound in its last minute may not be committed yet
        return 0
    with rt.transaction() as tx:
        code = code_of(rt, tx.session, day)
        if code is not None:
            codesofdays.put(tx.session, day, code, now=tx.now)
        if rt.config.hours.opening(tx.now) is not None:
            return 0
        code = codesofdays.tell(tx.session, day, now=tx.now)
        if code is None:
            return 0
        readers = people.auditors_and_heads(tx.session)
        told = sum(paging.text_phone(rt, tx, one, texts.DAYS_CODE, day=f"{day:%d.%m}", letters=code) for one in readers)
    logger().info("the code of a day is texted", rows=told)
    return told


def code_of(rt: Runtime, session: Reading, day: date) -> str | None:
    """The code of all pages that were bound by the end of a day (local), worked out from the books; None if there are none."""
    end = _end_of(rt, day)
    pages = {book: binding.last_page(session, book, bound_before=end) for book in Book}
    heads = {str(book): (page.number, page.digest) for book, page in pages.items() if page is not None}
    return bookpage.code(rt.keys.audit, day, heads) if heads else None


def _end_of(rt: Runtime, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), rt.config.zone)
