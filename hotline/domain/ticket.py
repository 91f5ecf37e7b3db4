"""A ticket: one complaint from first contact to close. Its statuses, the moves between them, its priority."""

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
    """How pressing a ticket is. Lower is more pressing, so that one ascending key sorts the queue."""

    URGENT = 1
    HIGH = 2
    NORMAL = 3


class Stage(StrEnum):
    """The little that is told about a ticket to a phone that did not open it."""

    RECEIVED = "received"
    WORKED_ON = "worked_on"
    CLOSED = "closed"


class MoveNotAllowed(Exception):
    """A status cannot follow another. `args` are (from, to)."""


MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.ASSIGNED, Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.ASSIGNED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.IN_PROGRESS: frozenset({Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
    Status.REFERRED: frozenset({Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED}),
    Status.RESOLVED: frozenset({Status.CLOSED, Status.REOPENED}),
    Status.CLOSED: frozenset({Status.REOPENED}),
    Status.REOPENED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED}),
}
"""Status → the statuses that may follow it. Every move, by whomever, is checked against it; only routing gives a ticket to somebody
(new to assigned) and takes it back (assigned to new), which moves nothing on."""

OPEN = frozenset(Status) - {Status.RESOLVED, Status.CLOSED}
"""Statuses in which somebody still has work to do: these stand on the queue."""


def check_move(before: Status, after: Status) -> None:
    """Raise `MoveNotAllowed` unless `after` may follow `before`."""
    if after not in MOVES[before]:
        raise MoveNotAllowed(before, after)


def stage(status: Status) -> Stage:
    """The coarse stage of a status, which is all that another phone is told."""
    if status is Status.NEW:
        return Stage.RECEIVED
    return Stage.CLOSED if status is Status.CLOSED else Stage.WORKED_ON
