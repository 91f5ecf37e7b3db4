"""Shifts are planned; duty, who is answering at an instant, is worked out from them. Local wall-clock times throughout."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hotline.domain.language import Language

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

    def covers(self, local: datetime) -> bool:
        """Whether `local`, the local time, falls in it: the start included, the end not."""
        at = local.time()
        if self.starts < self.ends:
            return local.weekday() == self.weekday and self.starts <= at < self.ends
        yesterday = (local - timedelta(days=1)).weekday()
        return (local.weekday() == self.weekday and at >= self.starts) or (yesterday == self.weekday and at < self.ends)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a ticket: how many open ones she holds, and the languages she speaks."""

    volunteer_id: int
    languages: frozenset[str]
    open_tickets: int


def on_duty(shifts: Iterable[Shift], local: datetime) -> set[int]:
    """Ids of the volunteers whose shift covers the local time."""
    return {shift.volunteer_id for shift in shifts if shift.covers(local)}


def choose(candidates: Iterable[Candidate], language: str) -> int | None:
    """Who takes the ticket: one who speaks the citizen's language before one who does not, then whoever holds fewest. Of `ANOTHER`
    nobody knows which it is: whoever speaks more than ours comes first."""
    spoken = language.partition("-")[0]  # Roman Urdu is read by whoever reads Urdu

    def speaks(candidate: Candidate) -> bool:
        return bool(candidate.languages - set(Language)) if language == ANOTHER else spoken in candidate.languages

    ranked = sorted(candidates, key=lambda c: (not speaks(c), c.open_tickets, c.volunteer_id))
    return ranked[0].volunteer_id if ranked else None


def add_load(candidates: Mapping[int, Candidate], volunteer_id: int) -> dict[int, Candidate]:
    """The candidates after one of them was given another ticket."""
    taken = candidates[volunteer_id]
    return {**candidates, volunteer_id: Candidate(taken.volunteer_id, taken.languages, taken.open_tickets + 1)}
