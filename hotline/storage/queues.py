"""The lists of the queue: urgent tickets first, then late ones, then the oldest; the tickets of marked phones (`Priority.LAST`) come last.

A list is read from an index in that order, so that the cost of a page does not grow with the number of tickets. A list of several teams
takes one such walk along an index for each team, and merges them. What is late, and what has a priority, stands together in the index. What
else a volunteer may ask for does not: for that a page looks through so many tickets from where it begins (`looks_through`), however few of
them fit, and the next page goes on behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from hotline.domain.queue import Channel, QueueFilter, QueueList
from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority
from hotline.storage.callmodels import Call
from hotline.storage.db import rows
from hotline.storage.models import ON_QUEUE, Alarm, Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

COUNTED = 1000
"""How far the tickets of a list are counted: nobody with more tickets than that needs their number."""

_FAR, _LEAST = 250, 125
"""How many tickets a page looks through: of a list of one walk, and of any. Each is a row somewhere in a large table, read for a look."""

_MOST_ALARMS = 200

_KEPT = 500
"""How many statements of each kind are kept. Their texts depend on the list, its filters, and how many teams the reader is in."""

Place = tuple[int, bool, datetime, str]
"""Where a page ends: the priority of its last ticket, whether it is on time, when it was opened, its reference."""


class Page(NamedTuple):
    """A page of a list, and where it stopped looking: the last ticket it looked through, None if it came to the end or passed none over."""

    tickets: Sequence[Ticket]
    looked_at: Ticket | None


def page(session: Session, volunteer: Volunteer, rights: Rights, asked: QueueFilter, *, after: Place | None, limit: int) -> Page:
    """A page of a list: up to `limit` tickets after the end of the page before (None: the first page)."""
    found = rows(session, _page(_Reader.of(volunteer, rights), asked, after is not None, limit), _values(volunteer, rights, after))
    tickets = {ticket.id: ticket for ticket in session.scalars(select(Ticket).where(Ticket.id.in_({row[0] for row in found})))}
    shown = [tickets[ticket_id] for ticket_id, is_end in found if not is_end]
    looked_at = next((tickets[ticket_id] for ticket_id, is_end in found if is_end), None)
    return Page(sorted(shown, key=_order), looked_at)


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


class Count(NamedTuple):
    """How many tickets of a list fit, and whether that is all: the list may go on behind those that were counted."""

    tickets: int
    goes_on: bool


def counts(session: Session, volunteer: Volunteer, rights: Rights, asked: Sequence[QueueFilter]) -> list[Count]:
    """How many tickets fit each filter: of the first `COUNTED` of its list, or of those that a first page looks through.

    Filters that pass over tickets of one list are counted in one walk along it.
    """
    if not asked:
        return []
    reader = _Reader.of(volunteer, rights)
    [row] = rows(session, _counts(reader, tuple(asked)), _values(volunteer, rights))
    numbers = iter(row)
    walked = {walk: next(numbers) for walk in _counted_walks(asked)}
    found = []
    for one in asked:
        most = _counted(reader, one)
        found.append(Count(min(next(numbers), most), goes_on=walked[one.part, one.sifts] > most))
    return found


def _counted_walks(asked: Sequence[QueueFilter]) -> list[tuple[QueueFilter, bool]]:
    return list(dict.fromkeys((one.part, one.sifts) for one in asked))


def _counted(reader: _Reader, asked: QueueFilter) -> int:
    return _far(reader, asked) if asked.sifts else COUNTED


@lru_cache(_KEPT)
def _counts(reader: _Reader, asked: tuple[QueueFilter, ...]) -> Select[Any]:
    walked: dict[tuple[QueueFilter, bool], CTE] = {}
    for n, walk in enumerate(_counted_walks(asked)):
        of_it = [one for one in asked if (one.part, one.sifts) == walk]
        limit = _counted(reader, of_it[0]) + 1
        walked[walk] = _first(reader, of_it, goes_on=False, limit=limit, ordered=of_it[0].sifts).cte(f"walk_{n}")
    wholes = [select(func.count()).select_from(walk).scalar_subquery() for walk in walked.values()]
    each = ((walked[one.part, one.sifts], one) for one in asked)
    fitting = [select(func.count()).select_from(walk).where(*_filters(one, walk.c)).scalar_subquery() for walk, one in each]
    return select(*wholes, *fitting)


@lru_cache(_KEPT)
def _page(reader: _Reader, asked: QueueFilter, goes_on: bool, limit: int) -> Select[Any]:
    """The query for the ids of a page, each with 0, and, with 1, the last ticket that was looked through, if the list may go on there."""
    if not asked.sifts:
        found = _state(reader, asked, goes_on, limit).subquery()
        return select(found.c.id, literal_column("0"))
    far = _far(reader, asked)
    looked_at = _first(reader, [asked], goes_on=goes_on, limit=far).cte("looked_at")
    fitting = select(looked_at.c.id, literal_column("0").label("ends")).where(*_filters(asked, looked_at.c))
    fitting = fitting.order_by(*_order(looked_at.c)).limit(_literal(limit))
    last = (
        select(looked_at.c.id, literal_column("1").label("ends"))
        .order_by(*_order(looked_at.c))
        .offset(_literal(far - 1))
        .limit(_literal(1))
    )
    return select(union_all(select(fitting.subquery()), select(last.subquery())).subquery())


@lru_cache(_KEPT)
def _state(reader: _Reader, asked: QueueFilter, goes_on: bool, limit: int) -> Select[Any]:
    """The query for the ids and the versions of a page, in order: they change when what the page shows of its tickets changes."""
    if not asked.sifts:
        return _first(reader, [asked], goes_on=goes_on, limit=limit)
    looked_at = _first(reader, [asked], goes_on=goes_on, limit=_far(reader, asked)).subquery()
    return select(*looked_at.c).where(*_filters(asked, looked_at.c)).order_by(*_order(looked_at.c)).limit(_literal(limit))


def looks_through(volunteer: Volunteer, rights: Rights, asked: QueueFilter) -> int:
    """How many tickets a page looks through at most for those that are asked for."""
    return _far(_Reader.of(volunteer, rights), asked)


def _far(reader: _Reader, asked: QueueFilter) -> int:
    # Each walk has to be read as far as all of the first tickets might be of it alone.
    return max(_FAR // len(_walks(reader, asked)), _LEAST)


def _first(reader: _Reader, asked: Sequence[QueueFilter], *, goes_on: bool, limit: int, ordered: bool = True) -> Select[Any]:
    """The query for the first tickets of the part of the queue that the filters look through, with what they ask of them.

    Which tickets, if not `ordered`, is the database's choice.
    """
    merged = _merged(reader, asked[0].part, goes_on=goes_on, limit=limit, columns=(*_STATE, *_asked_of(asked)))
    if isinstance(merged, Select):  # one walk, which is in order
        return merged
    found = merged.subquery()
    query = select(*found.c).limit(_literal(limit))
    return query.order_by(*_order(found.c)) if ordered else query


_STATE = (Ticket.id, Ticket.version, Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.reference)


def _asked_of(asked: Sequence[QueueFilter]) -> list[Any]:
    """The columns besides `_STATE` that filters ask for. The fewer are read, the faster."""
    wanted = {
        Ticket.status: any(one.status is not None for one in asked),
        Ticket.category: any(one.category is not None for one in asked),
        Ticket.area: any(one.areas for one in asked),
        Ticket.contact_id: any(one.language is not None for one in asked),
        Ticket.walk_in: any(one.channel is not None for one in asked),
    }
    return [column for column, is_wanted in wanted.items() if is_wanted]


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
    tickets = select(*columns).where(ON_QUEUE, visible_to(reader))
    if goes_on:
        tickets = tickets.where(*_after())
    # By team first, though a walk has only one: for "no team" PostgreSQL does not see that, and would read and sort another index.
    by_team = (Ticket.team_id,) if asked.of is QueueList.TEAMS else ()
    each = [tickets.where(*walk).order_by(*by_team, *_order(Ticket)).limit(_literal(limit)) for walk in _walks(reader, asked)]
    return union_all(*(select(walk.subquery()) for walk in each)) if len(each) > 1 else each[0]


def _walks(reader: _Reader, asked: QueueFilter) -> list[tuple[ColumnElement[bool], ...]]:
    """The conditions of each walk of a part of the queue; each is served by one stretch of one index."""
    each_priority = list(Priority) if asked.late and asked.priority is None else [asked.priority]
    late = [Ticket.on_time == false()] if asked.late else []
    stretches = [(*late, Ticket.priority == priority) if priority is not None else (*late,) for priority in each_priority]
    return [(whose, *stretch) for whose in _whose(reader, asked.of) for stretch in stretches]


def _whose(reader: _Reader, of: QueueList) -> list[ColumnElement[bool]]:
    """By whose tickets a list is put together: a condition for each index, or part of one, that serves it."""
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


def _filters(asked: QueueFilter, of: Any) -> list[ColumnElement[bool]]:
    """The conditions of a filter, but for those of its part, on tickets that have been read."""
    wanted: list[ColumnElement[bool]] = []
    if asked.status is not None:
        wanted.append(of.status == asked.status)
    if asked.category is not None:
        wanted.append(of.category == asked.category)
    if asked.areas:  # not IN: its text would differ with the number of places
        wanted.append(or_(*(of.area == code for code in asked.areas)))
    if asked.since is not None:
        wanted.append(of.opened_at >= asked.since)
    if asked.until is not None:
        wanted.append(of.opened_at < asked.until)
    # Looked up for each ticket by a key: as joins PostgreSQL might read all of these tables.
    if asked.language is not None:
        wanted.append(select(Contact.language).where(Contact.id == of.contact_id).scalar_subquery() == asked.language)
    if asked.channel is not None:
        called = select(Call.id).where(Call.ticket_id == of.id).scalar_subquery()
        wanted.append(of.walk_in == (true() if asked.channel is Channel.WALK_IN else false()))
        wanted += {Channel.WALK_IN: [], Channel.CALL: [called.is_not(None)], Channel.TEXT: [called.is_(None)]}[asked.channel]
    return wanted


def _order(of: Any) -> tuple[Any, ...]:
    # Tickets of one instant are in the order of their references: a page's address may show these, but not the ids that indexes end with.
    return of.priority, of.on_time, of.opened_at, of.reference


def _after() -> tuple[ColumnElement[bool], ...]:
    """That a ticket comes after the place at which the page before ended."""
    *reached, reference = (bindparam(name, type_=column.type) for name, column in _PLACE.items())
    place = tuple_(Ticket.priority, Ticket.on_time, Ticket.opened_at)
    # Not as one comparison of all columns: PostgreSQL expects a handful of tickets from that, and sorts them all.
    return place >= tuple_(*reached), or_(place != tuple_(*reached), Ticket.reference > reference)
