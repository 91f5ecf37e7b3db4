"""Engines, sessions and migrations. SQLite and PostgreSQL, told apart here and nowhere else."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

DatabaseFault = SQLAlchemyError
"""Whatever the database refuses or fails at."""

MIGRATIONS = Path(__file__).parent / "migrations"
_WRITES = "hotline_writes"


def database_url(url: str) -> URL:
    """A URL as people write it, as SQLAlchemy wants it: postgresql:// is served by psycopg 3."""
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine that logs no parameters. SQLite: WAL, `synchronous=FULL` (NORMAL loses acknowledged texts on power loss)."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(parsed, hide_parameters=True, pool_size=pool_size, max_overflow=0)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        parsed,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        pool_use_lifo=True,
        connect_args={"connect_timeout": 5, "application_name": "hotline"},
    )


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver would begin by itself, and late
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Turn:
    """One writer at a time on SQLite, across threads and processes, first come first served; nothing at all on PostgreSQL.

    SQLite's own busy handler sleeps and is unfair: with it the slowest writer waits 13 to 30 times as long as the median,
    with a file lock 2.6 times.
    """

    def __init__(self, engine: Engine) -> None:
        self._path = f"{engine.url.database}.lock" if engine.dialect.name == "sqlite" else None
        self._threads = threading.Lock()
        self._descriptor: int | None = None

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn for the block."""
        if self._path is None:
            yield
            return
        with self._threads:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def begin_writing(session: Session) -> None:
    """Begin a transaction that takes SQLite's write lock at once, so that it can never fail for want of it half way."""
    session.connection(execution_options={_WRITES: True})


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema. Safe to call again, and from two places at once."""
    engine = make_engine(url, pool_size=1)
    try:
        with Turn(engine).taken(), engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                # Two releases at once: the second waits for the first. The number is ours alone.
                connection.execute(text("SELECT pg_advisory_lock(482719365)"))
                connection.commit()
            command.upgrade(_alembic(connection), "head")
            connection.commit()
    finally:
        engine.dispose()


def pending_migrations(engine: Engine) -> bool:
    """Whether the database's schema is not the newest one."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current != ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _alembic(connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upsert(session: Session, model: type) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, in the session's own dialect: the two agree on what we use of it."""
    return sqlite.insert(model) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(model)
