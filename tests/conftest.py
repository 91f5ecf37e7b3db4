"""Fixtures of all tests: real databases and a real Redis, a browser, and no network beyond this machine."""

import contextlib
import functools
import gc
import ipaddress
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page, sync_playwright
from redis import Redis
from sqlalchemy import Engine, event, true
from structlog.testing import capture_logs
from xdist.scheduler import LoadFileScheduling

from hotline import readers, runtime
from hotline.cli.catalogues import compile_all
from hotline.i18n import LOCALES
from hotline.modelfile import Described
from hotline.runtime import Runtime
from hotline.services.people import passwords
from hotline.storage import db, schema, tickets
from hotline.storage.schema import migrate
from tests import opened, routes, schemas  # noqa: F401 - `opened`: loaded rows show what is sealed in them
from tests.readings import MUTE
from tests.servers import Fill, Postgres, RedisServer, fast_folder, postgres_server
from tests.support import Clock, make_runtime

# What its surroundings may tell a test run. Any other HOTLINE_… is of the developer's own hotline, which tests must not touch.
_TEST_SETTINGS = {
    "HOTLINE_CHROMIUM",
    "HOTLINE_NGINX",
    "HOTLINE_PG_BINDIR",
    "HOTLINE_PROMTOOL",
    "HOTLINE_REDIS_SERVER",
    "HOTLINE_TEST_DATABASE_URL",
}
_REAL_HASHER = passwords._HASHER
_REAL_UPGRADE = schema.upgrade
_BROWSER_OPTIONS = [
    "--no-sandbox",  # root in a container has no sandbox
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a pretend microphone that beeps, and no question for leave to use it
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


# The slowest files first, by how long they take: a slow file that comes last would leave the other worker idle.
LONGEST = (
    "journeys/",  # counted as one file: they share a hotline, and starting it takes longer than most of them
    "workers/test_sip.py",  # calls that last as long as calls do
    "web/test_every_page.py",
    "workers/test_worker.py",
    "test_slow_clients.py",  # it waits for a deadline of the server
    "cli/test_run.py",
    "services/duty/test_ringing.py",
    "services/test_a_night.py",
    "services/backups/test_restoring.py",
    "services/test_access.py",
    "gateways/test_contract.py",
    "web/test_queue_in_the_browser.py",
    "web/test_queues.py",
    "web/test_recordings.py",
    "services/test_answers.py",
    "web/test_hostile.py",
    "services/calls/test_callflow.py",
    "web/test_search.py",
    "test_registries.py",
    "services/calls/test_recordings.py",
    "simulator/test_call_page.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the catalogues before a worker starts (see setup.sh): a test that builds its own Runtime, or starts processes, needs them."""
    if not hasattr(session.config, "workerinput"):
        compile_all(LOCALES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    if gone := [name for name in LONGEST if not (Path(__file__).parent / name).exists()]:
        raise pytest.UsageError(f"tests/conftest.py names as long what is not there: {', '.join(gone)}")
    items.sort(key=lambda item: next((rank for rank, name in enumerate(LONGEST) if item.nodeid.startswith(f"tests/{name}")), len(LONGEST)))


class _ByFile(LoadFileScheduling):
    """A file to a worker, and all journeys to one."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/journeys/" if nodeid.startswith("tests/journeys/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Freeze what exists before the first test, so that the garbage collector does not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        reporter.write_line(f"\n{len(reporter.stats['skipped'])} skipped: in CI nothing may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - _TEST_SETTINGS:
            if name.startswith("HOTLINE_") or name == "PORT":
                patch.delenv(name)
        # Journeys start dozens of processes: each would compile all it imports anew.
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_read_once() -> Iterator[None]:
    """Read the tables of words once: reading them is half of what a Runtime costs, and nearly every test builds one."""
    with pytest.MonkeyPatch.context() as patch:
        lists = "load_categories", "load_areas", "load_unsaid", "load_protocols", "load_macros"
        for name in (*lists, "load_lexicon", "load_wishes", "load_gazetteer"):
            patch.setattr(runtime, name, functools.cache(getattr(runtime, name)))
        # What a model reads changes with every text it learns from: a test that is not about it has one that reads nothing.
        patch.setattr(readers, "read_model", lambda _: Described(MUTE, {}))
        # Most tests open a ticket and go on with it: no worker reads it first (one does in tests/services/tickets/test_reading.py).
        patch.setattr(tickets, "_is_read", lambda _: true())
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile the templates once: each application would compile them anew, and nearly every test of a page makes one."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", compiled)
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Share compiled statements: an engine keeps them by its dialect, and each test has its own engine. A quarter of most tests' time."""
    made = db.create_engine
    first: dict[str, Engine] = {}

    def create_engine(*given: Any, **named: Any) -> Engine:
        engine = made(*given, **named)
        kind = engine.dialect.name
        if kind in first:
            engine.dialect.initialize = lambda _connection: None  # the dialect has learnt the server already
            engine.dialect = engine.pool._dialect = first[kind].dialect
            engine._compiled_cache = first[kind]._compiled_cache
        else:  # only after it has connected, and so knows the server it talks to
            event.listen(engine, "connect", lambda *_: first.setdefault(kind, engine))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "create_engine", create_engine)
        yield


@pytest.fixture(scope="session", autouse=True)
def _migrations_run_once() -> Iterator[None]:
    """Give an empty database the schema that the migrations made of another: they take a second or two on SQLite."""
    with contextlib.closing(schemas.Once(_REAL_UPGRADE)) as once, pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "upgrade", once)
        yield


@pytest.fixture
def real_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations as they run in earnest, for a test of them."""
    monkeypatch.setattr(schema, "upgrade", _REAL_UPGRADE)


@pytest.fixture(scope="session", autouse=True)
def _routes_put_in_order_once() -> Iterator[None]:
    """Share the order of the routes: it is nine tenths of what an application costs, and nearly every test of a page makes one."""
    with pytest.MonkeyPatch.context() as patch:
        routes.share(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Make Argon2 quick. It is meant to be slow, and nearly every test of a page loads seven people and logs some in."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", quick)
        patch.setattr(passwords, "_NOBODY", quick.hash("nobody's"))
        yield


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of Argon2, for a test of the hashes."""
    monkeypatch.setattr(passwords, "_HASHER", _REAL_HASHER)
    monkeypatch.setattr(passwords, "_NOBODY", _REAL_HASHER.hash("nobody's"))


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fail a test that would connect, or look a name up, beyond this machine, even if the code swallows errors."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        _refuse_strangers(self.family, address)
        connect(self, address)  # type: ignore[arg-type]

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        _refuse_strangers(self.family, address)
        return connect_ex(self, address)  # type: ignore[arg-type]

    def guarded_getaddrinfo(host: object, *rest: object, **named: object) -> object:
        _refuse_strangers(socket.AF_INET, (host,))
        return getaddrinfo(host, *rest, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _refuse_strangers(family: int, address: object) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in {None, "", "localhost", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return
    try:
        stays = ipaddress.ip_address(host).is_loopback
    except ValueError:
        stays = False
    if not stays:
        # Not an OSError: code that treats a failed connection as an ordinary day would hide it.
        pytest.fail(f"a test tried to reach {host}: tests do not leave this machine")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server for the session. Tests that kill one start their own: `with RedisServer() as server`."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the session, with a migrated template."""
    with postgres_server() as url:
        databases = Postgres(url, migrate)
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fill | None], Path]:
    """Makes a migrated SQLite file with what a function puts into it, once for each function. Tests copy the file."""

    @functools.cache
    def make(fill: Fill | None) -> Path:
        path = tmp_path_factory.mktemp("template") / "hotline.sqlite3"
        if fill:
            shutil.copy(make(None), path)
            fill(f"sqlite:///{path}")
        else:
            migrate(f"sqlite:///{path}")
        return path

    return make


@pytest.fixture
def filled_by() -> Fill | None:
    """The function that fills a test's database before the test. A file whose tests all want many rows overrides this fixture."""
    return None


@pytest.fixture
def sqlite_url(sqlite_files: Callable[[Fill | None], Path], filled_by: Fill | None) -> Iterator[str]:
    """The URL of a migrated SQLite database of the test's own."""
    with tempfile.TemporaryDirectory(prefix="hotline-sqlite-", dir=fast_folder()) as folder:
        yield f"sqlite:///{shutil.copy(sqlite_files(filled_by), Path(folder) / 'hotline.sqlite3')}"


@pytest.fixture
def postgres_url(postgres: Postgres, filled_by: Fill | None) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of the test's own."""
    with postgres.database(filled_by) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of the test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a single table; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    databases: Postgres = request.getfixturevalue("postgres")
    with databases.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium: HOTLINE_CHROMIUM's, or the installed one (./setup.sh dev)."""
    program = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.fail("no Chromium for the browser tests: run ./setup.sh dev, or name one in HOTLINE_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=_BROWSER_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser window of its own: no cookies of another test."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Commands set the log up for their process: no test after them is to be without its lines."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """Collects the lines of the log, each as a dictionary."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile.

    A document that is nested too deeply uses up the stack. What the collector calls in that moment fails, and pytest blames the test.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still at noon in Karachi until the test moves it."""
    return Clock()


@pytest.fixture
def make_rt(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    """Makes Runtimes on the test's database, with changes of the configuration; closes them at the end."""
    made: list[Runtime] = []

    def make(**changes: object) -> Runtime:
        made.append(make_runtime(database_url, clock=clock, **{"data_dir": tmp_path / "data", **changes}))
        return made[-1]

    yield make
    for rt in made:
        # A page that a browser still asked for has its connection yet. Closed now, the pool would never see it again.
        until = time.monotonic() + 5
        while rt.engine.pool.checkedout() and time.monotonic() < until:  # type: ignore[attr-defined]  # of the QueuePool that it is
            time.sleep(0.005)
        is_out = rt.engine.pool.checkedout()  # type: ignore[attr-defined]  # the same
        rt.close()
        assert is_out == 0, "a connection was never given back"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    """A Runtime with the default configuration, round the clock."""
    return make_rt()
