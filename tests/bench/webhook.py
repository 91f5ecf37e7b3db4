"""The webhook's whole path compared with the anchor, served alike, in turns: the machine's noise falls on both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from types import MappingProxyType

from tests.bench.books import Books
from tests.bench.load import Load, Texts, post_one, replay
from tests.bench.processes import BenchFailed, Processes, Web, cpu_s, pss_mib
from tests.bench.report import say
from tests.bench.witness import Witness

CONNECTIONS, MANY_CONNECTIONS = 32, 128
_WARM_UP_S = 3
FASTEST = 6000.0  # texts a second: more than any machine of today takes


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rounds: int = 6
    rounds_of_many: int = 3
    seconds: int = 8


@dataclass(frozen=True)
class Webhook:
    """What was measured on one database; `disk`: on which disk, if not on that of the machine as it is."""

    database: str
    anchor: list[Load]
    ours: list[Load]
    anchor_of_many: list[Load]
    ours_of_many: list[Load]
    texts: int
    told_twice: int
    faults: list[str]
    web_mib: list[float]
    disk: str = ""

    @property
    def ratios(self) -> list[float]:
        """Our figure divided by the anchor's, pair by pair."""
        return [ours.rate_per_s / anchor.rate_per_s for anchor, ours in zip(self.anchor, self.ours, strict=True)]


def measure(
    processes: Processes,
    texts: Texts,
    database: str,
    *,
    url: str,
    anchor_db: str,
    redis_url: str,
    pace: Pace,
    disk: str = "",
    more: Mapping[str, str] = MappingProxyType({}),
) -> Webhook:
    """Measure with both web processes up and the workers stopped. `more`: variables that both have besides, for another `disk`."""
    environment = processes.environment(url, redis_url, **more)
    anchor = processes.serve(f"anchor-{database}", {**environment, "ANCHOR_DB": anchor_db}, app="anchor:app")
    ours = processes.serve(f"web-{database}", environment)
    books = Books(url)
    try:
        taken = _Rounds(processes, texts, books, anchor, ours)
        taken.warm_up()
        say(f"{database}: {pace.rounds} rounds of {pace.seconds} s, {CONNECTIONS} connections")
        few = taken.run(pace.rounds, CONNECTIONS, pace.seconds)
        say(f"{database}: {pace.rounds_of_many} rounds of {pace.seconds} s, {MANY_CONNECTIONS} connections")
        many = taken.run(pace.rounds_of_many, MANY_CONNECTIONS, pace.seconds)
        told_twice = taken.tell_twice(pace.seconds)
        books.close_accounts()
        memory = [pss_mib(pid) for pid in ours.workers]
        say(f"{database}: {books.texts:,} texts; web processes of {', '.join(f'{mib:.1f}' for mib in memory)} MiB")
        for fault in books.faults:
            say(f"{database}: {fault}")
    finally:
        books.close()
        processes.stop(f"anchor-{database}")
        processes.stop(f"web-{database}")
    return Webhook(database, few[0], few[1], many[0], many[1], books.texts, told_twice, books.faults, memory, disk)


class _Rounds:
    """Rounds of load on the anchor and on the hotline, and the books of the hotline."""

    def __init__(self, processes: Processes, texts: Texts, books: Books, anchor: Web, ours: Web) -> None:
        self._processes, self._texts, self._books = processes, texts, books
        self._anchor, self._ours = anchor, ours
        self._fastest = FASTEST

    def warm_up(self) -> None:
        # The anchor makes its table when it is first asked. Two requests at once would fail, and leave threads that answer only errors.
        post_one(self._texts, self._anchor.port)
        fastest = [self._load(web, CONNECTIONS, _WARM_UP_S).rate_per_s for web in (self._ours, self._anchor)]
        self._fastest = 1.7 * max(fastest) + 500

    def run(self, rounds: int, connections: int, seconds: int) -> tuple[list[Load], list[Load]]:
        anchor, ours = [], []
        for _ in range(rounds):
            anchor.append(self._load(self._anchor, connections, seconds))
            say(f"    anchor  {anchor[-1]}")
            ours.append(self._load(self._ours, connections, seconds))
            say(f"    hotline {ours[-1]}   {ours[-1].rate_per_s / anchor[-1].rate_per_s:.2f} of the anchor")
        return anchor, ours

    def tell_twice(self, seconds: int) -> int:
        """Under load, tell texts twice at the same moment; returns how many were acknowledged."""
        with Witness(self._texts, self._ours.port, 20_000) as witness:
            load = self._load(self._ours, CONNECTIONS, seconds, settle=False)
        self._books.settle(load)  # not before the witness has ended, as it goes on sending texts
        self._books.hold(witness.acknowledged)
        if not witness.acknowledged:
            raise BenchFailed("no text told twice was acknowledged")
        return len(witness.acknowledged)

    def _load(self, web: Web, connections: int, seconds: int, *, settle: bool = True) -> Load:
        before = sum(map(cpu_s, web.workers))
        load = replay(self._texts, web.port, connections=connections, seconds=seconds, per_s=self._fastest)
        load = replace(load, cpu_ms=(sum(map(cpu_s, web.workers)) - before) * 1000 / max(load.acknowledged, 1))
        if load.non2xx or load.socket_errors:
            name = "the hotline" if web is self._ours else "the anchor"
            self._books.faults.append(f"{name} answered {load.non2xx} texts with an error, {load.socket_errors} not at all")
        if settle and web is self._ours:
            self._books.settle(load)
        return load


def middle(loads: list[Load], what: str) -> float:
    """The median of one figure over the rounds."""
    return median(getattr(load, what) for load in loads)
