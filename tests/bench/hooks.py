"""The webhook of each further gateway, compared with the anchor as Twilio's is: in turns, at 32 connections."""

from dataclasses import dataclass, replace

from tests.bench.books import Books
from tests.bench.load import Load, Texts, post_one, replay, replay_lines
from tests.bench.processes import BenchFailed, Processes, Web, config_with, cpu_s
from tests.bench.report import say
from tests.bench.webhook import CONNECTIONS, FASTEST
from tests.bench.wires import Wire

_WARM_UP_S = 3


@dataclass(frozen=True)
class Hook:
    """What was measured of one gateway's webhook on one database."""

    database: str
    kind: str
    anchor: list[Load]
    ours: list[Load]
    texts: int
    faults: list[str]

    @property
    def ratios(self) -> list[float]:
        """Our figure divided by the anchor's, pair by pair."""
        return [ours.rate_per_s / anchor.rate_per_s for anchor, ours in zip(self.anchor, self.ours, strict=True)]


def measure(
    processes: Processes, texts: Texts, wire: Wire, *, database: str, url: str, anchor_db: str, redis_url: str, rounds: int, seconds: int
) -> Hook:
    """Measure with both web processes up and the workers stopped."""
    environment = processes.environment(url, redis_url)
    ours_environment = {**environment, **wire.secrets, "HOTLINE_CONFIG": str(config_with(texts.folder, wire.kind, wire.table))}
    names = f"anchor-{database}-{wire.kind}", f"web-{database}-{wire.kind}"
    anchor = processes.serve(names[0], {**environment, "ANCHOR_DB": anchor_db}, app="anchor:app")
    ours = processes.serve(names[1], ours_environment)
    books = Books(url, wire.gateway_id)
    first = 0
    anchors, loads = [], []
    try:
        post_one(texts, anchor.port)  # it makes its table when it is first asked
        say(f"{database}: {wire.kind}, {rounds} rounds of {seconds} s, {CONNECTIONS} connections")
        fastest = FASTEST
        for number in range(rounds + 1):
            for_s = seconds if number else _WARM_UP_S
            anchors.append(replay(texts, anchor.port, connections=CONNECTIONS, seconds=for_s, per_s=fastest))
            load = _load(texts, wire, ours, first, seconds=for_s, per_s=fastest)
            books.settle(load)
            first += load.count
            loads.append(load)
            if load.non2xx or load.socket_errors:
                books.faults.append(f"the hotline answered {load.non2xx} texts with an error, {load.socket_errors} not at all")
            fastest = 1.7 * max(load.rate_per_s, anchors[-1].rate_per_s) + 500
            say(f"    anchor  {anchors[-1]}")
            say(f"    {wire.kind:7} {load}   {load.rate_per_s / anchors[-1].rate_per_s:.2f} of the anchor")
        books.close_accounts()
        for fault in books.faults:
            say(f"{database}: {wire.kind}: {fault}")
    finally:
        books.close()
        for name in names:
            processes.stop(name)
    if not books.texts:
        raise BenchFailed(f"no text of {wire.kind} was stored")
    return Hook(database, wire.kind, anchors[1:], loads[1:], books.texts, books.faults)


def _load(texts: Texts, wire: Wire, web: Web, first: int, *, seconds: int, per_s: float) -> Load:
    before = sum(map(cpu_s, web.workers))
    load = replay_lines(texts.folder, wire, web.port, first=first, connections=CONNECTIONS, seconds=seconds, per_s=per_s)
    return replace(load, cpu_ms=(sum(map(cpu_s, web.workers)) - before) * 1000 / max(load.acknowledged, 1))
