"""Whether the books are as they were bound, and what of them is not.

Without the keys nobody makes a page that passes. Who has the keys can bind a whole book anew: then the codes that were texted do not fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hotline.domain import bookpage
from hotline.runtime import Reading, Runtime
from hotline.services.books import witness
from hotline.storage import binding, codesofdays, sealed
from hotline.storage.auditmodels import BookPage
from hotline.storage.binding import Book, BookRow

_AT_ONCE = 100
"""Pages that are fetched at once."""

_LATE = timedelta(hours=1)
"""A row that says it happened this long before everything of its time was bound has been put in. Sooner it may have been slow."""


class FaultKind(StrEnum):
    """What is wrong."""

    CHANGED = "rows were changed"
    CUT = "rows are missing"
    REORDERED = "rows stand in another order"
    ADDED = "rows were added"
    TAIL_CUT = "the last rows are missing"
    PAGE_CHANGED = "the page itself was changed, or stands in another's place"
    PAGE_CUT = "whole pages are missing before it"
    NOT_REMOVED = "its rows are missing, and retention did not remove them"
    OTHER_CODE = "the code of the day is another: later pages are missing, or the book was bound anew by somebody with the keys"


@dataclass(frozen=True)
class Fault:
    """Something wrong with a page, and the ids of the rows if they are known. Page 0: rows that no page holds yet, or a whole day."""

    book: Book | None
    page: int
    kind: FaultKind
    rows: tuple[int, ...] = ()
    day: date | None = None


@dataclass(frozen=True)
class Verified:
    """What was found in one book. `removed`: pages emptied by retention, the last until `removed_until`; `unbound`: rows in no page."""

    book: Book
    pages: int
    rows: int
    removed: int
    removed_until: datetime | None
    bound_late: int  # pages bound so long after their rows that no worker ran then, or the book was bound anew
    unbound: int
    faults: tuple[Fault, ...]


@dataclass
class _State:
    """How far a book was read."""

    number: int = 0
    last_id: int | None = None
    digest: bytes = b""
    whole_until: datetime | None = None  # everything that happened by then is in the pages that were read
    rows: int = 0
    removed: int = 0
    removed_until: datetime | None = None
    bound_late: int = 0


_BOUND_LATE = timedelta(hours=6)


def verify(session: Reading, book: Book) -> Verified:
    """Read a book from its beginning, page by page."""
    state, faults = _State(), list[Fault]()
    while some := binding.pages(session, book, after=state.number, limit=_AT_ONCE):
        last = binding.last_page(session, book)
        for page in some:
            faults += _page(session, book, page, state, is_last=last is not None and page.number == last.number)
            session.expunge(page)
    left = binding.rows(session, book, after=state.last_id)
    late = _late(left, state.whole_until)
    if late:
        faults.append(Fault(book, 0, FaultKind.ADDED, late))
    return Verified(book, state.number, state.rows, state.removed, state.removed_until, state.bound_late, len(left), tuple(faults))


def verify_codes(rt: Runtime, session: Reading, *, given: tuple[date, str] | None) -> list[Fault]:
    """Compare the code of each day, and a code that a person was texted, with the books."""
    codes = dict(codesofdays.all_of(session))
    wrong = [day for day, code in codes.items() if witness.code_of(rt, session, day) != code]
    if given is not None and witness.code_of(rt, session, given[0]) != given[1]:
        wrong.append(given[0])
    return [Fault(None, 0, FaultKind.OTHER_CODE, day=day) for day in sorted(set(wrong))]


def _page(session: Reading, book: Book, page: BookPage, state: _State, *, is_last: bool) -> Iterator[Fault]:
    if page.number != state.number + 1:
        yield Fault(book, page.number, FaultKind.PAGE_CUT)
    elif binding.digest_of(session, page, state.digest) != page.digest:
        yield Fault(book, page.number, FaultKind.PAGE_CHANGED)
    there = binding.rows(session, book, after=state.last_id, upto=page.last_id)
    if page.number != state.number + 1:  # what is before its first row belongs to the pages that are missing
        there = [row for row in there if row.id >= page.first_id]
    if page.removed_at is not None or page.marks is None:
        yield from _removed(session, book, page, there, state)
    else:
        yield from _compared(session, book, page, there, state, is_last=is_last)
    state.rows += len(there)
    state.bound_late += page.bound_at - page.until > _BOUND_LATE
    state.number, state.last_id, state.digest = page.number, page.last_id, page.digest
    if page.count < binding.PAGE_ROWS:  # nothing more had settled by then
        state.whole_until = page.bound_at


def _removed(session: Reading, book: Book, page: BookPage, there: list[BookRow], state: _State) -> Iterator[Fault]:
    if page.removed_at is None or page.removal != binding.removal_of(session, page.digest, page.removed_at):
        yield Fault(book, page.number, FaultKind.NOT_REMOVED)
        return
    state.removed += 1
    state.removed_until = page.until
    if there:
        yield Fault(book, page.number, FaultKind.ADDED, tuple(row.id for row in there))


def _compared(session: Reading, book: Book, page: BookPage, there: list[BookRow], state: _State, *, is_last: bool) -> Iterator[Fault]:
    stored = page.marks or b""
    if bookpage.rows_digest(sealed.keys_of(session).audit, stored) != page.rows_digest:
        yield Fault(book, page.number, FaultKind.PAGE_CHANGED)
        return
    bound, found = dict(bookpage.unpacked(stored)), {row.id: row.mark for row in there}
    if bound != found:
        yield from _differing(book, page, bound, found, is_last=is_last)
    elif late := _late(there, state.whole_until):
        yield Fault(book, page.number, FaultKind.ADDED, late)


def _differing(book: Book, page: BookPage, bound: dict[int, bytes], found: dict[int, bytes], *, is_last: bool) -> Iterator[Fault]:
    changed = tuple(i for i, mark in bound.items() if i in found and found[i] != mark)
    missing, more = tuple(bound.keys() - found.keys()), tuple(found.keys() - bound.keys())
    if sorted(bound.values()) == sorted(found.values()):
        yield Fault(book, page.number, FaultKind.REORDERED, tuple(sorted({*changed, *missing, *more})))
        return
    if changed:
        yield Fault(book, page.number, FaultKind.CHANGED, changed)
    if missing:
        is_tail = is_last and not (found.keys() and max(found) > min(missing))
        yield Fault(book, page.number, FaultKind.TAIL_CUT if is_tail else FaultKind.CUT, tuple(sorted(missing)))
    if more:
        yield Fault(book, page.number, FaultKind.ADDED, tuple(sorted(more)))


def _late(rows: list[BookRow], whole_until: datetime | None) -> tuple[int, ...]:
    """The ids of rows that say they happened well before everything of that time was bound."""
    return () if whole_until is None else tuple(row.id for row in rows if row.at < whole_until - _LATE)
