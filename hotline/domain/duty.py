"""Shifts are planned; duty, who is answering at an instant, is worked out from them. Local wall-clock times throughout."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from hotline.domain.language import Language

ANOTHER = "another"
"""The language of a caller who speaks none of ours."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Shift:
    """A weekly shift. `weekday` is that of its start (Monday 0); one that ends at or before its start runs past midnight."""

    volunteer_id: int
    team_id: int
    weekday: int
    starts: time
    ends: time
    on_holidays: bool = True

    def covers(self, local: datetime) -> bool:
        """Whether `local`, the local time, falls in it: the start included, the end not."""
        return bool(on_duty([self], local))


@dataclass(frozen=True)
class Pause:
    """Hours in which no shift runs: of one weekday, as for Friday prayer, or of every day of a period, as for Iftar in Ramzan."""

    begins: time
    ends: time
    weekday: int | None = None
    first: date = date.min
    last: date = date.max

    def covers(self, local: datetime) -> bool:
        """Whether the local time falls in it."""
        is_day = self.weekday in (None, local.weekday()) and self.first <= local.date() <= self.last
        return is_day and self.begins <= local.time() < self.ends


_PAUSE = re.compile(r"(?:(?P<day>[a-z]{3})|(?P<first>\S{10})/(?P<last>\S{10})) (?P<begins>\d\d:\d\d)-(?P<ends>\d\d:\d\d)")


def read_pause(written: str) -> Pause:
    """A pause as the configuration has it: `fri 13:00-14:30`, or `2027-02-08/2027-03-09 18:00-19:00`. Raises ValueError."""
    found = _PAUSE.fullmatch(written)
    if found is None:
        raise ValueError(written)
    begins, ends = time.fromisoformat(found["begins"]), time.fromisoformat(found["ends"])
    if begins >= ends:
        raise ValueError(written)
    if found["day"]:
        return Pause(begins, ends, weekday=WEEKDAYS.index(found["day"]))
    return Pause(begins, ends, first=date.fromisoformat(found["first"]), last=date.fromisoformat(found["last"]))


@dataclass(frozen=True)
class Calendar:
    """The days and hours that are not like others."""

    holidays: Container[date] = frozenset()
    pauses: tuple[Pause, ...] = ()


ORDINARY = Calendar()


@dataclass(frozen=True)
class Turn:
    """One day's shift: whose it is, and who comes, which is nobody if she does not and nobody stands in."""

    volunteer_id: int
    team_id: int
    on_date: date
    starts: time
    ends: time
    who: int | None

    @property
    def key(self) -> tuple[int, int, date, time]:
        """What tells it from every other."""
        return self.team_id, self.volunteer_id, self.on_date, self.starts

    def begins_at(self, zone: tzinfo | None) -> datetime:
        """The instant it begins. A clock that is put forward over it, or back, moves it with the shift before it: no gap, nobody twice."""
        return _instant(self.on_date, self.starts, zone)

    def ends_at(self, zone: tzinfo | None) -> datetime:
        """The instant it ends."""
        return _instant(self.on_date + timedelta(days=self.ends <= self.starts), self.ends, zone)

    def covers(self, local: datetime) -> bool:
        """Whether the local time falls in it."""
        at = local.astimezone(UTC) if local.tzinfo else local
        return self.begins_at(local.tzinfo) <= at < self.ends_at(local.tzinfo)


def _instant(day: date, at: time, zone: tzinfo | None) -> datetime:
    # Two times of one zone are compared by what their clocks show: only in UTC is an hour that comes twice two hours.
    return datetime.combine(day, at, zone).astimezone(UTC) if zone else datetime.combine(day, at)


@dataclass(frozen=True)
class Exchange:
    """What happened to one day's shift: she said whether she comes (None: nothing yet), somebody agreed to stand in."""

    comes: bool | None = None
    stand_in: int | None = None


Exchanges = Mapping[tuple[int, int, date, time], Exchange]
"""By the key of a turn."""


def turns(
    shifts: Iterable[Shift], first: date, last: date, exchanges: Exchanges | None = None, calendar: Calendar = ORDINARY
) -> Iterator[Turn]:
    """Every turn that begins on these days, of both ends."""
    by_key, planned = exchanges or {}, list(shifts)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        for shift in planned:
            if shift.weekday == day.weekday() and (shift.on_holidays or day not in calendar.holidays):
                turn = Turn(shift.volunteer_id, shift.team_id, day, shift.starts, shift.ends, shift.volunteer_id)
                yield _exchanged(turn, by_key.get(turn.key))


def _exchanged(turn: Turn, exchange: Exchange | None) -> Turn:
    if exchange is None:
        return turn
    who = exchange.stand_in or (None if exchange.comes is False else turn.volunteer_id)
    return replace(turn, who=who)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a ticket: how many open ones she holds, the languages she speaks, and
    whether she takes citizens who ask for a woman."""

    volunteer_id: int
    languages: frozenset[str]
    open_tickets: int
    takes_women: bool = False


def on_duty(shifts: Iterable[Shift], local: datetime, exchanges: Exchanges | None = None, calendar: Calendar = ORDINARY) -> set[int]:
    """Ids of the volunteers who answer at the local time."""
    if any(pause.covers(local) for pause in calendar.pauses):
        return set()
    today = local.date()
    around = turns(shifts, today - timedelta(days=1), today, exchanges, calendar)
    return {turn.who for turn in around if turn.who is not None and turn.covers(local)}


def choose(candidates: Iterable[Candidate], language: str, *, wants_woman: bool = False) -> int | None:
    """Who takes the ticket: for a citizen who asks for a woman one who takes those, then one who speaks the citizen's language before
    one who does not, then whoever holds fewest. Of `ANOTHER` nobody knows which it is: whoever speaks more than ours comes first."""
    spoken = language.partition("-")[0]  # Roman Urdu is read by whoever reads Urdu

    def speaks(candidate: Candidate) -> bool:
        return bool(candidate.languages - set(Language)) if language == ANOTHER else spoken in candidate.languages

    ranked = sorted(candidates, key=lambda c: (wants_woman and not c.takes_women, not speaks(c), c.open_tickets, c.volunteer_id))
    return ranked[0].volunteer_id if ranked else None


def add_load(candidates: Mapping[int, Candidate], volunteer_id: int) -> dict[int, Candidate]:
    """The candidates after one of them was given another ticket."""
    taken = candidates[volunteer_id]
    return {**candidates, volunteer_id: replace(taken, open_tickets=taken.open_tickets + 1)}
