"""Whether a ticket's page is still as it was shown."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket


def of(session: Session, ticket_id: int) -> str:
    """A string that changes when anything changes that the page of a ticket shows: one read of a few rows at the ends of indexes.

    To read the page, or to find the ticket by its number, is no change.
    """
    event = (
        select(Event.id)
        .where(Event.ticket_id == ticket_id, Event.kind.not_in((EventKind.VIEWED, EventKind.NUMBER_SOUGHT)))
        .order_by(Event.id.desc())
        .limit(1)
    )
    text = select(Message.id).where(Message.ticket_id == ticket_id).order_by(Message.id.desc()).limit(1)
    sent = (
        select(Message.delivery).where(Message.ticket_id == ticket_id, Message.delivery.is_not(None)).order_by(Message.id.desc()).limit(1)
    )
    parts = (Ticket.version, event.scalar_subquery(), text.scalar_subquery(), sent.scalar_subquery())
    return " ".join(str(part) for part in session.execute(select(*parts).where(Ticket.id == ticket_id)).one())
