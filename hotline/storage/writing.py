"""How transactions are written: on PostgreSQL each has its own commit, on SQLite they share commits.

SQLite has one writer at a time. Its own way to wait for that writer sleeps and is unfair: the slowest waits 13 to 30 times as long as the
median. So writers take turns, across threads and processes, first come first served. A commit costs SQLite as much as everything before
it. So the transactions that wait in one process are written one after the other, each in a savepoint, and committed together. None
returns before that commit, so what was acknowledged is on the disk.

A transaction for which somebody waits at a phone goes ahead of the others.
"""

import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from hotline import private

WRITES = "hotline_writes"
CONNECTION = "hotline_connection"
"""The key of a writing session's connection in `Session.info`: asking the session for it takes longer than SQLite takes to store a row."""

WAIT_S = 5
"""How long to wait for a lock. The gateway waits 15 seconds for our answer, and a caller less. For both a refusal in time is better than
none: a text is sent again, and a caller hears that the lines are busy."""

_LOOK_AFTER_S = 0.5

_AT_ONCE = 3
"""How many transactions of a process run at once on PostgreSQL, besides those that go ahead. More would get no more done: the threads of
a process share one interpreter, and only take it from each other."""


class CommitLost(SQLAlchemyError):
    """The shared commit of this transaction failed: nothing of it is stored."""


class NotBegun(SQLAlchemyError):
    """The database does not begin a transaction: nothing was done."""


class Overloaded(SQLAlchemyError):
    """Others have the database, and it did not become free in time: nothing was done. Asked again later, it works."""


SHARE = 48
"""By how many threads of a process a backlog is stored on SQLite. They share a commit, and the other processes wait for all of them: fewer
would leave the writer to the others too often, more would keep a caller waiting for longer."""

_OWN = 8
"""The same on PostgreSQL, where more would get no more done."""


class Writing(Protocol):
    """Opens sessions that write. `side_by_side`: by how many threads of a process much is best stored that waits."""

    side_by_side: int

    def session(self, *, ahead: bool = False) -> contextlib.AbstractContextManager[Session]:
        """A session whose changes are committed at the end of the block, or rolled back if the block raises.

        A session that goes `ahead` waits for others as little as possible. Raises `Overloaded`.
        """


class OwnCommits:
    """PostgreSQL: each transaction has its own connection and commit. `_AT_ONCE` of them run at once, and those that go ahead besides."""

    side_by_side = _OWN

    def __init__(self, engine: Engine, sessions: sessionmaker[Session]) -> None:
        self._engine, self._sessions = engine, sessions
        self._line = threading.BoundedSemaphore(_AT_ONCE)

    @contextlib.contextmanager
    def session(self, *, ahead: bool = False) -> Iterator[Session]:
        """See `Writing.session`."""
        with (
            contextlib.nullcontext() if ahead else self._in_line(),
            self._engine.begin() as connection,
            self._sessions(bind=connection, join_transaction_mode="rollback_only") as session,
        ):
            session.info[CONNECTION] = connection
            yield session
            session.flush()

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[None]:
        if not self._line.acquire(timeout=WAIT_S):
            raise Overloaded("the other transactions of this process do not end")
        try:
            yield
        finally:
            self._line.release()


class WriterLock:
    """Lets one process at a time write to a SQLite file, first come first served. Does nothing on PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._path = Path(f"{engine.url.database}.lock") if engine.dialect.name == "sqlite" else None
        self._descriptor: int | None = None

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the lock during the block. It does not keep the threads of a process apart: they must take turns by themselves."""
        if self._path is None:
            yield
            return
        if self._descriptor is None:
            self._descriptor = private.opened(self._path)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


class _FileOf:
    """The file of a SQLite database. Who has a file open that was deleted, or that another took the place of, writes on without a fault,
    and all of it is gone at the next start."""

    def __init__(self, engine: Engine) -> None:
        self._path = Path(engine.url.database or "")
        self._known = self._now()

    def is_another(self) -> bool:
        """Whether it is not the file that it was when this was asked before. Raises `NotBegun` while there is none."""
        if (now := self._now()) is None:
            raise NotBegun("the file of the database is not there")
        before, self._known = self._known, now
        return before != now

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


@dataclass
class _Group:
    """Transactions that will be committed together."""

    writer: Connection
    driver: sqlite3.Connection  # that of the writer
    holding: contextlib.ExitStack  # closing it gives back the writer lock
    ended: threading.Event = field(default_factory=threading.Event)
    fault: BaseException | None = None

    @property
    def is_open(self) -> bool:
        """Whether the transaction is still open: on a full disk SQLite rolls all of it back by itself."""
        return bool(self.driver.in_transaction)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """If the block raises, undo what it stored, and nothing else. SQLAlchemy's own savepoints take ten times as long."""
        self.driver.execute("SAVEPOINT one")
        try:
            yield
        except BaseException:
            if self.is_open:
                self.driver.execute("ROLLBACK TO one")
                self.driver.execute("RELEASE one")
            raise
        self.driver.execute("RELEASE one")

    @property
    def connection(self) -> Connection:
        """The connection for a session. It is told of the transaction only then: that takes longer than to begin one."""
        if not self.writer.in_transaction():
            self.writer.begin()
        return self.writer

    def commit(self) -> None:
        """Commit what all of them stored."""
        (self.writer if self.writer.in_transaction() else self.driver).commit()


class SharedCommits:
    """SQLite: the transactions that wait join the open transaction, and the last of them commits it for all.

    A transaction that goes ahead commits at once, and does not wait for others to join.
    """

    side_by_side = SHARE

    def __init__(self, engine: Engine, sessions: sessionmaker[Session]) -> None:
        self._engine = engine.execution_options(**{WRITES: True})
        self._sessions, self._turn = sessions, WriterLock(engine)
        self._threads, self._counting = threading.Lock(), threading.Lock()
        self._coming = 0
        self._group: _Group | None = None
        # Kept: to take a connection from the pool for each transaction costs half as much as to store a text.
        self._writer: Connection | None = None
        self._file = _FileOf(engine)
        event.listen(engine, "engine_disposed", lambda _: self._close())

    @contextlib.contextmanager
    def session(self, *, ahead: bool = False) -> Iterator[Session]:
        """See `Writing.session`. Raises `CommitLost` as `driver` does."""
        with (
            self._joined(ahead=ahead) as group,
            self._sessions(bind=group.connection, join_transaction_mode="rollback_only") as session,
        ):
            session.info[CONNECTION] = group.connection
            yield session
            session.flush()

    @contextlib.contextmanager
    def driver(self) -> Iterator[sqlite3.Connection]:
        """The same without a session, for rows that are ready to be stored: what a session costs is a tenth of what a text costs.

        Raises `Overloaded`, and `CommitLost` if the shared commit failed. That is raised even if the block itself raised and was rolled
        back: what it read of the others' rows was never stored. One cause is a flush that fails: SQLAlchemy then rolls back everything
        that is open. What an incoming text stores, by `Insert`s, never flushes.
        """
        with self._joined(ahead=False) as group:
            yield group.driver

    @contextlib.contextmanager
    def _joined(self, *, ahead: bool) -> Iterator[_Group]:
        group = None
        try:
            with self._in_line():
                group = self._group or self._begin()
                try:
                    with group.savepoint():
                        yield group
                finally:
                    if ahead or not self._coming or not group.is_open:
                        self._end(group)
        finally:
            if group is not None:
                self._await(group)

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[None]:
        with self._counting:
            self._coming += 1
        try:
            is_ours = self._threads.acquire(timeout=WAIT_S)
        finally:
            with self._counting:
                self._coming -= 1
        if not is_ours:
            raise Overloaded("another transaction of this process does not end")
        try:
            yield
        finally:
            self._threads.release()

    def _begin(self) -> _Group:
        with contextlib.ExitStack() as holding:
            holding.enter_context(self._turn.taken())
            if self._file.is_another():
                self._part_with_writer()
                self._engine.dispose()  # readers too would go on with the one that was
            if self._writer is None:
                self._writer = self._engine.connect()
                self._writer.detach()  # it is none of those that the pool lends
            driver = cast("sqlite3.Connection", self._writer.connection.dbapi_connection)
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as fault:
                self._part_with_writer()
                raise NotBegun("the database does not begin a transaction") from fault
            self._group = _Group(self._writer, driver, holding.pop_all())
        return self._group

    def _end(self, group: _Group) -> None:
        """Commit a group. Never raises: each of its transactions finds the fault in `group.fault`."""
        self._group = None
        try:
            with group.holding:
                self._commit(group)
        except BaseException as fault:  # noqa: BLE001 - the others must hear of it, whatever it was
            group.fault = fault
        finally:
            group.ended.set()

    def _commit(self, group: _Group) -> None:
        if not group.is_open:
            self._part_with_writer()
            raise CommitLost("the database rolled the transaction back by itself")
        try:
            group.commit()
        except BaseException:
            self._part_with_writer()  # else it would keep its transaction open, and with it the write lock, for ever
            raise

    def _close(self) -> None:
        # Never while somebody writes: a connection that is closed under a statement ends the process.
        if self._writer is not None and self._threads.acquire(timeout=WAIT_S):
            try:
                if self._group is None:
                    self._part_with_writer()
            finally:
                self._threads.release()

    def _part_with_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _await(self, group: _Group) -> None:
        while not group.ended.wait(_LOOK_AFTER_S):
            # The transaction that was to end the group did not: it was interrupted while it waited in line.
            with self._threads:
                if self._group is group:
                    self._end(group)
        if group.fault is not None:
            raise CommitLost("the shared commit failed") from group.fault


def writing(engine: Engine, sessions: sessionmaker[Session]) -> Writing:
    """The way to write transactions on this engine's database."""
    return SharedCommits(engine, sessions) if engine.dialect.name == "sqlite" else OwnCommits(engine, sessions)
