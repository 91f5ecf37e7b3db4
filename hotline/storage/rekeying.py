"""Contacts get other keys: their own key wrapped by another sealing key, or a new key under which all that is theirs is sealed anew."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.keys import Keys
from hotline.sealing import ContactKey, new_contact_key, unwrap, wrap, wrapped_by
from hotline.storage import bridges, drafts, readings, sealed
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Contact, Draft, Message, Note, Ticket, TypedPhone


def after(session: Session, contact_id: int, *, limit: int) -> Sequence[int]:
    """Ids of the contacts behind `contact_id` that have a key, in order."""
    statement = select(Contact.id).where(Contact.id > contact_id, Contact.wrapped_key.is_not(None))
    return session.scalars(statement.order_by(Contact.id).limit(limit)).all()


def wrapped(session: Session) -> dict[str, int]:
    """Id of each sealing key → how many contacts' keys it wraps."""
    by = func.substr(Contact.wrapped_key, 2, 4)
    counted = session.execute(select(by, func.count()).where(Contact.wrapped_key.is_not(None)).group_by(by))
    return {bytes(row[0]).hex(): row[1] for row in counted}


def rewrap(session: Session, keys: Keys, contact_ids: Sequence[int]) -> int:
    """Wrap the keys of contacts by the current sealing key; returns how many were not. Nothing else of theirs changes."""
    found = session.execute(select(Contact.id, Contact.uid, Contact.wrapped_key).where(Contact.id.in_(contact_ids))).all()
    done = 0
    for contact_id, uid, before in found:
        if before is None or wrapped_by(before) == keys.current:
            continue
        statement = update(Contact).where(Contact.id == contact_id, Contact.wrapped_key == before)
        session.execute(statement.values(wrapped_key=wrap(keys, unwrap(keys, uid, before))))
        done += 1
    return done


def seal_anew(session: Session, keys: Keys, contact_id: int) -> bool:
    """Give a contact a new key, and seal all that is the contact's under it. The old key opens nothing of what is stored then.

    False, and nothing is changed, for a contact with a recording: its file lies in the store under the old key. Raises `SealBroken` if
    something of it does not open.
    """
    statement = select(Contact).where(Contact.id == contact_id).with_for_update()
    contact = session.scalars(statement, execution_options={"populate_existing": True}).one()
    old = sealed.key_in(keys, contact)
    if old is None:
        return True
    stored = select(Recording.id).join(Call, Call.id == Recording.call_id).where(Call.contact_id == contact_id)
    if session.scalar(stored.where(Recording.stored_as.is_not(None)).limit(1)) is not None:
        return False
    new = new_contact_key()._replace(uid=contact.uid)
    number = sealed.number_by(old, contact)
    sealed_number = sealed.seal_number(new, number) if number is not None else None
    session.execute(update(Contact).where(Contact.id == contact_id).values(wrapped_key=wrap(keys, new), number=sealed_number))
    for message in session.scalars(select(Message).where(Message.contact_id == contact_id, Message.sealed.is_not(None))):
        body = sealed.seal_body(new, sealed.body_by(old, message), direction=message.direction, created_at=message.created_at)
        session.execute(update(Message).where(Message.id == message.id).values(sealed=body))
        readings.seal_anew(session, message.id, old, new)
    own = select(Ticket.id).where(Ticket.contact_id == contact_id)
    for ticket_id in session.scalars(own).all():
        of_ticket(session, ticket_id, old, new)
    sealed.remember(session, contact_id, new)
    return True


def of_ticket(session: Session, ticket_id: int, old: ContactKey | None, new: ContactKey) -> None:
    """Seal what was written about a ticket anew, all but its texts: notes, drafts, numbers typed in, the code word."""
    for note in session.scalars(select(Note).where(Note.ticket_id == ticket_id, Note.sealed.is_not(None))):
        words = sealed.seal_note(new, sealed.note_of(old, note), written_at=note.written_at)
        session.execute(update(Note).where(Note.id == note.id).values(sealed=words))
    for draft in session.scalars(select(Draft).where(Draft.ticket_id == ticket_id)):
        drafts.seal_anew(session, draft, old, new)
    for typed in session.scalars(select(TypedPhone).where(TypedPhone.ticket_id == ticket_id, TypedPhone.number.is_not(None))):
        number = sealed.seal_typed(new, sealed.typed_by(old, typed), typed.id)
        session.execute(update(TypedPhone).where(TypedPhone.id == typed.id).values(number=number))
    bridges.seal_anew(session, ticket_id, old, new)
