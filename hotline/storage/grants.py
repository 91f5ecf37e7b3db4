"""Rights that were asked for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.peoplemodels import Grant, Volunteer


def request(session: Session, volunteer_id: int, what: str, *, asked_by: int, now: datetime) -> int | None:
    """Somebody asks for a right for somebody; its id, None if the same is asked for already."""
    session.execute(
        select(Volunteer.id).where(Volunteer.id == volunteer_id).with_for_update(key_share=True)
    )  # two clicks, one after the other
    undecided = select(Grant.id).where(Grant.volunteer_id == volunteer_id, Grant.what == what, Grant.decided_at.is_(None))
    if session.scalar(undecided.limit(1)) is not None:
        return None
    grant = Grant(volunteer_id=volunteer_id, what=what, asked_by=asked_by, asked_at=now)
    session.add(grant)
    session.flush()
    return grant.id


def undecided(session: Session) -> Sequence[Grant]:
    """What waits for a second person, oldest first."""
    return session.scalars(select(Grant).where(Grant.decided_at.is_(None)).order_by(Grant.id)).all()


def find(session: Session, grant_id: int) -> Grant | None:
    """What was asked for, if nobody has decided it."""
    return session.scalar(select(Grant).where(Grant.id == grant_id, Grant.decided_at.is_(None)))


def decide(session: Session, grant_id: int, *, given: bool, decided_by: int, now: datetime) -> bool:
    """Give or refuse it; False if somebody was first."""
    statement = update(Grant).where(Grant.id == grant_id, Grant.decided_at.is_(None))
    statement = statement.values(given=given, decided_by=decided_by, decided_at=now).returning(Grant.id)
    return session.scalar(statement) is not None


def drop(session: Session, volunteer_id: int, *, decided_by: int | None, now: datetime) -> None:
    """She is not here any more: nothing is asked for her."""
    statement = update(Grant).where(Grant.volunteer_id == volunteer_id, Grant.decided_at.is_(None))
    session.execute(statement.values(given=False, decided_by=decided_by, decided_at=now))
