"""Alarms: pages to a person, each a row until she acknowledges it."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.base import NO_TICKET
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


def put_about(session: Session, about: str, kind: str, volunteer_id: int, *, now: datetime) -> bool:
    """Raise an alarm about something that is no ticket; False if she was told the same before."""
    statement = (
        upsert(session, Alarm)
        .values(id=secrets.randbits(62), about=about, kind=kind, volunteer_id=volunteer_id, raised_at=now)
        .on_conflict_do_nothing(index_elements=["about", "kind", "volunteer_id"], index_where=NO_TICKET)
    )
    return session.scalar(statement.returning(Alarm.id)) is not None


def unseen(session: Session, *, raised_before: datetime) -> Sequence[int]:
    """Ids of the volunteers with alarms since before then that they have neither acknowledged nor been told of on their own phone."""
    statement = (
        select(Alarm.volunteer_id)
        .join(Volunteer, Volunteer.id == Alarm.volunteer_id)
        .where(Alarm.acknowledged_at.is_(None), Alarm.told_at.is_(None), Alarm.raised_at <= raised_before)
        .where(Volunteer.active, Volunteer.phone_id.is_not(None))
        .distinct()
        .order_by(Alarm.volunteer_id)
    )
    return session.scalars(statement).all()


def tell(session: Session, volunteer_id: int, *, now: datetime, ticket_id: int | None = None) -> bool:
    """Her phone need not be told of her open alarms again, or of those about that ticket; whether it would have been."""
    untold = update(Alarm).where(Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None), Alarm.told_at.is_(None))
    if ticket_id is not None:
        untold = untold.where(Alarm.ticket_id == ticket_id)
    statement = untold.values(told_at=now).returning(Alarm.id).execution_options(synchronize_session=False)
    return bool(session.scalars(statement).all())


def is_untold(session: Session, volunteer_id: int, ticket_id: int) -> bool:
    """Whether an open alarm of hers about a ticket may still go to her phone."""
    untold = select(Alarm.id).where(Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None), Alarm.told_at.is_(None))
    return session.scalar(untold.where(Alarm.ticket_id == ticket_id).limit(1)) is not None


def told(session: Session, volunteer_id: int) -> Sequence[tuple[int, int | None]]:
    """Her open alarms, each with its ticket's id, if her phone was told of any."""
    statement = select(Alarm.id, Alarm.ticket_id, Alarm.told_at).where(Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None))
    rows = session.execute(statement.order_by(Alarm.ticket_id, Alarm.id)).all()
    return [(row.id, row.ticket_id) for row in rows] if any(row.told_at is not None for row in rows) else []


def reopen(session: Session, ticket_id: int, kind: str, *, now: datetime) -> None:
    """Whoever acknowledged an alarm of that kind about a ticket is paged again."""
    again = update(Alarm).where(Alarm.ticket_id == ticket_id, Alarm.kind == kind, Alarm.acknowledged_at.is_not(None))
    session.execute(again.values(acknowledged_at=None, raised_at=now, told_at=None).execution_options(synchronize_session=False))


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


def open_alarm(session: Session, alarm_id: int, volunteer_id: int) -> tuple[int | None] | None:
    """The ticket, if it is about one, of an open alarm of hers; None if that is not there."""
    statement = select(Alarm.ticket_id).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None))
    found = session.execute(statement).one_or_none()
    return (found.ticket_id,) if found is not None else None


def acknowledge(session: Session, alarm_id: int, volunteer_id: int, *, now: datetime) -> bool:
    """Acknowledge an alarm of hers; False if it is not hers or was acknowledged before."""
    statement = (
        update(Alarm)
        .where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None))
        .values(acknowledged_at=now)
        .returning(Alarm.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None
