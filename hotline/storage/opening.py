"""Tries whether what is sealed in a database opens with the keys that are given."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.sealing import SealBroken
from hotline.storage import sealed
from hotline.storage.models import Contact, Message


def tried(session: Session, *, texts: int) -> tuple[int, int]:
    """How many numbers open and how many do not, of all contacts and of the newest `texts` texts. What was opened is not kept."""
    opened = unopened = 0
    keys = sealed.keys_of(session)
    for contact in session.scalars(select(Contact).where(Contact.number.is_not(None)).execution_options(yield_per=500)):
        try:
            sealed.number_by(sealed.key_in(keys, contact), contact)
            opened += 1
        except SealBroken:
            unopened += 1
    newest = select(Message).where(Message.sealed.is_not(None)).order_by(Message.id.desc()).limit(texts)
    for message in session.scalars(newest):
        try:
            sealed.body_of(session, message)
            opened += 1
        except SealBroken:
            unopened += 1
    return opened, unopened
