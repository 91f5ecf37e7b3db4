"""What this database is for."""

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from hotline.storage.models import Contact, Installation
from hotline.storage.peoplemodels import Volunteer


def kind(session: Session | Connection) -> str | None:
    """What the database is marked as, "demo" or "real"; None while it is not marked."""
    return session.scalar(select(Installation.kind))


def mark(session: Session, wanted: str) -> None:
    """Mark the database as `wanted`, "demo" or "real". A mark is never changed."""
    session.add(Installation(id=1, kind=wanted))
    session.flush()


def is_in_use(session: Session) -> bool:
    """Whether the database has a contact or a volunteer yet."""
    return any(session.scalar(select(func.count()).select_from(select(table.id).limit(1).subquery())) for table in (Contact, Volunteer))
