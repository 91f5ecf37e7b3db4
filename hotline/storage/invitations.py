"""Invitations: one-time links. The token is not kept, only its hash."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.storage.peoplemodels import Invitation, Volunteer


def make(session: Session, volunteer_id: int, *, token_sha256: str, made_by: int | None, now: datetime, expires_at: datetime) -> None:
    """A link for somebody; those she had before open nothing any more."""
    void(session, volunteer_id, now=now)
    session.add(Invitation(volunteer_id=volunteer_id, token_sha256=token_sha256, made_by=made_by, made_at=now, expires_at=expires_at))
    session.flush()


def void(session: Session, volunteer_id: int, *, now: datetime) -> None:
    """Her links open nothing any more."""
    statement = update(Invitation).where(Invitation.volunteer_id == volunteer_id, Invitation.used_at.is_(None)).values(used_at=now)
    session.execute(statement)


def invited(session: Session, token_sha256: str, *, now: datetime) -> Volunteer | None:
    """Whom a link that can still be used is for."""
    statement = select(Volunteer).join(Invitation, Invitation.volunteer_id == Volunteer.id)
    is_open = (Invitation.token_sha256 == token_sha256, Invitation.used_at.is_(None), Invitation.expires_at > now)
    return session.scalar(statement.where(*is_open, Volunteer.active))


def makers(session: Session) -> dict[int, Invitation]:
    """Volunteer id → her newest link."""
    newest = select(func.max(Invitation.id)).group_by(Invitation.volunteer_id)
    return {made.volunteer_id: made for made in session.scalars(select(Invitation).where(Invitation.id.in_(newest)))}


def use(session: Session, token_sha256: str, *, now: datetime) -> bool:
    """Use a link up; False if somebody was first."""
    statement = update(Invitation).where(Invitation.token_sha256 == token_sha256, Invitation.used_at.is_(None), Invitation.expires_at > now)
    used = session.scalar(statement.values(used_at=now).returning(Invitation.id))
    return used is not None
