"""Shifts are planned; duty, who is answering at an instant, is worked out from them. Local wall-clock times throughout."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from hotline.domain.hours import Calendar, Stretch
from hotline.domain.languages import LANGUAGES

ANOTHER = "another"
"""The language of a caller who speaks none of ours."""


@dataclass(frozen=True)
class Shift:
    """A weekly shift. `weekday` is that of its start (Monday 0); one that ends at or before its start runs past midnight."""

    volunteer_id: int
    team_id: int
    weekday: int
    starts: time
    ends: time
    on_holidays: bool = True


ORDINARY = Calendar()

Key = tuple[int, int, date, time]
"""Of a turn: team, whose it is, the day it is planned for, and when it would begin by the week's plan. That stays as it is when the hours
of that day become others: what was agreed for it stays agreed."""

REACH = timedelta(days=2)
"""How long after the beginning of the day it is planned for a turn may still run: one that was moved behind midnight."""


@dataclass(frozen=True)
class Turn:
    """One day's shift: whose it is, and who comes, which is nobody if she does not and nobody stands in. `starts` and `ends` are the
    week's plan; when it runs on that day stands in `stretches`, at least one."""

    volunteer_id: int
    team_id: int
    on_date: date
    starts: time
    ends: time
    who: int | None
    stretches: tuple[Stretch, ...]

    @property
    def key(self) -> Key:
        """What tells it from every other."""
        return self.team_id, self.volunteer_id, self.on_date, self.starts

    @property
    def begins(self) -> datetime:
        """The local time at which it begins."""
        return self.stretches[0][0]

    def begins_at(self, zone: tzinfo | None) -> datetime:
        """The instant it begins. A clock that is put forward over it, or back, moves it with the shift before it: no gap, nobody twice."""
        return _instant(self.begins, zone)

    def ends_at(self, zone: tzinfo | None) -> datetime:
        """The instant it ends."""
        return _instant(self.stretches[-1][1], zone)

    def covers(self, local: datetime) -> bool:
        """Whether the local time falls in it, and in no pause of it."""
        at = local.astimezone(UTC) if local.tzinfo else local
        return any(_instant(begins, local.tzinfo) <= at < _instant(ends, local.tzinfo) for begins, ends in self.stretches)


def _instant(local: datetime, zone: tzinfo | None) -> datetime:
    # Two times of one zone are compared by what their clocks show: only in UTC is an hour that comes twice two hours.
    return local.replace(tzinfo=zone).astimezone(UTC) if zone else local


@dataclass(frozen=True)
class Exchange:
    """What happened to one day's shift: she said whether she comes (None: nothing yet), somebody agreed to stand in."""

    comes: bool | None = None
    stand_in: int | None = None


Exchanges = Mapping[Key, Exchange]


NOTHING = Exchange()


def turn(key: Key, ends: time, exchange: Exchange, calendar: Calendar) -> Turn | None:
    """The turn of that key, planned until `ends`; None if it falls into pauses altogether. Whatever asks for duty asks here."""
    team_id, volunteer_id, on_date, starts = key
    who = exchange.stand_in or (None if exchange.comes is False else volunteer_id)
    stretches = calendar.stretches(on_date, starts, ends, who)
    return Turn(volunteer_id, team_id, on_date, starts, ends, who, stretches) if stretches else None


def turns(
    shifts: Iterable[Shift], first: date, last: date, exchanges: Exchanges | None = None, calendar: Calendar = ORDINARY
) -> Iterator[Turn]:
    """Every turn that is planned for these days, of both ends."""
    happened, planned = exchanges or {}, list(shifts)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        for shift in planned:
            if shift.weekday == day.weekday() and (shift.on_holidays or day not in calendar.holidays):
                key = shift.team_id, shift.volunteer_id, day, shift.starts
                found = turn(key, shift.ends, happened.get(key, NOTHING), calendar)
                if found is not None:
                    yield found


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a ticket: how many open ones she holds, the languages she speaks, and
    whether she takes citizens who ask for a woman."""

    volunteer_id: int
    languages: frozenset[str]
    open_tickets: int
    takes_women: bool = False


def present(running: Iterable[Turn], local: datetime) -> set[int]:
    """Ids of whoever comes to those of the turns that the local time falls in."""
    return {turn.who for turn in running if turn.who is not None and turn.covers(local)}


def choose(candidates: Iterable[Candidate], language: str, *, wants_woman: bool = False) -> int | None:
    """Who takes the ticket: for a citizen who asks for a woman one who takes those, then one who speaks the citizen's language before
    one who does not, then whoever holds fewest. Of `ANOTHER` nobody knows which it is: whoever speaks more than ours comes first."""
    spoken = language.partition("-")[0]  # Roman Urdu is read by whoever reads Urdu

    def speaks(candidate: Candidate) -> bool:
        return bool(candidate.languages - set(LANGUAGES)) if language == ANOTHER else spoken in candidate.languages

    ranked = sorted(candidates, key=lambda c: (wants_woman and not c.takes_women, not speaks(c), c.open_tickets, c.volunteer_id))
    return ranked[0].volunteer_id if ranked else None


def add_load(candidates: Mapping[int, Candidate], volunteer_id: int) -> dict[int, Candidate]:
    """The candidates after one of them was given another ticket."""
    taken = candidates[volunteer_id]
    return {**candidates, volunteer_id: replace(taken, open_tickets=taken.open_tickets + 1)}
