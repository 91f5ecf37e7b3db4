"""What was claimed for each line of the gateways, by the minute: limits and the budget count it.

It is counted in the transaction of the claim. If a worker dies, what it had claimed stays counted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from hotline.storage.db import is_sqlite, upsert
from hotline.storage.gatewaymodels import GatewayLoad

Line = tuple[str, str]
"""A gateway and its line; the line is "" where the gateway has one."""

_TURN = 482719366
"""The number of PostgreSQL's lock for claims. SQLite has one writer anyway."""


@dataclass(frozen=True)
class Counted:
    """What one or more texts take: `units` of the gateway's limits, and money in ten-thousandths of the currency."""

    texts: int
    units: int
    cost: int


def in_turn(session: Session) -> None:
    """Let no other worker count until the commit: two that count at once would both take the last place."""
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def minute_of(now: datetime) -> datetime:
    """The minute of a time."""
    return now.replace(second=0, microsecond=0)


def since(session: Session, gateways: Collection[str], after: datetime) -> Mapping[Line, Mapping[datetime, int]]:
    """Line → minute → units, of the minutes that begin after `after`."""
    statement = select(GatewayLoad.gateway, GatewayLoad.line, GatewayLoad.minute, GatewayLoad.units)
    found: dict[Line, dict[datetime, int]] = {}
    for gateway, line, minute, units in session.execute(statement.where(GatewayLoad.gateway.in_(gateways), GatewayLoad.minute > after)):
        found.setdefault((gateway, line), {})[minute] = units
    return found


def texts_since(session: Session, gateway: str, first: datetime) -> int:
    """How many texts were claimed for a gateway from the minute of `first` on."""
    statement = select(func.sum(GatewayLoad.texts)).where(GatewayLoad.gateway == gateway, GatewayLoad.minute >= minute_of(first))
    return int(session.scalar(statement) or 0)


def spent(session: Session, first: datetime) -> Mapping[str, int]:
    """Gateway → what its texts cost from `first` on, in ten-thousandths of the currency."""
    statement = select(GatewayLoad.gateway, func.sum(GatewayLoad.cost)).where(GatewayLoad.minute >= first).group_by(GatewayLoad.gateway)
    return {gateway: int(cost) for gateway, cost in session.execute(statement)}


def add(session: Session, line: Line, now: datetime, counted: Counted) -> None:
    """Count texts in the minute of `now`."""
    values = {"texts": counted.texts, "units": counted.units, "cost": counted.cost}
    statement = upsert(session, GatewayLoad).values(gateway=line[0], line=line[1], minute=minute_of(now), **values)
    more = {name: getattr(GatewayLoad, name) + getattr(statement.excluded, name) for name in values}
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "line", "minute"], set_=more))


def give_back(session: Session, line: Line, minute: datetime, counted: Counted, *, missed: bool = False) -> None:
    """Uncount what was counted in that minute. `missed`: the gateway did not take it, which says something of the gateway."""
    of = (GatewayLoad.gateway == line[0], GatewayLoad.line == line[1], GatewayLoad.minute == minute)
    less = {name: getattr(GatewayLoad, name) - getattr(counted, name) for name in ("texts", "units", "cost")}
    values = less | {"missed": GatewayLoad.missed + 1} if missed else less
    session.execute(update(GatewayLoad).where(*of).values(values))


def missed_in_a_row(session: Session, gateway: str, first: datetime) -> int:
    """How many texts a gateway did not take in its last minutes, from that of `first` on, behind the last minute in which it took more
    than it did not."""
    of = (GatewayLoad.gateway == gateway, GatewayLoad.minute >= minute_of(first))
    statement = select(func.sum(GatewayLoad.texts), func.sum(GatewayLoad.missed)).where(*of).group_by(GatewayLoad.minute)
    minutes = session.execute(statement.order_by(GatewayLoad.minute.desc()))
    return sum(int(missed) for _, missed in takewhile(lambda minute: minute[0] <= minute[1], minutes))


def forget(session: Session, before: datetime) -> None:
    """Forget the minutes before a time."""
    session.execute(delete(GatewayLoad).where(GatewayLoad.minute < before))
