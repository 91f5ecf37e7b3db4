"""Which backups were made, and which of them were verified."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.storage.keepingmodels import Backup


def made(session: Session, *, now: datetime, covers_until: datetime, data_sha256: str) -> int:
    """Note a backup; returns its id. Everything that was committed before `covers_until` is in it; `data_sha256`: 64 digits, unique."""
    backup = Backup(made_at=now, covers_until=covers_until, data_sha256=data_sha256)
    session.add(backup)
    session.flush()
    return backup.id


def verified(session: Session, *, now: datetime, data_sha256: str) -> bool:
    """Note that a backup was restored and counted. False if no backup with that data file is known here."""
    statement = update(Backup).where(Backup.data_sha256 == data_sha256).values(verified_at=now)
    return session.scalar(statement.returning(Backup.id)) is not None


def newest(session: Session, *, now: datetime) -> Backup | None:
    """The backup that was made last; None if there is none. A backup of a time to come counts as not there: the clock was wrong."""
    return session.scalar(select(Backup).where(Backup.made_at <= now).order_by(Backup.made_at.desc(), Backup.id.desc()).limit(1))


def newest_verified(session: Session, *, now: datetime) -> datetime | None:
    """Everything that was committed before this time is in a backup that was verified; None if there is no such backup. A
    backup of a time to come counts as not there."""
    return session.scalar(select(func.max(Backup.covers_until)).where(Backup.verified_at.is_not(None), Backup.made_at <= now))


def unverified(session: Session) -> Sequence[Backup]:
    """The backups that nobody has tried to restore, the newest first."""
    return session.scalars(select(Backup).where(Backup.verified_at.is_(None)).order_by(Backup.id.desc())).all()
