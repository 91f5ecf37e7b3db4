"""Texts that a worker is still to read, and what was read in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from hotline.domain.look import Look
from hotline.domain.reading import Intent
from hotline.storage.models import TO_READ, Message, Ticket
from hotline.storage.readingmodels import ReadingRow


class NewReading(TypedDict):
    """What was read in a text."""

    message_id: int
    read_at: datetime
    intent: Intent
    kinds: list[str]
    object: str | None
    danger: float
    against: float
    quiet: float
    reasons: dict[str, Any]


def waiting(session: Session, limit: int) -> Sequence[Message]:
    """Texts that are still to be read, oldest first, locked. Rows that another worker has locked are left out."""
    statement = select(Message).where(TO_READ).order_by(Message.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def keep(session: Session, *, look: int | None, **values: Unpack[NewReading]) -> None:
    """Store what was read in a text, and how soon a person looks at it."""
    session.execute(insert(ReadingRow).values(**values))
    session.execute(update(Message).where(Message.id == values["message_id"]).values(to_read=None, look=look))


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
