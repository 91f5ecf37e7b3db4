"""Heads of MMS: a gateway tells first that an MMS came, and then what is in it, in either order, or only one of the two.

A head that waits is a text without a ticket (`ReadAs.ANNOUNCED`) with a photo that is awaited. The column `head` of a text has the id of
its head, and is empty where that was not told yet.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import ReadAs
from hotline.domain.message import Direction
from hotline.storage.models import Message
from hotline.storage.photomodels import Photo
from hotline.storage.photos import NOT_BROUGHT


def find(session: Session, message_id: int) -> Message | None:
    """A head that waits; None if it waits no longer."""
    return _oldest(session, Message.id == message_id, Message.read_as == ReadAs.ANNOUNCED)


def is_known(session: Session, contact_id: int, gateway: str, gateway_id: str) -> bool:
    """Whether a head was told before."""
    told = or_(Message.gateway_id == gateway_id, Message.head == gateway_id)
    return session.scalar(select(exists().where(*_of(contact_id, gateway, None), told))) or False


def waiting(session: Session, contact_id: int, gateway: str, line: str | None) -> Message | None:
    """The oldest head of a contact that waits for its MMS; None if there is none."""
    return _oldest(session, *_of(contact_id, gateway, line), Message.read_as == ReadAs.ANNOUNCED, Message.sealed.is_not(None))


def given_up(session: Session, contact_id: int, gateway: str, line: str | None, *, since: datetime) -> Message | None:
    """The oldest head from `since` on whose MMS did not come in time, and has not come since; None if there is none."""
    did_not_come = exists().where(Photo.message_id == Message.id, Photo.reason == NOT_BROUGHT)
    is_head = (Message.head == Message.gateway_id, Message.read_as != ReadAs.ANNOUNCED, Message.created_at >= since)
    return _oldest(session, *_of(contact_id, gateway, line), *is_head, did_not_come)


def without(session: Session, contact_id: int, gateway: str, line: str | None, *, at: datetime, apart: timedelta) -> Message | None:
    """The oldest MMS whose head was not told yet, and that came within `apart` of `at`; None if there is none."""
    then = (Message.head == "", Message.sent_at >= at - apart, Message.sent_at <= at + apart)
    return _oldest(session, *_of(contact_id, gateway, line), *then)


def put(session: Session, message_id: int, head: str) -> None:
    """Note the head of an MMS."""
    session.execute(update(Message).where(Message.id == message_id).values(head=head))


def forget_photo(session: Session, message_id: int) -> None:
    """Forget that something came with a head which did not reach us: it has come with its MMS."""
    session.execute(delete(Photo).where(Photo.message_id == message_id, Photo.stored_as.is_(None)))


def remove(session: Session, message_id: int) -> bool:
    """Remove a head that waits: a text takes its place. False if it waits no longer."""
    forget_photo(session, message_id)
    gone = delete(Message).where(Message.id == message_id, Message.read_as == ReadAs.ANNOUNCED).returning(Message.id)
    return session.scalar(gone) is not None


def _of(contact_id: int, gateway: str, line: str | None) -> tuple[ColumnElement[bool], ...]:
    same = (Message.contact_id == contact_id, Message.gateway == gateway, Message.direction == Direction.IN, Message.head.is_not(None))
    return same if line is None else (*same, or_(Message.line == line, Message.line.is_(None)))


def _oldest(session: Session, *which: ColumnElement[bool]) -> Message | None:
    return session.scalar(select(Message).where(*which).order_by(Message.id).limit(1), execution_options={"populate_existing": True})
