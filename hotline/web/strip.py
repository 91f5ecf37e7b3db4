"""The strip of alarms: one line for each ticket or other thing that a volunteer is alarmed about, however many alarms there are of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from flask import g

from hotline.alarms import AlarmKind
from hotline.domain.ticket import Priority
from hotline.guards import runtime
from hotline.runtime import Reading
from hotline.services.duty import attendance
from hotline.storage import alarms, people, shiftdays
from hotline.storage.models import Alarm, Ticket
from hotline.storage.peoplemodels import ShiftDay, Volunteer
from hotline.workdays import calendar

_ONE_DAY = re.compile(r"shift:([0-9]{1,18})")
_A_START = re.compile(r"shift:([0-9]{1,18}):([0-9-]{10}):([0-9:]{5})")


class Shift(NamedTuple):
    """The shift that an alarm is about. `name`: of the volunteer who was to come, or of the team that is too few; `ends` may be unknown."""

    name: str
    on: date
    begins: time
    ends: time | None


@dataclass(frozen=True)
class Line:
    """One line of the strip. Its alarms are the newest first; `ticket` is None if it is about none, or about one the reader may not see."""

    alarms: tuple[Alarm, ...]
    ticket: Ticket | None
    shift: Shift | None

    @property
    def newest(self) -> Alarm:
        """The newest alarm."""
        return self.alarms[0]

    @property
    def told(self) -> Alarm:
        """The alarm whose words are shown: of danger, else the newest."""
        return next((alarm for alarm in self.alarms if alarm.kind == AlarmKind.DANGER), self.newest)

    @property
    def answered_at(self) -> datetime | None:
        """When an alarm of it was answered by a text last."""
        return max((alarm.answered_at for alarm in self.alarms if alarm.answered_at is not None), default=None)

    @property
    def is_hidden(self) -> bool:
        """Whether it is about a ticket that the reader may not see."""
        return self.ticket is None and self.newest.ticket_id is not None

    @property
    def sounds(self) -> bool:
        """Whether it sounds: its ticket is urgent and nobody has acted. A ticket that the reader may not see sounds: that tells nothing."""
        return self.is_hidden or (self.ticket is not None and self.ticket.priority == Priority.URGENT and self.ticket.acted_at is None)


def of(session: Reading, volunteer: Volunteer) -> list[Line]:
    """A volunteer's lines: those that sound first, so that no alarm about a shift hides danger; among these the newest first."""
    grouped: dict[tuple[str, object], list[tuple[Alarm, Ticket | None]]] = {}
    for alarm, ticket in alarms.open_for(session, volunteer):  # the newest first
        key = ("ticket", alarm.ticket_id) if alarm.ticket_id is not None else ("about", alarm.about)
        grouped.setdefault(key, []).append((alarm, ticket))
    shifts = _shifts(session, (rows[0][0] for rows in grouped.values()))
    lines = [Line(tuple(alarm for alarm, _ in rows), rows[0][1], shifts.get(rows[0][0].id)) for rows in grouped.values()]
    return sorted(lines, key=lambda line: not line.sounds)


def _shifts(session: Reading, newest: Iterable[Alarm]) -> dict[int, Shift]:
    """Alarm id → the shift that it is about."""
    about = {alarm: alarm.about or "" for alarm in newest}
    ids = {alarm: int(found[1]) for alarm, said in about.items() if (found := _ONE_DAY.fullmatch(said))}
    days = shiftdays.by_ids(session, ids.values())
    names = people.names(session, {i for day in days.values() for i in (day.volunteer_id, attendance.who_comes(day))})
    shifts = {alarm.id: _of_day(session, alarm, days[i], names) for alarm, i in ids.items() if i in days}
    starts = {alarm.id: found for alarm, said in about.items() if (found := _A_START.fullmatch(said))}
    if starts:
        teams = {team.id: team.called(g.language) for team in people.teams(session).values()}
        for alarm_id, found in starts.items():
            on, begins = date.fromisoformat(found[2]), time.fromisoformat(found[3])
            shifts[alarm_id] = Shift(teams.get(int(found[1]), ""), on, begins, None)
    return shifts


def _of_day(session: Reading, alarm: Alarm, day: ShiftDay, names: dict[int, str]) -> Shift:
    # "Cannot come" is about the planned volunteer: a stand-in who cannot is none any more.
    who = day.volunteer_id if alarm.kind == AlarmKind.NOT_COMING else attendance.who_comes(day)
    turn = shiftdays.turn_of(session, day, who, calendar(runtime().config))
    name = names.get(who, "")
    if turn is None:  # pauses cover all of it by now
        return Shift(name, day.on_date, day.starts, day.ends)
    ends = turn.stretches[-1][1]
    return Shift(name, turn.begins.date(), turn.begins.time(), ends.time())
