"""Engines and statements, for SQLite and PostgreSQL."""

import contextlib
import functools
import select
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import ClauseElement, Dialect, Engine, SelectBase, Table, create_engine, event
from sqlalchemy import select as sql_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from hotline import private
from hotline.storage.base import UtcDateTime
from hotline.storage.patience import Patience
from hotline.storage.writing import CONNECTION, SHARE, WAIT_S, WRITES, Overloaded

DatabaseFault = SQLAlchemyError
"""Any error of the database: a statement refused, a connection lost, a lock not got in time."""


_LOCKED_S = 1
"""How long to wait for somebody else who has locked SQLite's file. Our own processes take turns (`writing`), and each waits so long in its
turn: of eight the last must still answer its gateway in time."""

_IDLE_S = 60
"""So long a transaction may do nothing until PostgreSQL ends it: a process that hangs would keep its locks for as long. A backup, a restore
and a migration set it to 0 for themselves. The end of a host that is gone the server sees by `tcp_keepalives`."""

_AT_ONCE = 500
"""How many ids one statement asks for: a database takes only so many parameters."""


class StatementFailed(SQLAlchemyError):
    """The database refused a statement."""


class RowRefused(StatementFailed):
    """The database works, and refused what a statement would store: nothing is stored."""


_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_POSTGRES_BUSY = frozenset({"55P03", "40P01", "40001", "53300"})
"""A lock not got in time, a deadlock, two transactions that exclude each other, too many connections. Source: its manual, appendix A."""


@contextlib.contextmanager
def overload_told() -> Iterator[None]:
    """Raise `Overloaded` for whatever says that others have the database: the line, the pool, a lock of either database."""
    try:
        yield
    except Overloaded:
        raise
    except SQLAlchemyError as fault:
        if _is_busy(fault):
            raise Overloaded("the database is busy") from fault
        raise


def _is_busy(fault: BaseException | None) -> bool:
    """Whether the fault, or what it came from, is that others have the database."""
    while fault is not None:
        given = fault.orig if isinstance(fault, DBAPIError) else fault
        if isinstance(given, Overloaded | PoolTimeout) or getattr(given, "sqlstate", None) in _POSTGRES_BUSY:
            return True
        if getattr(given, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY:  # above that byte SQLite says why
            return True
        fault = fault.__cause__
    return False


def database_url(url: str) -> URL:
    """The URL that SQLAlchemy takes, for a URL as people write it: postgres:// and postgresql:// are served by psycopg 3."""
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def sqlite_path(url: str) -> Path | None:
    """The path of the database file, for a URL as people write it; None if the database is not SQLite."""
    parsed = database_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def make_engine(url: str, *, pool_size: int = 10, answer_s: float | None = None) -> Engine:
    """An engine that logs no parameters, and waits `WAIT_S` for a lock or a connection, and `answer_s` for an answer of PostgreSQL.

    SQLite: WAL, `synchronous=FULL` (NORMAL loses acknowledged texts on power loss), and connections for `SHARE` threads at least: each is
    no more than an open file. The file of the database is made here, because SQLite would make it as the umask says; it gives the files
    beside it the same mode. Raises `OSError` if the file cannot be made, or is a link.
    """
    parsed = database_url(url)
    if (path := sqlite_path(url)) is not None:
        _keep_private(path)
        engine = create_engine(parsed, hide_parameters=True, pool_size=max(pool_size, SHARE + 2), max_overflow=0, pool_timeout=WAIT_S)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    terms = {
        "connect_timeout": 5,
        "application_name": "hotline",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "tcp_user_timeout": 10_000,
    }
    patience = Patience(answer_s) if answer_s is not None else None
    args, given = parsed.get_dialect()().create_connect_args(parsed)
    engine = create_engine(
        parsed,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=WAIT_S,
        pool_use_lifo=True,
        **({"creator": functools.partial(patience.connect, args, {**given, **terms})} if patience else {"connect_args": terms}),
    )
    event.listen(engine, "connect", _prepare_postgres)
    event.listen(engine, "checkout", _refuse_a_dead_one)
    if patience is not None:
        event.listen(engine, "checkout", patience.checked_out)
    return engine


def can_be_reached(url: str) -> bool:
    """Whether a connection can be made now."""
    engine = make_engine(url, pool_size=1)
    try:
        engine.connect().close()
    except DatabaseFault:
        return False
    finally:
        engine.dispose()
    return True


def _keep_private(path: Path) -> None:
    if not path.parent.exists():
        private.folder(path.parent)
    private.file(path)
    for beside in private.database_files(path):
        private.narrow(beside)


def _prepare_postgres(connection: object, _record: object) -> None:
    settings = {  # not in `options`: the URL may set it
        "lock_timeout": round(WAIT_S * 1000),
        "idle_in_transaction_session_timeout": _IDLE_S * 1000,
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }
    connection.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))  # type: ignore[attr-defined]
    connection.commit()  # type: ignore[attr-defined]


def _refuse_a_dead_one(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
    """Let the pool make a new connection in place of a dead one: after the server was restarted, no text may meet it.

    Nothing comes on an idle connection but its end, or a notice. Only if something has come is the server asked: to ask it each time
    (the pool's `pool_pre_ping`) is a fifth of all round trips that a text takes.
    """
    waits = select.poll()
    waits.register(connection, select.POLLIN)
    if waits.poll(0):
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as fault:
            raise DisconnectionError("the server has ended it") from fault


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # else the driver begins transactions by itself, and too late
    cursor = connection.cursor()  # type: ignore[attr-defined]
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={round(min(WAIT_S, _LOCKED_S) * 1000)}",
        "temp_store=MEMORY",
    )
    # What is deleted is overwritten: how SQLite was compiled must not decide that.
    for pragma in (*pragmas, "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    if driver.in_transaction:  # `writing` has begun it
        return
    writes = connection.get_execution_options().get(WRITES, False)
    try:
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except sqlite3.Error as fault:
        raise StatementFailed("the database does not begin a transaction") from fault


def table(model: type[DeclarativeBase]) -> Table:
    """A model's table. A statement on the table is faster than one on the model: the ORM has no objects to keep."""
    return cast("Table", model.__table__)


class Insert:
    """An INSERT of one row, built once for each database, since building the statement takes longer than storing the row.

    Used for what an incoming text or a step of a call stores. Elsewhere `upsert` reads better.
    """

    def __init__(self, build: Callable[[Callable[[Table], Any]], ClauseElement]) -> None:
        """`build` gets a dialect's `insert` and returns the statement. What we use of ON CONFLICT is the same in both dialects."""
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def put(self, session: Session, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Store a row, given as column → value. Returns the first row as `execute` does."""
        return execute(session, self._statements[connection_of(session).dialect.name], values)


def connection_of(session: Session) -> Connection:
    """The session's connection. A statement on it is faster than one on the session: the ORM has no objects to keep."""
    return session.info.get(CONNECTION) or session.connection()


def execute(session: Session, statement: ClauseElement, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a statement that is built once, with values by the names of its parameters, on the driver's own cursor.

    Returns the first row that the statement returns, as the driver gives it, without SQLAlchemy's types: SQLite has no booleans and no
    times. Raises `DatabaseFault`. SQLAlchemy takes 35 µs to execute such a statement, this takes 12. A text takes five of them on SQLite,
    two on PostgreSQL: with SQLAlchemy it costs a tenth more CPU, and the target of the bench on PostgreSQL does not allow that.
    """
    connection = connection_of(session)
    text, given = _given(connection.dialect, statement, values)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text.sql, given)
        return cursor.fetchone() if text.has_rows else None
    except text.driver_error as fault:
        raise StatementFailed("the database refused a statement") from fault
    finally:
        cursor.close()


def run_alone(engine: Engine, sql: bytes, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement on PostgreSQL as a transaction of its own, with the values of its parameters ($1, $2, ...) as the driver takes them.

    Returns the rows that it returns. Raises `RowRefused`, and `DatabaseFault` otherwise: then it may have been committed all the same, as
    the connection may have ended before the answer came.
    """
    try:
        pooled = engine.raw_connection()
    except psycopg.Error as fault:  # SQLAlchemy makes its own of it only where it runs the statement, too
        raise StatementFailed("no connection can be made") from fault
    connection = cast("psycopg.Connection[tuple[Any, ...]]", pooled.driver_connection)
    try:
        connection.autocommit = True
        rows = psycopg.RawCursor(connection).execute(sql, values).fetchall()
        connection.autocommit = False
    except BaseException as fault:
        pooled.invalidate()
        if not isinstance(fault, psycopg.Error):
            raise
        kind = StatementFailed if isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError) else RowRefused
        raise kind("the database refused a statement") from fault
    finally:
        pooled.close()
    return rows


class _Text(NamedTuple):
    """A statement as the driver takes it."""

    sql: str
    fixed: dict[str, Any]  # the statement's own values, such as the 1 in "times_seen + 1"
    converters: Sequence[tuple[str, Callable[[Any], Any]]]  # parameter → what makes of its value what the driver takes
    has_rows: bool  # whether it returns any; to ask psycopg's cursor takes longer than to store a row
    driver_error: type[Exception]


_SQLITE_BY_NAME = sqlite.dialect(paramstyle="named")
"""SQLite's driver takes values by name as well, though SQLAlchemy gives them by position."""

_TEXTS: dict[tuple[Any, ...], _Text] = {}
_TEXTS_KEPT = 1000
"""More than the hotline has. The lists of the queue with all their filters would be more."""


def rows(session: Session, statement: ClauseElement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query that is built once, with values by the names of its parameters, as the driver gives them.

    Select plain numbers and strings. SQLAlchemy takes longer to build and compile a page of the queue than a database to answer it.
    """
    connection = session.connection()
    text, given = _given(connection.dialect, statement, values)
    return [tuple(row) for row in connection.exec_driver_sql(text.sql, given)]


def _given(dialect: Dialect, statement: ClauseElement, values: Mapping[str, Any]) -> tuple[_Text, dict[str, Any]]:
    """The statement as the driver takes it, and all values as the driver takes them."""
    key = (statement, dialect.name, *values)
    if (text := _TEXTS.get(key)) is None:
        if len(_TEXTS) >= _TEXTS_KEPT:
            _TEXTS.clear()
        text = _TEXTS[key] = _text(statement, dialect, list(values))
    given = {**text.fixed, **values}
    for name, convert in text.converters:
        given[name] = convert(given[name])
    return text, given


def _text(statement: ClauseElement, dialect: Dialect, names: list[str]) -> _Text:
    by_name = _SQLITE_BY_NAME if dialect.name == "sqlite" else dialect
    compiled = cast("SQLCompiler", statement.compile(dialect=by_name, column_keys=names))
    types = {name: bind.type.dialect_impl(by_name) for bind, name in compiled.bind_names.items()}
    converters = [(name, convert) for name, type_ in types.items() if (convert := converter(type_, by_name)) is not None]
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    has_rows = isinstance(statement, SelectBase) or bool(compiled.effective_returning)
    return _Text(str(compiled), fixed, converters, has_rows, dialect.loaded_dbapi.Error)


def converter(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a value of this type what the driver takes; None: the driver takes it as it is."""
    return _converter_of_times(dialect) if isinstance(type_, UtcDateTime) else type_.bind_processor(dialect)


@functools.lru_cache(maxsize=8)
def _converter_of_times(dialect: Dialect) -> Callable[[Any], Any] | None:
    # One moment stands in nine columns of what a text stores: it is written once.
    convert = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return functools.lru_cache(maxsize=128)(convert) if convert is not None else None


def truncate_log(engine: Engine) -> None:
    """Empty the write-ahead log of SQLite, which keeps what was overwritten in the file until it is full. Does nothing on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_sqlite(session: Session) -> bool:
    """Whether the session is on SQLite; else it is on PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def upsert(session: Session, model: type) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with ON CONFLICT for a model, in the session's dialect. What we use of it is the same in both dialects."""
    return sqlite.insert(model) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(model)


def ids_here(session: Session, column: Any, ids: Collection[str], *where: Any) -> set[str]:
    """Those of the ids that stand in a column, of the rows where all this is so."""
    wanted, found = sorted(ids), set[str]()
    for start in range(0, len(wanted), _AT_ONCE):
        found.update(session.scalars(sql_select(column).where(column.in_(wanted[start : start + _AT_ONCE]), *where)))
    return found
