"""What happened to each ticket. Events are added, never changed or deleted."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy import case, func, insert, select
from sqlalchemy.orm import Session

from hotline.storage.db import Insert, table
from hotline.storage.models import Event, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


class EventKind(StrEnum):
    """What can happen to a ticket."""

    OPENED = "opened"
    ADDED = "added"  # a text of the citizen was added to it
    RAISED = "raised"  # to a more urgent priority
    HELD = "held"
    SEALED = "sealed"
    ROUTED = "routed"
    UNATTENDED = "unattended"  # nobody is on duty and the team has no lead
    CLAIMED = "claimed"
    MOVED = "moved"  # its status changed
    READ = "read"
    LATE = "late"  # the time promised for it has passed
    DANGER = "danger"  # the caller pressed 0
    DUTY_TAKEN = "duty_taken"  # a volunteer on the duty line took the call
    RECORDED = "recorded"  # a recording arrived
    RECORDING_LOST = "recording_lost"
    LISTENED = "listened"
    WRITTEN_DOWN = "written_down"  # a volunteer wrote down what the citizen said
    REPLIED = "replied"  # a volunteer wrote to the citizen
    NOTED = "noted"  # a volunteer wrote a note to colleagues
    CHANGED = "changed"  # a fact of it; `fact`, `old` and `new` say which, from what and to what
    UNHELD = "unheld"
    UNSEALED = "unsealed"
    PASSED = "passed"  # passed on to a colleague or a team
    SHUT_OUT = "shut_out"  # a volunteer must not see it any more
    LET_IN = "let_in"  # a volunteer who was shut out may see it again
    VIEWED = "viewed"  # a sealed ticket, by a volunteer
    NUMBER_SHOWN = "number_shown"
    HANDED_BACK = "handed_back"  # taken from its volunteer, who cannot keep it
    ALARM_RAISED = "alarm_raised"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    NUMBER_SOUGHT = "number_sought"  # found in a search for its phone number
    PHONE_ADDED = "phone_added"  # another phone of the citizen's was typed in
    PHONE_CONFIRMED = "phone_confirmed"  # by a lead
    PHONE_MET = "phone_met"  # a phone whose number was typed in gave us the reference
    PHONE_TAKEN_AWAY = "phone_taken_away"


Fact = bool | int | str | None
"""The value of a ticket's fact in an event."""


class EventData(TypedDict, total=False):
    """What an event holds beside its kind: codes and ids, never a phone number, a body or a name."""

    after: str  # the new status
    alarm: int | str  # the kind of a raised alarm, or the id of an acknowledged one
    all_the_same: bool  # the reply was sent after a warning that the volunteer confirmed
    before: int | str | None  # the status before, or the id of the volunteer before
    by: str  # how the ticket was opened or its phone met; "citizen" for a citizen's answer, "phone" for a text from a volunteer's phone
    category: str
    fact: str  # the name of the fact that was changed, from `old` to `new`
    hits: Sequence[str]  # codes of the categories whose words were found
    message: int | None
    new: Fact
    old: Fact
    on_duty: bool
    phone: int  # the id of a typed phone
    recording: int
    team: int | None
    to: int | None  # the id of a volunteer, or the new priority
    version: int  # the ticket's version in the form that was sent


class NewEvent(TypedDict):
    """An event of a ticket that has no id yet."""

    kind: EventKind
    happened_at: datetime
    data: EventData
    volunteer_id: NotRequired[int | None]
    note_id: NotRequired[int | None]


class EventRow(NewEvent):
    """A whole row of `events`."""

    ticket_id: int


_CHANGE_NOTHING = (
    EventKind.ALARM_RAISED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.LISTENED,
    EventKind.VIEWED,
    EventKind.NUMBER_SHOWN,
    EventKind.NUMBER_SOUGHT,
)

_NOT_ON_TIMELINE = (EventKind.VIEWED, EventKind.REPLIED)
"""Views have a list of their own; of a reply its text is shown."""

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
    """Add an event; `data` are the fields of `EventData`."""
    append(session, ticket_id=ticket_id, kind=kind, happened_at=now, volunteer_id=volunteer_id, note_id=note_id, data=data)


def append(session: Session, **values: Unpack[EventRow]) -> None:
    """Store an event, given as a whole row."""
    _PUT.put(session, values)


def note(session: Session, ticket_id: int, volunteer_id: int, body: str, *, now: datetime) -> int | None:
    """Store a volunteer's note. Returns its id, or None if the body is blank: then nothing is stored."""
    if not body.strip():
        return None
    return session.scalar(
        insert(Note).values(ticket_id=ticket_id, volunteer_id=volunteer_id, body=body.strip(), written_at=now).returning(Note.id)
    )


def newest_of(session: Session, ticket_id: int, *, until: datetime | None, limit: int, longest: int) -> Sequence[tuple[Event, str | None]]:
    """The newest events of a ticket's timeline until a time, newest first, each with the first `longest` characters of its note."""
    statement = (
        select(Event, func.substr(Note.body, 1, longest))
        .outerjoin(Note, Note.id == Event.note_id)
        .where(Event.ticket_id == ticket_id, Event.kind.not_in(_NOT_ON_TIMELINE))
    )
    if until is not None:
        statement = statement.where(Event.happened_at <= until)
    newest = statement.order_by(Event.happened_at.desc(), Event.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in session.execute(newest)]


def views_of(session: Session, ticket_id: int, *, limit: int) -> Sequence[Event]:
    """The newest views of a ticket, newest first."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind == EventKind.VIEWED)
    return session.scalars(statement.order_by(Event.id.desc()).limit(limit)).all()


def has_listened(session: Session, ticket_id: int, volunteer_id: int, recording_id: int, *, since: datetime) -> bool:
    """Whether a volunteer has listened to a recording of the ticket after `since`."""
    statement = select(Event.data).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.LISTENED, Event.volunteer_id == volunteer_id, Event.happened_at > since
    )
    return any(data.get("recording") == recording_id for data in session.scalars(statement))


def has_viewed(session: Session, ticket_id: int, volunteer_id: int, *, since: datetime) -> bool:
    """Whether it was noted after `since` that a volunteer viewed the ticket."""
    statement = select(Event.id).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.VIEWED, Event.volunteer_id == volunteer_id, Event.happened_at > since
    )
    return session.scalar(statement.limit(1)) is not None


def passed_on_by(session: Session, ticket_id: int) -> frozenset[int]:
    """Ids of the volunteers who have passed the ticket on: it is not given to them again by machine."""
    statement = select(Event.volunteer_id).where(Event.ticket_id == ticket_id, Event.kind == EventKind.PASSED)
    return frozenset(i for i in session.scalars(statement) if i is not None)


def is_placed(session: Session, ticket_id: int) -> bool:
    """Whether a volunteer has passed the ticket on, or said of what kind it is."""
    statement = select(Event.kind, Event.data).where(
        Event.ticket_id == ticket_id, Event.kind.in_((EventKind.PASSED, EventKind.CHANGED)), Event.volunteer_id.is_not(None)
    )
    return any(kind == EventKind.PASSED or data.get("fact") == "category" for kind, data in session.execute(statement))


def last_change(session: Session, ticket_id: int) -> Event | None:
    """The newest event that changed a ticket. Alarms, listening, viewing, showing the number and being found change nothing."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.not_in(_CHANGE_NOTHING)).order_by(Event.id.desc()).limit(1)
    return session.scalar(statement)


def last_move(session: Session, ticket_id: int) -> Event | None:
    """The newest event that changed a ticket's status."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind == EventKind.MOVED).order_by(Event.id.desc()).limit(1)
    return session.scalar(statement)


def replied_at(session: Session, ticket_id: int, volunteer_id: int) -> int:
    """The ticket's version in the form of the volunteer's last reply to the citizen; 0 if there is none."""
    statement = select(Event.data).where(Event.ticket_id == ticket_id, Event.kind == EventKind.REPLIED, Event.volunteer_id == volunteer_id)
    last = session.scalar(statement.order_by(Event.id.desc()).limit(1))
    return last["version"] if last else 0


def without_notes(session: Session, ticket_id: int, *, before: int | None, limit: int) -> Sequence[Event]:
    """A ticket's newest events without their notes, newest first. `before` is the id of the last event of the page before."""
    statement = select(Event).where(Event.ticket_id == ticket_id).order_by(Event.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(Event.id < before)).all()


def newest(session: Session, volunteer: Volunteer, *, before: int | None, limit: int) -> Sequence[tuple[Event, str | None]]:
    """The newest events of all tickets, newest first, each with its ticket's reference (None if the volunteer may not see the ticket).

    `before` is the id of the last event of the page before (None: the first page).
    """
    reference = case((visible_to(volunteer), Ticket.reference))
    statement = select(Event, reference).join(Ticket, Ticket.id == Event.ticket_id).order_by(Event.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Event.id < before)
    return [(row[0], row[1]) for row in session.execute(statement)]
