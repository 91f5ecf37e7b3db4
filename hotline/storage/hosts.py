"""The hosts that use this database: when each was last seen, and whose clock they go by."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.storage import marks

_MARK = "host:"
_HERE_FOR = timedelta(hours=1)
"""A host that told nothing for so long is gone."""


def note(session: Session, name: str, *, now: datetime) -> None:
    """Note that a host is there."""
    marks.set_value(session, f"{_MARK}{name}", round(now.timestamp()))


def there(session: Session, *, now: datetime) -> list[str]:
    """The names of the hosts that are there."""
    since = (now - _HERE_FOR).timestamp()
    return sorted(name for name, seen in marks.beginning(session, _MARK).items() if seen > since)


def database_now(session: Session) -> datetime | None:
    """What the clock of the database's machine shows; None on SQLite, which has none of its own."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    return session.scalar(select(func.clock_timestamp()))
