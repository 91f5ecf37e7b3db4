"""Contacts: whom we hear from."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from hotline.domain.phone import Sender
from hotline.storage.db import upsert
from hotline.storage.models import Contact


def meet(session: Session, sender: Sender, *, language: str, now: datetime) -> Contact:
    """The contact behind a sender, made if she is new (then `times_seen` is 1), and locked until the commit: one person's
    texts are taken in turn. `language` counts for a new one only."""
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
        "times_seen": 1,
    }
    statement = upsert(session, Contact).values(values)
    if sender.address is not None:
        statement = statement.on_conflict_do_update(index_elements=["address"], set_={"times_seen": Contact.times_seen + 1})
    return session.scalars(statement.returning(Contact), execution_options={"populate_existing": True}).one()


def speak(session: Session, contact: Contact, language: str, *, named: bool) -> None:
    """Remember her language; `named` by herself, it stays until she names another."""
    contact.language = language
    contact.language_named = named or contact.language_named
    session.execute(update(Contact).where(Contact.id == contact.id).values(language=language, language_named=contact.language_named))


def silence(session: Session, contact_id: int, since: datetime | None) -> None:
    """Silence what we start, since then; None restarts it."""
    session.execute(update(Contact).where(Contact.id == contact_id).values(stopped_at=since))
