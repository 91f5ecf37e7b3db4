"""Contacts: whom we hear from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hotline.domain.phone import Sender
from hotline.storage.db import Insert, connection_of, table
from hotline.storage.messages import IS_HER_TEXT
from hotline.storage.models import Contact, Message
from hotline.storage.rows import ContactChanges

_CONTACTS = table(Contact)
_SHOWN = ("id", "kind", "country", "language", "language_named", "times_seen")
_MEET = Insert(
    lambda insert: (
        insert(_CONTACTS)
        .on_conflict_do_update(index_elements=["address"], set_={"times_seen": _CONTACTS.c.times_seen + 1})
        .returning(*(_CONTACTS.c[name] for name in _SHOWN))
    )
)

_TYPED = Insert(
    lambda insert: (
        insert(_CONTACTS)
        .on_conflict_do_update(index_elements=["address"], set_={"times_seen": _CONTACTS.c.times_seen})
        .returning(*(_CONTACTS.c[name] for name in _SHOWN))
    )
)

_STORE = _CONTACTS.update().where(_CONTACTS.c.id == bindparam("row_id"))


@dataclass
class Met:
    """A contact, as far as answering her text needs to know her."""

    id: int
    kind: str
    country: str | None
    language: str
    language_named: bool
    times_seen: int


def meet(session: Session, sender: Sender, *, language: str, now: datetime) -> Met:
    """The contact behind a sender, made if she is new (then `times_seen` is 1), and locked until the commit: one person's
    texts are taken in turn. `language` counts for a new one only."""
    return _met(session, _MEET, sender, language=language, now=now, times_seen=1)


def typed_in(session: Session, sender: Sender, *, language: str, now: datetime) -> Met:
    """The contact behind a number that a volunteer typed in, made if there is none, and locked until the commit. That is no hearing
    from her: a new one was seen 0 times, and nothing goes to it until it contacted us itself."""
    return _met(session, _TYPED, sender, language=language, now=now, times_seen=0)


def _met(session: Session, statement: Insert, sender: Sender, *, language: str, now: datetime, times_seen: int) -> Met:
    values = {
        "address": sender.address,
        "kind": sender.kind,
        "country": sender.country,
        "language": language,
        "language_named": False,
        "may_text": True,
        "may_call": True,
        "on_hold": False,
        "created_at": now,
        "times_seen": times_seen,
    }
    # A withheld number has no address, and null meets no null: each of its texts is a contact of its own.
    contact_id, kind, country, spoken, named, seen = statement.put(session, values) or ()
    return Met(contact_id, kind, country, spoken, bool(named), seen)


def locked(session: Session, contact_id: int) -> Contact:
    """A contact, locked as `meet` does."""
    statement = select(Contact).where(Contact.id == contact_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def speak(session: Session, contact: Met | Contact, language: str, *, named: bool) -> None:
    """Remember her language; `named` by herself, it stays until she names another."""
    _store(session, contact, language=language, language_named=named or contact.language_named)


def silence(session: Session, contact_id: int, since: datetime | None) -> None:
    """Silence what we start, since then. None restarts it, and takes back a "no" of a call: it was asked for from the phone itself."""
    changes: ContactChanges = {"stopped_at": since}
    if since is None:
        changes["may_text"] = True
    session.execute(update(Contact).where(Contact.id == contact_id).values(**changes))


def has_shown_language(session: Session, contact: Met) -> bool:
    """Whether her language is hers and not our guess: she named it, or has texted. Somebody new has done neither."""
    return contact.times_seen > 1 and (contact.language_named or has_texted(session, contact.id))


def has_texted(session: Session, contact_id: int) -> bool:
    """Whether a text ever came from her phone."""
    found = session.scalar(select(exists().where(Message.contact_id == contact_id, IS_HER_TEXT)))
    return bool(found)


def agree(session: Session, contact: Contact, *, may: bool) -> None:
    """Whether this phone may be texted and rung: she was asked. The contact is locked."""
    if (contact.may_text, contact.may_call) != (may, may):  # most agree, and nothing changes
        _store(session, contact, may_text=may, may_call=may)


def make_safe(session: Session, contact_id: int, **values: Unpack[ContactChanges]) -> None:
    """How she may be reached. The contact is locked."""
    session.execute(update(Contact).where(Contact.id == contact_id).values(**values))


def _store(session: Session, contact: Met | Contact, **values: Unpack[ContactChanges]) -> None:
    connection_of(session).execute(_STORE, {"row_id": contact.id, **values})
    for name, value in values.items():
        if isinstance(contact, Contact):
            set_committed_value(contact, name, value)
        else:
            setattr(contact, name, value)
