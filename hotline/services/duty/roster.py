"""The roster: volunteers stand in for one another, leads plan shifts, and a note is handed over at the end of a shift."""

from datetime import time, timedelta

from hotline.domain.duty import REACH, Key, Turn
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.duty import attendance
from hotline.storage import people, shiftdays
from hotline.storage.peopleevents import PeopleEventData, PeopleEventKind, happened
from hotline.storage.peoplemodels import ShiftRow, Volunteer
from hotline.workdays import calendar

KEPT = timedelta(hours=12)
"""How long after its end a shift may still be handed over."""


class NoSuchShift(Exception):
    """There is no such shift, or this volunteer may not change it."""


class ShiftMoved(Exception):
    """The shift is not as the volunteer's page showed it: somebody was first."""


def turn_of(rt: Runtime, session: Reading, key: Key) -> Turn:
    """The turn of that key. Raises `NoSuchShift` if there is none, or if it ended longer than `KEPT` ago."""
    team_id, _, on_date, _ = key
    found = [t for t in shiftdays.turns_of(session, team_id, on_date, on_date, calendar(rt.config)) if t.key == key]
    if not found or found[0].ends_at(rt.config.zone) + KEPT < rt.clock():
        raise NoSuchShift
    return found[0]


def ask_stand_in(rt: Runtime, volunteer: Volunteer, key: Key, colleague_id: int) -> None:
    """A volunteer asks a colleague of the team to come instead.

    Raises `NotAllowed`, `NoSuchShift`, and `ShiftMoved` if somebody was asked, or agreed, already.
    """
    with rt.transaction() as tx:
        rights = access.working(tx.session, volunteer)
        turn = _to_come(rt, tx, key)
        if volunteer.id != turn.volunteer_id or colleague_id == volunteer.id or turn.team_id not in rights.teams:
            raise NoSuchShift
        colleague = people.volunteer(tx.session, colleague_id)
        if colleague is None or not _is_member(tx, colleague, turn.team_id):
            raise NoSuchShift
        day = shiftdays.keep(tx.session, turn)
        if day.stand_in_id is not None:
            raise ShiftMoved
        shiftdays.store(tx.session, day.id, stand_in_id=colleague_id, agreed_at=None)
        attendance.note_event(tx, day, PeopleEventKind.STAND_IN_ASKED, by=volunteer.id, about=colleague_id)


def take_back(rt: Runtime, volunteer: Volunteer, key: Key) -> None:
    """The volunteer comes after all, if no colleague has agreed yet. Raises `NotAllowed`, `NoSuchShift`, `ShiftMoved`."""
    with rt.transaction() as tx:
        rights = access.working(tx.session, volunteer)
        turn = _to_come(rt, tx, key)
        if volunteer.id != turn.volunteer_id or turn.team_id not in rights.teams:
            raise NoSuchShift
        day = shiftdays.keep(tx.session, turn)
        if day.agreed_at is not None:
            raise ShiftMoved
        if day.stand_in_id is not None:
            shiftdays.store(tx.session, day.id, stand_in_id=None)
            attendance.note_event(tx, day, PeopleEventKind.STAND_IN_NOT_ASKED, by=volunteer.id, about=day.stand_in_id)


def agree(rt: Runtime, volunteer: Volunteer, key: Key, *, agrees: bool) -> None:
    """The colleague who was asked says yes or no. A colleague who agrees is asked before the shift, like any volunteer who is to come.

    Raises `NotAllowed`, `NoSuchShift`, `ShiftMoved`.
    """
    with rt.transaction() as tx:
        rights = access.working(tx.session, volunteer)
        turn = _to_come(rt, tx, key)
        if turn.team_id not in rights.teams:
            raise NoSuchShift
        day = shiftdays.keep(tx.session, turn)
        if day.stand_in_id != volunteer.id or day.agreed_at is not None:
            raise ShiftMoved
        if agrees:
            shiftdays.store(tx.session, day.id, agreed_at=tx.now, comes=None, asked_at=None, answered_at=None, came_at=None)
        else:
            shiftdays.store(tx.session, day.id, stand_in_id=None)
        kind = PeopleEventKind.STAND_IN_AGREED if agrees else PeopleEventKind.STAND_IN_CANNOT
        attendance.note_event(tx, day, kind, by=volunteer.id, about=day.volunteer_id)


def say(rt: Runtime, volunteer: Volunteer, key: Key, *, comes: bool) -> None:
    """The volunteer who is to come says so on the page, or says that they do not. Raises `NotAllowed`, `NoSuchShift`."""
    with rt.transaction() as tx:
        rights = access.working(tx.session, volunteer)
        turn = _to_come(rt, tx, key)
        day = shiftdays.keep(tx.session, turn)
        # The colleague who agreed may be gone. Then it is the turn of the planned volunteer again.
        who = turn.who if turn.who is not None else turn.volunteer_id
        if who != volunteer.id or turn.team_id not in rights.teams:
            raise NoSuchShift
        if day.comes is not comes or attendance.who_comes(day) != volunteer.id:  # a second click says nothing new
            attendance.answer(tx, day, volunteer.id, comes=comes)


def add_shift(
    rt: Runtime, lead: Volunteer, team_id: int, volunteer_id: int, *, weekday: int, hours: tuple[time, time], rests: bool
) -> None:
    """A lead plans a weekly shift; `rests`: not on holidays. The same shift is planned only once. Raises `NotAllowed`, `NoSuchShift`."""
    with rt.transaction() as tx:
        leads = access.working(tx.session, lead).leads_team(team_id)
        colleague = people.volunteer(tx.session, volunteer_id)
        if not leads or colleague is None or not _is_member(tx, colleague, team_id):
            raise NoSuchShift
        starts, ends = hours
        row = people.add_shift(
            tx.session, volunteer_id=volunteer_id, team_id=team_id, weekday=weekday, starts=starts, ends=ends, on_holidays=not rests
        )
        if row is not None:
            _note_plan(tx, PeopleEventKind.SHIFT_PLANNED, lead, row)


def remove_shift(rt: Runtime, lead: Volunteer, team_id: int, shift_id: int) -> None:
    """A lead takes a weekly shift out of the plan. If it is gone already, nothing happens. Raises `NotAllowed`, `NoSuchShift`."""
    with rt.transaction() as tx:
        if not access.working(tx.session, lead).leads_team(team_id):
            raise NoSuchShift
        gone = people.remove_shift(tx.session, team_id, shift_id)
        if gone is not None:
            _note_plan(tx, PeopleEventKind.SHIFT_TAKEN_OUT, lead, gone)


def to_hand_over(rt: Runtime, session: Reading, volunteer: Volunteer) -> list[Turn]:
    """The volunteer's turns that end soon, or ended not long ago. Raises `NotAllowed`."""
    zone, now = rt.config.zone, rt.clock()
    today = now.astimezone(zone).date()
    before = timedelta(minutes=rt.config.duty.hand_over_minutes)
    found = []
    for team_id in sorted(access.working(session, volunteer).teams):
        turns = shiftdays.turns_of(session, team_id, today - REACH - timedelta(days=1), today, calendar(rt.config))
        found += [
            t
            for t in turns
            if t.who == volunteer.id and t.begins_at(zone) <= now and t.ends_at(zone) - before <= now < t.ends_at(zone) + KEPT
        ]
    return found


def hand_over(rt: Runtime, volunteer: Volunteer, key: Key, note: str, *, was: str) -> None:
    """Store the volunteer's note to the colleague who comes next. `was` is the note as the page showed it.

    Raises `NotAllowed`, `NoSuchShift`, and `ShiftMoved` if another page of the volunteer's has stored a note since.
    """
    with rt.transaction() as tx:
        turn = next((t for t in to_hand_over(rt, tx.session, volunteer) if t.key == key), None)
        if turn is None:
            raise NoSuchShift
        day = shiftdays.keep(tx.session, turn)
        before = shiftdays.note_of(tx.session, day)
        if before == note.strip() and day.handed_over_at is not None:  # a double click
            return
        if was != before:
            raise ShiftMoved
        shiftdays.hand_over(tx.session, day.id, note.strip(), now=tx.now)
        attendance.note_event(tx, day, PeopleEventKind.HANDED_OVER, by=volunteer.id, about=day.volunteer_id)


def _note_plan(tx: Transaction, kind: PeopleEventKind, lead: Volunteer, row: ShiftRow) -> None:
    plan: PeopleEventData = {"weekday": row.weekday, "starts": f"{row.starts:%H:%M}", "ends": f"{row.ends:%H:%M}"}
    happened(tx.session, kind, now=tx.now, by=lead.id, about=row.volunteer_id, team_id=row.team_id, **plan)


def _to_come(rt: Runtime, tx: Transaction, key: Key) -> Turn:
    """The turn of that key, if it has not ended. Raises `NoSuchShift`."""
    turn = turn_of(rt, tx.session, key)
    if turn.ends_at(rt.config.zone) <= tx.now:
        raise NoSuchShift
    return turn


def _is_member(tx: Transaction, colleague: Volunteer, team_id: int) -> bool:
    rights = people.rights(tx.session, colleague)
    return rights.works and team_id in rights.teams
