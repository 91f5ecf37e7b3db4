"""Wrong passwords, counted for each login, known or not."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import LoginThrottle


def locked(session: Session, login: str) -> LoginThrottle | None:
    """What is known of a login, kept so until the commit."""
    return session.get(LoginThrottle, login, with_for_update=True)


def put(session: Session, login: str, *, failures: int, next_try_at: datetime) -> None:
    """So many tries went wrong; the next one is heard then."""
    values = {"login": login, "failures": failures, "next_try_at": next_try_at}
    statement = upsert(session, LoginThrottle).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["login"], set_=values))


def forget(session: Session, login: str) -> None:
    """She is in."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.login == login))


def forget_before(session: Session, at: datetime) -> None:
    """Those who have long been heard again: made-up logins must not fill the table."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.next_try_at < at))
