"""The lists of the queue, and who may open which."""

from dataclasses import dataclass
from enum import StrEnum

from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status


class QueueList(StrEnum):
    """Whose tickets a list shows."""

    MINE = "mine"
    TEAMS = "teams"  # of her teams, and what has no team yet
    UNASSIGNED = "unassigned"
    ALL = "all"


@dataclass(frozen=True)
class QueueFilter:
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
