"""Two hundred open queues: what they cost at rest, and what they cost a webhook."""

import http.client
import itertools
import re
import threading
import time
from dataclasses import dataclass
from statistics import median
from typing import Self
from urllib.parse import urlencode

from sqlalchemy import update
from sqlalchemy.orm import Session

from hotline.services.login import hash_password
from hotline.storage.db import make_engine
from hotline.storage.peoplemodels import Login, Volunteer
from tests.bench import growth
from tests.bench.load import Load, Texts, replay
from tests.bench.processes import BenchFailed, Processes, Web, cpu_s
from tests.bench.report import say
from tests.bench.webhook import CONNECTIONS, FASTEST

QUEUES, EVERY_S = 200, 1.7
_THREADS = 20
_PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class OpenQueues:
    """The share of one core that the web processes spent on them, how many polls that was, and the webhook without and with them."""

    database: str
    core: float
    polls: int
    alone: list[Load]
    beside: list[Load]

    @property
    def slower(self) -> float:
        """The webhook's p99 beside them, of what it is alone: the median of pairs of rounds, for the machine drifts."""
        return median(beside.p99_ms / alone.p99_ms for beside, alone in zip(self.beside, self.alone, strict=True))


def measure(
    processes: Processes, texts: Texts, database: str, *, url: str, redis_url: str, tickets: int, rounds: int, seconds: int
) -> OpenQueues:
    """On a hotline with some tickets, the workers stopped."""
    growth.fill(url, tickets)
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session:
        session.execute(update(Volunteer).where(Volunteer.id == 1).values(password_hash=hash_password(_PASSWORD)))
        session.commit()
    engine.dispose()
    web = processes.serve(f"queues-{database}", processes.environment(url, redis_url))
    try:
        cookie = _log_in(web.port)
        _prove(url)
        with _Pollers(web.port, cookie) as pollers:
            time.sleep(2 * EVERY_S)
            before, asked, began = sum(map(cpu_s, web.workers)), pollers.answered, time.monotonic()
            time.sleep(seconds)
            core = (sum(map(cpu_s, web.workers)) - before) / (time.monotonic() - began)
            polls = pollers.answered - asked
        say(f"{database}: {polls} polls of {QUEUES} queues in {seconds} s, {core:.3f} of a core")
        _load(texts, web, seconds)
        alone, beside = [], []
        for _ in range(rounds):
            alone.append(_load(texts, web, seconds))
            say(f"    alone            {alone[-1]}")
            with _Pollers(web.port, cookie):
                beside.append(_load(texts, web, seconds))
            say(f"    with open queues {beside[-1]}")
    finally:
        processes.stop(f"queues-{database}")
    return OpenQueues(database, core, polls, alone, beside)


def _load(texts: Texts, web: Web, seconds: int) -> Load:
    return replay(texts, web.port, connections=CONNECTIONS, seconds=seconds, per_s=FASTEST)


def _log_in(port: int) -> str:
    """Her cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    cookie = _cookie(answer)
    form = urlencode({"csrf_token": token[1] if token else "", "login": "v1", "password": _PASSWORD})
    connection.request("POST", "/login", form, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    connection.close()
    if answer.status != 302:
        raise BenchFailed(f"the log-in of the bench was answered with {answer.status}")
    return _cookie(answer)


def _cookie(answer: http.client.HTTPResponse) -> str:
    """That of the log-in, among others."""
    return next(given.partition(";")[0] for given in answer.headers.get_all("Set-Cookie", []) if given.startswith("hotline="))


def _prove(url: str) -> None:
    """She leads, and has shown her second factor."""
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session:
        session.execute(update(Login).values(proved_at=Login.began_at))
        session.commit()
    engine.dispose()


class _Pollers:
    """`QUEUES` open queues, each asking every `EVERY_S` on a connection of its own, as browsers do. What they see changes for none."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._headers = port, {"Cookie": cookie}
        self._stop, self.answered, self._faults = threading.Event(), 0, 0
        self._threads = [threading.Thread(target=self._poll, args=(n,)) for n in range(_THREADS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._faults > self.answered / 100:
            raise BenchFailed(f"{self._faults} of {self.answered} polls failed")

    def _poll(self, place: int) -> None:
        each = QUEUES // _THREADS
        connections = [http.client.HTTPConnection("127.0.0.1", self._port, timeout=20) for _ in range(each)]
        marks = [""] * each
        due = time.monotonic() + place * EVERY_S / QUEUES
        for n in itertools.cycle(range(each)):
            if self._stop.wait(max(0.0, due - time.monotonic())):
                break
            due += EVERY_S / each
            marks[n] = self._ask(connections[n], marks[n])
        for connection in connections:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, mark: str) -> str:
        try:
            connection.request("GET", "/queue/version", headers={**self._headers, "If-None-Match": mark})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the server ends what is silent; the next poll opens another, as a browser does
            return mark
        self.answered += 1
        self._faults += answer.status not in {204, 304}
        return answer.getheader("ETag") or mark
