"""A day of contacts, drawn from a seed: how people of Karachi write and call, with the floods of texts after something has happened."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline.domain.reading import Intent
from hotline.learning.corpus import Labelled


class Way(StrEnum):
    """How a contact reaches us."""

    ACCOUNT = "account"  # a text to the number of the account
    PHONE = "phone"  # a text to the SIM of the phone
    CALL = "call"


class Does(StrEnum):
    """What a caller does besides pressing the menu's keys."""

    SPEAK = "speak"
    DROP = "drop"  # the line drops while the caller speaks
    NOBODY = "nobody"  # the duty line rings, and nobody takes the call
    SILENCE = "silence"


class Leaves(StrEnum):
    """What a call leaves that went to its end."""

    TICKET = "a ticket"
    LINE = "a line in the book of calls"


@dataclass(frozen=True)
class Walk:
    """What a caller does, step by step, before hanging up. `missed`: the caller rings the number that never answers."""

    name: str
    does: tuple[str, ...] = ()
    leaves: Leaves = Leaves.LINE
    missed: bool = False


WALKS = (
    Walk("reports and agrees to texts", ("1", "1", "1", "1", "1", Does.SPEAK, "1", Does.SILENCE), Leaves.TICKET),
    Walk("drops while speaking", ("1", "1", "3", "1", "2", Does.DROP), Leaves.TICKET),
    Walk("drops at the beep", ("1", "1", "2", "1", "1"), Leaves.TICKET),
    Walk("drops at the categories", ("1", "1")),
    Walk("drops at once"),
    Walk("rings off before an answer", missed=True),
    Walk("is in danger", ("0", Does.SPEAK, Does.NOBODY, Does.SILENCE, Does.SILENCE), Leaves.TICKET),
)
_WALKS_OF_TEN_MINUTES = (30, 12, 8, 14, 10, 18, 4)
"""How often each walk is walked. Most calls of a hotline for people without balance are missed calls and drop-outs."""

_CALLS, _PRANKS, _CRIES, _ASKING, _BY_PHONE = 0.2, 0.12, 0.02, 0.15, 0.3
"""Shares: of calls; of the texts, of pranks and greetings, of danger, and of those sent to the SIM; and of the complaints, of the senders
who ask later where theirs stands."""

_FLOODS, _FLOOD_SHARE, FLOOD_PER_S = 2, 0.1, 60
"""After something has happened: so often a day, so much of all contacts together, so many texts a second."""

_SCRIPTS = (("ur-Latn", 50), ("ur", 30), ("sd", 8), ("en", 12))
_FIRST = 1_000_000


@dataclass(frozen=True)
class Contact:
    """One contact. `after_s`: seconds after the day's beginning. `asks`: this citizen asks later where the ticket stands."""

    who: int
    after_s: float
    way: Way
    words: str = ""
    is_prank: bool = False
    walk: Walk | None = None
    asks: bool = False

    @property
    def number(self) -> str:
        """The phone: each contact has its own."""
        return f"+92311{_FIRST + self.who:07d}"


def draw(seed: int, contacts: int, *, lasts_s: float, corpus: Sequence[Labelled]) -> list[Contact]:
    """The contacts of a day that takes `lasts_s` seconds, the first to come first."""
    rng = random.Random(seed)  # noqa: S311 - the same day for the same seed; nothing secret is drawn
    in_floods = int(contacts * _FLOOD_SHARE)
    times = [(rng.uniform(0, lasts_s), False) for _ in range(contacts - in_floods)]
    for flood in range(_FLOODS):
        begins, share = lasts_s * (flood + 0.5) / _FLOODS, in_floods // _FLOODS + (in_floods % _FLOODS if flood == 0 else 0)
        times += [(begins + n / FLOOD_PER_S, True) for n in range(share)]
    words = _Words(rng, corpus)
    return [_contact(rng, words, who, at, in_flood=in_flood) for who, (at, in_flood) in enumerate(sorted(times))]


class _Words:
    """Texts of the corpus by the way they are written. No text that asks for silence: the phone would rightly get no answer."""

    def __init__(self, rng: random.Random, corpus: Sequence[Labelled]) -> None:
        self._rng = rng
        told = [row for row in corpus if row.intent is Intent.COMPLAINT and not row.quiet]
        self._plain = {script: [row.text for row in told if row.script == script and not row.danger] for script, _ in _SCRIPTS}
        self._danger = {script: [row.text for row in told if row.script == script and row.danger] for script, _ in _SCRIPTS}
        self._pranks = [row.text for row in corpus if row.intent in (Intent.GREETING, Intent.OTHER, Intent.QUESTION, Intent.THANKS)]

    def complaint(self, *, danger: bool) -> str:
        [script] = self._rng.choices([script for script, _ in _SCRIPTS], [weight for _, weight in _SCRIPTS])
        return self._rng.choice((self._danger if danger else self._plain)[script])

    def prank(self) -> str:
        return self._rng.choice(self._pranks)


def _contact(rng: random.Random, words: _Words, who: int, at: float, *, in_flood: bool) -> Contact:
    if not in_flood and rng.random() < _CALLS:
        [walk] = rng.choices(WALKS, _WALKS_OF_TEN_MINUTES)
        return Contact(who, at, Way.CALL, walk=walk)
    way = Way.PHONE if rng.random() < _BY_PHONE else Way.ACCOUNT
    if not in_flood and rng.random() < _PRANKS:
        return Contact(who, at, way, words.prank(), is_prank=True)
    asks = not in_flood and way is Way.ACCOUNT and rng.random() < _ASKING
    return Contact(who, at, way, words.complaint(danger=rng.random() < _CRIES), asks=asks)
