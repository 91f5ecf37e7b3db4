"""Attendance: volunteers are asked by text before a shift, an open page shows that they came, and leads are told who did not."""

from collections.abc import Iterable
from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain import texts
from hotline.domain.conversation import ReadAs
from hotline.domain.duty import REACH, Turn, present
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services.duty import codes, paging, ringtests
from hotline.storage import contacts, people, shiftdays
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import ShiftDay, Volunteer
from hotline.storage.ringtests import AnsweredBy
from hotline.storage.rows import ShiftDayChanges
from hotline.workdays import calendar

_A_DAY = timedelta(days=1)
_EARLY = timedelta(minutes=15)
"""How long before a shift an open page counts as having come."""


def watch_shifts(rt: Runtime) -> None:
    """Ask the volunteers whose shifts begin within some hours. Tell leads of shifts with too few volunteers, and of volunteers who have
    not come. What was done stands in rows, so a second worker finds it done."""
    with rt.reading() as session:
        teams = [team.id for team in people.teams(session).values()]
    for team_id in sorted(teams):
        _watch_team(rt, team_id)


def _watch_team(rt: Runtime, team_id: int) -> None:
    settings, zone, now = rt.config.duty, rt.config.zone, rt.clock()
    ahead, late = timedelta(hours=settings.ask_hours), timedelta(minutes=settings.late_minutes)
    first, last = now.astimezone(zone).date() - REACH, (now + ahead).astimezone(zone).date() + _A_DAY
    with rt.reading() as session:
        turns = shiftdays.turns_of(session, team_id, first, last, calendar(rt.config))
        days = {(d.team_id, d.volunteer_id, d.on_date, d.starts): d for d in shiftdays.between(session, team_id, first, last)}
    for turn in turns:
        begins, day = turn.begins_at(zone), days.get(turn.key)
        if now < begins <= now + ahead:
            if turn.who is not None and (day is None or (day.asked_at is None and day.comes is None)):
                _ask(rt, turn)
            if len(present(turns, begins.astimezone(zone))) < settings.least:
                with rt.transaction() as tx:
                    _tell_leads(tx, team_id, f"shift:{team_id}:{turn.on_date}:{turn.starts:%H:%M}", AlarmKind.TOO_FEW)
        is_late = turn.who is not None and begins + late <= now and turn.covers(now.astimezone(zone))
        if is_late and (day is None or (day.came_at is None and day.lead_told_at is None)):
            _miss(rt, turn)


def _ask(rt: Runtime, turn: Turn) -> None:
    """Ask the volunteer of a turn whether they come: once, and if we know their phone."""
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, turn.who) if turn.who is not None else None
        if volunteer is None or volunteer.phone_id is None:
            return
        contact = contacts.locked(tx.session, volunteer.phone_id)  # first the contact, then the day, as an answer to the question does
        if contact.wants_no_texts:
            return
        day = shiftdays.keep(tx.session, turn)
        if day.asked_at is not None or day.comes is not None or who_comes(day) != volunteer.id:
            return
        yes, no = codes.draw(tx, contact.id, 2)
        if paging.text_phone(rt, tx, volunteer, texts.SHIFT_ASK, time=f"{turn.begins:%H:%M}", yes=yes, no=no):
            shiftdays.store(tx.session, day.id, asked_at=tx.now, yes_code=yes, no_code=no)
            logger().info("a volunteer was asked about a shift", volunteer_id=volunteer.id)


def _miss(rt: Runtime, turn: Turn) -> None:
    """A volunteer is late: the leads are told once."""
    with rt.transaction() as tx:
        day = shiftdays.keep(tx.session, turn)
        if day.came_at is None and day.lead_told_at is None:
            shiftdays.store(tx.session, day.id, lead_told_at=tx.now)
            note_event(tx, day, PeopleEventKind.MISSED, by=None, about=who_comes(day))
            _tell_leads(tx, turn.team_id, f"shift:{day.id}", AlarmKind.NO_SHOW)


def _tell_leads(tx: Transaction, team_id: int, about: str, kind: AlarmKind) -> None:
    for volunteer_id in people.leads(tx.session, team_id) or people.heads(tx.session):
        raise_alarm_about(tx, about, kind, volunteer_id)


def hear(rt: Runtime, tx: Transaction, contact_id: int, code: str) -> ReadAs | None:
    """Take two digits that came alone by text. How they are read; None if no answer is awaited from this phone: a citizen's text."""
    shown = codes.shown(tx, contact_id)
    awaited = [one for one in shown if one.awaited]
    meant = next((one for one in shown if one.code == code), None)
    if not awaited:
        return ReadAs.DUTY if meant is not None else None  # sent twice, it says nothing new
    if meant is None or codes.tries_left(tx, contact_id, meant) <= 0:
        if any(codes.tries_left(tx, contact_id, one) == 1 for one in awaited):
            codes.tell_of_guesses(tx, contact_id)
        return ReadAs.WRONG_CODE
    if meant.is_alarm:
        paging.answer(rt, tx, contact_id)
    elif meant.is_test:
        ringtests.answer(tx, contact_id, AnsweredBy.TEXT)
    else:
        _answer_by(rt, tx, contact_id, code)
    return ReadAs.DUTY


def _answer_by(rt: Runtime, tx: Transaction, contact_id: int, code: str) -> None:
    for volunteer in people.by_phone(tx.session, contact_id):
        for day in list(_open_questions(rt, tx, volunteer)):
            if code in (day.yes_code, day.no_code):
                answer(tx, day, volunteer.id, comes=code == day.yes_code)


def _open_questions(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> Iterable[ShiftDay]:
    """The days whose question the volunteer has not answered and whose shift is not over, soonest first."""
    zone, since = rt.config.zone, tx.now.astimezone(rt.config.zone).date() - REACH
    for day in shiftdays.asked(tx.session, volunteer.id, since=since):
        turn = shiftdays.turn_of(tx.session, day, who_comes(day), calendar(rt.config))
        if turn is not None and turn.who == volunteer.id and tx.now < turn.ends_at(zone):
            yield day


def who_comes(day: ShiftDay) -> int:
    """The id of the volunteer who is to come: the stand-in who agreed, else the volunteer who was planned."""
    return day.stand_in_id if day.stand_in_id is not None and day.agreed_at is not None else day.volunteer_id


def answer(tx: Transaction, day: ShiftDay, volunteer_id: int, *, comes: bool) -> None:
    """A volunteer says whether they come. If not, nobody comes until a stand-in agrees, and the leads are told. The day is locked."""
    # A stand-in stands in no more after saying no, or once the planned volunteer comes because the stand-in is gone.
    is_over = day.agreed_at is not None and (comes if volunteer_id == day.volunteer_id else not comes)
    changes: ShiftDayChanges = {"comes": comes, "answered_at": tx.now}
    if is_over:
        changes |= {"stand_in_id": None, "agreed_at": None}
    shiftdays.store(tx.session, day.id, **changes)
    note_event(tx, day, PeopleEventKind.COMES if comes else PeopleEventKind.DOES_NOT_COME, by=volunteer_id, about=day.volunteer_id)
    if not comes:
        _tell_leads(tx, day.team_id, f"shift:{day.id}", AlarmKind.NOT_COMING)


def note_event(tx: Transaction, day: ShiftDay, kind: PeopleEventKind, *, by: int | None, about: int) -> None:
    """Note what happened to one day's shift, for the auditor."""
    on_date, starts = day.on_date.isoformat(), f"{day.starts:%H:%M}"
    happened(tx.session, kind, now=tx.now, by=by, about=about, team_id=day.team_id, on_date=on_date, starts=starts)


def come(rt: Runtime, volunteer: Volunteer) -> None:
    """The volunteer's page is open: note it, once for each of their shifts that runs or is about to begin."""
    zone = rt.config.zone
    with rt.reading() as session:
        due = _missing(rt, session, volunteer)
    if not due:
        return
    with rt.transaction() as tx:
        for turn in due:
            if turn.begins_at(zone) - _EARLY <= tx.now < turn.ends_at(zone):
                day = shiftdays.keep(tx.session, turn)
                if day.came_at is None:
                    shiftdays.store(tx.session, day.id, came_at=tx.now)


def _missing(rt: Runtime, session: Reading, volunteer: Volunteer) -> list[Turn]:
    """The volunteer's turns that run, or begin in a moment, and in which the page was not open yet."""
    zone, now = rt.config.zone, rt.clock()
    today = now.astimezone(zone).date()
    first, last = today - REACH, today + _A_DAY
    found = []
    for team_id in shiftdays.teams_of(session, volunteer.id, first, last):
        came = {
            (day.team_id, day.volunteer_id, day.on_date, day.starts)
            for day in shiftdays.between(session, team_id, first, last)
            if day.came_at is not None
        }
        turns = shiftdays.turns_of(session, team_id, first, last, calendar(rt.config))
        found += [t for t in turns if t.who == volunteer.id and t.begins_at(zone) - _EARLY <= now < t.ends_at(zone) and t.key not in came]
    return found
