"""Who must not see a ticket, whatever team she is in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import ShutOut


def put(session: Session, ticket_id: int, volunteer_id: int, *, made_by: int, now: datetime) -> None:
    """Shut somebody out; again it changes nothing."""
    row = {"ticket_id": ticket_id, "volunteer_id": volunteer_id, "made_by": made_by, "made_at": now}
    session.execute(upsert(session, ShutOut).values(**row).on_conflict_do_nothing())


def take_back(session: Session, ticket_id: int, volunteer_id: int) -> None:
    """Let her in again."""
    session.execute(delete(ShutOut).where(ShutOut.ticket_id == ticket_id, ShutOut.volunteer_id == volunteer_id))


def of_ticket(session: Session, ticket_id: int) -> Sequence[int]:
    """Ids of those who are shut out of a ticket."""
    return session.scalars(select(ShutOut.volunteer_id).where(ShutOut.ticket_id == ticket_id).order_by(ShutOut.volunteer_id)).all()
