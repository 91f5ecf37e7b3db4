"""Alarms: pages to a person, each a row until she acknowledges it."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import Alarm, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


def put(session: Session, ticket_id: int, kind: str, volunteer_id: int, *, now: datetime) -> bool:
    """Raise an alarm; False if she was told the same before."""
    statement = (
        upsert(session, Alarm)
        # A number drawn, not counted: it stands on pages, and a count would tell of tickets she may not know of.
        .values(id=secrets.randbits(62), ticket_id=ticket_id, kind=kind, volunteer_id=volunteer_id, raised_at=now)
        .on_conflict_do_nothing(index_elements=["ticket_id", "kind", "volunteer_id"])
    )
    return session.scalar(statement.returning(Alarm.id)) is not None


def reopen(session: Session, ticket_id: int, kind: str, *, now: datetime) -> None:
    """Whoever acknowledged an alarm of that kind about a ticket is paged again."""
    again = update(Alarm).where(Alarm.ticket_id == ticket_id, Alarm.kind == kind, Alarm.acknowledged_at.is_not(None))
    session.execute(again.values(acknowledged_at=None, raised_at=now).execution_options(synchronize_session=False))


def open_for(session: Session, volunteer: Volunteer) -> Sequence[tuple[Alarm, Ticket | None]]:
    """Her open alarms, newest first, each with its ticket if she may see that."""
    statement = (
        select(Alarm, Ticket)
        .outerjoin(Ticket, (Ticket.id == Alarm.ticket_id) & visible_to(volunteer))
        .where(Alarm.volunteer_id == volunteer.id, Alarm.acknowledged_at.is_(None))
        .order_by(Alarm.raised_at.desc(), Alarm.id)
        .limit(200)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def ticket_of(session: Session, alarm_id: int, volunteer_id: int) -> int | None:
    """The ticket of an open alarm of hers."""
    statement = select(Alarm.ticket_id).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None))
    return session.scalar(statement)


def acknowledge(session: Session, alarm_id: int, volunteer_id: int, *, now: datetime) -> int | None:
    """Acknowledge an alarm of hers; its ticket's id, None if it is not hers or was acknowledged before."""
    return session.scalar(
        update(Alarm)
        .where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None))
        .values(acknowledged_at=now)
        .returning(Alarm.ticket_id)
        .execution_options(synchronize_session=False)
    )
