"""The lists of the queue, who may open which, and what of the news changes what one shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status


class QueueList(StrEnum):
    """Whose tickets a list shows."""

    MINE = "mine"
    TEAMS = "teams"  # of her teams, and what has no team yet
    UNASSIGNED = "unassigned"
    ALL = "all"


@dataclass(frozen=True)
class Asked:
    """What of the queue somebody asks for: a list, and what of it. None: all."""

    of: QueueList
    status: Status | None = None
    priority: Priority | None = None
    category: str | None = None


def lists(rights: Rights) -> tuple[QueueList, ...]:
    """The lists she may open, in the order they are shown."""
    if not rights.works:
        return ()
    teams = (QueueList.TEAMS,) if rights.teams else ()
    everything = (QueueList.ALL,) if rights.leads_any else ()
    return (QueueList.MINE, *teams, QueueList.UNASSIGNED, *everything)


def first_list(rights: Rights) -> QueueList:
    """The list she is shown when she asks for none: her teams', else the widest she may open."""
    return QueueList.TEAMS if rights.teams else QueueList.ALL if rights.leads_any else QueueList.UNASSIGNED


class Walk(NamedTuple):
    """Tickets that a list is made of: of one team, or of one assignee, None for those of none; all of them with neither."""

    of: str = ""  # team, assignee
    id: int | None = None


def walks(of: QueueList, her: int, rights: Rights) -> tuple[Walk, ...]:
    """What a list of hers is made of."""
    match of:
        case QueueList.MINE:
            return (Walk("assignee", her),)
        case QueueList.TEAMS:
            # What has no team yet is everybody's: it must be on somebody's list.
            return (*(Walk("team", team_id) for team_id in sorted(rights.teams)), Walk("team"))
        case QueueList.UNASSIGNED:
            return (Walk("assignee"),)
        case QueueList.ALL:
            return (Walk(),)


Rank = int
"""Where a ticket stands on a list, to the second: the smaller, the nearer to its top."""


class Changed(NamedTuple):
    """A ticket to which something happened, as it is now."""

    id: int
    team_id: int | None
    assignee_id: int | None
    rank: Rank


@dataclass(frozen=True)
class Shown:
    """What a page of a list shows: letters that change when it does; its tickets, and what their list is made of."""

    letters: str
    tickets: frozenset[int] = frozenset()
    walks: tuple[Walk, ...] = ()
    last: Rank | None = None
    """Of a page that is full: what comes behind that is not on it."""


@dataclass(frozen=True)
class News:
    """What happened in some moment: the tickets, and the first of them on each walk. `unknown`: more than is known of."""

    tickets: frozenset[int]
    first: Mapping[Walk, Rank]
    unknown: bool = False

    @classmethod
    def of(cls, changed: Iterable[Changed], *, unknown: bool = False) -> "News":
        """From what changed."""
        first: dict[Walk, Rank] = {}
        ids = set()
        for ticket in changed:
            ids.add(ticket.id)
            for walk in (Walk(), Walk("team", ticket.team_id), Walk("assignee", ticket.assignee_id)):
                if ticket.rank < first.get(walk, ticket.rank + 1):
                    first[walk] = ticket.rank
        return cls(frozenset(ids), first, unknown)

    def may_change(self, shown: Shown) -> bool:
        """Whether that page may be another now. It never says no wrongly, and yes sometimes."""
        if self.unknown or not shown.tickets.isdisjoint(self.tickets):
            return True
        joined = (self.first[walk] for walk in shown.walks if walk in self.first)
        return any(shown.last is None or rank <= shown.last for rank in joined)
