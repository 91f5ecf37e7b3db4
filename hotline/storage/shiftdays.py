"""Shifts of single days: what happened to them, and who is on duty by that."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Unpack

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.domain import duty
from hotline.domain.duty import REACH, Exchange, Key, Turn, turns
from hotline.domain.hours import Calendar
from hotline.storage import people, sealed
from hotline.storage.db import upsert
from hotline.storage.peoplemodels import AT_WORK, Membership, ShiftDay, ShiftRow, Volunteer
from hotline.storage.rows import ShiftDayChanges

_NOTE = "shift_days.note"


def between(session: Session, team_id: int, first: date, last: date) -> Sequence[ShiftDay]:
    """The rows of a team's shifts from day `first` to day `last`, both included."""
    return _between(session, [team_id], first, last)


def _between(session: Session, team_ids: Collection[int], first: date, last: date) -> Sequence[ShiftDay]:
    statement = select(ShiftDay).where(ShiftDay.team_id.in_(team_ids), ShiftDay.on_date >= first, ShiftDay.on_date <= last)
    return session.scalars(statement.order_by(ShiftDay.on_date, ShiftDay.id)).all()


def teams_of(session: Session, volunteer_id: int, first: date, last: date) -> Sequence[int]:
    """Ids of the teams in which a volunteer may have a turn from day `first` to day `last`: one of their own, or as a stand-in."""
    weekdays = {(first + timedelta(days=n)).weekday() for n in range((last - first).days + 1)}
    own = select(ShiftRow.team_id).where(ShiftRow.volunteer_id == volunteer_id, ShiftRow.weekday.in_(weekdays))
    stands_in = select(ShiftDay.team_id).where(ShiftDay.stand_in_id == volunteer_id, ShiftDay.on_date.between(first, last))
    return session.scalars(own.union(stands_in)).all()


def exchanges(session: Session, days: Iterable[ShiftDay]) -> dict[Key, Exchange]:
    """Key of a turn → what was agreed about it. A colleague who left the team, or does not work now, does not stand in."""
    days = list(days)
    members = (
        select(Membership.team_id, Membership.volunteer_id)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(AT_WORK, Membership.team_id.in_({day.team_id for day in days}))
    )
    here = {(row.team_id, row.volunteer_id) for row in session.execute(members)} if days else set()

    def stand_in(day: ShiftDay) -> int | None:
        return day.stand_in_id if day.agreed_at is not None and (day.team_id, day.stand_in_id) in here else None

    # If the colleague who had agreed to stand in is gone, nobody comes: the volunteer was told that there is no need to.
    return {
        (day.team_id, day.volunteer_id, day.on_date, day.starts): Exchange(
            False if day.agreed_at is not None and stand_in(day) is None else day.comes, stand_in(day)
        )
        for day in days
    }


def turns_of(session: Session, team_id: int, first: date, last: date, calendar: Calendar) -> list[Turn]:
    """A team's turns that are planned for the days from `first` to `last`, both included, in the order in which they begin."""
    found = _turns(session, [team_id], first, last, calendar)
    return sorted(found, key=lambda turn: (turn.begins, turn.starts, turn.volunteer_id))


def _turns(session: Session, team_ids: Collection[int], first: date, last: date, calendar: Calendar) -> Iterator[Turn]:
    happened = exchanges(session, _between(session, team_ids, first, last))
    return turns(people.shifts(session, team_ids), first, last, happened, with_wishes(session, calendar))


def turn_of(session: Session, day: ShiftDay, who: int, calendar: Calendar) -> Turn | None:
    """The turn of a row, with the hours planned when the row was made, if `who` comes. None if pauses cover all of it."""
    key = day.team_id, day.volunteer_id, day.on_date, day.starts
    return duty.turn(key, day.ends, Exchange(stand_in=who), with_wishes(session, calendar))


def with_wishes(session: Session, calendar: Calendar) -> Calendar:
    """The calendar, with the ids of the volunteers who work through its pauses."""
    return replace(calendar, work_through=people.work_through(session)) if calendar.pauses else calendar


def by_ids(session: Session, ids: Iterable[int]) -> dict[int, ShiftDay]:
    """Id → the row of a shift on one day."""
    wanted = set(ids)
    found = session.scalars(select(ShiftDay).where(ShiftDay.id.in_(wanted))) if wanted else ()
    return {day.id: day for day in found}


def notes(session: Session, team_id: int, *, since: datetime) -> Sequence[ShiftDay]:
    """The rows of a team's shifts that were handed over with a note after `since`: the newest 20, newest first."""
    statement = select(ShiftDay).where(ShiftDay.team_id == team_id, ShiftDay.handed_over_at > since, ShiftDay.note.is_not(None))
    return session.scalars(statement.order_by(ShiftDay.handed_over_at.desc(), ShiftDay.id).limit(20)).all()


def note_of(session: Session, day: ShiftDay) -> str:
    """The note of a shift to the next; "" if there is none."""
    return sealed.open_for_staff(session, _NOTE, day.note, day.id) or ""


def hand_over(session: Session, day_id: int, note: str, *, now: datetime) -> None:
    """Store the note of a shift to the next; "" for none."""
    sealed_note = sealed.seal_for_staff(session, _NOTE, note, day_id) if note else None
    session.execute(update(ShiftDay).where(ShiftDay.id == day_id).values(note=sealed_note, handed_over_at=now))


def present(session: Session, team_id: int, local: datetime, calendar: Calendar) -> set[int]:
    """Ids of the volunteers who are on duty in a team at the local time."""
    return present_in(session, [team_id], local, calendar)


def present_in(session: Session, team_ids: Collection[int], local: datetime, calendar: Calendar) -> set[int]:
    """Ids of the volunteers who are on duty in any of these teams at the local time."""
    today = local.date()
    return duty.present(_turns(session, team_ids, today - REACH, today, calendar), local)


def keep(session: Session, turn: Turn) -> ShiftDay:
    """The row of a turn, made if there is none, and locked until the commit."""
    team_id, volunteer_id, on_date, starts = turn.key
    row = {"team_id": team_id, "volunteer_id": volunteer_id, "on_date": on_date, "starts": starts, "ends": turn.ends}
    session.execute(
        upsert(session, ShiftDay).values(**row).on_conflict_do_nothing(index_elements=["team_id", "volunteer_id", "on_date", "starts"])
    )
    statement = select(ShiftDay).where(
        ShiftDay.team_id == team_id, ShiftDay.volunteer_id == volunteer_id, ShiftDay.on_date == on_date, ShiftDay.starts == starts
    )
    return session.scalars(statement.with_for_update(), execution_options={"populate_existing": True}).one()


def store(session: Session, day_id: int, **values: Unpack[ShiftDayChanges]) -> None:
    """Store changes of a day's shift."""
    session.execute(update(ShiftDay).where(ShiftDay.id == day_id).values(**values))


def asked(session: Session, volunteer_id: int, *, since: date) -> Sequence[ShiftDay]:
    """The rows of shifts from `since` on for which an answer is awaited whether somebody comes, the soonest first, locked.

    They are those that are planned for the volunteer, and those for which the volunteer was asked to stand in.
    """
    statement = (
        select(ShiftDay)
        .where(ShiftDay.asked_at.is_not(None), ShiftDay.answered_at.is_(None), ShiftDay.on_date >= since)
        .where((ShiftDay.volunteer_id == volunteer_id) | (ShiftDay.stand_in_id == volunteer_id))
        .order_by(ShiftDay.on_date, ShiftDay.starts, ShiftDay.id)
        .with_for_update()
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).all()
