"""Wrong passwords, counted for each login, whether a volunteer has it or not."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.peoplemodels import LoginThrottle


def locked(session: Session, login: str, *, now: datetime) -> LoginThrottle:
    """The row of a login, made if there is none, and locked until the commit.

    So of guesses sent at the same time, even for a login that was never tried, each waits for the one before.
    """
    statement = upsert(session, LoginThrottle).values(login=login, failures=0, next_try_at=now)
    statement = statement.on_conflict_do_update(index_elements=["login"], set_={"failures": LoginThrottle.failures})
    return session.scalars(statement.returning(LoginThrottle), execution_options={"populate_existing": True}).one()


def record(session: Session, login: str, *, failures: int, next_try_at: datetime) -> None:
    """Store how many tries for a login failed, and when the next one is allowed."""
    values = {"login": login, "failures": failures, "next_try_at": next_try_at}
    statement = upsert(session, LoginThrottle).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["login"], set_=values))


def forget(session: Session, login: str) -> None:
    """Delete the row of a login: a try succeeded."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.login == login))


def forget_before(session: Session, at: datetime) -> None:
    """Delete the rows whose next try was allowed before `at`: made-up logins must not fill the table.

    Rows that another log-in has locked are left out, or two log-ins could wait for each other.
    """
    stale = select(LoginThrottle.login).where(LoginThrottle.next_try_at < at).with_for_update(skip_locked=True)
    session.execute(delete(LoginThrottle).where(LoginThrottle.login.in_(stale)))
