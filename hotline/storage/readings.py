"""Texts that a worker is still to read, and what was read in them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from hotline.domain.look import Look
from hotline.domain.reading import Intent
from hotline.domain.ticket import Priority
from hotline.sealing import ContactKey
from hotline.storage import sealed
from hotline.storage.models import TO_READ, Message, Ticket
from hotline.storage.readingmodels import ReadingRow

_REASONS = "readings.reasons"
_TENTH = 10


class NewReading(TypedDict):
    """What was read in a text."""

    read_at: datetime
    intent: Intent
    kinds: list[str]
    object: str | None
    danger: float
    against: float
    quiet: float


def reasons_of(session: Session, row: ReadingRow) -> dict[str, list[str]]:
    """The words that decided, by what they decided; empty if they were erased, or if something of the text is masked: it may be they."""
    why = row.reasons
    if why is None:
        return {}
    contact_id, masked = session.execute(select(Message.contact_id, Message.masked).where(Message.id == row.message_id)).one()
    if masked:
        return {}

    def opened() -> str:
        key = sealed.key_of(session, contact_id)
        return key.open(_REASONS, why, row.message_id) if key is not None else "{}"

    found: dict[str, list[str]] = json.loads(sealed.readable(f"reasons of text {row.message_id}", opened, "{}"))
    return found


def seal_anew(session: Session, message_id: int, old: ContactKey | None, new: ContactKey) -> None:
    """Seal the words that decided in a text under another key."""
    why = session.scalar(select(ReadingRow.reasons).where(ReadingRow.message_id == message_id))
    if why is not None and old is not None:
        words = new.seal(_REASONS, old.open(_REASONS, why, message_id), message_id)
        session.execute(update(ReadingRow).where(ReadingRow.message_id == message_id).values(reasons=words))


def forget(session: Session, message_id: int) -> None:
    """Delete what was read in a text: by it a guess at words that are gone could be tested."""
    session.execute(delete(ReadingRow).where(ReadingRow.message_id == message_id))


def any_waits(session: Session) -> bool:
    """Whether a text is still to be read."""
    return session.scalar(select(Message.id).where(TO_READ).limit(1)) is not None


def waiting(session: Session, limit: int, late: int) -> Sequence[Message]:
    """Texts that are still to be read, locked: first those of urgent tickets that nobody has yet; then those that came as they were sent;
    then those that were taken in late, at most `late`. A tenth is left to the last. Of each the oldest are first, and `limit` in all.

    No text is among them before those that came before it on its ticket: by its first text a ticket is sealed. For that up to
    `limit` more are among them. Rows that another worker has locked are left out.
    """
    urgent = select(Ticket.id).where(Ticket.routed_at.is_(None), Ticket.priority == Priority.URGENT)
    pressing = session.scalars(urgent.order_by(Ticket.priority, Ticket.id).limit(limit)).all()
    found = list(_to_read(session, Message.ticket_id.in_(pressing), limit=limit, by=(Message.id,))) if pressing else []
    others: list[Message] = []
    share = min(late, limit // _TENTH)
    for is_late, most in ((True, share), (False, limit), (True, late - share)):
        rest = and_(Message.late.is_(is_late), _none_of(found, others))
        others += _to_read(session, rest, limit=min(most, limit - len(found) - len(others)), by=(Message.late, Message.id))
    if fresh := [message for message in others if not message.late]:
        before = and_(Message.ticket_id.in_({message.ticket_id for message in fresh}), Message.id < max(message.id for message in fresh))
        others += _to_read(session, and_(before, _none_of(found, others)), limit=limit, by=(Message.id,))
    first = _first_of_the_rest(session, [*found, *others])
    whole = [*found, *sorted(others, key=lambda message: message.id)]
    return [message for message in whole if message.id < first.get(message.ticket_id, message.id + 1)]


def _none_of(*of: Sequence[Message]) -> ColumnElement[bool]:
    return Message.id.not_in([message.id for messages in of for message in messages])


def _first_of_the_rest(session: Session, taken: Sequence[Message]) -> dict[int | None, int]:
    """The tickets of these texts on which others are still to be read → the first of the others. They may be too many, or locked."""
    others = and_(TO_READ, Message.ticket_id.in_({message.ticket_id for message in taken}), _none_of(taken))
    statement = select(Message.ticket_id, func.min(Message.id)).where(others).group_by(Message.ticket_id)
    return {row[0]: row[1] for row in session.execute(statement)} if taken else {}


def _to_read(session: Session, which: ColumnElement[bool], *, limit: int, by: Sequence[Any]) -> Sequence[Message]:
    if limit <= 0:
        return ()
    statement = select(Message).where(TO_READ, which).order_by(*by).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def keep(
    session: Session, message: Message, *, look: int | None, reasons: Mapping[str, Sequence[str]], **values: Unpack[NewReading]
) -> None:
    """Store what was read in a text, with the words that decided, and how soon a person looks at it."""
    key = sealed.needed_key(session, message.contact_id)
    why = key.seal(_REASONS, json.dumps(reasons, ensure_ascii=False), message.id)
    session.execute(insert(ReadingRow).values(message_id=message.id, reasons=why, **values))
    session.execute(update(Message).where(Message.id == message.id).values(to_read=None, look=look))


def show(session: Session, ticket_id: int) -> None:
    """Show a ticket that has been read to those who may see it. Its version stays."""
    session.execute(update(Ticket).where(Ticket.id == ticket_id, Ticket.to_read).values(to_read=False))


def give_up(session: Session, message_id: int, ticket_id: int | None, *, look: Look) -> None:
    """Leave a text unread, for a person to read as soon as `look` says, and show its ticket."""
    session.execute(update(Message).where(Message.id == message_id).values(to_read=None, look=look))
    if ticket_id is not None:
        show(session, ticket_id)


def of_ticket(session: Session, ticket_id: int, *, limit: int) -> Sequence[ReadingRow]:
    """What was read in the texts of a ticket, the newest first."""
    own = select(Message.id).where(Message.ticket_id == ticket_id)
    statement = select(ReadingRow).where(ReadingRow.message_id.in_(own)).order_by(ReadingRow.message_id.desc()).limit(limit)
    return session.scalars(statement).all()
