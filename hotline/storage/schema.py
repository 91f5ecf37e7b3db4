"""The schema of the database: migrations bring it to the newest.

This stands apart from `db`, because Alembic takes 8 MiB of every process that imports it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from hotline.keys import Keys
from hotline.storage.db import make_engine
from hotline.storage.writing import WriterLock


class MigrationFailed(SQLAlchemyError):
    """A migration left rows whose foreign key points to no row, or plain words."""


class SchemaIsNewer(Exception):
    """The database is of a newer version than this one; `args[0]` is its revision."""


@dataclass(frozen=True)
class Step:
    """A migration: its revision, what it does in a sentence, and the Python that does it."""

    revision: str
    says: str
    source: str


MIGRATIONS = Path(__file__).parent / "migrations"


_SEALED = "0022"
"""The revision from which on numbers and words are sealed."""

_PLAIN_LEFT = 22
"""The `user_version` of a SQLite file whose free pages may hold plain words: it is set before they are sealed, and 0 once these are
overwritten. Who is killed in between, or has no room on the disk for it, does that the next time."""


def migrate(url: str, keys: Keys | None = None) -> None:
    """Bring the database at `url` to the newest schema. It may be called again, and by two processes at once.

    `keys` seal what an older schema has in plain words; a database that holds nothing yet needs none. Raises `SchemaIsNewer`.
    """
    engine = make_engine(url, pool_size=1)
    try:
        with WriterLock(engine).taken(), engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                # Of two releases at once the second waits for the first, however long. Nothing else uses this lock number.
                connection.execute(text("SET lock_timeout = 0"))
                connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_lock(482719365)"))
                connection.commit()
            before = MigrationContext.configure(connection).get_current_revision()
            connection.commit()
            if before is not None and not knows(before):
                raise SchemaIsNewer(before)
            is_sqlite = engine.dialect.name == "sqlite"
            if is_sqlite and before is not None and before < _SEALED:
                _driver(connection).execute(f"PRAGMA user_version = {_PLAIN_LEFT}")
            upgrade(connection, keys=keys)
            connection.commit()
            if is_sqlite and _driver(connection).execute("PRAGMA user_version").fetchone()[0] == _PLAIN_LEFT:
                _wipe(_driver(connection))
    finally:
        engine.dispose()


def upgrade(connection: Connection, to: str = "head", *, keys: Keys | None = None) -> None:
    """Bring the database to a revision. Within a transaction on PostgreSQL all of it is part of that."""
    command.upgrade(_alembic(connection, keys), to)


def knows(revision: str) -> bool:
    """Whether this release knows a revision of the schema; a newer one it does not."""
    return any(script.revision == revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def steps(engine: Engine) -> tuple[str | None, list[Step]]:
    """The revision of the database (None: it is empty), and the migrations that bring it to the newest. Raises `SchemaIsNewer`."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and not knows(current):
        raise SchemaIsNewer(current)
    scripts = reversed([*ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", current or "base")])
    return current, [Step(one.revision, (one.doc or "").partition("\n")[0], Path(one.path).read_text("utf-8")) for one in scripts]


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _wipe(driver: sqlite3.Connection) -> None:
    """Overwrite what plain words have left in free pages of a SQLite file and in its log. PostgreSQL: docs/operator.md.

    Raises `MigrationFailed`.
    """
    try:
        driver.execute("VACUUM")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute("PRAGMA user_version = 0")
    except sqlite3.Error as fault:
        what = f"plain words may be left in the file, as it could not be written anew ({fault})"
        raise MigrationFailed(f"{what}: make room on the disk for twice its size, and say hotline migrate again") from fault


@contextlib.contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Turn SQLite's foreign keys off for the block: it changes a table by making a new one, which they forbid. Does nothing on PostgreSQL.

    Commits before and after the block. Raises `MigrationFailed` if a foreign key points to no row after it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.commit()  # within a transaction SQLite ignores the pragma
    driver = _driver(connection)
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.commit()
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise MigrationFailed(f"the migration left {len(broken)} rows that point nowhere")
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _alembic(connection: Connection, keys: Keys | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["keys"] = keys
    return config
