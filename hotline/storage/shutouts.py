"""Volunteers who must not see a ticket, because it names them or somebody they know."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import ShutOut


def of_ticket(session: Session, ticket_id: int) -> Sequence[int]:
    """Ids of the volunteers who are shut out of a ticket."""
    return session.scalars(select(ShutOut.volunteer_id).where(ShutOut.ticket_id == ticket_id).order_by(ShutOut.volunteer_id)).all()


def shut_out(session: Session, ticket_id: int, volunteer_id: int, *, made_by: int, now: datetime) -> bool:
    """Shut a volunteer out of a ticket. False if the volunteer is shut out already."""
    statement = upsert(session, ShutOut).values(ticket_id=ticket_id, volunteer_id=volunteer_id, made_by=made_by, made_at=now)
    return session.scalar(statement.on_conflict_do_nothing().returning(ShutOut.volunteer_id)) is not None


def lift(session: Session, ticket_id: int, volunteer_id: int) -> None:
    """Let a volunteer see a ticket again, as far as others may."""
    session.execute(delete(ShutOut).where(ShutOut.ticket_id == ticket_id, ShutOut.volunteer_id == volunteer_id))
