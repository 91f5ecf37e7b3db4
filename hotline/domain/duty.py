"""Shifts are planned by the week; who is on duty at a given time is worked out from them. All times are local wall-clock times."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from hotline.domain.hours import Calendar, Stretch
from hotline.domain.languages import SPOKEN_LANGUAGES

ANOTHER = "another"
"""Stands for the language of a caller who speaks none of those on the call menu."""


@dataclass(frozen=True)
class Shift:
    """A weekly shift. `weekday` is the day it starts (Monday 0). If `ends` is not after `starts`, it runs past midnight."""

    volunteer_id: int
    team_id: int
    weekday: int
    starts: time
    ends: time
    on_holidays: bool = True


ORDINARY = Calendar()

Key = tuple[int, int, date, time]
"""Identifies a turn: ids of team and volunteer, the planned day, and the planned start. It stays the same when the hours of that day are
changed, so that what was agreed about the turn still holds."""

REACH = timedelta(days=2)
"""The latest end of a turn, counted from the beginning of its planned day. Changed hours can move a turn past midnight."""


@dataclass(frozen=True)
class Turn:
    """A shift on one day, planned for `volunteer_id`. `who` is the id of the volunteer who comes: that one, a stand-in, or None.

    `starts` and `ends` are the plan of the week. `stretches`, at least one, are when it really runs on that day.
    """

    volunteer_id: int
    team_id: int
    on_date: date
    starts: time
    ends: time
    who: int | None
    stretches: tuple[Stretch, ...]

    @property
    def key(self) -> Key:
        """The key of this turn."""
        return self.team_id, self.volunteer_id, self.on_date, self.starts

    @property
    def begins(self) -> datetime:
        """The local time at which it begins (naive)."""
        return self.stretches[0][0]

    def begins_at(self, zone: tzinfo | None) -> datetime:
        """When it begins, in UTC if `zone` is given.

        If the clocks change at that time, it moves together with the end of the shift before it: there is neither a gap nor an overlap.
        """
        return _instant(self.begins, zone)

    def ends_at(self, zone: tzinfo | None) -> datetime:
        """When it ends, in UTC if `zone` is given."""
        return _instant(self.stretches[-1][1], zone)

    def covers(self, local: datetime) -> bool:
        """Whether the local time is within it and not in a pause."""
        at = local.astimezone(UTC) if local.tzinfo else local
        return any(_instant(begins, local.tzinfo) <= at < _instant(ends, local.tzinfo) for begins, ends in self.stretches)


def _instant(local: datetime, zone: tzinfo | None) -> datetime:
    # Python compares two times of one zone by what the clock shows. In UTC an hour that the clock shows twice is two hours.
    return local.replace(tzinfo=zone).astimezone(UTC) if zone else local


@dataclass(frozen=True)
class Exchange:
    """What was agreed about a turn: whether its volunteer comes (None: no answer yet), and the id of a colleague who stands in."""

    comes: bool | None = None
    stand_in: int | None = None


Exchanges = Mapping[Key, Exchange]


NOTHING = Exchange()


def turn(key: Key, ends: time, exchange: Exchange, calendar: Calendar) -> Turn | None:
    """The turn with that key, planned until `ends`; None if pauses cover all of it. Every question about duty goes through here."""
    team_id, volunteer_id, on_date, starts = key
    who = exchange.stand_in or (None if exchange.comes is False else volunteer_id)
    stretches = calendar.stretches(on_date, starts, ends, who)
    return Turn(volunteer_id, team_id, on_date, starts, ends, who, stretches) if stretches else None


def turns(
    shifts: Iterable[Shift], first: date, last: date, exchanges: Exchanges | None = None, calendar: Calendar = ORDINARY
) -> Iterator[Turn]:
    """Every turn that is planned for the days from `first` to `last`, both included."""
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
    """A volunteer who could take a ticket; `takes_women`: also for a citizen who asks for a woman."""

    volunteer_id: int
    languages: frozenset[str]
    open_tickets: int
    takes_women: bool = False


def present(running: Iterable[Turn], local: datetime) -> set[int]:
    """Ids of the volunteers who come to those turns that cover the local time."""
    return {turn.who for turn in running if turn.who is not None and turn.covers(local)}


def speaks_another(languages: Iterable[str]) -> bool:
    """Whether one of the languages is none of the call menu's. A second way to write one (ur-Latn) is the language itself."""
    return any(code.partition("-")[0] not in SPOKEN_LANGUAGES for code in languages)


def choose(candidates: Iterable[Candidate], language: str, *, then: str = "", wants_woman: bool = False) -> int | None:
    """The id of the candidate who takes the ticket; None if there are none.

    First, if the citizen asks for a woman, come those who take such tickets; then those who speak the citizen's language; then those who
    speak `then`, in which the citizen is answered; then those with the fewest open tickets. For `ANOTHER` it is not known which language:
    who speaks a language off the call menu comes first.
    """

    def speaks(candidate: Candidate, code: str) -> bool:
        if code == ANOTHER:
            return speaks_another(candidate.languages)
        return code.partition("-")[0] in candidate.languages  # Urdu speakers read Roman Urdu as well

    def rank(candidate: Candidate) -> tuple[bool, bool, bool, int, int]:
        woman = wants_woman and not candidate.takes_women
        foreign, unwritten = not speaks(candidate, language), not speaks(candidate, then)
        return woman, foreign, unwritten, candidate.open_tickets, candidate.volunteer_id

    ranked = sorted(candidates, key=rank)
    return ranked[0].volunteer_id if ranked else None


def add_load(candidates: Mapping[int, Candidate], volunteer_id: int) -> dict[int, Candidate]:
    """The candidates after one of them was given another ticket."""
    taken = candidates[volunteer_id]
    return {**candidates, volunteer_id: replace(taken, open_tickets=taken.open_tickets + 1)}
