"""Requests for rights: asked for by one person, decided by another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage import people
from hotline.storage.peoplemodels import Grant


def request(session: Session, volunteer_id: int, what: str, *, asked_by: int, now: datetime) -> int | None:
    """Ask for a right for a volunteer. Returns the id of the request, or None if one for the same right is undecided."""
    people.lock(session, volunteer_id)  # the second of two clicks waits for the first
    undecided = select(Grant.id).where(Grant.volunteer_id == volunteer_id, Grant.what == what, Grant.decided_at.is_(None))
    if session.scalar(undecided.limit(1)) is not None:
        return None
    grant = Grant(volunteer_id=volunteer_id, what=what, asked_by=asked_by, asked_at=now)
    session.add(grant)
    session.flush()
    return grant.id


def undecided(session: Session) -> Sequence[Grant]:
    """The requests that wait for a second person's decision, oldest first."""
    return session.scalars(select(Grant).where(Grant.decided_at.is_(None)).order_by(Grant.id)).all()


def find(session: Session, grant_id: int) -> Grant | None:
    """An undecided request by id; None if there is none."""
    return session.scalar(select(Grant).where(Grant.id == grant_id, Grant.decided_at.is_(None)))


def decide(session: Session, grant_id: int, *, given: bool, decided_by: int, now: datetime) -> bool:
    """Give or refuse what a request asks for. False if it was decided before."""
    statement = update(Grant).where(Grant.id == grant_id, Grant.decided_at.is_(None))
    statement = statement.values(given=given, decided_by=decided_by, decided_at=now).returning(Grant.id)
    return session.scalar(statement) is not None


def drop(session: Session, volunteer_id: int, *, what: str | None = None, decided_by: int | None, now: datetime) -> None:
    """Refuse the undecided requests for a volunteer, all or those for `what`: they are about something that is over."""
    statement = update(Grant).where(Grant.volunteer_id == volunteer_id, Grant.decided_at.is_(None))
    if what is not None:
        statement = statement.where(Grant.what == what)
    session.execute(statement.values(given=False, decided_by=decided_by, decided_at=now))


def drop_asked_by(session: Session, asker_id: int, *, decided_by: int | None, now: datetime) -> None:
    """Refuse the undecided requests of a person who has left."""
    statement = update(Grant).where(Grant.asked_by == asker_id, Grant.decided_at.is_(None))
    session.execute(statement.values(given=False, decided_by=decided_by, decided_at=now))
