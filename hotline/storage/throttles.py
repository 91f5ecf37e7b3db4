"""Wrong passwords, counted for each login, known or not."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.peoplemodels import LoginThrottle


def locked(session: Session, login: str, *, now: datetime) -> LoginThrottle:
    """What is known of a login, kept so until the commit. Upserted, hence locked: of guesses sent at once, even at a login that
    was never tried, each waits for the one before."""
    statement = upsert(session, LoginThrottle).values(login=login, failures=0, next_try_at=now)
    statement = statement.on_conflict_do_update(index_elements=["login"], set_={"failures": LoginThrottle.failures})
    return session.scalars(statement.returning(LoginThrottle), execution_options={"populate_existing": True}).one()


def record(session: Session, login: str, *, failures: int, next_try_at: datetime) -> None:
    """So many tries went wrong; the next one is heard then."""
    values = {"login": login, "failures": failures, "next_try_at": next_try_at}
    statement = upsert(session, LoginThrottle).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["login"], set_=values))


def forget(session: Session, login: str) -> None:
    """She is in."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.login == login))


def forget_before(session: Session, at: datetime) -> None:
    """Those who have long been heard again: made-up logins must not fill the table. What another log-in holds is left out, or two
    could wait for each other."""
    stale = select(LoginThrottle.login).where(LoginThrottle.next_try_at < at).with_for_update(skip_locked=True)
    session.execute(delete(LoginThrottle).where(LoginThrottle.login.in_(stale)))
