"""Calls: how long a caller waits for the next prompt, compared with a text in the same run; and that no call is lost."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from statistics import quantiles
from typing import Self

from hotline.domain.prompts import PROMPTS
from tests.bench import callbook
from tests.bench.books import Books
from tests.bench.caller import Call, Caller
from tests.bench.deaf import Deaf
from tests.bench.load import Texts, gateway_id, post, replay, signed
from tests.bench.processes import BenchFailed, Processes
from tests.bench.report import say
from tests.bench.walks import WALKS, Walk
from tests.bench.webhook import CONNECTIONS, FASTEST

AT_ONCE = 50
_IN_FLOOD = 8  # callers beside the texts
_PER_CALLER_S = 300  # texts a second that one texter can send at most
_LONGEST = 1 + max(len(walk.does) for walk in WALKS)  # steps
_WARM_UP_S = 3
_WITHHELD = "+266696687"  # as the gateway writes a withheld number
_UNHEARD = {"press_one", "page_needs_you", "duty_take", "busy", "stage_refused", "stage_received", "stage_worked_on", "stage_closed"}
_UNHEARD |= {"call_ready", "say_nothing", "ring_test"}
_UNHEARD |= {prompt for prompt in PROMPTS if prompt.startswith("here_")}
"""Prompts that are not on any walk: of calls that we make, of trouble, of the stage of a caller's own ticket, of an empty roster."""


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rounds: int = 5
    seconds: int = 8
    steps_at_rest: int = 400  # a round


@dataclass(frozen=True)
class Round:
    """How long steps and texts waited in turns, in seconds each."""

    steps: list[float]
    texts: list[float]

    @property
    def step_ms(self) -> float:
        return p99_ms(self.steps)

    @property
    def text_ms(self) -> float:
        return p99_ms(self.texts)

    @property
    def ratio(self) -> float:
        return self.step_ms / self.text_ms

    def __str__(self) -> str:
        return f"p99 of steps {self.step_ms:6.1f} ms   of texts {self.text_ms:6.1f} ms   {self.ratio:.2f} x"


def together(rounds: list[Round]) -> Round:
    """All rounds in one: the slowest hundredth of one round is a handful of steps, so a short stall of the machine would decide it."""
    return Round([took for one in rounds for took in one.steps], [took for one in rounds for took in one.texts])


@dataclass(frozen=True)
class Calls:
    """What was measured on one database."""

    database: str
    flood: list[Round]
    rest: list[Round]
    deaf_ms: float  # the slowest step while neither Redis nor the gateway answers
    at_once: list[Call]
    calls: int
    faults: list[str]


def measure(processes: Processes, texts: Texts, database: str, *, url: str, redis_url: str, pace: Pace) -> Calls:
    """Measure with the web process up and the workers stopped."""
    books, line = Books(url), _Line(texts)
    try:
        line.port = processes.serve("web-calls", processes.environment(url, redis_url)).port
        fastest = line.warm_up(books)
        say(f"{database}: {pace.rounds} rounds of {pace.steps_at_rest} texts and steps in turns, one at a time")
        rest = [_told(line.at_rest(pace.steps_at_rest, books)) for _ in range(pace.rounds)]
        say(f"{database}: {pace.rounds} rounds of {pace.seconds} s, {_IN_FLOOD} callers beside {CONNECTIONS} connections of texts")
        flood = [_told(line.flood(pace.seconds, fastest, books)) for _ in range(pace.rounds)]
        at_once = line.at_once(AT_ONCE)
        say(f"{database}: {AT_ONCE} calls at once: p99 of steps {p99_ms(_waits(at_once)):.1f} ms")
        processes.stop("web-calls")
        with Deaf() as redis, Deaf() as gateway:
            environment = {"HOTLINE_TWILIO_API_URL": f"http://127.0.0.1:{gateway.port}"}
            line.port = processes.serve("web-calls", processes.environment(url, f"redis://127.0.0.1:{redis.port}/0", **environment)).port
            deaf_ms = max(_waits([line.call(walk) for walk in WALKS])) * 1000
            say(f"{database}: with Redis and the gateway silent, no step longer than {deaf_ms:.1f} ms")
            processes.stop("web-calls")
            if not redis.asked:
                raise BenchFailed("the silent Redis was never asked: nothing was shown")
            asked = [f"a step asked the gateway {gateway.asked} times"] if gateway.asked else []
        books.close_accounts()
        faults = [*books.faults, *asked, *callbook.faults(url, line.calls)]
        say(f"{database}: {len(line.calls):,} calls, {books.texts:,} texts")
        for fault in faults:
            say(f"{database}: {fault}")
    finally:
        books.close()
    return Calls(database, flood, rest, deaf_ms, at_once, len(line.calls), faults)


def p99_ms(seconds: Iterable[float]) -> float:
    """The 99th percentile of the waits, in milliseconds."""
    return quantiles(seconds, n=100, method="inclusive")[-1] * 1000


def _waits(calls: Iterable[Call]) -> list[float]:
    return [took for call in calls for _, took in call.waits]


def _told(one: Round) -> Round:
    say(f"    {one}")
    return one


class _Line:
    """The hotline's number. Each call comes from another caller; `calls` has all that were made."""

    def __init__(self, texts: Texts) -> None:
        self.port = 0
        self.calls: list[Call] = []
        self._texts = texts
        self._numbers = itertools.count()
        self._reference = ""

    def warm_up(self, books: Books) -> float:
        """Warm up both kinds of webhook; returns a rate of texts that is more than enough. Later calls ask about the first reference."""
        self._reference = self.call(WALKS[0]).reference
        for walk in WALKS:
            self.call(walk)
        load = replay(self._texts, self.port, connections=CONNECTIONS, seconds=_WARM_UP_S, per_s=FASTEST)
        books.settle(load)
        return 1.7 * load.rate_per_s + 500

    def call(self, walk: Walk, *, told_twice: bool = False, after: "_Texter | None" = None) -> Call:
        """Make one call, to its end."""
        n = next(self._numbers)
        number = _WITHHELD if walk.withheld else f"+92301{n:07d}"
        call = Call(walk, number, f"CA{gateway_id(n)[2:]}", told_twice)
        self.calls.append(call)
        if after is None:
            return Caller(self.port, call).walk(self._reference)
        try:
            return Caller(self.port, call, between=after.text).walk(self._reference)
        finally:
            after.hang_up()

    def at_rest(self, steps: int, books: Books) -> Round:
        """Calls with a text before each step, by the same client: what else the machine does falls on both."""
        texter, made = _Texter(self._texts, self.port, steps + _LONGEST), list[Call]()
        for walk in itertools.cycle(WALKS):
            made.append(self.call(walk, after=texter))
            if len(texter.waits) >= steps:
                break
        books.hold(texter.acknowledged)
        return Round(_waits(made), [took for _, took in texter.waits])

    def flood(self, seconds: int, per_s: float, books: Books) -> Round:
        """The same by some callers at once, beside a flood of texts. Only what began during the flood is counted."""
        crowd = _Crowd(self, [_Texter(self._texts, self.port, _PER_CALLER_S * seconds + _LONGEST) for _ in range(_IN_FLOOD)])
        load = replay(self._texts, self.port, connections=CONNECTIONS, seconds=seconds, per_s=per_s, beside=crowd)
        books.settle(load)
        books.hold({text for texter in crowd.texters for text in texter.acknowledged})
        if load.non2xx or load.socket_errors:
            books.faults.append(f"{load.non2xx} texts were answered with an error, {load.socket_errors} not at all")
        steps = [wait for call in crowd.made for wait in call.waits]
        texts = [wait for texter in crowd.texters for wait in texter.waits]
        return Round(crowd.within(seconds, steps), crowd.within(seconds, texts))

    def at_once(self, count: int) -> list[Call]:
        """So many calls that begin together and press at once; every other one is told twice at each step. Raises `BenchFailed` if
        the callers have not heard all that the menu says."""
        begin, made = threading.Barrier(count), list[Call]()

        def one(n: int) -> None:
            begin.wait()
            made.append(self.call(WALKS[n % len(WALKS)], told_twice=n % 2 == 1))

        threads = [threading.Thread(target=one, args=(n,), daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        heard = {clip.partition(".")[0] for call in made for clip in call.heard}
        if missed := {prompt for prompt in PROMPTS if not prompt.startswith("digit_")} - _UNHEARD - heard:
            raise BenchFailed(f"nobody heard {', '.join(sorted(missed))}: those were not walks through the whole menu")
        return made


class _Texter:
    """Sends texts one at a time, on a connection that is as old as the call beside it."""

    def __init__(self, texts: Texts, port: int, count: int) -> None:
        path, self._first = texts.draw(count)
        self._texts = signed(path)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.waits: list[tuple[float, float]] = []  # when each began, and how many seconds it took
        self.acknowledged: set[str] = set()

    def text(self) -> None:
        n = len(self.waits)
        began = time.monotonic()
        status = post(self._connection, *self._texts[n])
        self.waits.append((began, time.monotonic() - began))
        if status == HTTPStatus.OK:
            self.acknowledged.add(gateway_id(self._first + n))

    def hang_up(self) -> None:
        self._connection.close()  # the next text opens it again


class _Crowd:
    """`with crowd:` callers who call one after the other while the block runs, each beside a texter. They finish the last call after it."""

    def __init__(self, line: _Line, texters: list[_Texter]) -> None:
        self.texters = texters
        self.made: list[Call] = []
        self._line = line
        self._walks = itertools.cycle(WALKS)
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(texter,), daemon=True) for texter in texters]
        self._ended = 0.0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = time.monotonic()
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def within(self, seconds: float, waits: list[tuple[float, float]]) -> list[float]:
        """The waits that began in the last seconds of the block: wrk reads its texts first, and sends nothing meanwhile."""
        return [took for began, took in waits if self._ended - seconds <= began < self._ended]

    def _go(self, texter: _Texter) -> None:
        while not self._enough.is_set():
            self.made.append(self._line.call(next(self._walks), after=texter))
