"""The lists of the queue: urgent tickets first, then late ones, then the oldest; the tickets of marked phones (`Priority.LAST`) come last.

A list is read from an index in that order, so that the cost of a page does not grow with the number of tickets. A list of several teams
takes one such walk along an index for each team, and merges them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from hotline.domain.queue import QueueFilter, QueueList
from hotline.domain.rights import Rights
from hotline.storage.db import rows
from hotline.storage.models import ON_QUEUE, Alarm, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

COUNTED = 1000
"""How far the tickets of a list are counted: nobody with more tickets than that needs their number."""

_MOST_ALARMS = 200

_KEPT = 500
"""How many statements of each kind are kept. Their texts depend on the list, its filters, and how many teams the reader is in."""

Place = tuple[int, bool, datetime, str]
"""Where a page ends: the priority of its last ticket, whether it is on time, when it was opened, its reference."""


def page(
    session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int
) -> Sequence[Ticket]:
    """A page of a list: up to `limit` tickets after the end of the page before (None: the first page)."""
    places = {ticket_id: n for n, (ticket_id, _) in enumerate(state(session, volunteer, rights, asked, after=after, limit=limit))}
    return sorted(session.scalars(select(Ticket).where(Ticket.id.in_(places))), key=lambda ticket: places[ticket.id])


@dataclass(frozen=True)
class _Reader:
    """Of the reader of a list what its statement depends on. Ids are parameters, so that all readers of a kind share a statement, and
    the database prepares it once."""

    role: str
    is_head: bool
    confirmed: bool
    works: bool
    teams: int

    @classmethod
    def of(cls, volunteer: Volunteer, rights: Rights) -> "_Reader":
        return cls(volunteer.role, volunteer.is_head, volunteer.confirmed, rights.works, len(rights.teams))

    @property
    def id(self) -> BindParameter[int]:
        return bindparam("reader", type_=Ticket.assignee_id.type)


def _values(volunteer: Volunteer, rights: Rights, after: Place | None = None) -> dict[str, Any]:
    """The parameters of a list: its reader, the reader's teams, and where the page before ended."""
    place = dict(zip(_PLACE, after, strict=True)) if after is not None else {}
    return {"reader": volunteer.id, **{f"team_{n}": team_id for n, team_id in enumerate(sorted(rights.teams))}, **place}


_PLACE = {
    "after_priority": Ticket.priority,
    "after_on_time": Ticket.on_time,
    "after_opened_at": Ticket.opened_at,
    "after_reference": Ticket.reference,
}
"""Parameter → the column that it is compared with; the columns of the order of the queue."""


def counts(session: Session, volunteer: Volunteer, rights: Rights, lists: Sequence[QueueList]) -> dict[QueueList, int]:
    """List → the number of its tickets; `COUNTED` + 1 means more than `COUNTED`."""
    if not lists:
        return {}
    [row] = rows(session, _counts(_Reader.of(volunteer, rights), tuple(lists)), _values(volunteer, rights))
    return {of: min(n, COUNTED + 1) for of, n in zip(lists, row, strict=True)}


@lru_cache(_KEPT)
def _counts(reader: _Reader, lists: tuple[QueueList, ...]) -> Select[Any]:
    each = [_merged(reader, QueueFilter(of), goes_on=False, limit=COUNTED + 1, columns=(Ticket.id,)).subquery() for of in lists]
    return select(*(select(func.count()).select_from(ids).scalar_subquery() for ids in each))


def state(
    session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int
) -> Sequence[tuple[int, int]]:
    """The id and the version of each ticket of a page, in order. They change when what the page shows of the tickets changes."""
    statement = _state(_Reader.of(volunteer, rights), asked, after is not None, limit)
    return [(row[0], row[1]) for row in rows(session, statement, _values(volunteer, rights, after))]


@lru_cache(_KEPT)
def _state(reader: _Reader, asked: QueueFilter, goes_on: bool, limit: int) -> Select[Any]:
    columns = (Ticket.id, Ticket.version, Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.reference)
    found = _merged(reader, asked, goes_on=goes_on, limit=limit, columns=columns).subquery()
    return select(*found.c).order_by(*_order(found.c)).limit(_literal(limit))


def shown(session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int) -> str:
    """A string that changes when what a page shows changes.

    It has the id of each open alarm of the volunteer and whether its code was texted, and the id and the version of each ticket of the
    page, in order.
    """
    statement = _shown(_Reader.of(volunteer, rights), asked, after is not None, limit)
    [[alarms, tickets]] = rows(session, statement, _values(volunteer, rights, after))
    return f"{alarms or ''} {tickets or ''}"


@lru_cache(_KEPT)
def _shown(reader: _Reader, asked: QueueFilter, goes_on: bool, limit: int) -> Select[*tuple[Any, ...]]:
    answered = Alarm.answered_at.is_not(None).label("answered")
    own = select(Alarm.id, answered).where(Alarm.volunteer_id == reader.id, Alarm.acknowledged_at.is_(None)).order_by(Alarm.id)
    open_ones = own.limit(_literal(_MOST_ALARMS)).subquery()
    alarms = _listed(open_ones.c.id, open_ones.c.answered)
    if not reader.works:
        return select(alarms, literal(""))
    found = _state(reader, asked, goes_on, limit).subquery()
    return select(alarms, _listed(found.c.id, found.c.version))


def _literal(limit: int) -> ColumnElement[int]:
    """A limit that stands in the statement: PostgreSQL plans for it, and could not for a parameter."""
    return literal_column(str(limit))


def _listed(*columns: ColumnElement[Any]) -> ScalarSelect[str]:
    """The numbers of all rows in one string, "id:version,id:version".

    One row is faster than many: a driver releases the interpreter lock for each row, and in a busy process gets it back late.
    """
    row: ColumnElement[str] = cast(columns[0], String)
    for column in columns[1:]:
        row = row.concat(":").concat(cast(column, String))
    comma: ColumnElement[str] = literal_column("','")  # a plain string would be a parameter that is written into the statement when it runs
    return select(func.aggregate_strings(row, comma)).scalar_subquery()  # type: ignore[arg-type]


def _merged(reader: _Reader, asked: QueueFilter, *, goes_on: bool, limit: int, columns: tuple[Any, ...]) -> Any:
    """The query for `columns` of a list: its walks one after the other, each in order and no longer than `limit`.

    `goes_on`: it begins where the page before ended.
    """
    tickets = select(*columns).where(ON_QUEUE, visible_to(reader), *_filters(asked))
    if goes_on:
        tickets = tickets.where(*_after())
    # By team first, though a walk has only one: for "no team" PostgreSQL does not see that, and would read and sort another index.
    by_team = (Ticket.team_id,) if asked.of is QueueList.TEAMS else ()
    each = [tickets.where(walk).order_by(*by_team, *_order(Ticket)).limit(_literal(limit)) for walk in _walks(reader, asked.of)]
    return union_all(*(select(walk.subquery()) for walk in each)) if len(each) > 1 else each[0]


def _walks(reader: _Reader, of: QueueList) -> list[ColumnElement[bool]]:
    """The condition of each walk of a list; each is served by one index."""
    match of:
        case QueueList.MINE:
            return [Ticket.assignee_id == reader.id]
        case QueueList.TEAMS:
            # A ticket without a team is on everybody's list, so that somebody sees it.
            teams = (bindparam(f"team_{n}", type_=Ticket.team_id.type) for n in range(reader.teams))
            return [*(Ticket.team_id == team_id for team_id in teams), Ticket.team_id.is_(None)]
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


def _after() -> tuple[ColumnElement[bool], ...]:
    """That a ticket comes after the place at which the page before ended."""
    *reached, reference = (bindparam(name, type_=column.type) for name, column in _PLACE.items())
    place = tuple_(Ticket.priority, Ticket.on_time, Ticket.opened_at)
    # Not as one comparison of all columns: PostgreSQL expects a handful of tickets from that, and sorts them all.
    return place >= tuple_(*reached), or_(place != tuple_(*reached), Ticket.reference > reference)
