"""`python -m tests.bench`: measures the hotline against its yardstick, prints a table, and writes it into docs/speed.md.

All of it takes more than half an hour; BENCH_QUICK=1 a few minutes, for a look. Names of parts (webhook slow hooks calls sending killed
rest queue search reading drain) run those alone, and leave the lines of the others on that page as they are. A quick run does not write.
"""

import contextlib
import os
import platform
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg

from hotline.cli.catalogues import compile_all
from hotline.cli.own_postgres import disk_folder
from hotline.i18n import LOCALES, PROJECT
from hotline.storage.schema import migrate
from tests.bench import at_rest, drain, growth, hooks, killed, open_queues, reading, searching, sending, slow_disk, voice, webhook
from tests.bench.lines import all_lines, hook_lines, queue_lines, reading_lines, slow_lines
from tests.bench.load import Texts
from tests.bench.processes import BenchFailed, Processes, need_wrk
from tests.bench.report import say, table, there, timed, write
from tests.bench.wires import WIRES
from tests.servers import Postgres, RedisServer, postgres_server

PAGE = PROJECT / "docs/speed.md"
PARTS = ("webhook", "slow", "hooks", "calls", "sending", "killed", "rest", "queue", "search", "reading", "drain")


@dataclass
class Results:
    """What has been measured."""

    webhooks: list[webhook.Webhook] = field(default_factory=list)
    hooked: list[hooks.Hook] = field(default_factory=list)
    slow: list[webhook.Webhook] = field(default_factory=list)
    calls: list[voice.Calls] = field(default_factory=list)
    sent: list[sending.Sent] = field(default_factory=list)
    kills: list[killed.Killed] = field(default_factory=list)
    drained: list[drain.Drained] = field(default_factory=list)
    rest: at_rest.AtRest | None = None
    searched: list[searching.Searched] = field(default_factory=list)
    grown: list[growth.Growth] = field(default_factory=list)
    queues: list[open_queues.OpenQueues] = field(default_factory=list)
    read: reading.Read | None = None
    postgres: str = ""


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    quick = os.environ.get("BENCH_QUICK") == "1"
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    # A kill cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        results = _measure(wanted, quick=quick)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except BenchFailed as fault:
        say(f"the bench failed: {fault}")
        return 1
    lines = all_lines(results.webhooks, results.calls, results.sent, results.rest, results.searched)
    lines += slow_lines(results.slow)
    lines += hook_lines(results.hooked) + [one.line for one in results.kills]
    lines += [line for one in results.drained for line in one.lines]
    lines += queue_lines(results.grown, results.queues)
    lines += reading_lines(results.read) if results.read is not None else []
    is_whole = set(wanted) == set(PARTS)
    text = table(lines, _about(results.postgres), beside="" if is_whole else there(PAGE))
    sys.stdout.write(text + "\n")
    if quick:
        say("a quick run: docs/speed.md is left as it is")
    elif not write(PAGE, text):
        say("docs/speed.md has no <!-- bench --> … <!-- /bench -->: the table stands here only")
    return 0 if all(line.met for line in lines) else 3


def _measure(wanted: list[str], *, quick: bool) -> Results:
    results = Results()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-", dir=disk_folder())))
        compile_all(LOCALES)
        redis = stack.enter_context(RedisServer())
        processes = stack.enter_context(Processes(folder))
        texts = Texts(folder)
        if {"webhook", "slow", "hooks", "calls", "queue"} & set(wanted):
            need_wrk()
        if "webhook" in wanted:
            with timed("webhook"):
                pace = webhook.Pace(2, 1, 4) if quick else webhook.Pace()
                url = _sqlite(folder, "webhook")
                results.webhooks.append(
                    webhook.measure(processes, texts, "SQLite", url=url, anchor_db=str(folder / "anchor"), redis_url=redis.url, pace=pace)
                )
                with _postgres() as (url, anchor_db, results.postgres):
                    results.webhooks.append(
                        webhook.measure(processes, texts, "PostgreSQL", url=url, anchor_db=anchor_db, redis_url=redis.url, pace=pace)
                    )
        if "slow" in wanted:
            with timed("slow"):
                pace = webhook.Pace(2, 1, 4) if quick else webhook.Pace(4, 1, 8)
                url, disk = _sqlite(folder, "slow"), f"on a disk with {slow_disk.DELAY_MS} ms more for each flush"
                slowed = {"LD_PRELOAD": str(slow_disk.library(folder))}
                on_slow = partial(webhook.measure, processes, texts, "SQLite", redis_url=redis.url, pace=pace, disk=disk, more=slowed)
                results.slow = [on_slow(url=url, anchor_db=str(folder / "anchor-slow"))]
        if "calls" in wanted:
            with timed("calls"):
                of_calls = voice.Pace(2, 4, 150) if quick else voice.Pace()
                redis.restart(empty=True)
                url = _sqlite(folder, "calls")
                results.calls.append(voice.measure(processes, texts, "SQLite", url=url, redis_url=redis.url, pace=of_calls))
                with _postgres() as (url, _, results.postgres):
                    results.calls.append(voice.measure(processes, texts, "PostgreSQL", url=url, redis_url=redis.url, pace=of_calls))
        if "sending" in wanted:
            with timed("sending"):
                redis.restart(empty=True)
                url = _sqlite(folder, "sending")
                one = sending.measure(processes, url=url, redis_url=redis.url, texts=1500 if quick else 5_000)
                redis.restart(empty=True)
                url = _sqlite(folder, "several")
                texts_of_three = 1500 if quick else 10_000
                three = sending.measure_several(processes, folder, url=url, redis_url=redis.url, texts=texts_of_three)
                results.sent = [one, three]
        if "rest" in wanted:
            with timed("rest"):
                redis.restart(empty=True)
                results.rest = at_rest.measure(processes, url=_sqlite(folder, "rest"), redis_url=redis.url, texts=10 if quick else 40)
        if "search" in wanted:
            with timed("search"):
                few, many = (100_000, 400_000) if quick else (100_000, 5_000_000)
                results.searched.append(searching.measure("SQLite", url=_sqlite(folder, "search"), few=few, many=many))
                with _postgres() as (url, _, results.postgres):
                    results.searched.append(searching.measure("PostgreSQL", url=url, few=few, many=many))
        if "reading" in wanted:
            with timed("reading"):
                results.read = reading.measure()
        if "queue" in wanted:
            with timed("queue"):
                redis.restart(empty=True)
                _queue(results, processes, texts, folder, redis.url, quick=quick)
        _several(results, wanted, processes, texts, folder, redis, quick=quick)
    return results


def _several(
    results: Results, wanted: list[str], processes: Processes, texts: Texts, folder: Path, redis: RedisServer, *, quick: bool
) -> None:
    """The parts about further gateways."""
    if "hooks" in wanted:
        with timed("hooks"):
            redis.restart(empty=True)
            _hooks(results, processes, texts, folder, redis.url, quick=quick)
    if "killed" in wanted:
        with timed("killed"):
            _killed(results, folder, redis, quick=quick)
    if "drain" in wanted:
        with timed("drain"):
            _drain(results, processes, folder, redis, quick=quick)


def _drain(results: Results, processes: Processes, folder: Path, redis: RedisServer, *, quick: bool) -> None:
    texts = 2_000 if quick else 20_000
    of_sqlite, of_postgres = folder / "drain", folder / "drain-too"
    redis.restart(empty=True)
    url = _sqlite(folder, "drained")
    results.drained.append(drain.measure(processes, "SQLite", url=url, redis_url=redis.url, folder=of_sqlite, texts=texts))
    redis.restart(empty=True)
    with _postgres() as (url, _, results.postgres):
        results.drained.append(drain.measure(processes, "PostgreSQL", url=url, redis_url=redis.url, folder=of_postgres, texts=texts))


def _killed(results: Results, folder: Path, redis: RedisServer, *, quick: bool) -> None:
    due, rounds = (1_000, 3) if quick else (10_000, 8)
    own, other = folder / "killed", folder / "killed-too"
    for one in (own, other):
        one.mkdir()
    redis.restart(empty=True)
    url = f"sqlite:///{own / 'hotline.sqlite3'}"
    results.kills.append(killed.measure("SQLite", url=url, redis_url=redis.url, folder=own, texts=due, rounds=rounds))
    redis.restart(empty=True)
    with _postgres() as (url, _, results.postgres):
        results.kills.append(killed.measure("PostgreSQL", url=url, redis_url=redis.url, folder=other, texts=due, rounds=rounds))


def _hooks(results: Results, processes: Processes, texts: Texts, folder: Path, redis_url: str, *, quick: bool) -> None:
    rounds, seconds = (2, 4) if quick else (6, 8)
    for wire in WIRES:
        url, anchor_db = _sqlite(folder, wire.kind), str(folder / f"anchor-{wire.kind}")
        measured = partial(hooks.measure, processes, texts, wire, redis_url=redis_url, rounds=rounds, seconds=seconds)
        results.hooked.append(measured(database="SQLite", url=url, anchor_db=anchor_db))
        with _postgres() as (url, anchor_db, results.postgres):
            results.hooked.append(measured(database="PostgreSQL", url=url, anchor_db=anchor_db))


def _queue(results: Results, processes: Processes, texts: Texts, folder: Path, redis_url: str, *, quick: bool) -> None:
    few, many = (100_000, 500_000) if quick else (100_000, 5_000_000)
    pace = {"tickets": few, "rounds": 2 if quick else 7, "seconds": 5}
    urls = [_sqlite(folder, name) for name in ("few", "many", "queues")]
    results.grown.append(growth.measure("SQLite", urls[0], urls[1], few=few, many=many))
    results.queues.append(open_queues.measure(processes, texts, "SQLite", url=urls[2], redis_url=redis_url, **pace))
    for name in ("few", "many"):
        (folder / f"{name}.sqlite3").unlink()  # the many take a gigabyte
    with postgres_server(durable=True) as server:
        results.postgres = _version(server)
        databases = Postgres(server, migrate)
        try:
            with databases.database() as few_url, databases.database() as many_url, databases.database() as url:
                results.grown.append(growth.measure("PostgreSQL", few_url, many_url, few=few, many=many))
                results.queues.append(open_queues.measure(processes, texts, "PostgreSQL", url=url, redis_url=redis_url, **pace))
        finally:
            databases.close()


def _sqlite(folder: Path, name: str) -> str:
    url = f"sqlite:///{folder / name}.sqlite3"
    migrate(url)
    return url


@contextlib.contextmanager
def _postgres() -> Iterator[tuple[str, str, str]]:
    """Two databases, ours and the anchor's, on a server that loses nothing; and its version."""
    with postgres_server(durable=True) as server:
        with psycopg.connect(server) as connection:
            settings = {name: (connection.execute(f"SHOW {name}").fetchone() or [""])[0] for name in ("fsync", "synchronous_commit")}
        if set(settings.values()) != {"on"}:
            raise BenchFailed(f"this PostgreSQL may lose what it acknowledged: {settings}")
        databases = Postgres(server, migrate)
        try:
            with databases.database() as url, databases.empty_database() as anchor:
                yield url, anchor, _version(server)
        finally:
            databases.close()


def _version(server: str) -> str:
    with psycopg.connect(server) as connection:
        return str((connection.execute("SHOW server_version").fetchone() or [""])[0]).split(" ", 1)[0]


def _about(postgres: str) -> str:
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}" + (f", PostgreSQL {postgres}" if postgres else "")
    return (
        f"{os.cpu_count()} processors, shared by wrk, the web processes and the database; {versions}. The anchor is "
        "`tests/bench/anchor.py`, a bare handler that commits one row, served like the hotline and measured in turns with it; "
        "ratios to it are medians of pairs of rounds. Steps and texts are asked in turns by one client; their ratios are of all rounds "
        "together, their ranges of each. Memory is PSS. Lines of different parts may be of different runs."
    )


if __name__ == "__main__":
    sys.exit(main())
