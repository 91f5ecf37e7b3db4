"""How far a gateway's log has been read, and what of it is asked next: from some days before the last that is surely here, to now.

It is read in spans of a day, the oldest first, and each span page by page. What could not be taken in keeps the log from counting as read
beyond it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OVERLAP = timedelta(days=2)
"""So much before what is surely here a log is read again: gateways list late, and the clocks of phones are wrong by hours."""

STILL_COMING = timedelta(minutes=2)
"""What is younger than this may be on its way to us by itself: it is left for the next time. By so much clocks differ, too."""

_SPAN = timedelta(days=1)
_HELD_FOR = timedelta(days=30)
"""So long what cannot be taken in keeps the log from counting as read. After that only a person asks for it."""


@dataclass(frozen=True)
class Walk:
    """Where the reading of a log is. `taken_until`: all that came before was here when the walk began.

    `until`: None for the last span, which ends when it is asked for; `began_at`: when the span was first asked for. `page`: its next page;
    None: the first. `held_at`: when the first came of what could not be taken in.
    """

    taken_until: datetime
    since: datetime
    until: datetime | None
    began_at: datetime
    page: str | None = None
    held_at: datetime | None = None

    @property
    def stands_at(self) -> datetime:
        """Until when all is here if the walk ends with this span."""
        end = self.began_at - STILL_COMING if self.until is None else self.until
        if self.held_at is None:
            return max(end, self.taken_until)
        return min(end, max(self.held_at, self.began_at - _HELD_FOR))


def begin(taken_until: datetime, now: datetime) -> Walk:
    """A new walk. A log that was never read, or was read by a clock that was ahead, is read as if it had been read until now."""
    taken_until = min(taken_until, now)
    since = taken_until - OVERLAP
    return Walk(taken_until, since, _end(since, now), now)


def turned(walk: Walk, page: str | None, now: datetime, *, held_at: datetime | None = None) -> Walk | None:
    """The walk after a page that was taken in, but for what came at `held_at` or later; `page`: the next of the span, if it has one.

    None: the walk is over, and all is here until `noted(…).stands_at`.
    """
    walk = noted(walk, held_at)
    if page is not None:
        return replace(walk, page=page)
    if walk.until is None:
        return None
    return replace(walk, since=walk.until, until=_end(walk.until, now), began_at=now, page=None)


def noted(walk: Walk, held_at: datetime | None) -> Walk:
    """The walk, with what could not be taken in."""
    first = min((at for at in (walk.held_at, held_at) if at is not None), default=None)
    return replace(walk, held_at=first)


def came_at(told: datetime | None, now: datetime, *, oldest: datetime) -> datetime:
    """When something came that a log lists. One that gives no time, or one to come, tells nothing: then it is as old as it can be."""
    if told is None or told > now + STILL_COMING:
        return min(oldest, now)
    return min(told, now)


def is_coming(told: datetime | None, now: datetime) -> bool:
    """Whether something may be on its way to us by itself."""
    return told is not None and now - STILL_COMING < told <= now + STILL_COMING


def spans(since: datetime, now: datetime) -> list[tuple[datetime, datetime | None]]:
    """The spans of a day from `since` to now, the oldest first; the last has no end."""
    found: list[tuple[datetime, datetime | None]] = []
    start: datetime | None = since
    while start is not None:
        found.append((start, _end(start, now)))
        start = found[-1][1]
    return found


def _end(since: datetime, now: datetime) -> datetime | None:
    return since + _SPAN if since + _SPAN < now else None
