"""Tickets that a volunteer typed in for a citizen, found by the form or by the volunteer."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hotline.storage import sealed
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, ShutOut, Ticket

FORM = "walk_in"
"""The `gateway` of the message with the citizen's words. Its `gateway_id` is the form's token, so that a form opens one ticket only."""


def of_form(session: Session, token: str) -> tuple[Ticket, str]:
    """The ticket that a form opened, and the citizen's words in it. Raises `NoResultFound` if the form opened none."""
    statement = select(Ticket, Message).join(Message, Message.ticket_id == Ticket.id)
    found = session.execute(statement.where(Message.gateway == FORM, Message.gateway_id == token)).one()
    return found[0], sealed.body_of(session, found[1])


def typed_by(session: Session, reference: str, volunteer_id: int, *, since: datetime) -> Ticket | None:
    """The ticket of that reference, if the volunteer typed it in and it was opened at `since` or later; else None."""
    by_volunteer = exists().where(Event.ticket_id == Ticket.id, Event.kind == EventKind.OPENED, Event.volunteer_id == volunteer_id)
    shut_out = exists().where(ShutOut.ticket_id == Ticket.id, ShutOut.volunteer_id == volunteer_id)
    statement = select(Ticket).where(Ticket.reference == reference, Ticket.walk_in, Ticket.opened_at >= since, by_volunteer, ~shut_out)
    return session.scalar(statement)
