"""The parts of texts that come in: kept until all of a text are there, and known for a day."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.storage import sealed
from hotline.storage.partmodels import TextPart

_PLACE = "text_parts.sealed"


class Seen(NamedTuple):
    """A part that was stored: its row, when it came, and whether the gateway surely knows that we have it."""

    part_id: int
    arrived_at: datetime
    acknowledged: bool


def seen(session: Session, gateway: str, mark: str) -> Seen | None:
    """The newest part of that mark; None if there is none."""
    statement = select(TextPart.id, TextPart.arrived_at, TextPart.acknowledged).where(TextPart.mark == mark, TextPart.gateway == gateway)
    row = session.execute(statement.order_by(TextPart.id.desc()).limit(1)).first()
    return Seen(row[0], row[1], row[2]) if row is not None else None


def keep(session: Session, said: dict[str, Any], *, gateway: str, mark: str, together: str, number: int, of: int, now: datetime) -> int:
    """Store a part; `said`: what it says, as JSON. Returns its id."""
    words = sealed.seal_for_staff(session, _PLACE, json.dumps(said), mark, number)
    row = TextPart(gateway=gateway, mark=mark, together=together, number=number, of=of, sealed=words, arrived_at=now, acknowledged=False)
    session.add(row)
    session.flush()
    return row.id


def waiting_of(session: Session, gateway: str, together: str) -> Sequence[TextPart]:
    """The parts of a text that were not taken in, in the order in which they came."""
    statement = select(TextPart).where(TextPart.together == together, TextPart.gateway == gateway, TextPart.taken_at.is_(None))
    return session.scalars(statement.order_by(TextPart.id)).all()


def said(session: Session, part: TextPart) -> dict[str, Any] | None:
    """What a part says; None if it does not open."""
    opened = sealed.open_for_staff(session, _PLACE, part.sealed, part.mark, part.number)
    return json.loads(opened) if opened is not None else None


class Waiting(NamedTuple):
    """A text that was not taken in; `late`: parts of it are missing, and no other comes any more."""

    gateway: str
    together: str
    late: bool


def waiting(session: Session, *, whole_since: datetime, last_before: datetime, limit: int) -> Sequence[Waiting]:
    """The texts to take in, the oldest first: those that are whole since before `whole_since`, and those of which parts are missing and the
    last came before `last_before`."""
    since, last = func.min(TextPart.arrived_at), func.max(TextPart.arrived_at)
    is_whole = func.count(TextPart.number.distinct()) >= func.max(TextPart.of)
    statement = select(TextPart.gateway, TextPart.together, is_whole).where(TextPart.taken_at.is_(None))
    due = or_(and_(is_whole, last < whole_since), last < last_before)
    rows = session.execute(statement.group_by(TextPart.gateway, TextPart.together).having(due).order_by(since).limit(limit))
    return [Waiting(gateway, together, late=not whole) for gateway, together, whole in rows]


def taken(session: Session, part_ids: Collection[int], *, now: datetime) -> None:
    """Note that the text of these parts was taken in: their words go."""
    session.execute(update(TextPart).where(TextPart.id.in_(part_ids)).values(taken_at=now, sealed=None))


def given_up(session: Session, part_ids: Collection[int], *, now: datetime) -> None:
    """Note that these parts do not open: they keep no other from being taken in."""
    session.execute(update(TextPart).where(TextPart.id.in_(part_ids)).values(taken_at=now))


def acknowledge(session: Session, part_ids: Collection[int]) -> None:
    """Note that the gateway surely knows that we have these parts."""
    session.execute(update(TextPart).where(TextPart.id.in_(part_ids)).values(acknowledged=True))


def forget(session: Session, *, before: datetime) -> None:
    """Delete the rows of parts that came before `before` and were taken in."""
    session.execute(delete(TextPart).where(TextPart.arrived_at < before, TextPart.taken_at.is_not(None)))
