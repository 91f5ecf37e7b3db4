"""What an erased phone asked for, and what volunteers marked it with, by a keyed hash of its number.

It is looked at when a contact is new (`contacts.meet`), and by nothing else.
"""

import hashlib
from datetime import datetime, timedelta
from enum import IntFlag

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from hotline.keys import Keys
from hotline.storage.db import upsert
from hotline.storage.erasuremodels import Suppressed
from hotline.storage.models import Contact


class Asked(IntFlag):
    """What is remembered of an erased phone."""

    STOPPED = 1  # it asked for no texts, by OFF
    NO_TEXTS = 2  # the citizen said that texts are not safe
    NO_CALLS = 4  # ... or calls, or a volunteer marked that
    HELD = 8  # a volunteer marked the phone as on hold, or that it may not be texted


def hashed(keys: Keys, address: str) -> bytes:
    """What stands for a number: 16 bytes."""
    return hashlib.blake2b(address.encode("utf-8", "surrogatepass"), digest_size=16, key=keys.suppression, person=b"number").digest()


def remember(session: Session, keys: Keys, address: str, contact: Contact) -> None:
    """Store what a phone asked for that is about to be erased, in place of what was stored before."""
    asked = Asked(0)
    if contact.stopped_at is not None:
        asked |= Asked.STOPPED
    if contact.refused_texts_at is not None:
        asked |= Asked.NO_TEXTS
    if contact.refused_calls_at is not None or not contact.may_call:
        asked |= Asked.NO_CALLS
    if contact.on_hold or not contact.may_text:
        asked |= Asked.HELD
    mark = hashed(keys, address)
    if not asked:
        session.execute(delete(Suppressed).where(Suppressed.mark == mark))
        return
    values = {"mark": mark, "asked": int(asked)}
    session.execute(upsert(session, Suppressed).values(values).on_conflict_do_update(index_elements=["mark"], set_=values))


def apply(session: Session, contact_id: int, asked: Asked, *, now: datetime) -> None:
    """Mark a new contact as the phone was marked before it was erased. Its own texts are answered all the same."""
    before = now - timedelta(seconds=1)  # what comes now is answered: `refused_texts_at` bars answers to what came before it
    values = {
        "stopped_at": before if asked & Asked.STOPPED else None,
        "refused_texts_at": before if asked & Asked.NO_TEXTS else None,
        "refused_calls_at": before if asked & Asked.NO_CALLS else None,
        "on_hold": bool(asked & Asked.HELD),
    }
    session.execute(update(Contact).where(Contact.id == contact_id).values(**values))
