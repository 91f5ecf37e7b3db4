"""The lists of the queue: urgent tickets first, then late ones, then the oldest.

A list is read from an index in that order, so that the cost of a page does not grow with the number of tickets. A list of several teams
takes one such walk along an index for each team, and merges them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, ScalarSelect, Select, String, cast, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from hotline.domain.queue import QueueFilter, QueueList
from hotline.domain.rights import Rights
from hotline.storage.db import Remembered
from hotline.storage.models import ON_QUEUE, Alarm, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

COUNTED = 1000
"""How far the tickets of a list are counted: nobody with more tickets than that needs their number."""

_MOST_ALARMS = 200

_ASKED = Remembered()

Place = tuple[int, bool, datetime, str]
"""Where a page ends: the priority of its last ticket, whether it is on time, when it was opened, its reference."""


def page(
    session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int
) -> Sequence[Ticket]:
    """A page of a list: up to `limit` tickets after the end of the page before (None: the first page)."""
    places = {ticket_id: n for n, (ticket_id, _) in enumerate(state(session, volunteer, rights, asked, after=after, limit=limit))}
    return sorted(session.scalars(select(Ticket).where(Ticket.id.in_(places))), key=lambda ticket: places[ticket.id])


def counts(session: Session, volunteer: Volunteer, rights: Rights, lists: Sequence[QueueList]) -> dict[QueueList, int]:
    """List → the number of its tickets; `COUNTED` + 1 means more than `COUNTED`."""
    if not lists:
        return {}

    def ask() -> Select[Any]:
        each = [_merged(volunteer, rights, QueueFilter(of), after=None, limit=COUNTED + 1, columns=(Ticket.id,)).subquery() for of in lists]
        return select(*(select(func.count()).select_from(ids).scalar_subquery() for ids in each))

    [row] = _ASKED.rows(session, ("counts", *_whose(volunteer, rights), *lists), ask)
    return {of: min(n, COUNTED + 1) for of, n in zip(lists, row, strict=True)}


def state(
    session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int
) -> Sequence[tuple[int, int]]:
    """The id and the version of each ticket of a page, in order. They change when what the page shows of the tickets changes."""

    def ask() -> Select[Any]:
        return _shown(volunteer, rights, asked, after=after, limit=limit)

    return [(row[0], row[1]) for row in _ASKED.rows(session, ("state", *_whose(volunteer, rights), asked, after, limit), ask)]


def _whose(volunteer: Volunteer, rights: Rights) -> tuple[Any, ...]:
    """What the lists depend on, of a volunteer: part of the key of a remembered query."""
    return volunteer.id, volunteer.is_head, volunteer.role, rights


def _shown(volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int) -> Select[Any]:
    columns = (Ticket.id, Ticket.version, Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.reference)
    found = _merged(volunteer, rights, asked, after=after, limit=limit, columns=columns).subquery()
    return select(*found.c).order_by(*_order(found.c)).limit(limit)


def shown(session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int) -> str:
    """A string that changes when what a page shows changes.

    It has the id of each open alarm of the volunteer and whether its code was texted, and the id and the version of each ticket of the
    page, in order.
    """

    def ask() -> ClauseElement:
        answered = Alarm.answered_at.is_not(None).label("answered")
        own = select(Alarm.id, answered).where(Alarm.volunteer_id == volunteer.id, Alarm.acknowledged_at.is_(None)).order_by(Alarm.id)
        open_ones = own.limit(_MOST_ALARMS).subquery()
        alarms = _listed(open_ones.c.id, open_ones.c.answered)
        if not rights.works:
            return select(alarms, literal(""))
        found = _shown(volunteer, rights, asked, after=after, limit=limit).subquery()
        return select(alarms, _listed(found.c.id, found.c.version))

    [[alarms, tickets]] = _ASKED.rows(session, ("shown", *_whose(volunteer, rights), asked, after, limit), ask)
    return f"{alarms or ''} {tickets or ''}"


def _listed(*columns: ColumnElement[Any]) -> ScalarSelect[str]:
    """The numbers of all rows in one string, "id:version,id:version".

    One row is faster than many: a driver releases the interpreter lock for each row, and in a busy process gets it back late.
    """
    row: ColumnElement[str] = cast(columns[0], String)
    for column in columns[1:]:
        row = row.concat(":").concat(cast(column, String))
    return select(func.aggregate_strings(row, ",")).scalar_subquery()


def _merged(volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int, columns: tuple[Any, ...]) -> Any:
    """The query for `columns` of a list: its walks one after the other, each in order and no longer than `limit`."""
    rows = _from(after, select(*columns).where(ON_QUEUE, visible_to(volunteer), *_filters(asked)))
    # By team first, though a walk has only one: for "no team" PostgreSQL does not see that, and would read and sort another index.
    by_team = (Ticket.team_id,) if asked.of is QueueList.TEAMS else ()
    each = [rows.where(walk).order_by(*by_team, *_order(Ticket)).limit(limit) for walk in _walks(volunteer, rights, asked.of)]
    return union_all(*(select(walk.subquery()) for walk in each)) if len(each) > 1 else each[0]


def _walks(volunteer: Volunteer, rights: Rights, of: QueueList) -> list[ColumnElement[bool]]:
    """The condition of each walk of a list; each is served by one index."""
    match of:
        case QueueList.MINE:
            return [Ticket.assignee_id == volunteer.id]
        case QueueList.TEAMS:
            # A ticket without a team is on everybody's list, so that somebody sees it.
            return [*(Ticket.team_id == team_id for team_id in sorted(rights.teams)), Ticket.team_id.is_(None)]
        case QueueList.UNASSIGNED:
            return [Ticket.assignee_id.is_(None)]
        case QueueList.ALL:
            return [Ticket.id.is_not(None)]


def _filters(asked: QueueFilter) -> list[ColumnElement[bool]]:
    wanted = {Ticket.status: asked.status, Ticket.priority: asked.priority, Ticket.category: asked.category}
    return [column == value for column, value in wanted.items() if value is not None]


def _order(of: Any) -> tuple[Any, ...]:
    # Tickets of one instant are in the order of their references: a page's address may show these, but not the ids that indexes end with.
    return of.priority, of.on_time, of.opened_at, of.reference


def _from(after: Place | None, statement: Select[Any]) -> Select[Any]:
    if after is None:
        return statement
    *reached, reference = after
    place = tuple_(Ticket.priority, Ticket.on_time, Ticket.opened_at)
    # Not as one comparison of all columns: PostgreSQL expects a handful of tickets from that, and sorts them all.
    return statement.where(place >= reached, or_(place != reached, Ticket.reference > reference))
