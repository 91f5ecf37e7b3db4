"""What all tables share: their base class, and the types of their keys and times."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, inspect, text
from sqlalchemy.orm import DeclarativeBase, aliased, configure_mappers
from sqlalchemy.schema import MetaData
from sqlalchemy.types import TypeDecorator

NO_TICKET = text("ticket_id IS NULL")

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite gives out ids by itself for INTEGER keys only


class UtcDateTime(TypeDecorator[datetime]):
    """A column of times: takes aware times, gives them back in UTC. A naive time is refused, as nobody would know its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as it is stored. Raises `ValueError` for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored time, aware and in UTC on both databases."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base class of all tables. It gives every constraint a name, so that a migration can refer to it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON(), dict[str, str]: JSON(), list[str]: JSON()}  # noqa: RUF012 - SQLAlchemy's own form


Model = TypeVar("Model", bound=Base)


def other(model: type[Model]) -> type[Model]:
    """An alias of a model, made whole at once, for a module to keep.

    What `aliased` gives is completed when it is first used. If two threads do so at the same moment, a column of it may stand for the
    model's own table from then on, as long as the process lives: a condition with it is true where it must not be.
    """
    found = aliased(model)
    for name in inspect(model).columns.keys():  # noqa: SIM118 - no dictionary: it iterates over columns
        getattr(found, name).__clause_element__()
    return found


def make_ready() -> None:
    """Make what SQLAlchemy makes of the models at the first query: processes that are forked after it share it."""
    configure_mappers()
