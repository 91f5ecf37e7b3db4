"""The codes that stand for everything that was bound until the end of a day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.auditmodels import BookCode
from hotline.storage.db import upsert


def all_of(session: Session) -> Sequence[tuple[date, str]]:
    """Each day with its code, the oldest first."""
    return [(row[0], row[1]) for row in session.execute(select(BookCode.day, BookCode.code).order_by(BookCode.day))]


def newest(session: Session, *, limit: int) -> Sequence[BookCode]:
    """The codes of the newest days, newest first."""
    return session.scalars(select(BookCode).order_by(BookCode.day.desc()).limit(limit)).all()


def put(session: Session, day: date, code: str, *, now: datetime) -> bool:
    """Store the code of a day. False if it has one."""
    statement = upsert(session, BookCode).values(day=day, code=code, made_at=now, told_at=None).on_conflict_do_nothing()
    return session.scalar(statement.returning(BookCode.day)) is not None


def tell(session: Session, day: date, *, now: datetime) -> str | None:
    """Note that the code of a day is texted now, and return it. None if it has none, or was texted before."""
    statement = update(BookCode).where(BookCode.day == day, BookCode.told_at.is_(None)).values(told_at=now)
    return session.scalar(statement.returning(BookCode.code))
