"""How much waits, counted along partial indexes: what has ended is never read, however much of it there is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import Session

from hotline.domain.delivery import Delivery, Reason
from hotline.domain.look import Look
from hotline.domain.message import Direction
from hotline.storage.callmodels import LOOK as RECORDING_WAITS
from hotline.storage.callmodels import RECORDING_DUE, Recording
from hotline.storage.gatewaymodels import GatewayLoad
from hotline.storage.models import LOOK as TEXT_WAITS
from hotline.storage.models import NOBODYS, ON_QUEUE, TO_READ, UNACTED, Alarm, Message, Ticket
from hotline.storage.recordings import RecordingState

MOST = 10_000
"""Counting stops there: of so many nobody needs an exact number."""

_NEWEST = 1_000
"""How many texts are read to see by which gateways they came."""

_QUEUED = Message.delivery == literal_column("'queued'")
_OPEN = (
    Message.delivery.in_([literal_column("'sending'"), literal_column("'unknown'")]),
    # But for those that a person has left as they are: there are more of them each year.
    or_(Message.next_attempt_at.is_not(None), Message.delivery == Delivery.SENDING, Message.reason == Reason.NEVER_KNOWN),
)


class Since(NamedTuple):
    """How many wait, up to `MOST`, and since when the first of them does; None: nothing waits."""

    rows: int
    since: datetime | None


def _count(session: Session, column: Any, *where: ColumnElement[bool] | Any) -> int:
    return session.scalar(select(func.count()).select_from(select(column).where(*where).limit(MOST).subquery())) or 0


def queued(session: Session) -> int:
    """Texts that wait to leave, those for the morning among them."""
    return _count(session, Message.id, _QUEUED)


def due(session: Session, *, now: datetime) -> Since:
    """Texts that should have left by now, and since when the first of them should have."""
    is_due = (_QUEUED, Message.next_attempt_at <= now)
    return Since(_count(session, Message.id, *is_due), first_due(session, now))


def first_due(session: Session, now: datetime) -> datetime | None:
    """Since when a text has been due. The index has the ranks first: one step for each rank that there is, never a walk along all."""
    first, rank = None, session.scalar(_ranks())
    while rank is not None:
        of_rank = select(func.min(Message.next_attempt_at)).where(_QUEUED, Message.rank == rank)
        found = session.scalar(of_rank)
        if found is not None and found <= now and (first is None or found < first):
            first = found
        rank = session.scalar(_ranks().where(Message.rank > rank))
    return first


def _ranks() -> Select[Any]:
    return select(func.min(Message.rank)).where(_QUEUED)


class Leaving(NamedTuple):
    """Texts by one gateway: a worker is `sending` them, it is `unknown` whether they left, or a person is to decide (`undecided`)."""

    sending: int = 0
    unknown: int = 0
    undecided: int = 0


def leaving(session: Session) -> Mapping[str, Leaving]:
    """Gateway → its texts whose end is open."""
    found: dict[str, dict[str, int]] = {}
    columns = (Message.gateway, Message.delivery, Message.next_attempt_at.is_(None).label("is_over"))
    rows = select(*columns).where(*_OPEN).limit(MOST).subquery()
    counted: Select[Any] = select(*rows.c, func.count()).group_by(*rows.c)
    for gateway, delivery, is_over, count in session.execute(counted):
        what = "sending" if delivery == Delivery.SENDING else "undecided" if is_over else "unknown"
        of_gateway = found.setdefault(gateway, {})
        of_gateway[what] = of_gateway.get(what, 0) + count
    return {gateway: Leaving(**counts) for gateway, counts in found.items()}


def looks(session: Session) -> Mapping[Look, Since]:
    """How soon → texts and recordings that wait for a first look, those of sealed tickets among them."""
    return {look: _looks(session, look) for look in Look}


def _looks(session: Session, look: Look) -> Since:
    count, since = 0, []
    for model, waits in ((Message, TEXT_WAITS), (Recording, RECORDING_WAITS)):
        of_look = (waits, model.look == look)
        count += _count(session, model.id, *of_look)
        first = session.scalar(select(model.created_at).where(*of_look).order_by(model.look, model.id).limit(1))
        since += [first] if first is not None else []
    return Since(count, min(since, default=None))


def unacted(session: Session) -> Since:
    """Tickets in danger on which nobody has acted."""
    since = session.scalar(select(func.min(Ticket.danger_at)).where(UNACTED))
    return Since(_count(session, Ticket.id, UNACTED), since)


def unrouted(session: Session) -> int:
    """Tickets that no worker has given to anybody yet."""
    return _count(session, Ticket.id, Ticket.routed_at.is_(None))


def on_queue(session: Session) -> int:
    """Tickets that somebody still has to look at."""
    return _count(session, Ticket.priority, ON_QUEUE)


def nobodys(session: Session) -> int:
    """Those of them that are nobody's."""
    return _count(session, Ticket.priority, NOBODYS)


def unread(session: Session) -> int:
    """Texts that a worker is still to read."""
    return _count(session, Message.id, TO_READ)


def recordings_awaited(session: Session) -> Since:
    """Recordings that are not with us yet, and when the first of them was made."""
    awaited = select(Recording.created_at).where(RECORDING_DUE, Recording.state == RecordingState.AWAITED).limit(MOST).subquery()
    count, since = session.execute(select(func.count(), func.min(awaited.c.created_at))).one()
    return Since(count, since)


def alarms_open(session: Session) -> int:
    """Alarms that nobody has acknowledged."""
    return _count(session, Alarm.volunteer_id, Alarm.acknowledged_at.is_(None))


def claimed(session: Session, *, since: datetime) -> Mapping[str, int]:
    """Gateway → texts that were given to it after a time."""
    found: dict[str, int] = {}
    # Added up here: asked to group them, SQLite would walk along all minutes of the last days.
    for gateway, texts in session.execute(select(GatewayLoad.gateway, GatewayLoad.texts).where(GatewayLoad.minute > since)):
        found[gateway] = found.get(gateway, 0) + texts
    return found


def heard(session: Session) -> Mapping[str, datetime]:
    """Gateway → when a text last came in by it, of the gateways of the newest texts."""
    columns = (Message.gateway, Message.direction, Message.created_at)
    newest = select(*columns).order_by(Message.id.desc()).limit(_NEWEST).subquery()
    came: Select[Any] = select(newest.c.gateway, func.max(newest.c.created_at)).where(newest.c.direction == Direction.IN)
    return {row[0]: row[1] for row in session.execute(came.group_by(newest.c.gateway))}
