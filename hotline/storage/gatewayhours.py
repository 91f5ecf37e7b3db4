"""What became of the texts by each gateway, by the hour in which they were written or came. The newest are read live."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from hotline.domain.delivery import Delivery
from hotline.domain.message import Direction
from hotline.storage.db import upsert
from hotline.storage.gatewaymodels import GatewayHour
from hotline.storage.messages import CAME_FROM_PHONE
from hotline.storage.models import Message

MARK = "gateway_hours"
"""The mark of the newest text that is counted in its hour."""

LIVE = 20_000
"""The most texts that are read as they are; of a hotline that has more in `SETTLES`, those behind are counted sooner."""

SETTLES = timedelta(hours=12)
"""How old a text is when it is counted: what waits for the morning has left by then."""

_HAD = (Delivery.SENT, Delivery.DELIVERED, Delivery.UNDELIVERED)
_FAILED = (Delivery.FAILED, Delivery.UNDELIVERED)


@dataclass(frozen=True)
class Counts:
    """Texts of one gateway. `sent`: the gateway had them, whatever came of them."""

    came_in: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.came_in + other.came_in, self.sent + other.sent, self.delivered + other.delivered, self.failed + other.failed)


class Seen(NamedTuple):
    """A text by a gateway. `delivery` is None for a text that came in."""

    id: int
    gateway: str
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    delivery: str | None
    attempts: int

    @property
    def counts(self) -> Counts:
        """The text, counted."""
        if self.delivery is None:
            return Counts(came_in=1)
        return Counts(0, int(self.delivery in _HAD), int(self.delivery == Delivery.DELIVERED), int(self.delivery in _FAILED))


def newest(session: Session, *, after_id: int, limit: int) -> Sequence[Seen]:
    """The newest texts by any gateway whose id is above `after_id`, newest first: those that came in, and those that were claimed."""
    last = session.scalar(select(func.max(Message.id))) or 0
    return _seen(session, max(after_id, last - limit), last)[::-1]


def settled(session: Session, *, after_id: int, limit: int, before: datetime) -> tuple[Sequence[Seen], int]:
    """The next texts above `after_id`, at most `limit`, that are from before a time or have `LIVE` texts behind them; and the id up to
    which they were looked for."""
    following = select(Message.id).where(Message.id > after_id).order_by(Message.id).limit(limit).subquery()
    last = session.scalar(select(func.max(following.c.id)))
    if last is None:
        return [], after_id
    old = (session.scalar(select(func.max(Message.id))) or 0) - LIVE
    found = _seen(session, after_id, last)
    young = next((one.id for one in found if one.created_at >= before and one.id > old), None)
    return ([one for one in found if one.id < young], young - 1) if young is not None else (found, last)


def _seen(session: Session, after_id: int, last: int) -> list[Seen]:
    claimed = (Message.direction == Direction.OUT) & (Message.claimed_at.is_not(None))
    columns = (Message.id, Message.gateway, Message.created_at, Message.claimed_at, Message.sent_at, Message.delivered_at, Message.delivery)
    statement = select(*columns, func.coalesce(Message.attempts, 0)).where(Message.id > after_id, Message.id <= last)
    return [Seen(*row) for row in session.execute(statement.where(or_(CAME_FROM_PHONE, claimed)).order_by(Message.id))]


def first_from(session: Session, at: datetime) -> int:
    """The id of about the first text from a time on; one more than the last id if there is none. Ids follow the times."""
    low, high = 0, (session.scalar(select(func.max(Message.id))) or 0) + 1
    while high - low > 1:
        middle = (low + high) // 2
        found = session.execute(select(Message.created_at).where(Message.id >= middle).order_by(Message.id).limit(1)).first()
        low, high = (middle, high) if found is not None and found[0] < at else (low, middle)
    return high


def add(session: Session, gateway: str, hour: datetime, counts: Counts) -> None:
    """Count texts of an hour."""
    values = {name: getattr(counts, name) for name in ("came_in", "sent", "delivered", "failed")}
    statement = upsert(session, GatewayHour).values(gateway=gateway, hour=hour, **values)
    more = {name: getattr(GatewayHour, name) + getattr(statement.excluded, name) for name in values}
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "hour"], set_=more))


def since(session: Session, gateways: Collection[str], first: datetime) -> Mapping[str, Mapping[datetime, Counts]]:
    """Gateway → hour → what was counted, of the hours from `first` on."""
    statement = select(GatewayHour).where(GatewayHour.gateway.in_(gateways), GatewayHour.hour >= first)
    found: dict[str, dict[datetime, Counts]] = {name: {} for name in gateways}
    for one in session.scalars(statement):
        found[one.gateway][one.hour] = Counts(one.came_in, one.sent, one.delivered, one.failed)
    return found


def last_heard(session: Session, gateway: str) -> datetime | None:
    """The newest counted hour in which a text came in; None if there is none."""
    statement = select(func.max(GatewayHour.hour)).where(GatewayHour.gateway == gateway, GatewayHour.came_in > 0)
    return session.scalar(statement)


def forget(session: Session, before: datetime) -> None:
    """Forget the hours before a time."""
    session.execute(delete(GatewayHour).where(GatewayHour.hour < before))


def hour_of(at: datetime) -> datetime:
    """The hour of a time."""
    return at.replace(minute=0, second=0, microsecond=0)
