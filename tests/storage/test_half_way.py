"""A deploy half way: the version before goes on writing and reading on the schema that a migration of ours leaves.

Its statements are those of the schema as it was: each table of then is filled, read, changed and emptied by its columns of then.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, ForeignKeyConstraint, MetaData, Table, delete, insert, select, types, update

from hotline.storage import schema
from hotline.storage.db import make_engine
from tests.storage.test_effects import CONTRACTS

_FIRST = "0037"
_SCRIPTS = {one.revision: one for one in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()}
NEWER = sorted(revision for revision in _SCRIPTS if revision >= _FIRST and Path(_SCRIPTS[revision].path).stem not in CONTRACTS)
_EPOCH = datetime(2026, 11, 1, tzinfo=UTC)

Row = dict[str, Any]

_VALUES: Mapping[type[types.TypeEngine[Any]], Callable[[int, int], object]] = {
    types.Boolean: lambda _number, _length: False,
    types.Integer: lambda number, _length: number,
    types.Float: lambda number, _length: float(number),
    types.Numeric: lambda number, _length: number,
    types.LargeBinary: lambda number, _length: bytes([number]) * 16,
    types.DateTime: lambda number, _length: _EPOCH + timedelta(days=number),
    types.Date: lambda number, _length: date(2026, 11, number),
    types.Time: lambda number, _length: time(number),
    types.JSON: lambda number, _length: {"number": number},
    types.String: lambda number, length: f"{number:02}"[-length:],
}


@pytest.fixture(params=NEWER)
def half_way(request: pytest.FixtureRequest, empty_database_url: str) -> Iterator[tuple[Connection, MetaData, dict[str, Row]]]:
    """A connection to a database that a migration has just changed; the tables as they were before; and the rows that stood in them."""
    before = _SCRIPTS[request.param].down_revision
    assert isinstance(before, str)
    engine = make_engine(empty_database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            schema.upgrade(connection, before)
            connection.commit()
            tables = _tables(connection)
            rows = {table.name: _put(connection, table, 1) for table in tables.sorted_tables}
            connection.commit()
            schema.upgrade(connection, request.param)
            connection.commit()
            yield connection, tables, rows
    finally:
        engine.dispose()


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != "alembic_version")
    connection.rollback()
    return found


def _put(connection: Connection, table: Table, number: int) -> Row:
    """Insert a row by all columns that the table has. What may point nowhere does; what need not differ from other rows does not."""
    row = {}
    keys = [table.primary_key, *(one for one in table.indexes if one.unique), *table.constraints]
    distinct = {column.name for key in keys if not isinstance(key, ForeignKeyConstraint) for column in key.columns}
    for column in table.columns:
        if column.foreign_keys and column.nullable:
            row[column.name] = None
        else:
            target = next((key.column for key in column.foreign_keys), column)
            row[column.name] = _value(target.type, number if column.name in distinct else 1)
    connection.execute(insert(table).values(row))
    return row


def _value(kind: types.TypeEngine[Any], number: int) -> object:
    value = next(value for one, value in _VALUES.items() if isinstance(kind, one))
    return value(number, getattr(kind, "length", None) or 2)


def _read(connection: Connection, table: Table, row: Row) -> Row:
    same = [column == row[column.name] for column in table.primary_key]
    return dict(connection.execute(select(table).where(*same)).one()._mapping)


def _as_read(row: Row) -> Row:
    """SQLite keeps no time zone."""
    return {name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in row.items()}


def test_the_version_before_writes_reads_and_changes_every_table_of_then(half_way: tuple[Connection, MetaData, dict[str, Row]]) -> None:
    connection, tables, rows = half_way
    added = {table.name: _put(connection, table, 2) for table in tables.sorted_tables}
    for table in tables.sorted_tables:
        for row in (rows[table.name], added[table.name]):
            assert _as_read(_read(connection, table, row)) == _as_read(row)
            free = {column.name: row[column.name] for column in table.columns if not column.primary_key}
            if free:
                same = [column == row[column.name] for column in table.primary_key]
                assert connection.execute(update(table).where(*same).values(free)).rowcount == 1
    for table in reversed(tables.sorted_tables):
        assert connection.execute(delete(table)).rowcount == 2, table.name
    connection.commit()


def test_each_migration_since_is_tried() -> None:
    assert NEWER[0] == _FIRST
    assert set(NEWER) | {name[:4] for name in CONTRACTS} == {revision for revision in _SCRIPTS if revision >= _FIRST}
