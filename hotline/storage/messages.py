"""Texts, in and out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from hotline.domain.conversation import CARRIES_ON, LOOKUPS, ReadAs
from hotline.domain.message import Direction
from hotline.domain.ticket import OPEN
from hotline.storage.db import Insert, table
from hotline.storage.models import Message, Ticket
from hotline.storage.rows import TextInRow

IS_HER_TEXT = and_(Message.direction == Direction.IN, Message.read_as != ReadAs.WRITTEN)
"""What came from her phone: not what a volunteer wrote down of a call or of what she was told."""

_MESSAGES = table(Message)
_KEEP = Insert(lambda insert: insert(_MESSAGES).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]).returning(_MESSAGES.c.id))


def keep(session: Session, **values: Unpack[TextInRow]) -> int | None:
    """Store a text that came in; None if the gateway had delivered it before (unique by gateway and its id)."""
    kept = _KEEP.put(session, values)
    return kept[0] if kept else None


def count_answers(session: Session, contact_id: int, *, since: datetime, limit: int) -> int:
    """How many answers were queued for a contact since then; counting stops at `limit`."""
    recent = (
        select(Message.id)
        .where(Message.contact_id == contact_id, Message.answers_id.is_not(None), Message.created_at > since)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return session.scalar(select(func.count()).select_from(recent.subquery())) or 0


def count_lookups(session: Session, contact_id: int, *, since: datetime, limit: int) -> int:
    """How many unknown or other people's references a contact asked about since then; counting stops at `limit`."""
    recent = (
        select(Message.id)
        .where(Message.contact_id == contact_id, Message.read_as.in_(LOOKUPS), Message.created_at > since)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return session.scalar(select(func.count()).select_from(recent.subquery())) or 0


def last_in(session: Session, contact_id: int) -> Message | None:
    """Her previous text."""
    return session.scalar(select(Message).where(Message.contact_id == contact_id, IS_HER_TEXT).order_by(Message.id.desc()).limit(1))


def recent_ticket_id(session: Session, contact_id: int, *, since: datetime) -> int | None:
    """The ticket of her last text that opened or added to one, if that was since then."""
    return session.scalar(
        select(Message.ticket_id)
        .where(
            Message.contact_id == contact_id,
            Message.direction == Direction.IN,
            Message.ticket_id.is_not(None),
            Message.read_as.in_(CARRIES_ON),
            Message.created_at >= since,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )


def written_to(session: Session, contact_id: int, *, since: datetime) -> int | None:
    """The open ticket about which a volunteer last wrote to her, if that was since then: her next text answers it."""
    return session.scalar(
        select(Message.ticket_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.contact_id == contact_id, Message.volunteer_id.is_not(None), Message.created_at >= since, Ticket.status.in_(OPEN))
        .order_by(Message.id.desc())
        .limit(1)
    )


def asked_status_of(message: Message | None) -> int | None:
    """The ticket whose status that text asked for."""
    return message.ticket_id if message is not None and message.read_as == ReadAs.STATUS else None


def of_ticket(session: Session, ticket_id: int) -> Iterable[Message]:
    """Every text of a ticket, oldest first."""
    return session.scalars(select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id))


def last_by(session: Session, ticket_id: int, volunteer_id: int) -> str | None:
    """What a volunteer wrote last to the citizen of a ticket."""
    statement = select(Message.body).where(Message.ticket_id == ticket_id, Message.volunteer_id == volunteer_id)
    return session.scalar(statement.order_by(Message.id.desc()).limit(1))
