"""After an outage: texts that waited on the disk are taken in, while texts in danger come in as ever."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from sqlalchemy import Engine, create_engine, text

from hotline import spool
from hotline.gateways.base import IncomingText
from hotline.gateways.twilio.account import NAME
from hotline.services import arriving
from hotline.webhooks.twilio.signature import sign_bytes
from tests.bench.load import post
from tests.bench.processes import NUMBER, PUBLIC_URL, TOKEN, BenchFailed, Processes, procfile
from tests.bench.report import Line, say
from tests.support import make_runtime

PER_S = 60
"""Texts a second that came while the database was away."""

_TIMES, _DANGER_S = 5.0, 5.0
_EVERY_S = 2.0
_AGO = timedelta(minutes=20)  # late, but not so late that receipts wait for the contact hours
_WITHIN_S = 900
_BODY = "orangi town mein gali number {} ke paas mera mobile cheen liya do larkon ne"
_DANGER = "🆘 orangi town mein", "woh log ghar ke bahar khare hain aur darwaza tor rahe hain"
"""The table of words hears the first, the model alone the second."""


@dataclass(frozen=True)
class Drained:
    """`waited` texts were taken in within `seconds`. `danger_s`: seconds from the answer to a text in danger until it is routed."""

    database: str
    waited: int
    seconds: float
    danger_s: list[float]
    faults: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """The lines of the table."""
        per_s = self.waited / self.seconds
        slowest = quantiles(self.danger_s, n=20, method="inclusive")[-1] if len(self.danger_s) > 1 else max(self.danger_s, default=0.0)
        middle = median(self.danger_s) if self.danger_s else 0.0
        kept = f"{self.waited:,} and {len(self.danger_s)} in danger: " + ("; ".join(self.faults) or "none")
        return [
            Line(
                f"{self.database}: texts that waited on the disk are taken in, of {PER_S} a second",
                f"{per_s / PER_S:.1f} × ({per_s:.0f} of {self.waited:,} texts a second)",
                f"≥ {_TIMES} ×",
                per_s / PER_S >= _TIMES,
            ),
            Line(
                f"{self.database}: until a text in danger that comes meanwhile is routed, p95",
                f"{slowest:.1f} s (p50 {middle:.1f} s)",
                f"≤ {_DANGER_S} s",
                slowest <= _DANGER_S,
            ),
            Line(f"{self.database}: lost or doubled after an outage", kept, "none", not self.faults),
        ]


def measure(processes: Processes, database: str, *, url: str, redis_url: str, folder: Path, texts: int) -> Drained:
    """Measure on a database and in a data folder of its own."""
    say(f"drain: {texts:,} texts wait, {database}")
    _fill(url, folder, texts)
    environment = processes.environment(url, redis_url, HOTLINE_DATA_DIR=str(folder))
    web = processes.serve("web", environment)
    processes.start("workers", procfile("worker"), environment)
    processes.start("clock", procfile("clock"), environment)
    engine = create_engine(url)
    asked: dict[str, float] = {}
    routed: dict[str, float] = {}
    try:
        processes.wait(lambda: len(spool.waiting(folder)) < texts, "the first file is taken in", within_s=120)
        before, began = len(spool.waiting(folder)), time.monotonic()
        next_at, taken_s = began, 0.0
        while len(routed) < len(asked) or not taken_s:
            now = time.monotonic()
            if not taken_s and not spool.waiting(folder):
                taken_s = now - began
            if not taken_s and now >= next_at:
                sid = f"SMd{len(asked):031d}"
                _tell_danger(web.port, sid, len(asked))
                asked[sid], next_at = time.monotonic(), now + _EVERY_S
            for sid in asked.keys() - routed.keys():
                if _is_routed(engine, sid):
                    routed[sid] = time.monotonic()
            if now - began > _WITHIN_S:
                raise BenchFailed(f"drain: after {_WITHIN_S} s {len(spool.waiting(folder)):,} files wait, {len(routed)} were routed")
            time.sleep(0.1)
        faults = _faults(engine, texts + len(asked))
    finally:
        engine.dispose()
        for name in ("clock", "workers", "web"):
            processes.stop(name)
    drained = Drained(database, before, taken_s, [routed[sid] - asked[sid] for sid in asked], faults)
    for line in drained.lines:
        say(f"drain: {line.what}: {line.measured}")
    return drained


def _fill(url: str, folder: Path, texts: int) -> None:
    """Put texts on the disk, as a web process does while the database is away."""
    rt = make_runtime(url, data_dir=folder)
    came_at = datetime.now(UTC) - _AGO

    def put(number: int) -> None:
        rt.spool.rest()
        text = IncomingText(f"SMw{number:031d}", f"+92300{number:07d}", _BODY.format(number))
        arriving.take_text(rt, NAME, text, came_at=came_at)

    rt.spool.make_ready()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(put, range(texts)))
    rt.close()


def _tell_danger(port: int, sid: str, number: int) -> None:
    fields = {"MessageSid": sid, "From": f"+92321{number:07d}", "To": NUMBER, "Body": _DANGER[number % 2]}
    pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        status = post(connection, sign_bytes(TOKEN, f"{PUBLIC_URL}/hooks/twilio/sms", pairs), urlencode(fields))
    finally:
        connection.close()
    if status != 200:
        raise BenchFailed(f"a text in danger was answered with {status}")


def _is_routed(engine: Engine, sid: str) -> bool:
    statement = text(
        "SELECT tickets.routed_at IS NOT NULL FROM messages JOIN tickets ON tickets.id = messages.ticket_id WHERE gateway_id = :sid"
    )
    with engine.connect() as connection:
        return bool(connection.execute(statement, {"sid": sid}).scalar())


def _faults(engine: Engine, texts: int) -> list[str]:
    found: list[str] = []
    counts = {
        "texts": "SELECT count(*) FROM messages WHERE direction = 'in'",
        "tickets": "SELECT count(*) FROM tickets",
        "receipts": "SELECT count(*) FROM messages WHERE text_key = 'receipt'",
    }
    with engine.connect() as connection:
        for what, statement in counts.items():
            there = connection.execute(text(statement)).scalar() or 0
            if there != texts:
                found.append(f"{there:,} {what} of {texts:,}")
    return found
