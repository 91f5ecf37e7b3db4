"""Tickets that a volunteer typed in, by the form she typed them in and by who she was."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket

FORM = "walk_in"
"""What stands as the gateway of her words; the form's token is their id there, so that a form opens one ticket."""


def of_form(session: Session, token: str) -> tuple[Ticket, str]:
    """The ticket that a form opened, and the words in it."""
    statement = select(Ticket, Message.body).join(Message, Message.ticket_id == Ticket.id)
    found = session.execute(statement.where(Message.gateway == FORM, Message.gateway_id == token)).one()
    return found[0], found[1]


def typed_by(session: Session, reference: str, volunteer_id: int, *, since: datetime) -> Ticket | None:
    """The walk-in's ticket of that reference, if she typed it in since then."""
    hers = exists().where(Event.ticket_id == Ticket.id, Event.kind == EventKind.OPENED, Event.volunteer_id == volunteer_id)
    return session.scalar(select(Ticket).where(Ticket.reference == reference, Ticket.walk_in, Ticket.opened_at >= since, hers))
