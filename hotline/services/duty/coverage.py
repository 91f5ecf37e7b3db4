"""Whether enough people can be rung at every hour: those with a turn of a shift whose phone may be rung, and the duty line."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hotline.domain.duty import REACH, Turn
from hotline.runtime import Reading, Runtime
from hotline.services.duty import callers
from hotline.storage import people, rings, ringtests, sealed, shiftdays
from hotline.workdays import calendar

LEAST = 2
"""The fewest phones that can be rung at any hour: one of two people may be on the line, or asleep."""

_AHEAD = timedelta(days=7)


class Thin(NamedTuple):
    """A stretch of local time in which fewer than `LEAST` phones can be rung: from when, until when, and how many."""

    begins: datetime
    ends: datetime
    phones: int


def thin_hours(rt: Runtime, session: Reading) -> list[Thin]:
    """The stretches of the next seven days in which too few phones can be rung, soonest first.

    A phone counts once, also if two people have it or it stands in the duty line as well.
    """
    zone = rt.config.zone
    start = rt.clock().astimezone(UTC)
    first, last = start.astimezone(zone).date() - REACH, (start + _AHEAD).astimezone(zone).date()
    turns = [
        turn
        for team in people.teams(session).values()
        for turn in shiftdays.turns_of(session, team.id, first, last, calendar(rt.config))
        if turn.who is not None
    ]
    phones = ringtests.phones(session, {turn.who for turn in turns if turn.who is not None})
    fit = {who: sealed.number_of(rt.keys, contact) for who, contact in phones.items() if callers.may_alarm(rt, contact)}
    numbers = rt.config.voice.duty_line if rt.config.voice.number else ()
    known = rings.by_address(session, numbers)
    line = {number for number in numbers if number not in known or callers.may_alarm(rt, known[number])}

    def ring_at(at: datetime) -> int:
        local = at.astimezone(zone)
        return len(line | {fit[turn.who] for turn in turns if turn.who in fit and turn.covers(local)})

    edges = sorted({at for turn in turns for at in _edges(turn, rt) if start < at < start + _AHEAD})
    found: list[Thin] = []
    for begins, ends in zip([start, *edges], [*edges, start + _AHEAD], strict=True):
        there = ring_at(begins)
        if there >= LEAST:
            continue
        thin = Thin(begins.astimezone(zone), ends.astimezone(zone), there)
        if found and found[-1].ends == thin.begins and found[-1].phones == there:
            thin = found.pop()._replace(ends=thin.ends)
        found.append(thin)
    return found


def _edges(turn: Turn, rt: Runtime) -> list[datetime]:
    """The instants at which the turn begins, pauses, goes on and ends."""
    return [local.replace(tzinfo=rt.config.zone).astimezone(UTC) for stretch in turn.stretches for local in stretch]
