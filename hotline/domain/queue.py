"""The lists of the queue, which of them a volunteer may open, and which changes to tickets may change a list that is on a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status


class QueueList(StrEnum):
    """Whose tickets a list shows."""

    MINE = "mine"
    TEAMS = "teams"  # of the volunteer's teams, and those that have no team yet
    UNASSIGNED = "unassigned"
    ALL = "all"


@dataclass(frozen=True)
class QueueFilter:
    """What a volunteer asks to see: a list, and filters on it. None: no filter."""

    of: QueueList
    status: Status | None = None
    priority: Priority | None = None
    category: str | None = None


def lists(rights: Rights) -> tuple[QueueList, ...]:
    """The lists that the volunteer may open, in the order in which they are shown."""
    if not rights.works:
        return ()
    teams = (QueueList.TEAMS,) if rights.teams else ()
    everything = (QueueList.ALL,) if rights.leads_any else ()
    return (QueueList.MINE, *teams, QueueList.UNASSIGNED, *everything)


def first_list(rights: Rights) -> QueueList:
    """The list to show if none is asked for: that of the volunteer's teams, else the widest that the volunteer may open."""
    return QueueList.TEAMS if rights.teams else QueueList.ALL if rights.leads_any else QueueList.UNASSIGNED


class Walk(NamedTuple):
    """One part of a list: the tickets of a team or an assignee, or (`id` None) those that have none; all tickets if `of` is empty."""

    of: str = ""  # "team", "assignee" or empty
    id: int | None = None  # of the team or the assignee


def walks(of: QueueList, volunteer_id: int, rights: Rights) -> tuple[Walk, ...]:
    """The parts that this list of this volunteer is made of."""
    match of:
        case QueueList.MINE:
            return (Walk("assignee", volunteer_id),)
        case QueueList.TEAMS:
            # A ticket without a team is on the list of every volunteer who is in a team, so that somebody sees it.
            return (*(Walk("team", team_id) for team_id in sorted(rights.teams)), Walk("team"))
        case QueueList.UNASSIGNED:
            return (Walk("assignee"),)
        case QueueList.ALL:
            return (Walk(),)


Rank = int
"""Where a ticket stands on a list, to the second. The smaller the rank, the nearer to the top."""


class Changed(NamedTuple):
    """A ticket that was changed, as it is now."""

    id: int
    team_id: int | None
    assignee_id: int | None
    rank: Rank


@dataclass(frozen=True)
class Shown:
    """What a page of a list shows. `letters` change when the page would. `tickets` are their ids, `walks` the parts of the list."""

    letters: str
    tickets: frozenset[int] = frozenset()
    walks: tuple[Walk, ...] = ()
    last: Rank | None = None
    """The rank of the last ticket, if the page is full: tickets with a larger rank are not on it. None: it is not full."""


@dataclass(frozen=True)
class News:
    """Changes in a span of time: ids of the tickets, and the smallest rank among them on each walk. `unknown`: there may be others."""

    tickets: frozenset[int]
    first: Mapping[Walk, Rank]
    unknown: bool = False

    @classmethod
    def of(cls, changed: Iterable[Changed], *, unknown: bool = False) -> "News":
        """The news of these changes."""
        first: dict[Walk, Rank] = {}
        ids = set()
        for ticket in changed:
            ids.add(ticket.id)
            for walk in (Walk(), Walk("team", ticket.team_id), Walk("assignee", ticket.assignee_id)):
                if ticket.rank < first.get(walk, ticket.rank + 1):
                    first[walk] = ticket.rank
        return cls(frozenset(ids), first, unknown)

    def may_change(self, shown: Shown) -> bool:
        """Whether the page may be different now. False is always right; True may be wrong."""
        if self.unknown or not shown.tickets.isdisjoint(self.tickets):
            return True
        joined = (self.first[walk] for walk in shown.walks if walk in self.first)
        return any(shown.last is None or rank <= shown.last for rank in joined)
