"""The database of a rehearsal: a file of SQLite, or a PostgreSQL server of its own that can be killed; and how each is cut off."""

import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

from hotline.cli import own_postgres
from hotline.cli.rehearsal.blows import DATABASE
from hotline.storage.db import can_be_reached


class Launcher(Protocol):
    """What a database needs of the stage: it runs processes by name, with their logs in its folder."""

    folder: Path

    def runs(self, name: str) -> bool: ...

    def kill(self, name: str, by: signal.Signals = ...) -> None: ...

    def launch(self, name: str, command: list[str], *, cwd: Path = ..., **account: Any) -> None: ...


class Database(Protocol):
    """What the stage and the adversary need of a database."""

    url: str

    def start(self, stage: Launcher) -> None:
        """Start it, or start it again, and return when it answers."""

    def cut(self, stage: Launcher) -> None:
        """Nobody can use it any more."""

    def mend(self, stage: Launcher) -> None:
        """It can be used again."""

    def close(self) -> None:
        """Remove what is outside of the stage's folder."""


class Sqlite:
    """A file. It has no process to kill: it is cut off by somebody who keeps it locked."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "data" / "hotline.sqlite3"
        self.url = f"sqlite:///{self._path}"
        self._lock: sqlite3.Connection | None = None

    def start(self, stage: Launcher) -> None:
        """Nothing is to be started."""

    def cut(self, stage: Launcher) -> None:  # noqa: ARG002 - a file is no process
        """Lock it. Raises `OSError` if it cannot be locked just now."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=20, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as fault:
            connection.close()
            raise OSError(str(fault)) from fault
        self._lock = connection

    def mend(self, stage: Launcher) -> None:  # noqa: ARG002 - the same
        """Let it go."""
        if self._lock is not None:
            self._lock.execute("ROLLBACK")
            self._lock.close()
            self._lock = None

    def close(self) -> None: ...


class Postgres:
    """A server on a socket, as durable as by default. A kill is what a crash of the machine leaves: no shutdown, then recovery."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._account = own_postgres.run_as()
        self._binaries = own_postgres.binaries(self._stack, self._account)
        self._folder = Path(tempfile.mkdtemp(prefix="hotline-pg-", dir=own_postgres.disk_folder()))
        if self._account:
            os.chown(self._folder, self._account["user"], self._account["group"])
        self._data = self._folder / "data"
        self.url = f"postgresql://hotline@/postgres?host={self._folder}"

    def start(self, stage: Launcher) -> None:
        """Start the server; its folder is made the first time."""
        if not self._data.exists():
            own_postgres.make(self._binaries, self._data, self._account)
        # A postmaster that was killed leaves its children for a moment, and the file that names it.
        ends = time.monotonic() + 90
        while not can_be_reached(self.url):
            if not stage.runs(DATABASE):
                stage.kill(DATABASE)
                options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self._folder}"]
                stage.launch(
                    DATABASE, [str(self._binaries / "postgres"), "-D", str(self._data), *options], cwd=self._folder, **self._account
                )
            if time.monotonic() > ends:
                raise own_postgres.NoPostgres(f"the server does not come back: see {stage.folder / 'database.log'}")
            time.sleep(0.3)

    def cut(self, stage: Launcher) -> None:
        """Stop it as `pg_ctl stop -m immediate` does: nothing is written any more, and it recovers at the next start."""
        stage.kill(DATABASE, signal.SIGQUIT)

    def mend(self, stage: Launcher) -> None:
        self.start(stage)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._stack.close()
