"""The index of the words of tickets, which are stored as hashes: what is to be indexed, and which tickets have given words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from hotline.domain.message import READ, Direction
from hotline.storage import sealed, tickets
from hotline.storage.db import is_sqlite, upsert
from hotline.storage.erasuremodels import MESSAGE, NOTE, TICKET, Wiping
from hotline.storage.models import Message, Note, Ticket, TicketWord
from hotline.storage.peoplemodels import Volunteer

WINDOW = 20_000
"""How many of the newest tickets with a word are searched, so that a page does not take longer the more tickets there are."""

_RARE = 2_000
"""How far the tickets of a word are counted to find the rarest word: of words with more tickets, any is as good as another."""

Pair = tuple[int, int]
"""A hashed word and the id of a ticket that has it."""


@dataclass(frozen=True)
class Source:
    """A row to be indexed; `text` is None if there is nothing in it to search for. One character beyond `READ` tells that there is more."""

    id: int
    ticket_id: int | None
    text: str | None
    at: datetime


def messages(session: Session, after: int, limit: int | None, *, ticket_id: int | None = None) -> Sequence[Source]:
    """Texts with ids after `after`, by id, of all tickets or of one. Our own sentences have no `text` to index: their words are the same in
    every ticket."""
    by_people = or_(Message.direction == Direction.IN, Message.volunteer_id.is_not(None))
    statement = select(Message, and_(Message.ticket_id.is_not(None), by_people)).where(Message.id > after)
    if ticket_id is not None:
        statement = statement.where(Message.ticket_id == ticket_id)
    # As the rows are now: texts may have been moved in this transaction.
    rows = session.execute(statement.order_by(Message.id).limit(limit), execution_options={"populate_existing": True}).all()
    sealed.load(session, (message.contact_id for message, is_indexed in rows if is_indexed))
    return [
        Source(m.id, m.ticket_id, sealed.shown_body_of(session, m)[: READ + 1] if is_indexed else None, m.created_at)
        for m, is_indexed in rows
    ]


def notes(session: Session, after: int, limit: int | None, *, ticket_id: int | None = None) -> Sequence[Source]:
    """Notes with ids after `after`, by id, of all tickets or of one."""
    statement = select(Note, Ticket.contact_id).join(Ticket, Ticket.id == Note.ticket_id).where(Note.id > after)
    if ticket_id is not None:
        statement = statement.where(Note.ticket_id == ticket_id)
    rows = session.execute(statement.order_by(Note.id).limit(limit), execution_options={"populate_existing": True}).all()
    sealed.load(session, (contact_id for _, contact_id in rows))
    return [
        Source(note.id, note.ticket_id, sealed.shown_note_of(session, note, contact_id)[: READ + 1], note.written_at)
        for note, contact_id in rows
    ]


def references(session: Session, after: int, limit: int | None, *, ticket_id: int | None = None) -> Sequence[Source]:
    """The references of tickets with ids after `after`, by id, of all tickets or of one."""
    statement = select(Ticket.id, Ticket.id, Ticket.reference, Ticket.opened_at).where(Ticket.id > after)
    if ticket_id is not None:
        statement = statement.where(Ticket.id == ticket_id)
    return [Source(*row) for row in session.execute(statement.order_by(Ticket.id).limit(limit))]


SOURCES: Mapping[str, Callable[..., Sequence[Source]]] = MappingProxyType({"messages": messages, "notes": notes, "references": references})


_WIPED_ALONE: Mapping[str, str] = MappingProxyType({"messages": MESSAGE, "notes": NOTE})
"""Source → the kind of wiping that names its rows. The reference of a ticket goes with the ticket's words alone."""


def lacking(session: Session, pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs that are not in the index, sorted: all workers store pairs in this order, so that two never wait for each other."""
    wanted = set(pairs)
    statement = select(TicketWord.word, TicketWord.ticket_id).where(TicketWord.ticket_id.in_({ticket_id for _, ticket_id in wanted}))
    there = {(row[0], row[1]) for row in session.execute(statement)} if wanted else set()
    return sorted(wanted - there)


def still_there(session: Session, name: str, rows: Iterable[Source]) -> list[Source]:
    """Those of the rows that were not wiped since they were written, alone or with their ticket. Their tickets are locked until the commit,
    so that none is.

    They are of the source of that name, and were read in another transaction: what was wiped between the two must not come back.
    """
    kept = list(rows)
    ids = sorted({row.ticket_id for row in kept if row.ticket_id is not None})
    session.execute(select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(read=True, key_share=True))
    of_tickets = _wiped(session, TICKET, ids)
    alone = _wiped(session, _WIPED_ALONE[name], [row.id for row in kept]) if name in _WIPED_ALONE else {}
    return [row for row in kept if all(at is None or row.at > at for at in (of_tickets.get(row.ticket_id or 0), alone.get(row.id)))]


def _wiped(session: Session, kind: str, ids: Sequence[int]) -> dict[int | None, datetime]:
    """Those of the rows that were wiped → when."""
    return {row[0]: row[1] for row in session.execute(select(Wiping.row_id, Wiping.at).where(Wiping.kind == kind, Wiping.row_id.in_(ids)))}


def index(session: Session, pairs: Sequence[Pair]) -> None:
    """Add pairs to the index. Pairs that are in it already stay."""
    if pairs:
        rows = [{"word": word, "ticket_id": ticket_id} for word, ticket_id in pairs]
        session.execute(upsert(session, TicketWord).on_conflict_do_nothing(), rows)


def forget(session: Session, ticket_id: int) -> None:
    """Take a ticket out of the index."""
    session.execute(delete(TicketWord).where(TicketWord.ticket_id == ticket_id))


def forget_all(session: Session) -> None:
    """Empty the index. It must come first in a transaction, as it waits for others that write to the index."""
    # On PostgreSQL a DELETE takes minutes, as it goes row by row; on SQLite it does not.
    session.execute(delete(TicketWord) if is_sqlite(session) else text("TRUNCATE ticket_words"))


def having_all(
    session: Session, volunteer: Volunteer, words: Sequence[int], *, before: int | None, limit: int
) -> tuple[Sequence[Ticket], bool]:
    """The tickets that have all these (hashed) words and that the volunteer may see, newest first; and whether some may be missing.

    Tickets may be missing if the rarest word has more tickets than `WINDOW`. `before`: only tickets with a smaller id. Without words
    no ticket is found.
    """
    rarest = _rarest(session, words)
    if rarest is None:
        return (), False
    mark = aliased(TicketWord)
    reached = () if before is None else (mark.ticket_id < before,)
    # The id of the last ticket before the window, read from the index alone.
    edge = select(mark.ticket_id).where(mark.word == rarest, *reached).order_by(mark.ticket_id.desc()).offset(WINDOW).limit(1)
    floor = session.scalar(edge)
    statement = select(mark.ticket_id).where(mark.word == rarest, *reached)
    if floor is not None:
        statement = statement.where(mark.ticket_id > floor)
    for word in set(words) - {rarest}:
        one = aliased(TicketWord)
        statement = statement.where(_is_there(one, one.word == word, one.ticket_id == mark.ticket_id))
    statement = statement.where(_is_there(Ticket, Ticket.id == mark.ticket_id, tickets.visible_to(volunteer)))
    ids = session.scalars(statement.order_by(mark.ticket_id.desc()).limit(limit)).all()
    found = session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id.desc())).all()
    return found, floor is not None and len(found) < limit


def _is_there(rows: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # A scalar subquery, not a join or EXISTS (which PostgreSQL turns into a join): whatever its statistics say, each row takes one
    # look-up by primary key.
    return select(literal(1)).select_from(rows).where(*conditions).correlate_except(rows).scalar_subquery().is_not(None)


def _rarest(session: Session, words: Sequence[int]) -> int | None:
    """The word that the fewest tickets have. None if there are no words, or if no ticket has one of them."""
    if len(words) == 1:
        return words[0]
    counted: dict[int, int] = {}
    for word in words:
        some = select(TicketWord.ticket_id).where(TicketWord.word == word).limit(_RARE).subquery()
        counted[word] = session.scalar(select(func.count()).select_from(some)) or 0
        if counted[word] == 0:
            return None
    return min(counted, key=lambda word: counted[word], default=None)
