"""Engines, sessions and migrations. SQLite and PostgreSQL, told apart here and nowhere else."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ClauseElement, Engine, Executable, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from hotline.storage.writing import CONNECTION, WAIT_S, WRITES, WriterLock

DatabaseFault = SQLAlchemyError
"""Whatever the database refuses or fails at."""


class MigrationFailed(SQLAlchemyError):
    """A migration left rows that point nowhere."""


MIGRATIONS = Path(__file__).parent / "migrations"


def database_url(url: str) -> URL:
    """A URL as people write it, as SQLAlchemy wants it: postgresql:// is served by psycopg 3."""
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine that logs no parameters, and waits `WAIT_S` for a lock.

    SQLite: WAL, `synchronous=FULL` (NORMAL loses acknowledged texts on power loss).
    """
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(parsed, hide_parameters=True, pool_size=pool_size, max_overflow=0)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        parsed,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,  # after a restart of the server no text must meet a dead connection
        pool_use_lifo=True,
        connect_args={"connect_timeout": 5, "application_name": "hotline", "keepalives_idle": 30, "tcp_user_timeout": 10_000},
    )
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: object, _record: object) -> None:
    connection.execute(f"SET lock_timeout = {round(WAIT_S * 1000)}")  # type: ignore[attr-defined]  # not in `options`, which the URL may have
    connection.commit()  # type: ignore[attr-defined]


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver would begin by itself, and late
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={round(WAIT_S * 1000)}", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema. Safe to call again, and from two places at once."""
    engine = make_engine(url, pool_size=1)
    try:
        with WriterLock(engine).taken(), engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                # Two releases at once: the second waits for the first, however long. The number is ours alone.
                connection.execute(text("SET lock_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_lock(482719365)"))
                connection.commit()
            command.upgrade(_alembic(connection), "head")
            connection.commit()
    finally:
        engine.dispose()


@contextlib.contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which its foreign keys forbid: off for the block, and looked at after it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.commit()  # within a transaction SQLite would not listen
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.commit()
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise MigrationFailed(f"the migration left {len(broken)} rows that point nowhere")
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


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


def table(model: type[DeclarativeBase]) -> Table:
    """A model's table: a statement on it skips what the ORM does for objects."""
    return cast("Table", model.__table__)


class Insert:
    """An INSERT of one row, built once for each database: building it for each row takes longer than a database to store the row. For
    what an incoming text or a step of a call stores; elsewhere `upsert` reads better."""

    def __init__(self, build: Callable[[Callable[[Table], Any]], Executable]) -> None:
        """`build` is given the `insert` of a dialect: both know ON CONFLICT, and agree on what we use of it."""
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def put(self, session: Session, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Store a row, a value for each of its columns; the first row of what the statement returns, if it returns any."""
        connection = connection_of(session)
        result = connection.execute(self._statements[connection.dialect.name], values)
        return result.first() if result.returns_rows else None


def connection_of(session: Session) -> Connection:
    """The session's connection: a statement on it skips what the ORM does for objects."""
    return session.info.get(CONNECTION) or session.connection()


class Remembered:
    """Statements that are asked again and again with the same values: written once for each key, values and all, for SQLAlchemy takes
    longer to build and to recognise one than a database to answer it. What they select comes as the driver gives it: numbers do."""

    _MOST = 1000

    def __init__(self) -> None:
        self._written: dict[tuple[Any, ...], str] = {}

    def rows(self, session: Session, key: tuple[Any, ...], build: Callable[[], ClauseElement]) -> list[tuple[Any, ...]]:
        """All rows of what `build` makes: the same statement for the same key, always."""
        connection = session.connection()
        written = self._written.get((connection.dialect.name, *key))
        if written is None:
            if len(self._written) >= self._MOST:
                self._written.clear()
            written = str(build().compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
            self._written[connection.dialect.name, *key] = written
        return [tuple(row) for row in connection.exec_driver_sql(written)]


def is_sqlite(session: Session) -> bool:
    """Which of the two it is."""
    return session.get_bind().dialect.name == "sqlite"


def upsert(session: Session, model: type) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, in the session's own dialect: the two agree on what we use of it."""
    return sqlite.insert(model) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(model)
