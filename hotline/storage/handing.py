"""A ticket gets another contact: what is sealed for it is sealed anew, under the other contact's key."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from hotline.domain.phone import SenderKind
from hotline.storage import rekeying, sealed
from hotline.storage.base import other
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact, Message, Ticket

_OTHER = other(Ticket)


def hand_over(session: Session, ticket_id: int, *, before: int, after: int, now: datetime) -> None:
    """Give the words of a ticket, which is still the contact's `before`, to the contact `after`. Texts of other phones on it stay theirs.

    The ticket's `contact_id` must be changed in the same transaction. Raises `Erased`.
    """
    old, new = sealed.key_of(session, before), sealed.needed_key(session, after)
    its = (Message.ticket_id == ticket_id, Message.contact_id == before)
    for message in session.scalars(select(Message).where(*its, sealed.HAS_WORDS)):  # what was wiped stays wiped
        rekeying.of_text(session, message, old, new)
    session.execute(update(Message).where(*its).values(contact_id=after))
    rekeying.of_ticket(session, ticket_id, old, new)
    # From now on its key opens only what is in data files: it is kept for as long as these are.
    session.execute(update(Contact).where(Contact.id == before).values(heard_at=now))


def desks_of(session: Session, contact_id: int, *, since: datetime | None) -> Sequence[int]:
    """Ids of the nameless contacts from whom a contact took over walk-ins, opened at `since` or later, and of whom nothing else is left.

    Until then they keep their keys: a data file from before the hand-over opens by them, and a contact without a key is wiped by a restore.
    Such a contact was made in the transaction that opened its ticket.
    """
    walk_in = (Ticket.contact_id == contact_id, Ticket.walk_in)
    nameless = (Contact.kind == SenderKind.WITHHELD, Contact.times_seen == 0, Contact.wrapped_key.is_not(None))
    left = (exists().where(one.contact_id == Contact.id).correlate(Contact) for one in (_OTHER, Message, Call))
    statement = select(Contact.id).join(Ticket, Contact.created_at == Ticket.opened_at).where(*walk_in, *nameless, *(~one for one in left))
    if since is not None:
        statement = statement.where(Ticket.opened_at >= since)
    return session.scalars(statement.order_by(Contact.id)).all()
