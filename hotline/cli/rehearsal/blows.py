"""What is done to the hotline and when, drawn from a seed: processes killed and stopped, Redis emptied, the disk full, the database cut."""

import random
from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """What a blow does."""

    KILL = "kill"  # SIGKILL, and started again some seconds later
    CHILD = "child"  # SIGKILL for one process below it, which it starts again by itself
    EMPTY = "empty"  # killed, and everything it knew is gone
    HANG = "hang"  # SIGSTOP, and SIGCONT some seconds later
    FULL = "full"  # nothing more can be written to the disk
    CUT = "cut"  # away for long


WEB, WORKER, CLOCK, REDIS, DATABASE, PHONE, ACCOUNT = "web", "worker", "clock", "redis", "database", "phone", "account"
VICTIMS = (WEB, WORKER, CLOCK, REDIS, DATABASE, PHONE, ACCOUNT)
KILLS = frozenset({How.KILL, How.CHILD, How.EMPTY})

_KILLS: tuple[tuple[str, How, int], ...] = (
    (WEB, How.KILL, 8),
    (WEB, How.CHILD, 22),
    (WORKER, How.KILL, 4),
    (WORKER, How.CHILD, 30),
    (CLOCK, How.KILL, 10),
    (REDIS, How.KILL, 8),
    (REDIS, How.EMPTY, 4),
    (DATABASE, How.KILL, 7),
    (PHONE, How.KILL, 10),
)
_HANGS = (WEB, WORKER, REDIS, DATABASE, PHONE, ACCOUNT)
_HANGS_A_KILL, _FULL_TIMES = 1 / 8, 3
_AWAY_S, _HANGS_S, _FULL_S = (0.3, 3.0), (2.0, 8.0), 10.0
_LONGEST_CUT_S = 600.0
"""Ten minutes. A day of less than half an hour has a shorter cut: a third of it."""


@dataclass(frozen=True)
class Blow:
    """One blow. `after_s`: seconds after the day's beginning; `lasts_s`: until what it did is undone."""

    after_s: float
    victim: str
    how: How
    lasts_s: float

    @property
    def is_kill(self) -> bool:
        return self.how in KILLS

    def __str__(self) -> str:
        return f"{self.victim}: {self.how}"


def draw(seed: int, kills: int, *, lasts_s: float, has_server: bool) -> list[Blow]:
    """The blows of a day that takes `lasts_s` seconds, the first first: so many kills, and besides them what only stops or fills.

    `has_server`: the database is a process that can be killed; else it is only locked.
    """
    victims = [one for one in _KILLS if has_server or one[0] != DATABASE]
    rng = random.Random(f"blows {seed}")  # noqa: S311 - the same blows for the same seed
    first, last = lasts_s * 0.02, lasts_s * 0.97
    found = []
    for n in range(kills):
        [(victim, how, _)] = rng.choices(victims, [weight for *_, weight in victims])
        at = first + (last - first) * (n + rng.random()) / kills
        found.append(Blow(at, victim, how, rng.uniform(*_AWAY_S)))
    found += [
        Blow(rng.uniform(first, last), rng.choice(_HANGS), How.HANG, rng.uniform(*_HANGS_S)) for _ in range(round(kills * _HANGS_A_KILL))
    ]
    if kills:
        full_s = min(_FULL_S, lasts_s / 20)
        found += [Blow(lasts_s * (n + 0.7) / _FULL_TIMES, WEB, How.FULL, full_s) for n in range(_FULL_TIMES)]
        found.append(Blow(lasts_s * 0.4, DATABASE, How.CUT, min(_LONGEST_CUT_S, lasts_s / 3)))
    return sorted(found, key=lambda blow: blow.after_s)
