"""How late something is taken in, and what a machine may still do about it. Somebody else may hold the phone by then."""

from datetime import datetime, timedelta
from enum import IntEnum


class Late(IntEnum):
    """How late it is."""

    NOT = 0
    LATE = 1  # no machine texts about danger, and none calls back
    KEEPS_HOURS = 2  # what is answered all the same waits for the contact hours
    A_PERSONS = 3  # no machine answers at all: a person decides

    def is_persons(self, *, danger: bool) -> bool:
        """Whether a person alone decides what is answered: after a day, and sooner to danger."""
        return self is Late.A_PERSONS or (danger and self is not Late.NOT)


_AFTER = (
    (timedelta(days=1), Late.A_PERSONS),
    (timedelta(minutes=30), Late.KEEPS_HOURS),
    (timedelta(minutes=10), Late.LATE),
)


def lateness(came_at: datetime | None, now: datetime) -> Late:
    """How late something is taken in that came at `came_at`, by our own clock; None: it comes now."""
    if came_at is None:
        return Late.NOT
    return next((late for after, late in _AFTER if now - came_at > after), Late.NOT)


def came_late(sent_at: datetime | None, taken_at: datetime) -> bool:
    """Whether a text was taken in so late that people must see it: we, or its gateway, were away. `sent_at`: when the citizen sent it."""
    return lateness(sent_at, taken_at) is not Late.NOT
