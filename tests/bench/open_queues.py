"""Two hundred open queues of two hundred people: what they cost at rest, and what they cost a webhook."""

import http.client
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Self
from urllib.parse import urlencode

from sqlalchemy import insert
from sqlalchemy.orm import Session

from hotline.services.people.passwords import hash_password
from hotline.storage.db import make_engine
from hotline.storage.peoplemodels import Membership, Volunteer
from tests.bench import growth
from tests.bench.load import Load, Texts, replay
from tests.bench.processes import BenchFailed, Processes, Web, cpu_s
from tests.bench.report import say
from tests.bench.webhook import CONNECTIONS, FASTEST

QUEUES, EVERY_S = 200, 5
_HERE = Path(__file__).parent
_FIRST_ID = 1001
_SETTLES_S = 6
_REST_AFTER_S, _REST_S = 6, 120
"""As long as the interval at which it is noted who has a page open."""
_PASSWORD = "correct-horse-battery"
_POLLED = re.compile(r"polls=(\d+) refused=(\d+) socket_errors=(\d+)")


@dataclass(frozen=True)
class OpenQueues:
    """The share of one core that the web processes spent on the polls, how many polls there were, and the webhook without and with them."""

    database: str
    core: float
    polls: int
    alone: list[Load]
    beside: list[Load]

    @property
    def slower(self) -> float:
        """The webhook's p99 with the polls, divided by its p99 without. The median of pairs of rounds, as the machine drifts."""
        return median(beside.p99_ms / alone.p99_ms for beside, alone in zip(self.beside, self.alone, strict=True))


def measure(
    processes: Processes, texts: Texts, database: str, *, url: str, redis_url: str, tickets: int, rounds: int, seconds: int
) -> OpenQueues:
    """Measure on a hotline with some tickets, the workers stopped."""
    growth.fill(url, tickets)
    _engage(url)
    web = processes.serve(f"queues-{database}", processes.environment(url, redis_url))
    try:
        browsers = texts.folder / "browsers.tsv"
        browsers.write_text("".join(f"{_open_queue(web.port, f'v{n}')}\n" for n in range(_FIRST_ID, _FIRST_ID + QUEUES)), "ascii")
        polled = _Polls(web.port, browsers, seconds=_REST_AFTER_S + _REST_S + 1)
        with polled:
            time.sleep(_REST_AFTER_S)
            before, began = sum(map(cpu_s, web.workers)), time.monotonic()
            time.sleep(_REST_S)
            core = (sum(map(cpu_s, web.workers)) - before) / (time.monotonic() - began)
        say(f"{database}: {polled.answered} polls of {QUEUES} queues, {core:.3f} of a core")
        per_s = 1.7 * _load(texts, web, seconds, FASTEST).rate_per_s + 500  # more than enough: signing more would take as long as measuring
        alone, beside = [], []
        for _ in range(rounds):
            alone.append(_load(texts, web, seconds, per_s))
            say(f"    alone            {alone[-1]}")
            with _Polls(web.port, browsers, seconds=_SETTLES_S + seconds + 1):
                time.sleep(_SETTLES_S)
                beside.append(_load(texts, web, seconds, per_s))
            say(f"    with open queues {beside[-1]}")
    finally:
        processes.stop(f"queues-{database}")
    return OpenQueues(database, core, polled.answered, alone, beside)


def _load(texts: Texts, web: Web, seconds: int, per_s: float) -> Load:
    return replay(texts, web.port, connections=CONNECTIONS, seconds=seconds, per_s=per_s)


def _engage(url: str) -> None:
    """Store as many volunteers as there are queues, each in some teams. None is a lead, as a lead needs a second factor."""
    engine = make_engine(url, pool_size=1)
    person = {"page_language": "en", "languages": ["en", "ur"], "is_head": False, "active": True, "password_hash": hash_password(_PASSWORD)}
    people = range(_FIRST_ID, _FIRST_ID + QUEUES)
    with Session(engine) as session:
        session.execute(insert(Volunteer), [{"id": n, "login": f"v{n}", "name": f"V{n}", **person} for n in people])
        session.execute(
            insert(Membership),
            [
                {"team_id": 1 + (n + step) % growth.TEAMS, "volunteer_id": n, "is_lead": False}
                for n in people
                for step in range(growth.LED_TEAMS)
            ],
        )
        session.commit()
    engine.dispose()


def _open_queue(port: int, login: str) -> str:
    """Log a volunteer in. Returns the cookie and the ETag of the volunteer's queue, a tab between them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    cookie = _cookie(answer)
    form = urlencode({"csrf_token": token[1] if token else "", "login": login, "password": _PASSWORD})
    connection.request("POST", "/login", form, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise BenchFailed(f"the log-in of the bench was answered with {answer.status}")
    cookie = _cookie(answer)
    connection.request("GET", "/queue/version", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return f"{cookie}\t{answer.headers['ETag']}"


def _cookie(answer: http.client.HTTPResponse) -> str:
    """The log-in's cookie, picked from all that the answer sets."""
    return next(given.partition(";")[0] for given in answer.headers.get_all("Set-Cookie", []) if given.startswith("hotline="))


class _Polls:
    """`QUEUES` open queues for so many seconds. Each polls every `EVERY_S` on a connection of its own, as browsers do."""

    def __init__(self, port: int, browsers: Path, *, seconds: float) -> None:
        script = ["wrk", "-t4", f"-c{QUEUES}", f"-d{seconds}s", "--timeout", "20s", "-s", str(_HERE / "poll.lua")]
        self._script = [*script, f"http://127.0.0.1:{port}", "--", "/queue/version", str(browsers), str(int(EVERY_S * 1000))]
        self.answered = 0

    def __enter__(self) -> Self:
        self._wrk = subprocess.Popen(self._script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        said, _none = self._wrk.communicate()
        found = _POLLED.search(said)
        if found is None:
            raise BenchFailed(f"wrk said nothing we can read:\n{said}")
        self.answered, refused, lost = map(int, found.groups())
        if refused + lost > self.answered / 100:
            raise BenchFailed(f"{refused} of {self.answered} polls were refused, {lost} lost")
