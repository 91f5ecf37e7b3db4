"""Rights that take two people: one asks for a right, another grants it. The person who gets it cannot do the granting."""

from dataclasses import dataclass
from enum import StrEnum


class RightKind(StrEnum):
    """What can be asked for. `Right` adds the team, where there is one."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    LEAD = "lead"
    TEAM = "team"  # to join a team that sealed tickets go to
    NUMBERS = "numbers"  # to see citizens' whole numbers
    LINK = "link"  # a new log-in link for a person who has such a right: anybody who opens it is logged in as that person
    ACCOUNT = "account"  # that the person whose account it is came by the link, and not its maker: until then it has no right


NOT_ASKED = frozenset({RightKind.LINK, RightKind.ACCOUNT})
"""What nobody asks for by choosing it: it is asked when a link is wanted or used, in the name of the person who made it."""


@dataclass(frozen=True)
class Right:
    """A right, and the code of its team (empty: it has none). Written as `what`, or `what:team`."""

    what: RightKind
    team: str = ""

    def __str__(self) -> str:
        return f"{self.what}:{self.team}" if self.team else str(self.what)


def parse(text: str) -> Right | None:
    """The right in a text that `str(right)` made; None if it is not one."""
    what, _, team = text.partition(":")
    if what not in set(RightKind) or bool(team) != (what in (RightKind.LEAD, RightKind.TEAM)):
        return None
    return Right(RightKind(what), team)


def may_decide(decider: int, *, asked_by: int, subject: int) -> bool:
    """Whether the volunteer `decider` may say yes or no: neither the person who asked for it nor the person who would get it may."""
    return decider not in (asked_by, subject)
