"""Contacts get other keys: their own key wrapped by another sealing key, or a new key under which all that is theirs is sealed anew."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.keys import Keys
from hotline.log import logger
from hotline.sealing import ContactKey, SealBroken, unwrap, wrap, wrapped_by
from hotline.storage import bridges, drafts, photos, readings, recordings, sealed
from hotline.storage.callmodels import Recording
from hotline.storage.models import Contact, Draft, Message, Note, Ticket, TypedPhone
from hotline.storage.photomodels import Photo


def after(session: Session, contact_id: int, *, limit: int) -> Sequence[int]:
    """Ids of the contacts behind `contact_id` that have a key, in order."""
    statement = select(Contact.id).where(Contact.id > contact_id, Contact.wrapped_key.is_not(None))
    return session.scalars(statement.order_by(Contact.id).limit(limit)).all()


def uid(session: Session, contact_id: int) -> bytes:
    """The random number that all that is sealed for a contact is bound to."""
    return bytes(session.scalars(select(Contact.uid).where(Contact.id == contact_id)).one())


def wrapped(session: Session) -> dict[str, int]:
    """Id of each sealing key → how many contacts' keys it wraps."""
    by = func.substr(Contact.wrapped_key, 2, 4)
    counted = session.execute(select(by, func.count()).where(Contact.wrapped_key.is_not(None)).group_by(by))
    return {bytes(row[0]).hex(): row[1] for row in counted}


def rewrap(session: Session, keys: Keys, contact_ids: Sequence[int]) -> tuple[int, int]:
    """Wrap the keys of contacts by the current sealing key. Returns how many were not, and how many do not open and stay as they are."""
    found = session.execute(select(Contact.id, Contact.uid, Contact.wrapped_key).where(Contact.id.in_(contact_ids))).all()
    done = broken = 0
    for contact_id, uid, before in found:
        if before is None or wrapped_by(before) == keys.current:
            continue
        try:
            key = unwrap(keys, uid, before)
        except SealBroken as fault:  # it must not keep the others under a key that was stolen
            logger().error("the key of a contact does not open", contact_id=contact_id, fault=str(fault))
            broken += 1
            continue
        statement = update(Contact).where(Contact.id == contact_id, Contact.wrapped_key == before)
        session.execute(statement.values(wrapped_key=wrap(keys, key)))
        done += 1
    return done, broken


File = tuple[type[Recording] | type[Photo], int]
"""A recording or a photo, by its id."""


def files_of(session: Session, contact_id: int) -> dict[File, Recording | Photo]:
    """The recordings and photos of a contact of which a file lies in the store, or is on its way there."""
    found: list[Recording | Photo] = [*recordings.of_contact(session, contact_id), *photos.of_contact(session, contact_id)]
    return {(type(one), one.id): one for one in found}


class Moved(NamedTuple):
    """A recording or a photo that was written anew: the names of its old and of its new file, and the new one's size and SHA-256."""

    before: str
    name: str
    size_bytes: int
    sha256: str


def seal_anew(session: Session, keys: Keys, contact_id: int, new: ContactKey, moved: Mapping[File, Moved]) -> bool:
    """Give a contact a new key, and seal all that is the contact's under it. The old key opens nothing of what is stored then.

    `moved`: the contact's recordings and photos, as written anew under that key. False, and nothing is changed, if there are others by
    now. Raises `SealBroken` if something of it does not open.
    """
    statement = select(Contact).where(Contact.id == contact_id).with_for_update()
    contact = session.scalars(statement, execution_options={"populate_existing": True}).one()
    old = sealed.key_in(keys, contact)
    if old is None:  # it was erased meanwhile
        return not moved
    if not _move(session, contact_id, moved):
        return False
    photos.seal_anew(session, contact_id, old, new)
    number = sealed.number_by(old, contact)
    sealed_number = sealed.seal_number(new, number) if number is not None else None
    session.execute(update(Contact).where(Contact.id == contact_id).values(wrapped_key=wrap(keys, new), number=sealed_number))
    for message in session.scalars(select(Message).where(Message.contact_id == contact_id, sealed.HAS_WORDS)):
        of_text(session, message, old, new)
    own = select(Ticket.id).where(Ticket.contact_id == contact_id)
    for ticket_id in session.scalars(own).all():
        of_ticket(session, ticket_id, old, new)
    sealed.remember(session, contact_id, new)
    return True


def _move(session: Session, contact_id: int, moved: Mapping[File, Moved]) -> bool:
    """Name the new files of recordings and photos in their rows. False, and nothing is changed, unless these are all, and as they were."""
    stored = {file: (recordings if file[0] is Recording else photos).locked(session, file[1]) for file in files_of(session, contact_id)}
    if {file: one.stored_as for file, one in stored.items()} != {file: one.before for file, one in moved.items()}:
        return False
    if any(one.state not in recordings.KEPT for one in stored.values()):
        return False
    for (model, row_id), one in moved.items():
        where = recordings if model is Recording else photos
        where.store(session, row_id, stored_as=one.name, size_bytes=one.size_bytes, sha256=one.sha256)
    return True


def of_text(session: Session, message: Message, old: ContactKey | None, new: ContactKey) -> None:
    """Seal the words of a text anew, and what was read in them. Words from before texts were sealed are sealed with it."""
    body = sealed.seal_body(new, sealed.body_by(old, message), direction=message.direction, created_at=message.created_at)
    session.execute(update(Message).where(Message.id == message.id).values(sealed=body, plain=None))
    readings.seal_anew(session, message.id, old, new)


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
