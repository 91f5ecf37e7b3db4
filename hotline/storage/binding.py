"""The books of what happened, and the pages into which a worker binds their rows.

A page holds the rows behind those of the page before, in the order of their ids. Rows are bound once they are old enough that none with a
lower id can still be committed (PostgreSQL gives ids out before the commit).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row, Table, delete, select, update
from sqlalchemy.orm import Session

from hotline.domain import bookpage
from hotline.storage import sealed
from hotline.storage.auditmodels import BookPage, Showing, ShownTicket
from hotline.storage.db import table, upsert
from hotline.storage.models import Event
from hotline.storage.peoplemodels import PeopleEvent

PAGE_ROWS = 256
"""The most rows of a page."""


class Book(StrEnum):
    """The books whose rows are bound."""

    EVENTS = "events"
    PEOPLE = "people_events"
    SHOWINGS = "showings"


@dataclass(frozen=True)
class _Rows:
    """Where the rows of a book stand, and the column of their time."""

    table: Table
    at: str


_ROWS: Mapping[Book, _Rows] = {
    Book.EVENTS: _Rows(table(Event), "happened_at"),
    Book.PEOPLE: _Rows(table(PeopleEvent), "happened_at"),
    Book.SHOWINGS: _Rows(table(Showing), "shown_at"),
}


class BookRow(NamedTuple):
    """A row of a book: its id, when it happened, and the keyed mark of what it says."""

    id: int
    at: datetime
    mark: bytes


def rows(session: Session, book: Book, *, after: int | None, upto: int | None = None, limit: int | None = None) -> list[BookRow]:
    """The rows of a book behind the id `after` (None: from the first), up to the id `upto`, in the order of their ids."""
    where = _ROWS[book]
    statement = select(where.table).order_by(where.table.c.id).limit(limit)
    if after is not None:
        statement = statement.where(where.table.c.id > after)
    if upto is not None:
        statement = statement.where(where.table.c.id <= upto)
    found = session.execute(statement).all()
    shown = _shown(session, [row.id for row in found]) if book is Book.SHOWINGS else {}
    key = sealed.keys_of(session).audit
    return [BookRow(row.id, getattr(row, where.at), bookpage.row_mark(key, _fields(row, shown.get(row.id)))) for row in found]


def pages(session: Session, book: Book, *, after: int = 0, limit: int | None = None) -> Sequence[BookPage]:
    """The pages of a book behind the number `after`, in their order."""
    statement = select(BookPage).where(BookPage.book == book, BookPage.number > after)
    return session.scalars(statement.order_by(BookPage.number).limit(limit)).all()


def last_page(session: Session, book: Book, *, bound_before: datetime | None = None) -> BookPage | None:
    """The last page of a book; `bound_before`: of those that were bound before then."""
    statement = select(BookPage).where(BookPage.book == book)
    if bound_before is not None:
        statement = statement.where(BookPage.bound_at < bound_before)
    return session.scalar(statement.order_by(BookPage.number.desc()).limit(1))


def bind(session: Session, book: Book, before: BookPage | None, found: Sequence[BookRow], *, now: datetime) -> bool:
    """Store the page behind `before` with these rows. False if another worker has bound that page meanwhile."""
    key = sealed.keys_of(session).audit
    marks = bookpage.packed([(row.id, row.mark) for row in found])
    page = BookPage(
        book=book,
        number=before.number + 1 if before is not None else 1,
        first_id=found[0].id,
        last_id=found[-1].id,
        count=len(found),
        until=max(row.at for row in found),
        bound_at=max(now, before.bound_at) if before is not None else now,  # clocks differ: the pages of a day stand together
        marks=marks,
        rows_digest=bookpage.rows_digest(key, marks),
    )
    page.digest = digest_of(session, page, before.digest if before is not None else b"")
    values = {column.name: getattr(page, column.name) for column in table(BookPage).columns}
    statement = upsert(session, BookPage).values(values).on_conflict_do_nothing().returning(BookPage.number)
    return session.scalar(statement) is not None


def digest_of(session: Session, page: BookPage, previous: bytes) -> bytes:
    """The digest that a page must have behind a page with the digest `previous`."""
    whole = (page.book, page.number, page.first_id, page.last_id, page.count, page.until, page.bound_at, page.rows_digest)
    return bookpage.page_digest(sealed.keys_of(session).audit, previous, map(_bytes, whole))


def removal_of(session: Session, digest: bytes, removed_at: datetime) -> bytes:
    """The mark that the removal of the rows of a page with this digest must have."""
    return bookpage.removal_mark(sealed.keys_of(session).audit, digest, removed_at.isoformat())


def clear(session: Session, book: Book, before: datetime, *, now: datetime, limit: int = 1) -> int:
    """Remove the rows of the oldest `limit` pages all of whose rows are older than `before`; returns how many pages that were.

    The pages stay, so that `hotline audit verify` can still tell that nothing else is missing. Rows that something refers to cannot go: the
    caller removes what refers to them first.
    """
    statement = select(BookPage).where(BookPage.book == book, BookPage.removed_at.is_(None)).order_by(BookPage.number).limit(limit)
    cleared = 0
    for page in session.scalars(statement).all():
        if page.until >= before:
            break
        ids = [row_id for row_id, _ in bookpage.unpacked(page.marks or b"")]
        if book is Book.SHOWINGS:
            session.execute(delete(ShownTicket).where(ShownTicket.showing_id.in_(ids)))
        session.execute(delete(_ROWS[book].table).where(_ROWS[book].table.c.id.in_(ids)))
        changes = {"marks": None, "removed_at": now, "removal": removal_of(session, page.digest, now)}
        session.execute(update(BookPage).where(BookPage.book == book, BookPage.number == page.number).values(changes))
        cleared += 1
    return cleared


def _shown(session: Session, ids: Iterable[int]) -> dict[int, list[int]]:
    """Id of a look → the ids of the tickets that it showed, in their order."""
    statement = select(ShownTicket.showing_id, ShownTicket.ticket_id).where(ShownTicket.showing_id.in_(list(ids)))
    shown: dict[int, list[int]] = defaultdict(list)
    for showing_id, ticket_id in session.execute(statement.order_by(ShownTicket.ticket_id)):
        shown[showing_id].append(ticket_id)
    return shown


def _fields(row: Row[Any], shown: Sequence[int] | None) -> Iterator[bytes | None]:
    """What a row says, and the tickets that a look showed. An empty column is left out, so a column that is added later changes no mark."""
    for name, value in sorted(row._mapping.items()):  # noqa: SLF001 - SQLAlchemy's own name
        if name != "id" and value is not None:
            yield str(name).encode()
            yield _bytes(value)
    yield _bytes(shown)


def _bytes(value: object) -> bytes | None:
    """A value as it goes into a digest: the same on both databases."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return str(value).encode()
