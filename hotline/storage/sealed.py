"""What is sealed in the database, and how it is sealed and opened: explicitly, where a row is written or read.

A column type that did so by itself could not see the row that a value is bound to, and a comparison with a sealed column finds nothing and
raises nothing. What a citizen wrote, and what was written about the citizen, is sealed under the contact's own key; what volunteers write
to each other is sealed under the key of the staff. A contact that was erased has no key: nothing of it can be opened.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hotline import sealing
from hotline.keys import KeyFile, Keys
from hotline.log import logger
from hotline.sealing import ContactKey, SealBroken
from hotline.storage import masks
from hotline.storage.models import PLAIN, Contact, Message, Note, Ticket, TypedPhone

KEYS = "keys"
"""The name in `Session.info` under which a session has the keys file."""

_CONTACT_KEYS, _HELD = "contact_keys", "held_keys"

SEALED = frozenset(
    {
        "call_plans.code_word",
        "contacts.number",
        "contacts.wrapped_key",
        "drafts.sealed",
        "gateway_states.why",
        "logins.sought",
        "messages.sealed",
        "notes.sealed",
        "photos.preview",
        "readings.reasons",
        "shift_days.note",
        "text_parts.sealed",
        "typed_phones.number",
        "views.sealed",
        "volunteers.totp_seed",
    }
)
"""Every column that holds what is sealed. A test finds a column of text or bytes that is neither here nor excused there."""


HAS_WORDS = or_(Message.sealed.is_not(None), Message.plain.is_not(None))
"""Texts whose words were not wiped."""

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""Shown in the place of words that do not open: somebody has changed the database, or a key is gone."""


T = TypeVar("T")


class Erased(Exception):
    """The contact was erased: nothing can be sealed for it."""


def keys_of(session: Session) -> Keys:
    """The keys that a session was given."""
    file: KeyFile = session.info[KEYS]
    return file.now()


def remember(session: Session, contact_id: int, key: ContactKey) -> None:
    """Keep the key of a contact that is locked for as long as the session lasts, so that what is stored next need not ask for it."""
    session.info.setdefault(_CONTACT_KEYS, {})[contact_id] = key
    session.info.setdefault(_HELD, set()).add(contact_id)


def forget(session: Session, contact_id: int) -> None:
    """The key of a contact was deleted: nothing is sealed or opened by it any more in this session."""
    session.info.setdefault(_CONTACT_KEYS, {})[contact_id] = None


def key_of(session: Session, contact_id: int) -> ContactKey | None:
    """The key of a contact; None if it was erased. Raises `SealBroken`."""
    known: dict[int, ContactKey | None] = session.info.setdefault(_CONTACT_KEYS, {})
    if contact_id not in known:
        load(session, [contact_id])
    if contact_id not in known:
        raise SealBroken(f"the key of contact {contact_id} does not open")
    return known[contact_id]


def load(session: Session, contact_ids: Iterable[int]) -> None:
    """Fetch the keys of contacts, all by one statement: what a list shows is opened without asking for each.

    A key that does not open is left out: it must not hide the others of the list. `key_of` raises for it.
    """
    known: dict[int, ContactKey | None] = session.info.setdefault(_CONTACT_KEYS, {})
    missing = set(contact_ids) - known.keys()
    if not missing:
        return
    keys = keys_of(session)
    statement = select(Contact.id, Contact.uid, Contact.wrapped_key).where(Contact.id.in_(missing))
    for contact_id, uid, wrapped in session.execute(statement):
        with contextlib.suppress(SealBroken):
            known[contact_id] = sealing.unwrap(keys, uid, wrapped) if wrapped is not None else None


def needed_key(session: Session, contact_id: int) -> ContactKey:
    """The key of a contact for which something is to be sealed. Raises `Erased`."""
    held: set[int] = session.info.setdefault(_HELD, set())
    if contact_id not in held:
        # Until the commit: the contact must not get another key between this and what is sealed. A key that was read before may be old.
        session.execute(select(Contact.id).where(Contact.id == contact_id).with_for_update(read=True, key_share=True))
        session.info.setdefault(_CONTACT_KEYS, {}).pop(contact_id, None)
        held.add(contact_id)
    key = key_of(session, contact_id)
    if key is None:
        raise Erased(f"contact {contact_id} was erased")
    return key


def key_of_ticket(session: Session, ticket_id: int) -> ContactKey | None:
    """The key of the contact of a ticket; None if it was erased."""
    return key_of(session, session.scalars(select(Ticket.contact_id).where(Ticket.id == ticket_id)).one())


def needed_key_of_ticket(session: Session, ticket_id: int) -> ContactKey:
    """The key of the contact of a ticket on which something is to be sealed. Raises `Erased`."""
    return needed_key(session, session.scalars(select(Ticket.contact_id).where(Ticket.id == ticket_id)).one())


def readable(what: str, opened: Callable[[], T], otherwise: T) -> T:
    """What opens, for people to read; else `otherwise`, and an error in the log: what was changed in the database hides nothing else."""
    try:
        return opened()
    except SealBroken as fault:
        logger().error("what is sealed does not open", what=what, fault=str(fault))
        return otherwise


def seal_number(key: ContactKey, number: str) -> bytes:
    """The number of a contact, sealed."""
    return key.seal("contacts.number", number)


def key_in(keys: Keys, contact: Contact) -> ContactKey | None:
    """The key in a contact's own row; None if it was erased."""
    return sealing.unwrap(keys, contact.uid, contact.wrapped_key) if contact.wrapped_key is not None else None


def number_of(keys: Keys, contact: Contact) -> str | None:
    """The number of a contact, or the name it sends under; None if it was withheld, erased, or does not open.

    One that does not open must not stop a page of others, nor the phones that ring for somebody in danger.
    """
    return readable(f"number of contact {contact.id}", lambda: number_by(key_in(keys, contact), contact), None)


def number_by(key: ContactKey | None, contact: Contact) -> str | None:
    """The number of a contact, given its key; None if it was withheld or erased."""
    return key.open("contacts.number", contact.number) if key is not None and contact.number is not None else None


def seal_body(key: ContactKey, body: str, *, direction: str, created_at: datetime) -> bytes:
    """The words of a text, sealed. Bound to its direction and time, so that two texts of one contact cannot be exchanged."""
    return key.seal("messages.sealed", body, direction, _time(created_at))


def row_of(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a text with its words sealed; they are given as `body`. Raises `Erased`."""
    return row_by(needed_key(session, values["contact_id"]), values)


def row_by(key: ContactKey, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same, given the key of the contact."""
    body = seal_body(key, values["body"], direction=values["direction"], created_at=values["created_at"])
    return {**{name: value for name, value in values.items() if name != "body"}, "sealed": body}


def body_of(session: Session, message: Message) -> str:
    """The words of a text; "" if they were erased."""
    return body_by(key_of(session, message.contact_id) if message.sealed is not None else None, message)


def body_by(key: ContactKey | None, message: Message) -> str:
    """The words of a text, given its contact's key; "" if they were erased."""
    if message.sealed is None:
        return message.plain or ""
    return key.open("messages.sealed", message.sealed, message.direction, _time(message.created_at)) if key is not None else ""


def shown_body_of(session: Session, message: Message) -> str:
    """The words of a text, for people to read: without what is masked in it. Every page, list and index of words reads this alone.

    What does not open is shown as `UNREADABLE`, so that one text hides no other.
    """
    words = readable(f"text {message.id}", lambda: body_of(session, message), UNREADABLE)
    return masks.hide(session, words, message_id=message.id) if message.masked else words


def seal_note(key: ContactKey, body: str, *, written_at: datetime) -> bytes:
    """The words of a note, sealed."""
    return key.seal("notes.sealed", body, _time(written_at))


def note_of(key: ContactKey | None, note: Note) -> str:
    """The words of a note, given the key of the ticket's contact; "" if they were erased."""
    return key.open("notes.sealed", note.sealed, _time(note.written_at)) if key is not None and note.sealed is not None else ""


def shown_note_of(session: Session, note: Note, contact_id: int | None = None) -> str:
    """The words of a note, for people to read, without what is masked; `contact_id` is its ticket's contact, if that is known."""

    def opened() -> str:
        return note_of(key_of_ticket(session, note.ticket_id) if contact_id is None else key_of(session, contact_id), note)

    words = readable(f"note {note.id}", opened, UNREADABLE)
    return masks.hide(session, words, note_id=note.id) if note.masked else words


def seal_typed(key: ContactKey, number: str, typed_id: int) -> bytes:
    """A number that was typed in on a ticket, sealed under the key of the ticket's contact."""
    return key.seal("typed_phones.number", number, typed_id)


def typed_number_of(session: Session, typed: TypedPhone) -> str:
    """A number that was typed in on a ticket; "" if it was erased, or does not open."""
    return readable(f"typed number {typed.id}", lambda: typed_by(key_of_ticket(session, typed.ticket_id), typed), "")


def typed_by(key: ContactKey | None, typed: TypedPhone) -> str:
    """A number that was typed in on a ticket, given the key of the ticket's contact; "" if it was erased."""
    return key.open("typed_phones.number", typed.number, typed.id) if key is not None and typed.number is not None else ""


def seal_for_staff(session: Session, place: str, text: str, *bound: object) -> bytes:
    """What volunteers write to each other, sealed for its column and row."""
    return sealing.seal(keys_of(session).staff, text.encode("utf-8", "surrogatepass"), place, *bound)


def open_for_staff(session: Session, place: str, sealed: bytes | None, *bound: object) -> str | None:
    """What `seal_for_staff` was given; None if there is nothing, or it does not open."""
    if sealed is None:
        return None
    return readable(place, lambda: sealing.unseal(keys_of(session).staff, sealed, place, *bound).decode("utf-8", "surrogatepass"), None)


def _time(at: datetime) -> int:
    """A time as a whole number of microseconds: both databases give back the very same."""
    return round(at.timestamp() * 1_000_000)


def seal_plain(session: Session, *, limit: int) -> int:
    """Seal texts that stand in plain words, the oldest first; returns how many it sealed. Other texts may come meanwhile."""
    statement = select(Message).where(PLAIN).order_by(Message.id).limit(limit).with_for_update(skip_locked=True)
    found = session.scalars(statement, execution_options={"populate_existing": True}).all()
    done = 0
    for message in found:
        try:
            key = needed_key(session, message.contact_id)
            words = seal_body(key, message.plain or "", direction=message.direction, created_at=message.created_at)
        except Erased:
            words = None
        except SealBroken as fault:
            logger().error("a text from before cannot be sealed", message_id=message.id, fault=str(fault))
            continue
        session.execute(update(Message).where(Message.id == message.id).values(sealed=words, plain=None))
        done += 1
    return done


def is_plain(session: Session) -> bool:
    """Whether a text still stands in plain words."""
    return session.scalar(select(Message.id).where(PLAIN).limit(1)) is not None
