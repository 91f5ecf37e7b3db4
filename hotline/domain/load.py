"""How much a line of a gateway may still carry. A line is a SIM, or a gateway's one connection; its limits hold in any stretch of time.

What was carried is counted by the minute. A minute counts until all of it is out of the stretch, so that a limit is never passed and at
most a minute is given away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """The most units (texts or segments) of one line in any 15 minutes, hour and 24 hours; 0: no limit. `reserve_percent` of each are for
    urgent texts."""

    per_15_minutes: int = 0
    per_hour: int = 0
    per_day: int = 0
    reserve_percent: int = 0

    @property
    def stretches(self) -> tuple[tuple[timedelta, int], ...]:
        """The limits that there are: how long the stretch is, and the most units in it."""
        named = ((15, self.per_15_minutes), (60, self.per_hour), (24 * 60, self.per_day))
        return tuple((timedelta(minutes=minutes), most) for minutes, most in named if most)

    @property
    def reach(self) -> timedelta:
        """How far back what was carried counts; zero without limits."""
        return max((stretch + MINUTE for stretch, _ in self.stretches), default=timedelta(0))

    def open_to(self, most: int, *, urgent: bool) -> int:
        """How much of a limit such a text may use."""
        return most if urgent else most * (100 - self.reserve_percent) // 100


@dataclass(frozen=True)
class Left:
    """What is left of one limit: of `most` units in `stretch` there are `units` left for any text, and `reserve` more for urgent ones."""

    stretch: timedelta
    most: int
    units: int
    reserve: int


class Load:
    """What one line has carried, and what it may carry now. `minutes`: the beginning of a minute → units."""

    def __init__(self, limits: Limits, minutes: Mapping[datetime, int], now: datetime) -> None:
        self._limits, self._now, self._promised = limits, now, 0
        self._minutes = sorted((minute, units) for minute, units in minutes.items() if units > 0)
        self._carried = {stretch: sum(self._within(stretch)) for stretch, _ in limits.stretches}

    def _within(self, stretch: timedelta) -> list[int]:
        return [units for minute, units in self._minutes if minute + MINUTE > self._now - stretch]

    @property
    def parts(self) -> tuple[Left, ...]:
        """What is left of each limit."""
        found = []
        for stretch, most in self._limits.stretches:
            free = max(most - self._carried[stretch], 0)
            units = max(self._limits.open_to(most, urgent=False) - self._carried[stretch], 0)
            found.append(Left(stretch, most, units, free - units))
        return tuple(found)

    def left(self, *, urgent: bool) -> int | None:
        """How many units such texts may take now; None: there is no limit."""
        return min((one.units + one.reserve if urgent else one.units for one in self.parts), default=None)

    def take(self, units: int) -> None:
        """Count what leaves now."""
        self._carried = {stretch: carried + units for stretch, carried in self._carried.items()}
        self._minutes.append((self._now, units))

    def promise(self, units: int) -> None:
        """A text waits for room: those that ask after it come behind it."""
        self._promised += units

    @property
    def promised(self) -> int:
        """How many units wait for room, of those that have asked."""
        return self._promised

    def free_at(self, units: int, *, urgent: bool) -> datetime | None:
        """When a text of so many units may leave, behind those that were promised room (an urgent one waits for none of them).

        None: never, as the text is longer than a limit.
        """
        at = self._now
        for stretch, most in self._limits.stretches:
            open_to = self._limits.open_to(most, urgent=urgent)
            if units > open_to:
                return None
            over = self._carried[stretch] + units + (0 if urgent else self._promised) - open_to
            at = max(at, self._frees(stretch, over))
        return at

    def _frees(self, stretch: timedelta, over: int) -> datetime:
        """When `over` units have left the stretch. What is not carried yet leaves it a whole stretch from now."""
        if over <= 0:
            return self._now
        for minute, units in self._minutes:
            if minute + MINUTE > self._now - stretch:
                over -= units
                if over <= 0:
                    return minute + MINUTE + stretch
        return self._now + stretch
