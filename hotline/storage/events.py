"""What happened to a ticket, append-only."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy import case, insert, select
from sqlalchemy.orm import Session

from hotline.storage.db import Insert, table
from hotline.storage.models import Event, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


class EventKind(StrEnum):
    """What can happen to a ticket."""

    OPENED = "opened"
    ADDED = "added"  # a text of hers went to it
    RAISED = "raised"  # more pressing than before
    HELD = "held"
    SEALED = "sealed"
    ROUTED = "routed"
    UNATTENDED = "unattended"  # nobody on duty and nobody to lead
    CLAIMED = "claimed"
    MOVED = "moved"  # its status changed
    READ = "read"
    LATE = "late"  # what was promised for it has not been done in time
    DANGER = "danger"  # she pressed 0
    DUTY_TAKEN = "duty_taken"  # somebody of the duty line took her call
    RECORDED = "recorded"  # a recording came
    RECORDING_LOST = "recording_lost"
    LISTENED = "listened"
    WRITTEN_DOWN = "written_down"  # what she said
    REPLIED = "replied"  # a volunteer wrote to the citizen
    NOTED = "noted"  # a volunteer wrote to her colleagues
    CHANGED = "changed"  # a fact of it: which, what it was and what it is, by their codes
    UNHELD = "unheld"
    UNSEALED = "unsealed"
    PASSED = "passed"  # on to a colleague or a team
    SHUT_OUT = "shut_out"  # somebody, of it
    LET_IN = "let_in"  # somebody who was shut out
    VIEWED = "viewed"  # a sealed one, by somebody
    NUMBER_SHOWN = "number_shown"
    HANDED_BACK = "handed_back"  # whoever had it cannot have it any more
    ALARM_RAISED = "alarm_raised"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    NUMBER_SOUGHT = "number_sought"  # found by the number of its phone


Fact = bool | int | str | None
"""What a fact of a ticket was or is, as an event tells it."""


class EventData(TypedDict, total=False):
    """What an event tells beside its kind: codes and ids, never a number of a phone, a body or a name."""

    after: str  # the status that the ticket has now
    alarm: int | str  # the kind of an alarm that was raised, the id of one that was acknowledged
    all_the_same: bool  # sent, though it was asked about
    before: int | str | None  # the status that the ticket had, or the volunteer
    by: str  # how the ticket came in, or that the citizen answered
    category: str
    fact: str  # the name of the fact that was changed, from `old` to `new`
    hits: Sequence[str]  # the codes of the categories that the words hit
    message: int | None
    new: Fact
    old: Fact
    on_duty: bool
    recording: int
    team: int | None
    to: int | None  # a volunteer, or the priority it was raised to
    version: int  # of the form that was sent


class NewEvent(TypedDict):
    """An event of a ticket whose id is not known yet."""

    kind: EventKind
    happened_at: datetime
    data: EventData
    volunteer_id: NotRequired[int | None]
    note_id: NotRequired[int | None]


class EventRow(NewEvent):
    """An event, whole."""

    ticket_id: int


_CHANGE_NOTHING = (
    EventKind.ALARM_RAISED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.LISTENED,
    EventKind.VIEWED,
    EventKind.NUMBER_SHOWN,
    EventKind.NUMBER_SOUGHT,
)

_PUT = Insert(lambda insert: insert(table(Event)).inline())


def happened(
    session: Session,
    ticket_id: int,
    kind: EventKind,
    *,
    now: datetime,
    volunteer_id: int | None = None,
    note_id: int | None = None,
    **data: Unpack[EventData],
) -> None:
    """Add an event."""
    append(session, ticket_id=ticket_id, kind=kind, happened_at=now, volunteer_id=volunteer_id, note_id=note_id, data=data)


def append(session: Session, **values: Unpack[EventRow]) -> None:
    """Store a row of events."""
    _PUT.put(session, values)


def note(session: Session, ticket_id: int, volunteer_id: int, body: str, *, now: datetime) -> int | None:
    """Keep what a volunteer wrote; its id, None if she wrote nothing."""
    if not body.strip():
        return None
    return session.scalar(
        insert(Note).values(ticket_id=ticket_id, volunteer_id=volunteer_id, body=body.strip(), written_at=now).returning(Note.id)
    )


def of_ticket(session: Session, ticket_id: int) -> Sequence[tuple[Event, Note | None]]:
    """A ticket's events with their notes, oldest first."""
    statement = select(Event, Note).outerjoin(Note, Note.id == Event.note_id).where(Event.ticket_id == ticket_id).order_by(Event.id)
    return [(row[0], row[1]) for row in session.execute(statement)]


def has_listened(session: Session, ticket_id: int, volunteer_id: int, recording_id: int, *, since: datetime) -> bool:
    """Whether she listened to a recording of the ticket since then."""
    statement = select(Event.data).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.LISTENED, Event.volunteer_id == volunteer_id, Event.happened_at > since
    )
    return any(data.get("recording") == recording_id for data in session.scalars(statement))


def has_viewed(session: Session, ticket_id: int, volunteer_id: int, *, since: datetime) -> bool:
    """Whether she read the page of the ticket since then."""
    statement = select(Event.id).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.VIEWED, Event.volunteer_id == volunteer_id, Event.happened_at > since
    )
    return session.scalar(statement.limit(1)) is not None


def passed_on_by(session: Session, ticket_id: int) -> frozenset[int]:
    """Who has passed the ticket on: it does not come back to her by itself."""
    statement = select(Event.volunteer_id).where(Event.ticket_id == ticket_id, Event.kind == EventKind.PASSED)
    return frozenset(i for i in session.scalars(statement) if i is not None)


def last_change(session: Session, ticket_id: int) -> Event | None:
    """The newest event that changed a ticket, whoever made it; alarms change none, nor does listening, nor being found."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.not_in(_CHANGE_NOTHING)).order_by(Event.id.desc()).limit(1)
    return session.scalar(statement)


def replied_at(session: Session, ticket_id: int, volunteer_id: int) -> int:
    """The version of the form from which she wrote to the citizen last; 0 if she has not."""
    statement = select(Event.data).where(Event.ticket_id == ticket_id, Event.kind == EventKind.REPLIED, Event.volunteer_id == volunteer_id)
    last = session.scalar(statement.order_by(Event.id.desc()).limit(1))
    return last["version"] if last else 0


def without_notes(session: Session, ticket_id: int) -> Sequence[Event]:
    """A ticket's events alone, oldest first."""
    return session.scalars(select(Event).where(Event.ticket_id == ticket_id).order_by(Event.id)).all()


def newest(session: Session, volunteer: Volunteer, *, before: int | None, limit: int) -> Sequence[tuple[Event, str | None]]:
    """The newest events of all tickets, each with its ticket's reference if she may see that ticket."""
    reference = case((visible_to(volunteer), Ticket.reference))
    statement = select(Event, reference).join(Ticket, Ticket.id == Event.ticket_id).order_by(Event.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Event.id < before)
    return [(row[0], row[1]) for row in session.execute(statement)]
