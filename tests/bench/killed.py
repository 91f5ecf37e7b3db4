"""Two phones and an SMPP link share many due texts, while each of them, what is behind it and the sending worker are killed in turn."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from hotline.jobs import Job
from tests.bench.report import Line, say
from tests.journeys.carrying import CarryingHotline
from tests.journeys.killing import balance, kill_in_turn, queue, settle

_PER_MINUTE = 3000
_AWAY_S, _STILL_S = 2.0, 10.0
_SETTLED_WITHIN_S = 600


@dataclass(frozen=True)
class Killed:
    """The books after the kills. `faults`: a sentence each; none is what is wanted."""

    database: str
    texts: int
    kills: int
    books: str
    faults: list[str] = field(default_factory=list)

    @property
    def line(self) -> Line:
        kept = f"{self.books}; {self.kills} kills: " + ("; ".join(self.faults) or "none")
        what = f"{self.texts:,} texts by three gateways that are killed in turn, {self.database}: lost, doubled"
        return Line(what, kept, "none", not self.faults)


def measure(database: str, *, url: str, redis_url: str, folder: Path, texts: int, rounds: int) -> Killed:
    """Measure on a database of its own. Nothing is hurried: what a killed worker had claimed is given up a minute later."""
    with CarryingHotline(database=url, redis_url=redis_url, folder=folder, per_minute=_PER_MINUTE) as hotline:
        queue(url, texts)
        say(f"killed: {texts:,} texts, {database}")
        hotline.ring(Job.SEND_DUE)
        kills = kill_in_turn(hotline, texts, rounds=rounds, away_s=_AWAY_S)
        say(f"killed: {dict(kills.times)}; now it settles")
        settle(hotline, kills, hurry=False, within_s=_SETTLED_WITHIN_S)
        time.sleep(_STILL_S)
        books = balance(hotline, texts, kills)
    say(f"killed: {books}")
    return Killed(database, texts, kills.times.total(), str(books), books.faults)
