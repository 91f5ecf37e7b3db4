"""Real servers for the tests: of pages; and, on private sockets, PostgreSQL and Redis, which can be killed and brought back."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Composable, Identifier
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wsgi import ClosingIterator

from hotline.cli import bundled_redis, orphans, own_postgres

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_UP_WITHIN_S = 20.0
_NOT_DURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=64MB"]


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(server: BaseWSGIServer) -> Iterator[str]:
    """Run a server in a thread of its own; gives its address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page_server(app: "WSGIApplication", port: int = 0) -> BaseWSGIServer:
    """A server of pages for a browser, on that port of loopback or on any."""

    def in_one(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        # Werkzeug does not close the file it serves when the browser goes away meanwhile.
        answer = app(environ, start_response)
        with contextlib.closing(ClosingIterator(answer)) as pieces:
            return [b"".join(pieces)]

    return make_server("127.0.0.1", port, in_one, threaded=True)


def fast_folder() -> str:
    """Where the tests' databases lie: in memory if there is room (a container may have 64 MB), as every test would wait for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - what goes there gets a private folder
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return str(memory) if roomy else tempfile.gettempdir()


class Guard:
    """Stops the servers of these tests even when pytest is killed outright."""

    def __init__(self) -> None:
        script = [sys.executable, "-I", orphans.__file__]
        self._process = subprocess.Popen(script, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def tell(self, sign: str, process: subprocess.Popen[Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{sign}{process.pid}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.communicate(timeout=20)


class RedisServer:
    """A server with an append-only file, as `hotline run` starts it: `with RedisServer() as server: … server.url`."""

    def __init__(self) -> None:
        # A socket's path has room for little, and pytest's own folders have long names.
        self._folder = Path(tempfile.mkdtemp(prefix="hotline-redis-", dir=fast_folder()))
        self._socket = self._folder / "redis.sock"
        self._process: subprocess.Popen[Any] | None = None
        self._guard = Guard()

    @property
    def url(self) -> str:
        return bundled_redis.url_of(self._socket)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None) -> None:
        self.kill()
        self._guard.close()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self._process is None
        self._socket.unlink(missing_ok=True)
        command = bundled_redis.server_command(bundled_redis.find_server(), folder=self._folder, path=self._socket)
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        self._guard.tell("+", self._process)
        _wait(lambda: bundled_redis.answers(self._socket), self._process, self._folder / "redis.log")

    def kill(self) -> None:
        """End it with no chance to write anything more; nothing if it is not running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._guard.tell("-", self._process)
            self._process = None

    def restart(self, *, empty: bool = False) -> None:
        """Kill it and bring it back, with what was on disk or as if it had never been."""
        self.kill()
        if empty:
            shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)
        self.start()


Fill = Callable[[str], None]
"""Puts rows into the migrated database at a URL, and leaves no connection to it."""


class Postgres:
    """Databases in a PostgreSQL server, each a clone of a template that is migrated once, and filled once if a test wants it filled."""

    def __init__(self, server_url: str, migrate: Callable[[str], None]) -> None:
        # A named server may serve several runs, and several workers of one.
        self._prefix = f"hotline_test_{os.getpid()}_{os.urandom(3).hex()}"
        self._server_url = server_url
        self._connection = psycopg.connect(server_url, autocommit=True)
        self._made = 0
        self._template = self._make(SQL("TEMPLATE template0 ENCODING 'UTF8'"))
        migrate(self._url_of(self._template))
        self._filled: dict[Fill, str] = {}

    @contextlib.contextmanager
    def database(self, fill: Fill | None = None) -> Iterator[str]:
        """The URL of a migrated database of one's own, holding what `fill` puts into it. That is filled once and copied."""
        name = self._copy(self._filled_by(fill) if fill else self._template)
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    @contextlib.contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a database without a single table, for the tests of migrations."""
        name = self._make(SQL("TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        for name in (self._template, *self._filled.values()):
            self._drop(name)
        self._connection.close()

    def _filled_by(self, fill: Fill) -> str:
        if fill not in self._filled:
            name = self._copy(self._template)
            fill(self._url_of(name))
            self._filled[fill] = name
        return self._filled[fill]

    def _copy(self, name: str) -> str:
        return self._make(SQL("TEMPLATE {}").format(Identifier(name)))

    def _make(self, origin: Composable) -> str:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._connection.execute(SQL("CREATE DATABASE {} {}").format(Identifier(name), origin))
        return name

    def _drop(self, name: str) -> None:
        # A test may leave its connections open; the next test must not fail for that.
        self._connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _url_of(self, database: str) -> str:
        return urlsplit(self._server_url)._replace(path=f"/{database}").geturl()


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a PostgreSQL server: HOTLINE_TEST_DATABASE_URL's, or one started here, on a socket only. It runs without fsync or, if
    `durable`, on a disk with PostgreSQL's defaults."""
    if named := os.environ.get("HOTLINE_TEST_DATABASE_URL"):
        yield named
        return
    account = own_postgres.run_as()
    folder = Path(tempfile.mkdtemp(prefix="hotline-pg-", dir=own_postgres.disk_folder() if durable else fast_folder()))
    if account:
        os.chown(folder, account["user"], account["group"])
    try:
        with contextlib.ExitStack() as stack:
            binaries = own_postgres.binaries(stack, account)
            yield stack.enter_context(_started(binaries, folder, account, durable=durable))
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _started(binaries: Path, folder: Path, run_as: dict[str, Any], *, durable: bool) -> Iterator[str]:
    data, guard, log = folder / "data", Guard(), folder / "postgres.log"
    own_postgres.make(binaries, data, run_as)
    settings = ["listen_addresses=", f"unix_socket_directories={folder}"]
    settings += ["fsync=on", "synchronous_commit=on"] if durable else _NOT_DURABLE
    command = [str(binaries / "postgres"), "-D", str(data), *(part for setting in settings for part in ("-c", setting))]
    url = f"postgresql://hotline@/postgres?host={folder}"
    with log.open("wb") as said:
        process = subprocess.Popen(command, **run_as, cwd=folder, stdout=said, stderr=said, start_new_session=True)
    guard.tell("+", process)
    try:
        _wait(lambda: _accepts(url), process, log)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # "fast": it ends the connections that are open
        process.wait(timeout=20)
        guard.tell("-", process)
        guard.close()


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(is_up: Callable[[], bool], process: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + _UP_WITHIN_S
    while not is_up():
        said = log.read_text("utf-8", "replace") if log.exists() else ""
        assert process.poll() is None, f"the server ended:\n{said}"
        assert time.monotonic() < deadline, f"the server does not answer:\n{said}"
        time.sleep(0.01)
