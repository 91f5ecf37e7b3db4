"""Signs of life of the gateways: what a phone told last of itself, and whether canary texts come in."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.gatewaymodels import GatewaySign


class SignChanges(TypedDict, total=False):
    """Changes of the signs of a gateway."""

    pinged_at: datetime
    battery: int | None
    charging: bool | None
    online: bool | None
    canary_at: datetime | None
    heard_at: datetime
    deaf_since: datetime | None


def every(session: Session) -> Mapping[str, GatewaySign]:
    """Name → signs, of the gateways that gave any."""
    return {sign.name: sign for sign in session.scalars(select(GatewaySign))}


def locked(session: Session, name: str) -> GatewaySign | None:
    """The signs of a gateway, locked until the commit; None if it gave none yet."""
    statement = select(GatewaySign).where(GatewaySign.name == name).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def store(session: Session, name: str, **values: Unpack[SignChanges]) -> None:
    """Store signs of a gateway; what is not named stays."""
    statement = upsert(session, GatewaySign).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
