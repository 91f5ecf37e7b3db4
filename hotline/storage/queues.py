"""The lists of the queue: urgent first, then what is late, then oldest. Each is read from an index in that order, so that a page costs
a page however many tickets there are; a list of several teams is one such walk for each of them, merged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from hotline.domain.queue import Asked, QueueList
from hotline.domain.rights import Rights
from hotline.storage.db import Remembered
from hotline.storage.models import ON_QUEUE, Alarm, Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

COUNTED = 1000
"""A list is counted so far, and no further: whoever has more than that before her needs no figure."""

_NEWEST = 32
"""More events than are under way at once."""

_ASKED = Remembered()

Place = tuple[int, bool, datetime, str]
"""Where a page ends: the priority of its last ticket, whether that is on time, when it was opened, its reference."""


def page(session: Session, volunteer: Volunteer, rights: Rights, asked: Asked, *, after: Place | None, limit: int) -> Sequence[Ticket]:
    """A page of a list: what comes `after` the page before."""
    places = {ticket_id: n for n, (ticket_id, _) in enumerate(state(session, volunteer, rights, asked, after=after, limit=limit))}
    return sorted(session.scalars(select(Ticket).where(Ticket.id.in_(places))), key=lambda ticket: places[ticket.id])


def counts(session: Session, volunteer: Volunteer, rights: Rights, lists: Sequence[QueueList]) -> dict[QueueList, int]:
    """How many tickets are on each of these lists; `COUNTED` + 1 means more than `COUNTED`."""
    if not lists:
        return {}

    def ask() -> Select[Any]:
        each = [_merged(volunteer, rights, Asked(of), after=None, limit=COUNTED + 1, columns=(Ticket.id,)).subquery() for of in lists]
        return select(*(select(func.count()).select_from(ids).scalar_subquery() for ids in each))

    [row] = _ASKED.rows(session, (*_whose(volunteer, rights), *lists), ask)
    return {of: min(n, COUNTED + 1) for of, n in zip(lists, row, strict=True)}


def state(
    session: Session, volunteer: Volunteer, rights: Rights, asked: Asked, *, after: Place | None, limit: int
) -> Sequence[tuple[int, int]]:
    """What a page shows, as numbers that change when it does: the id and the version of each of its tickets, in order."""

    def ask() -> Select[Any]:
        columns = (Ticket.id, Ticket.version, Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.reference)
        found = _merged(volunteer, rights, asked, after=after, limit=limit, columns=columns).subquery()
        return select(found.c.id, found.c.version).order_by(*_order(found.c)).limit(limit)

    return [(row[0], row[1]) for row in _ASKED.rows(session, (*_whose(volunteer, rights), asked, after, limit), ask)]


def _whose(volunteer: Volunteer, rights: Rights) -> tuple[Any, ...]:
    """Whatever of her decides what she is shown."""
    return volunteer.id, volunteer.is_head, volunteer.role, rights


def pulse(session: Session) -> tuple[int, ...]:
    """The newest events of all, and how many alarms are open: while they are the same no ticket has changed and nobody has another alarm.
    Not the newest event alone, for PostgreSQL commits them out of order. For ourselves only: it changes with what is sealed too."""

    def ask() -> CompoundSelect[Any]:
        newest = select(Event.id).order_by(Event.id.desc()).limit(_NEWEST).subquery()
        return union_all(select(func.count()).select_from(Alarm).where(Alarm.acknowledged_at.is_(None)), select(newest))

    return tuple(row[0] for row in _ASKED.rows(session, (), ask))


def open_alarms(session: Session, volunteer_id: int) -> Sequence[int]:
    """The ids of her open alarms."""

    def ask() -> Select[Any]:
        return select(Alarm.id).where(Alarm.volunteer_id == volunteer_id, Alarm.acknowledged_at.is_(None)).order_by(Alarm.id).limit(200)

    return [row[0] for row in _ASKED.rows(session, (volunteer_id,), ask)]


def _merged(volunteer: Volunteer, rights: Rights, asked: Asked, *, after: Place | None, limit: int, columns: tuple[Any, ...]) -> Any:
    """The walks of a list one after the other, each in order and no longer than the page; with the columns asked for."""
    rows = _from(after, select(*columns).where(ON_QUEUE, visible_to(volunteer), *_filters(asked)))
    # By team first, though a walk has but one: PostgreSQL does not see that of "no team", and would read and sort another index.
    by_team = (Ticket.team_id,) if asked.of is QueueList.TEAMS else ()
    walks = [rows.where(walk).order_by(*by_team, *_order(Ticket)).limit(limit) for walk in _walks(volunteer, rights, asked.of)]
    return union_all(*(select(walk.subquery()) for walk in walks)) if len(walks) > 1 else walks[0]


def _walks(volunteer: Volunteer, rights: Rights, of: QueueList) -> list[ColumnElement[bool]]:
    """What each walk of a list keeps to, an index each."""
    match of:
        case QueueList.MINE:
            return [Ticket.assignee_id == volunteer.id]
        case QueueList.TEAMS:
            # What has no team yet is everybody's: it must be on somebody's list.
            return [Ticket.team_id == team_id for team_id in sorted(rights.teams)] + [Ticket.team_id.is_(None)]
        case QueueList.UNASSIGNED:
            return [Ticket.assignee_id.is_(None)]
        case QueueList.ALL:
            return [Ticket.id.is_not(None)]


def _filters(asked: Asked) -> list[ColumnElement[bool]]:
    wanted = {Ticket.status: asked.status, Ticket.priority: asked.priority, Ticket.category: asked.category}
    return [column == value for column, value in wanted.items() if value is not None]


def _order(of: Any) -> tuple[Any, ...]:
    # Those of one instant are put in order by what an address may show; the index serves the rest, and its own id stands on no page.
    return of.priority, of.on_time, of.opened_at, of.reference


def _from(after: Place | None, statement: Select[Any]) -> Select[Any]:
    if after is None:
        return statement
    *reached, reference = after
    place = tuple_(Ticket.priority, Ticket.on_time, Ticket.opened_at)
    # Not one comparison of three: PostgreSQL takes that for a handful of tickets and sorts them all.
    return statement.where(place >= reached, or_(place != reached, Ticket.reference > reference))
