"""A ticket gets another contact: what is sealed for it is sealed anew, under the other contact's key."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage import readings, rekeying, sealed
from hotline.storage.models import Message


def hand_over(session: Session, ticket_id: int, *, before: int, after: int) -> None:
    """Give the words of a ticket, which is still the contact's `before`, to the contact `after`. Texts of other phones on it stay theirs.

    The ticket's `contact_id` must be changed in the same transaction. Raises `Erased`.
    """
    old, new = sealed.key_of(session, before), sealed.needed_key(session, after)
    for message in session.scalars(select(Message).where(Message.ticket_id == ticket_id, Message.contact_id == before)):
        body = sealed.seal_body(new, sealed.body_by(old, message), direction=message.direction, created_at=message.created_at)
        session.execute(update(Message).where(Message.id == message.id).values(contact_id=after, sealed=body, plain=None))
        readings.seal_anew(session, message.id, old, new)
    rekeying.of_ticket(session, ticket_id, old, new)
