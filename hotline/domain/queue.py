"""The lists of the queue, which of them a volunteer may open, what can be asked of a list, and which tickets wait long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hotline.domain.rights import Rights
from hotline.domain.ticket import OPEN, Priority, Status


class QueueList(StrEnum):
    """A list of the queue, by whose tickets it shows."""

    MINE = "mine"
    TEAMS = "teams"  # of the volunteer's teams, and those that have no team yet
    UNASSIGNED = "unassigned"
    ALL = "all"


class Channel(StrEnum):
    """How a complaint reached us."""

    TEXT = "text"
    CALL = "call"
    WALK_IN = "walk_in"


@dataclass(frozen=True)
class QueueFilter:
    """What a volunteer asks to see of the queue: a list, and what its tickets must have in common (None, () and False: anything).

    `areas` are codes of places: a district is asked for with its towns. A ticket was opened at `since` or later, and before `until`.
    """

    of: QueueList
    status: Status | None = None
    priority: Priority | None = None
    category: str | None = None
    areas: tuple[str, ...] = ()
    language: str | None = None
    channel: Channel | None = None
    late: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def sifts(self) -> bool:
        """Whether tickets of the list are left out that its index cannot pass over."""
        return self != self.part

    @property
    def part(self) -> "QueueFilter":
        """What the index of the list finds by itself: the late ones and those of a priority stand together in it."""
        return QueueFilter(self.of, priority=self.priority, late=self.late)


LONG = {Priority.URGENT: timedelta(hours=1), Priority.HIGH: timedelta(hours=12), Priority.NORMAL: timedelta(days=2)}
"""Priority → after how much silence of ours its citizens have waited long. Those of the last priority are not counted."""


def waits_long(status: Status, priority: Priority, *, opened_at: datetime, heard_at: datetime | None, now: datetime) -> bool:
    """Whether a citizen has waited long for a word of a person. `heard_at`: when one of us last wrote or spoke to the citizen.

    A ticket that is resolved or closed waits for nothing of this kind: it is on the queue because something came in that nobody has read.
    """
    return status in OPEN and priority in LONG and now - (heard_at or opened_at) > LONG[priority]


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
