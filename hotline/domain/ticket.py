"""A ticket is one complaint, from first contact to close: its statuses, the moves between them, its priority."""

from enum import IntEnum, StrEnum


class Status(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    REFERRED = "referred"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


class Priority(IntEnum):
    """How pressing a ticket is. A lower number is more pressing, so that the queue sorts in ascending order."""

    URGENT = 1
    HIGH = 2
    NORMAL = 3
    LAST = 4  # ordinary tickets of a phone that two people marked because of abuse or pranks (`services.tickets.pranks`)


class Stage(StrEnum):
    """How far a ticket has come, in three steps. The citizen who asks is told this, whatever the complaint is about."""

    RECEIVED = "received"
    WORKED_ON = "worked_on"
    CLOSED = "closed"


class MoveNotAllowed(Exception):
    """A ticket cannot go from one status to the other. `args` are the two."""


MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.ASSIGNED, Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.ASSIGNED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.IN_PROGRESS: frozenset({Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.REFERRED: frozenset({Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED}),
    Status.RESOLVED: frozenset({Status.CLOSED, Status.REOPENED}),
    Status.CLOSED: frozenset({Status.REOPENED}),
    Status.REOPENED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
}
"""Status → the statuses that may follow it. Every change of status is checked against it, except by routing, which only assigns a ticket
(new to assigned) or takes it back (assigned to new)."""

ENDED = frozenset({Status.RESOLVED, Status.CLOSED})
"""Statuses of tickets that somebody has done what could be done about."""

OPEN = frozenset(Status) - ENDED
"""Statuses in which there is still work to do. These tickets are on the queue."""


def check_move(before: Status, after: Status) -> None:
    """Raise `MoveNotAllowed` unless `after` may follow `before`."""
    if after not in MOVES[before]:
        raise MoveNotAllowed(before, after)


def stage(status: Status) -> Stage:
    """The stage that a status belongs to."""
    if status is Status.NEW:
        return Stage.RECEIVED
    return Stage.CLOSED if status is Status.CLOSED else Stage.WORKED_ON
