"""How a gateway stands: whether it carries texts now, and how many when it comes back from a rest."""

from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """How a gateway is."""

    WELL = "well"
    BACK = "back"  # it carries again after a rest: a few texts first
    FULL = "full"  # a limit of one of its lines is reached
    RESTS = "rests"  # it is ill
    STOPPED = "stopped"  # a person has it carry nothing


_BACK = ((timedelta(seconds=30), 1), (timedelta(seconds=60), 6), (timedelta(seconds=120), 31))
"""How long after its rest a gateway has carried at most so many texts: 1, then 5 more, then 25 more."""

LONG = timedelta(minutes=10)
"""A gateway that is ill for longer than this is told to the heads. One that is back for longer than this is well."""


def room_back(back_for: timedelta, carried: int) -> int | None:
    """How many more texts a gateway takes that came back so long ago and has carried so many since; None: as many as any."""
    return next((max(most - carried, 0) for until, most in _BACK if back_for < until), None)
