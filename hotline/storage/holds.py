"""What holds texts and calls back: a ticket that is on hold or sealed, and the phone that it belongs to."""

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from hotline.domain.contact import Held
from hotline.storage.base import other
from hotline.storage.models import HOLDS_BACK, Contact, Ticket

_OTHER = other(Ticket)  # made once: an alias takes longer to make than the rest of the statement


def phone_held() -> ColumnElement[bool]:
    """Whether nothing is started to a phone, as a column of a query that has `Contact`, and outer-joined the `Ticket` it is about.

    The phone is marked so, its number may be another person's since that ticket, or another of its tickets is on hold or sealed and not
    closed. Of two sealed tickets neither counts for the other: who may write about the one knows what a sealed ticket asks for.
    """
    asks = exists().where(
        _OTHER.contact_id == Contact.id,
        HOLDS_BACK,
        _OTHER.id.is_distinct_from(Ticket.id),
        or_(_OTHER.hold, Ticket.sealed.is_not(true())),
    )
    return or_(Contact.on_hold, asks, Ticket.opened_at < Contact.owner_since)


def of(session: Session, contact_id: int, ticket: Ticket | None) -> Held:
    """What holds back a text or a call to a contact about that ticket, or about none."""
    about = ticket.id if ticket is not None else 0  # no ticket has the id 0
    statement = select(phone_held()).select_from(Contact).outerjoin(Ticket, Ticket.id == about).where(Contact.id == contact_id)
    held = bool(session.scalar(statement))
    return Held(phone_held=held) if ticket is None else Held(ticket.hold, ticket.sealed, held)
