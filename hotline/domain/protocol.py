"""A protocol is a card beside a ticket of a dangerous kind: what to ask, what never to do, whom to bring in, and steps to tick.

A card is for volunteers, in the languages of pages. No word of it goes to a citizen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

Words = Mapping[str, str]
"""A sentence in each language of pages."""


@dataclass(frozen=True)
class Step:
    """One thing to do. `demands`: it must be done before the ticket is resolved or closed."""

    code: str
    words: Words
    demands: bool = False


@dataclass(frozen=True)
class Protocol:
    """One card. It stands beside every ticket of its `categories` (codes), and beside a ticket that a volunteer puts it to.

    Without `approved_by` no professional has read it. `prints` is false where no printed page may tell what the ticket is about.
    """

    code: str
    categories: frozenset[str]
    names: Words
    ask: tuple[Words, ...]
    never: tuple[Words, ...]
    bring_in: tuple[Words, ...]
    lead: tuple[Words, ...]  # when the lead must know
    steps: tuple[Step, ...]
    prints: bool = True
    approved_by: str = ""
    approved_on: date | None = None


Tick = tuple[str, str]
"""The code of a protocol, and the code of one of its steps."""


def beside(protocols: Iterable[Protocol], category: str, chosen: Iterable[str]) -> tuple[Protocol, ...]:
    """The cards beside a ticket of that category to which a volunteer put the cards with the codes `chosen`."""
    put = frozenset(chosen)
    return tuple(one for one in protocols if category in one.categories or one.code in put)


def missing(cards: Iterable[Protocol], done: Iterable[Tick]) -> tuple[Tick, ...]:
    """The steps that these cards demand and that are not done."""
    ticked = frozenset(done)
    return tuple((card.code, step.code) for card in cards for step in card.steps if step.demands and (card.code, step.code) not in ticked)


def unapproved(protocols: Iterable[Protocol]) -> tuple[str, ...]:
    """The codes of the cards that no professional has approved."""
    return tuple(one.code for one in protocols if not one.approved_by)
