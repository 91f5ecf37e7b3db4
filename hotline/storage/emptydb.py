"""A database that is filled from nothing, whole or not at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, Inspector, MetaData, Table, func, inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from hotline import private
from hotline.keys import KeyFile
from hotline.storage.db import make_engine, sqlite_path
from hotline.storage.schema import foreign_keys_off
from hotline.storage.sealed import KEYS

_MADE_BY_ITSELF = frozenset({"alembic_version", "key_prints", "marks"})
"""Tables in which a database has rows before anybody has used it."""


class NotEmpty(Exception):
    """The database holds rows: it is not written over."""


def require_empty(url: str) -> None:
    """Raise `NotEmpty` if any row of anybody's is in the database."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            _require_empty(connection)
            connection.rollback()
    finally:
        engine.dispose()


@contextlib.contextmanager
def filled(url: str) -> Iterator[Connection]:
    """A connection to the empty database, without a table. What is written is there once the block has ended, and not at all if it raises
    or the process is killed. Raises `NotEmpty`.

    SQLite: another file beside it, which takes its place. PostgreSQL: one transaction.
    """
    require_empty(url)
    path = sqlite_path(url)
    if path is None:
        engine = make_engine(url, pool_size=1)
        try:
            with _begun(engine) as connection:
                yield connection
        finally:
            engine.dispose()
        return
    if not path.parent.exists():
        private.folder(path.parent)
    beside = path.with_name(f"{path.name}.restoring")
    _remove(beside)
    try:
        engine = make_engine(f"sqlite:///{beside}", pool_size=1)
        try:
            with engine.connect() as connection:
                yield connection
                connection.commit()
        finally:
            engine.dispose()
        _remove(path)
        beside.rename(path)
        private.settle(path.parent)
    finally:
        _remove(beside)


@contextlib.contextmanager
def in_any_order(connection: Connection) -> Iterator[None]:
    """Let rows come before those that they refer to, during the block. At its end every row must refer to an existing row."""
    if connection.dialect.name == "sqlite":
        with foreign_keys_off(connection):
            yield
        return
    look: Inspector = inspect(connection)
    links = [(table, link["name"]) for table in look.get_table_names() for link in look.get_foreign_keys(table)]
    for table, name in links:
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED'))
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, name in links:
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" NOT DEFERRABLE'))


@contextlib.contextmanager
def session_on(connection: Connection, keys: KeyFile) -> Iterator[Session]:
    """A session on the connection, as services are given one. What it wrote is part of what the connection writes."""
    if not connection.in_transaction():
        connection.begin()
    named = {"autoflush": False, "expire_on_commit": False, "execution_options": {"synchronize_session": False}}
    with Session(connection, join_transaction_mode="rollback_only", info={KEYS: keys}, **named) as session:  # type: ignore[arg-type]  # as in `runtime`
        yield session
        session.flush()


def count_on(session: Session, tables: dict[str, Table]) -> None:
    """Let PostgreSQL give new rows ids behind those that are there. SQLite does so by itself."""
    if session.get_bind().dialect.name == "sqlite":
        return
    for table in tables.values():
        ids = table.columns.get("id")
        name = session.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}) if ids is not None else None
        if ids is not None and name is not None:
            newest = session.scalar(select(func.max(ids))) or 0
            session.execute(text("SELECT setval(:name, :next, false)"), {"name": name, "next": newest + 1})


@contextlib.contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        # Of two at once the second waits, and finds the database filled. The number is that of `schema.migrate`.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # recordings are put back meanwhile
        connection.execute(text("SELECT pg_advisory_xact_lock(482719365)"))
        _require_empty(connection)
        there = MetaData()
        there.reflect(connection)
        there.drop_all(connection)
        yield connection
        connection.commit()


def _require_empty(connection: Connection) -> None:
    there = MetaData()
    there.reflect(connection)
    for table in there.sorted_tables:
        if table.name not in _MADE_BY_ITSELF and connection.execute(select(text("1")).select_from(table).limit(1)).first() is not None:
            raise NotEmpty(f"the database holds rows (in {table.name})")


def _remove(path: Path) -> None:
    for one in private.database_files(path):
        one.unlink(missing_ok=True)
