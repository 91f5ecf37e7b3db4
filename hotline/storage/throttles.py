"""Wrong passwords and codes, counted under names: of a log-in (whether a volunteer has it or not), a browser, a block of addresses."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.peoplemodels import LoginThrottle

_SWEPT = 200
"""Rows that one try deletes at most. Each try adds two at most, so that the table shrinks."""


def allowed_at(session: Session, names: Collection[str]) -> datetime | None:
    """When the next try is allowed under all of these names; None if nothing was counted under any of them."""
    return session.scalar(select(func.max(LoginThrottle.next_try_at)).where(LoginThrottle.login.in_(names)))


def locked(session: Session, names: Collection[str], *, now: datetime) -> dict[str, LoginThrottle]:
    """Name → its row, made if there is none, and locked until the commit.

    So of guesses sent at the same time, even for a login that was never tried, each waits for the one before. Rows are locked in the
    order of their names, so that no two tries wait for each other.
    """
    rows = [{"login": name, "failures": 0, "next_try_at": now} for name in sorted(names)]
    statement = upsert(session, LoginThrottle).values(rows)
    statement = statement.on_conflict_do_update(index_elements=["login"], set_={"failures": LoginThrottle.failures})
    found = session.scalars(statement.returning(LoginThrottle), execution_options={"populate_existing": True})
    return {throttle.login: throttle for throttle in found}


def forget(session: Session, name: str) -> None:
    """Delete the row of a name: a try succeeded."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.login == name))


def take_back(session: Session, name: str, *, now: datetime) -> None:
    """Count one failure less under a name that several people share: one of them succeeded, and nobody has to wait for that."""
    statement = update(LoginThrottle).where(LoginThrottle.login == name, LoginThrottle.failures > 0)
    session.execute(statement.values(failures=LoginThrottle.failures - 1, next_try_at=now))


def forget_before(session: Session, at: datetime) -> None:
    """Delete rows whose next try was allowed before `at`, the oldest first: made-up logins must not fill the table.

    Rows that another log-in has locked are left out, or two log-ins could wait for each other.
    """
    stale = select(LoginThrottle.login).where(LoginThrottle.next_try_at < at).order_by(LoginThrottle.next_try_at).limit(_SWEPT)
    session.execute(delete(LoginThrottle).where(LoginThrottle.login.in_(stale.with_for_update(skip_locked=True))))
