"""Invitations: one-time links. Only the hash of the link's token is stored."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.storage.peoplemodels import Invitation, Volunteer


def make(session: Session, volunteer_id: int, *, token_sha256: str, made_by: int | None, now: datetime, expires_at: datetime) -> None:
    """Store a link for a volunteer. Links made before for the same volunteer become void."""
    void(session, volunteer_id, now=now)
    session.add(Invitation(volunteer_id=volunteer_id, token_sha256=token_sha256, made_by=made_by, made_at=now, expires_at=expires_at))
    session.flush()


def void(session: Session, volunteer_id: int, *, now: datetime) -> None:
    """Make a volunteer's unused links void."""
    statement = update(Invitation).where(Invitation.volunteer_id == volunteer_id, Invitation.used_at.is_(None)).values(used_at=now)
    session.execute(statement)


def void_made_by(session: Session, maker_id: int, *, now: datetime) -> None:
    """Make the unused links void that a person made for others."""
    session.execute(update(Invitation).where(Invitation.made_by == maker_id, Invitation.used_at.is_(None)).values(used_at=now))


def invited(session: Session, token_sha256: str, *, now: datetime) -> Volunteer | None:
    """The active volunteer that a link is for; None if the link is unknown, used or expired."""
    statement = select(Volunteer).join(Invitation, Invitation.volunteer_id == Volunteer.id)
    is_open = (Invitation.token_sha256 == token_sha256, Invitation.used_at.is_(None), Invitation.expires_at > now)
    return session.scalar(statement.where(*is_open, Volunteer.active))


def makers(session: Session) -> dict[int, Invitation]:
    """Volunteer id → the volunteer's newest link."""
    newest = select(func.max(Invitation.id)).group_by(Invitation.volunteer_id)
    return {made.volunteer_id: made for made in session.scalars(select(Invitation).where(Invitation.id.in_(newest)))}


def use(session: Session, token_sha256: str, *, now: datetime) -> Invitation | None:
    """Use a link up, and return it. None if it was used before, or has expired."""
    statement = update(Invitation).where(Invitation.token_sha256 == token_sha256, Invitation.used_at.is_(None), Invitation.expires_at > now)
    return session.scalar(statement.values(used_at=now).returning(Invitation))
