"""Sealed tickets in danger that their own team does not act on, and the leads who broke a seal."""

from datetime import datetime

from sqlalchemy import insert, not_, select
from sqlalchemy.orm import Session

from hotline.domain.danger import RINGS
from hotline.storage.models import RINGING, ShutOut, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.ringmodels import SealBreak
from hotline.storage.tickets import visible_to


def breakable(session: Session, volunteer: Volunteer, *, told_before: datetime) -> int | None:
    """The id of the sealed ticket in danger that has waited longest since the head was told, at `told_before` or earlier.

    Nobody has acted on it, and the volunteer neither sees it nor is shut out of it. None if there is no such ticket.
    """
    shut_out = select(ShutOut.ticket_id).where(ShutOut.volunteer_id == volunteer.id)
    statement = (
        select(Ticket.id)
        .where(RINGING, Ticket.sealed, Ticket.danger.in_(sorted(RINGS)), Ticket.acted_at.is_(None), Ticket.head_told_at <= told_before)
        .where(not_(visible_to(volunteer)), Ticket.id.not_in(shut_out))
        .order_by(Ticket.head_told_at, Ticket.id)
        .limit(1)
    )
    return session.scalar(statement)


def let_in(session: Session, ticket_id: int, volunteer_id: int, *, note_id: int, now: datetime) -> None:
    """Let a lead see a sealed ticket, which stays sealed for everybody else."""
    session.execute(insert(SealBreak).values(ticket_id=ticket_id, volunteer_id=volunteer_id, broken_at=now, note_id=note_id))
