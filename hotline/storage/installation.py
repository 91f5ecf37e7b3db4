"""What this database is for."""

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from hotline.storage.models import Contact, Installation
from hotline.storage.peoplemodels import Volunteer


def kind(session: Session | Connection) -> str | None:
    """Demo or real; None while it is neither."""
    return session.scalar(select(Installation.kind))


def mark(session: Session, wanted: str) -> None:
    """Make it that, for good."""
    session.add(Installation(id=1, kind=wanted))
    session.flush()


def is_in_use(session: Session) -> bool:
    """Whether there is anybody in it yet, on either side."""
    return any(session.scalar(select(func.count()).select_from(select(table.id).limit(1).subquery())) for table in (Contact, Volunteer))
