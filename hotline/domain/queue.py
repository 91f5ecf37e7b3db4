"""The lists of the queue, and which of them a volunteer may open."""

from dataclasses import dataclass
from enum import StrEnum

from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status


class QueueList(StrEnum):
    """A list of the queue, by whose tickets it shows."""

    MINE = "mine"
    TEAMS = "teams"  # of the volunteer's teams, and those that have no team yet
    UNASSIGNED = "unassigned"
    ALL = "all"


@dataclass(frozen=True)
class QueueFilter:
    """What a volunteer asks to see of the queue: a list, and the status, priority and category of its tickets (None: any)."""

    of: QueueList
    status: Status | None = None
    priority: Priority | None = None
    category: str | None = None


def lists(rights: Rights) -> tuple[QueueList, ...]:
    """The lists that a volunteer may open, in the order in which they are shown."""
    if not rights.works:
        return ()
    teams = (QueueList.TEAMS,) if rights.teams else ()
    everything = (QueueList.ALL,) if rights.leads_any else ()
    return (QueueList.MINE, *teams, QueueList.UNASSIGNED, *everything)


def first_list(rights: Rights) -> QueueList:
    """The list that is shown if none is asked for: that of the volunteer's teams, else the widest that the volunteer may open."""
    return QueueList.TEAMS if rights.teams else QueueList.ALL if rights.leads_any else QueueList.UNASSIGNED
