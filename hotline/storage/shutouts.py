"""Volunteers who must not see a ticket, because it names them or somebody they know."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from hotline.storage import releases
from hotline.storage.db import upsert
from hotline.storage.models import ShutOut


def of_ticket(session: Session, ticket_id: int) -> Sequence[int]:
    """Ids of the volunteers who are shut out of a ticket."""
    return session.scalars(select(ShutOut.volunteer_id).where(ShutOut.ticket_id == ticket_id).order_by(ShutOut.volunteer_id)).all()


def of_tickets(session: Session, ticket_ids: Sequence[int]) -> frozenset[tuple[int | None, int]]:
    """Who is shut out of these tickets, as (ticket id, volunteer id)."""
    statement = select(ShutOut.ticket_id, ShutOut.volunteer_id).where(ShutOut.ticket_id.in_(ticket_ids))
    return frozenset((row[0], row[1]) for row in session.execute(statement)) if ticket_ids else frozenset()


def shut_out(session: Session, ticket_id: int, volunteer_id: int, *, made_by: int | None, now: datetime) -> bool:
    """Shut a volunteer out of a ticket. `made_by` is None where a machine does it. False if the volunteer is shut out already."""
    statement = upsert(session, ShutOut).values(ticket_id=ticket_id, volunteer_id=volunteer_id, made_by=made_by, made_at=now)
    is_news = session.scalar(statement.on_conflict_do_nothing().returning(ShutOut.volunteer_id)) is not None
    if is_news:
        releases.end(session, ticket_id, volunteer_id, now=now)
    return is_news


def lift(session: Session, ticket_id: int, volunteer_id: int) -> None:
    """Let a volunteer see a ticket again, as far as others may."""
    session.execute(delete(ShutOut).where(ShutOut.ticket_id == ticket_id, ShutOut.volunteer_id == volunteer_id))


def copy(session: Session, ticket_id: int, to: int) -> None:
    """Shut everybody out of the ticket `to` who is shut out of another one."""
    rows = select(literal(to), ShutOut.volunteer_id, ShutOut.made_by, ShutOut.made_at).where(ShutOut.ticket_id == ticket_id)
    there = select(ShutOut.volunteer_id).where(ShutOut.ticket_id == to)
    columns = ["ticket_id", "volunteer_id", "made_by", "made_at"]
    session.execute(insert(ShutOut).from_select(columns, rows.where(ShutOut.volunteer_id.not_in(there))))
