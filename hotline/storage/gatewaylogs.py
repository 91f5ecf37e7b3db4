"""How far the logs of gateways were read."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.domain.catchup import Walk
from hotline.storage.db import upsert
from hotline.storage.gatewaymodels import GatewayLog

_NO_WALK = {"since": None, "until": None, "began_at": None, "page": None}


def every(session: Session) -> Mapping[tuple[str, str], GatewayLog]:
    """Gateway's name and what is read → how far, of the logs that were ever read."""
    return {(one.gateway, one.what): one for one in session.scalars(select(GatewayLog), execution_options={"populate_existing": True})}


def walk_of(row: GatewayLog | None) -> Walk | None:
    """The reading that is under way; None if none is."""
    if row is None or row.since is None or row.began_at is None:
        return None
    return Walk(row.taken_until, row.since, row.until, row.began_at, row.page, row.held_at)


def locked(session: Session, gateway: str, what: str) -> GatewayLog | None:
    """How far a log was read, locked until the commit; None if it never was."""
    statement = select(GatewayLog).where(GatewayLog.gateway == gateway, GatewayLog.what == what).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})


def keep(session: Session, gateway: str, what: str, walk: Walk) -> None:
    """Store where the reading of a log is."""
    place = {"since": walk.since, "until": walk.until, "began_at": walk.began_at, "page": walk.page}
    _store(session, gateway, what, {"taken_until": walk.taken_until, "held_at": walk.held_at, **place})


def end(session: Session, gateway: str, what: str, walk: Walk, *, now: datetime) -> None:
    """Note that a log was read to its end."""
    values = {"taken_until": walk.stands_at, "held_at": walk.held_at, "walked_at": now, **_NO_WALK}
    _store(session, gateway, what, values)


def _store(session: Session, gateway: str, what: str, values: Mapping[str, object]) -> None:
    statement = upsert(session, GatewayLog).values(gateway=gateway, what=what, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "what"], set_=dict(values)))
