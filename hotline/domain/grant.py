"""Rights that take two people: one asks, another gives. Nobody has them for herself alone."""

from dataclasses import dataclass
from enum import StrEnum


class Asked(StrEnum):
    """What can be asked for. A team's code stands behind a colon."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    LEAD = "lead"
    TEAM = "team"  # one that sealed tickets go to
    NUMBERS = "numbers"  # to have a citizen's number shown
    LINK = "link"  # a new link for somebody who has such a right: whoever opens it is her


@dataclass(frozen=True)
class Right:
    """A right, and the team it is of."""

    what: Asked
    team: str = ""

    def __str__(self) -> str:
        return f"{self.what}:{self.team}" if self.team else str(self.what)


def read(text: str) -> Right | None:
    """A right as it is written; None for what is none."""
    what, _, team = text.partition(":")
    if what not in set(Asked) or bool(team) != (what in (Asked.LEAD, Asked.TEAM)):
        return None
    return Right(Asked(what), team)


def may_decide(decider: int, *, asked_by: int, subject: int) -> bool:
    """Whether that person may say yes or no: neither who asked, nor who would have it."""
    return decider not in (asked_by, subject)
