"""Eras of the ids under which our texts leave: each restored backup begins one.

A restored database gives new texts ids that texts had which left after the backup was made. A gateway that knows an id takes a text under
it for the text that it has, and does not send it.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.domain import textids
from hotline.storage import marks, sealed
from hotline.storage.models import Message

_MARK = "era:"
"""How the name of a mark begins whose end is the id of the first text of an era; its value is the era."""

_FIRST, _LONG = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=10)


def begin(session: Session, *, now: datetime) -> None:
    """The texts that are made from now on are of a new era. An older backup that is restored later knows nothing of this one, so an era is
    named by its time."""
    newest = session.scalar(select(func.max(Message.id))) or 0
    marks.set_value(session, f"{_MARK}{newest + 1}", max(1, (now - _FIRST) // _LONG))


def our_id(session: Session, message_id: int, attempt: int) -> str:
    """The id under which an attempt to send a text leaves (`textids.our_id`)."""
    return textids.our_id(sealed.keys_of(session).tag, message_id, attempt, era=_of(session, message_id))


def _of(session: Session, message_id: int) -> int:
    """The era of a text; 0 before the first restore."""
    begun = {int(first): era for first, era in marks.beginning(session, _MARK).items()}
    return begun[max(first for first in begun if first <= message_id)] if begun and min(begun) <= message_id else 0
