"""What everybody outside was told: citizens by the gateways, volunteers by the pages. Written down as it happens, and by nobody of ours."""

from dataclasses import dataclass, field
from enum import StrEnum


class About(StrEnum):
    """What a text from a citizen is."""

    MATTER = "matter"
    PRANK = "prank"  # a prank, a greeting, thanks, a question: it need not open a ticket
    STATUS = "status"  # the reference alone: where does it stand


@dataclass(frozen=True)
class Texted:
    """A citizen's text. `taken`: it was answered with success, or the phone has it and tells it until it is. Times: seconds of the day."""

    who: int
    number: str
    words: str
    about: About
    began_s: float
    ended_s: float
    taken: bool


@dataclass(frozen=True)
class Called:
    """A citizen's call, as the pretend account saw it. `busy`: the caller heard that all lines are busy, and nothing more is promised.

    `whole`: every step of the walk was answered. `recordings`: ids of those whose end we answered.
    """

    who: int
    number: str
    walk: str
    sid: str
    began_s: float
    connected: bool = False
    busy: bool = False
    whole: bool = False
    recordings: frozenset[str] = frozenset()
    leaves_ticket: bool = False


@dataclass(frozen=True)
class Acted:
    """A form of a volunteer. `answered`: as done, so the event of this kind is on the ticket; else nobody knows whether it is."""

    login: str
    reference: str
    kind: str
    answered: bool = True


@dataclass(frozen=True)
class Arrived:
    """A text of ours on a citizen's phone."""

    number: str
    words: str


@dataclass(frozen=True)
class Struck:
    """A blow, as it was dealt."""

    at_s: float
    name: str
    is_kill: bool
    until_s: float


@dataclass
class Told:
    """All of it. Threads append to its lists at the same time, which a list allows.

    `to_call`, `to_ask`: how many citizens the day has who call, and who ask later where their ticket stands.
    """

    to_call: int = 0
    to_ask: int = 0
    texted: list[Texted] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    acted: list[Acted] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)
