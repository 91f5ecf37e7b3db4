"""Reads and writes whole tables as lines of JSON, the same for SQLite and PostgreSQL: what was read from one can be written to the other.

What opens what is sealed stands apart from what is sealed: `data` and `keys` of a database are two dumps, which are kept for different
times. A dump of `data` without the one of `keys` shows no person's word or number.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, LargeBinary, MetaData, Table, Time, bindparam, func, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import JSON

from hotline.storage.db import is_sqlite

LEFT_OUT = frozenset({"alembic_version", "ticket_words", "logins", "invitations", "text_parts"})
"""Tables in no dump: words are indexed anew, who was logged out, or used up a link, must not come in by it again, and parts of texts wait
for each other for minutes only."""

IN_KEYS = frozenset({"key_prints", "suppressed", "wipings"})
"""Tables of which the newest counts, whatever the age of the data: what was erased since stays so."""

APART: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "contacts": ("uid", ("mark", "wrapped_key")),
    "shift_days": ("id", ("note",)),
    "typed_phones": ("id", ("mark",)),
    "views": ("id", ("sealed",)),
}
"""Table → the column by which its rows are known, and its columns that stand in the dump of keys: what opens or finds a person, and what
the staff's key alone would open."""

_ROWS = 1000


class Part(StrEnum):
    """Which dump."""

    DATA = "data"
    KEYS = "keys"


class DumpFault(Exception):
    """A dump does not fit the database that it is to be written to; the message says why."""


def hold_still(session: Session) -> None:
    """Let the session see the database as it is now until it ends, however much is written meanwhile. Called first of all in it."""
    if not is_sqlite(session):  # SQLite does so by itself from the first statement on
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # the disk that is written to may be slow
    revision(session)


def revision(session: Session) -> str:
    """The revision of the database's schema."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def tables(session: Session) -> dict[str, Table]:
    """Name → each table of the database, in an order in which a table comes behind those that it refers to."""
    found = MetaData()
    found.reflect(session.connection())
    for table in found.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)  # else None would be stored as a value, not as nothing
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def columns(table: Table, part: Part) -> list[Column[Any]]:
    """The columns of a table that stand in a dump; none if the table is not in it."""
    known_by, apart = APART.get(table.name, ("", ()))
    if table.name in LEFT_OUT:
        return []
    if part is Part.DATA:
        return [] if table.name in IN_KEYS else [column for column in table.columns if column.name not in apart]
    if table.name in IN_KEYS:
        return list(table.columns)
    return [table.columns[name] for name in (known_by, *apart)] if apart else []


def lines(session: Session, table: Table, part: Part) -> Iterator[bytes]:
    """The rows of a table as lines of JSON, by its key; of a dump of keys only rows that have anything apart."""
    chosen = columns(table, part)
    encoders = [_encoder(column.type) for column in chosen]
    statement = select(*chosen).order_by(*table.primary_key.columns)
    known_alone = part is Part.KEYS and table.name in APART
    for row in session.execute(statement, execution_options={"yield_per": _ROWS}):
        if known_alone and all(value is None for value in row[1:]):
            continue
        values = [value if value is None else encode(value) for value, encode in zip(row, encoders, strict=True)]
        yield json.dumps(values, separators=(",", ":")).encode() + b"\n"


def put(session: Session, table: Table, names: list[str], rows: Iterable[bytes]) -> int:
    """Write rows, as `lines` gave them for the columns of these names; returns how many. Raises `DumpFault`."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise DumpFault(f"the table {table.name} has no column {', '.join(missing)}")
    read = _reader([table.columns[name] for name in names])
    count, there = 0, iter(rows)
    while batch := [dict(zip(names, read(row), strict=True)) for row in islice(there, _ROWS)]:
        session.execute(table.insert(), batch)
        count += len(batch)
    return count


def put_apart(session: Session, table: Table, names: list[str], rows: Iterable[bytes]) -> int:
    """Put columns of a dump of keys back into rows that are there; returns how many lines were read. Rows that are not there stay away."""
    read = _reader([table.columns[name] for name in names])
    known_by, *apart = names
    statement = update(table).where(table.columns[known_by] == bindparam("known_by"))
    statement = statement.values({name: bindparam(f"apart_{name}") for name in apart})
    count, there = 0, iter(rows)
    while batch := [read(row) for row in islice(there, _ROWS)]:
        keys = ["known_by", *(f"apart_{name}" for name in apart)]
        session.connection().execute(statement, [dict(zip(keys, values, strict=True)) for values in batch])
        count += len(batch)
    return count


def empty(session: Session, table: Table) -> None:
    """Delete all rows of a table."""
    session.execute(table.delete())


def counted(session: Session, table: Table) -> int:
    """How many rows a table has."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def _reader(chosen: list[Column[Any]]) -> Callable[[bytes], list[Any]]:
    decoders = [_decoder(column.type) for column in chosen]

    def read(line: bytes) -> list[Any]:
        return [value if value is None else decode(value) for value, decode in zip(json.loads(line), decoders, strict=True)]

    return read


def _encoder(type_: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(type_, LargeBinary):
        return lambda value: base64.b64encode(value).decode()
    if isinstance(type_, DateTime):
        return _in_utc
    return _iso if isinstance(type_, Date | Time) else _same


def _decoder(type_: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(type_, DateTime):  # SQLite's times have no zone
        return (lambda value: datetime.fromisoformat(value).replace(tzinfo=UTC)) if type_.timezone else datetime.fromisoformat
    kinds: tuple[tuple[type, Callable[[Any], Any]], ...] = (
        (LargeBinary, base64.b64decode),
        (Boolean, bool),
        (Date, date.fromisoformat),
        (Time, time.fromisoformat),
    )
    return next((decode for kind, decode in kinds if isinstance(type_, kind)), _same)


def _same(value: Any) -> Any:
    return value


def _iso(value: date | time) -> str:
    return value.isoformat()


def _in_utc(value: datetime) -> str:
    return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()
