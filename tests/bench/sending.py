"""Texts that are due leave at the configured rate through a slow gateway, and through three; and how much memory the workers take
meanwhile."""

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, insert, select

from hotline.domain.delivery import Delivery
from hotline.sections import Sending
from hotline.storage.db import make_engine
from hotline.storage.models import Contact, Message
from tests.bench.gateway import SlowGateway
from tests.bench.processes import BenchFailed, Processes, children, procfile, pss_mib
from tests.bench.report import say
from tests.opened import numbered, seal_all

PER_S = Sending().texts_per_s
_WITHOUT_NEWS_S = 30
_PHONE_PER_S = 20
_TABLE = """
[gateways.sim{n}]
kind = "android"
url = "{url}"
pretend = true
per_minute = {per_minute}
in_flight = 8
per_15_minutes = 0
per_hour = 0
per_day = 0
"""


@dataclass(frozen=True)
class Sent:
    """How texts left, and the most memory that each kind of worker process took."""

    texts: int
    per_s: float
    configured: float = PER_S
    faults: list[str] = field(default_factory=list)
    worker_mib: dict[str, float] = field(default_factory=dict)

    @property
    def of_configured(self) -> float:
        return self.per_s / self.configured


def measure(processes: Processes, *, url: str, redis_url: str, texts: int) -> Sent:
    """Measure with real workers and clock, and rows that were queued before."""
    _queue(url, texts)
    say(f"sending: {texts:,} texts at {PER_S} a second, about {texts / PER_S:.0f} s")
    weights: dict[str, float] = {}
    with SlowGateway() as gateway:
        environment = processes.environment(url, redis_url, HOTLINE_TWILIO_API_URL=gateway.url)
        _work(processes, environment, [gateway], weights, texts)
    per_s = _per_s(gateway.texts)
    say(f"sending: {per_s:.2f} a second, {per_s / PER_S:.3f} of what is configured")
    return Sent(texts, per_s, PER_S, _faults(url, gateway.texts, texts), weights)


def measure_several(processes: Processes, folder: Path, *, url: str, redis_url: str, texts: int) -> Sent:
    """The same through three phones, each of which carries `_PHONE_PER_S`; nobody has written to any of them, so that they share."""
    _queue(url, texts)
    configured = 3 * _PHONE_PER_S
    say(f"sending: {texts:,} texts through three gateways at {_PHONE_PER_S} a second each, about {texts / configured:.0f} s")
    weights: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        phones = [stack.enter_context(SlowGateway()) for _ in range(3)]
        tables = [_TABLE.format(n=n, url=phone.url, per_minute=60 * _PHONE_PER_S) for n, phone in enumerate(phones)]
        (folder / "several.toml").write_text((folder / "hotline.toml").read_text("utf-8") + "".join(tables), "utf-8")
        secrets = {f"HOTLINE_SIM{n}_{what}": "k" * 32 for n in range(3) for what in ("PASSWORD", "SIGNING_KEY")}
        environment = processes.environment(url, redis_url, HOTLINE_TWILIO_ACCOUNT_SID="", **secrets)
        environment["HOTLINE_CONFIG"] = str(folder / "several.toml")
        _work(processes, environment, phones, weights, texts)
        left = [text for phone in phones for text in phone.texts]
    per_s = _per_s(left)
    shares = ", ".join(f"{_per_s(phone.texts):.2f}" for phone in phones)
    say(f"sending: {per_s:.2f} a second ({shares}), {per_s / configured:.3f} of what is configured")
    return Sent(texts, per_s, configured, _faults(url, left, texts), weights)


def _per_s(left: list[tuple[float, str]]) -> float:
    times = sorted(came for came, _ in left)
    return (len(times) - 1) / (times[-1] - times[0])


def _work(processes: Processes, environment: dict[str, str], gateways: list[SlowGateway], weights: dict[str, float], texts: int) -> None:
    """Have workers and the clock send all texts."""
    supervisor = processes.start("workers", procfile("worker"), environment)
    processes.start("clock", procfile("clock"), environment)
    try:
        _watch(processes, gateways, supervisor, weights, texts)
    finally:
        processes.stop("clock")
        processes.stop("workers")


def _queue(url: str, texts: int) -> None:
    now = datetime.now(UTC)
    engine = make_engine(url, pool_size=1)
    person = {"kind": "phone", "country": "PK", "language": "ur", "language_named": False, "may_text": True, "may_call": True}
    person |= {"on_hold": False, "created_at": now, "times_seen": 1}
    text = {"direction": "out", "gateway": "", "created_at": now, "plain": "482-719-365: this is a text of the bench.", "rank": 1}
    text |= {"text_key": "status_received", "language": "en", "segments": 1, "delivery": Delivery.QUEUED, "attempts": 0, "look_ups": 0}
    with engine.begin() as connection:
        connection.execute(insert(Contact), [{**person, **numbered(f"+923{n:09d}")} for n in range(texts)])
        ids = connection.scalars(select(Contact.id).where(Contact.kind == "phone")).all()
        connection.execute(insert(Message), [{**text, "contact_id": i, "next_attempt_at": now} for i in ids])
    seal_all(engine)
    engine.dispose()


def _watch(processes: Processes, gateways: list[SlowGateway], supervisor: int, weights: dict[str, float], texts: int) -> None:
    before, changed, told = -1, time.monotonic(), time.monotonic()
    while before < texts:
        time.sleep(0.25)
        _weigh(supervisor, weights)
        left = sum(len(gateway.texts) for gateway in gateways)
        if left != before:
            before, changed = left, time.monotonic()
        if time.monotonic() - changed > _WITHOUT_NEWS_S:
            raise BenchFailed(f"no text has left for {_WITHOUT_NEWS_S} s, after {before:,}:\n{processes.said('workers')}")
        if time.monotonic() - told > 15:
            told = time.monotonic()
            say(f"    {before:,} have left")
    time.sleep(3)  # the last answers are on their way, and no text may come after them


def _weigh(supervisor: int, weights: dict[str, float]) -> None:
    """Note the memory of the supervisor, its workers and their children, which do the jobs, where it is more than noted before."""
    found = [("supervisor", supervisor)]
    for worker in children(supervisor):
        queue = _argument(worker)
        found.append((f"worker {queue}", worker))
        found += [(f"job of {queue}", job) for job in children(worker)]
    for name, pid in found:
        weights[name] = max(weights.get(name, 0.0), pss_mib(pid))


def _argument(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").rsplit("\0", 1)[-1]
    except OSError:
        return "?"


def _faults(url: str, left: list[tuple[float, str]], texts: int) -> list[str]:
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        ours = {str(i) for i in connection.scalars(select(Message.id).where(Message.direction == "out"))}
        stored = connection.scalar(select(func.count()).where(Message.delivery == Delivery.SENT, Message.gateway_id.is_not(None)))
    engine.dispose()
    times = Counter(i for _, i in left)
    doubled, lost = sum(n > 1 for n in times.values()), len(ours - times.keys())
    faults = [f"{doubled:,} texts were sent more than once"] if doubled else []
    faults += [f"{lost:,} texts were not sent"] if lost else []
    return faults + ([f"{stored:,} of {texts:,} texts are stored as sent"] if stored != texts else [])
