"""Marks: how far workers have come in tables that only grow."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import Mark


def value(session: Session, name: str) -> int:
    """The value of a mark; 0 if there is none."""
    return session.scalar(select(Mark.value).where(Mark.name == name)) or 0


def beginning(session: Session, start: str) -> Mapping[str, int]:
    """What follows `start` in the names of the marks that begin so → their value."""
    statement = select(Mark.name, Mark.value).where(Mark.name.startswith(start, autoescape=True))
    return {name.removeprefix(start): value for name, value in session.execute(statement)}


def move(session: Session, name: str, *, before: int, after: int) -> None:
    """Move a mark from `before` to `after`. If another worker has moved it meanwhile, it stays where that worker put it."""
    session.execute(update(Mark).where(Mark.name == name, Mark.value == before).values(value=after))


def set_value(session: Session, name: str, value: int) -> None:
    """Set a mark, whatever its value was; it is made if there is none."""
    statement = upsert(session, Mark).values(name=name, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
