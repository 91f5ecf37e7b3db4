"""What happened to each ticket. Events are added, never changed or deleted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy import ColumnElement, case, insert, or_, select
from sqlalchemy.orm import Session

from hotline.domain.bridge import Came, End
from hotline.domain.closing import HowTold
from hotline.domain.danger import BroughtIn, Danger
from hotline.domain.holder import Holder
from hotline.domain.look import LookAnswer
from hotline.storage import sealed
from hotline.storage.db import Insert, table
from hotline.storage.models import VIEWED, Event, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


class EventKind(StrEnum):
    """What can happen to a ticket."""

    OPENED = "opened"
    ADDED = "added"  # a text of the citizen was added to it
    CAME_AGAIN = "came_again"  # the words of a text came once more: the same text, or the citizen said it twice
    RAISED = "raised"  # to a more urgent priority
    HELD = "held"
    SEALED = "sealed"
    ROUTED = "routed"
    UNATTENDED = "unattended"  # nobody is on duty and the team has no lead
    CLAIMED = "claimed"
    MOVED = "moved"  # its status changed
    READ = "read"
    LATE = "late"  # the time promised for it has passed
    DANGER = "danger"  # somebody is in danger; `danger` says how we know
    ACTED = "acted"  # somebody acted on it; `act` says how
    RANG = "rang"  # phones began to ring for it
    CANNOT = "cannot"  # a volunteer who was rung cannot act on it: the next one is rung
    SEAL_BROKEN = "seal_broken"  # by a lead of another team, who sees it from now on
    MUST_BE_SILENT = "must_be_silent"  # the caller keyed that they cannot speak: nothing of ours may reach the phone
    DUTY_TAKEN = "duty_taken"  # a volunteer on the duty line took the call
    RECORDED = "recorded"  # a recording arrived
    RECORDING_LOST = "recording_lost"
    PHOTO_CAME = "photo_came"  # what came with a text is with us
    PHOTO_LOST = "photo_lost"
    PHOTO_SEEN = "photo_seen"  # somebody was shown a photo
    LISTENED = "listened"
    LOOKED = "looked"  # a person looked at a text or a recording; `answer` says what they said, the rest what the machine thought
    WRITTEN_DOWN = "written_down"  # a volunteer wrote down what the citizen said
    CARD_PUT = "card_put"  # a volunteer put a protocol card to it
    STEP_DONE = "step_done"  # a step of a protocol was ticked
    STEP_UNDONE = "step_undone"  # its tick was taken away
    STEPS_PASSED_OVER = "steps_passed_over"  # a lead went on without steps that a protocol demands
    REPLIED = "replied"  # a volunteer wrote to the citizen
    NOTED = "noted"  # a volunteer wrote a note to colleagues
    CHANGED = "changed"  # a fact of it; `fact`, `old` and `new` say which, from what and to what
    UNHELD = "unheld"
    UNSEALED = "unsealed"
    PASSED = "passed"  # passed on to a colleague or a team
    SHUT_OUT = "shut_out"  # a volunteer must not see it any more
    LET_IN = "let_in"  # a volunteer who was shut out may see it again
    VIEWED = "viewed"  # its page was opened
    NUMBER_SHOWN = "number_shown"
    NUMBER_ASKED = "number_asked"  # somebody asked another person to agree that a number is shown
    NUMBER_RELEASED = "number_released"  # another person agreed: `to` is the reader
    NUMBER_REFUSED = "number_refused"  # another person did not: `to` is the reader
    GLASS_BROKEN = "glass_broken"  # somebody had the numbers opened without another person's yes
    HANDED_BACK = "handed_back"  # taken from its volunteer, who cannot keep it
    ALARM_RAISED = "alarm_raised"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    NUMBER_SOUGHT = "number_sought"  # found in a search for its phone number
    MOVED_OUT = "moved_out"  # texts of it were moved to another ticket of the phone: `other`
    MOVED_IN = "moved_in"  # texts of another ticket of the phone were moved to it: `other`
    PHONE_ADDED = "phone_added"  # another phone of the citizen's was typed in
    PHONE_CONFIRMED = "phone_confirmed"  # by a lead
    PHONE_MET = "phone_met"  # a phone whose number was typed in gave us the reference
    PHONE_TAKEN_AWAY = "phone_taken_away"
    UNSAFE = "unsafe"  # the citizen said that we must not text or ring this phone; `by` says how
    TEXT_AGREED = "text_agreed"  # a lead agreed that one text goes though the ticket is on hold
    CODE_WORD = "code_word"  # the citizen's code word was written down or taken out: `new` says which
    CALL_AGREED = "call_agreed"  # a volunteer recorded that the citizen wrote that we may call
    CALL_URGED = "call_urged"  # somebody recorded why silence is deadlier than a call
    CALL_PROMISED = "call_promised"
    CALL_NOT_MADE = "call_not_made"  # somebody said why the promised call is not made
    BRIDGE_ASKED = "bridge_asked"  # a volunteer asked to be joined with the citizen
    BRIDGE_ANSWERED = "bridge_answered"  # the volunteer's phone was answered, and 1 pressed
    BRIDGE_RUNG = "bridge_rung"  # the citizen's phone rings
    BRIDGE_JOINED = "bridge_joined"
    BRIDGE_ENDED = "bridge_ended"  # `bridge` says how, `seconds` how long they were joined
    BRIDGE_CAME = "bridge_came"  # the volunteer said what came of it: `bridge`
    PRANK_MARKED = "prank_marked"  # one person says that its phone abuses us or plays pranks
    PRANK_CONFIRMED = "prank_confirmed"  # a second person says so too
    PRANK_UNMARKED = "prank_unmarked"  # a person says that it does not
    KIND_UNDONE = "kind_undone"  # a change of its kind was undone; `stayed` says what was not
    MASKED = "masked"  # a part of a text, a note or a recording is not shown any more; `starts` and `ends` say which
    UNMASKED = "unmasked"  # it is shown again
    REWRITTEN = "rewritten"  # a second person has it rewritten without that part, for good
    KEPT_LONGER = "kept_longer"  # a lead keeps its words for `days` more, and says why
    WORDS_GONE = "words_gone"  # its words were kept for long enough
    UNSENT = "unsent"  # a volunteer took a text back before it left
    ERASURE_ASKED = "erasure_asked"  # a text asks us to forget the sender
    ERASURE_CONFIRMED = "erasure_confirmed"  # a volunteer says that the citizen was reached safely and asks for it
    ERASURE_AGREED = "erasure_agreed"  # a second person agrees: the days of grace begin
    ERASURE_STOPPED = "erasure_stopped"
    ERASED = "erased"


Fact = bool | int | str | None
"""The value of a ticket's fact in an event."""


class Deed(StrEnum):
    """What a person does about danger. Only this, or a lead who says that nothing can be done, lets the phones rest."""

    TEXTED = "texted"
    CALLED = "called"
    BROUGHT_IN = "brought_in"  # a professional or an office was brought in
    STEP = "step"  # a step of the protocol was done
    NOTHING_TO_DO = "nothing_to_do"  # a lead says that nothing can be done, and why


class Part(StrEnum):
    """What a kind changes on a ticket, and what undoing it restores."""

    KIND = "kind"
    URGENCY = "urgency"
    HOLD = "hold"
    SEAL = "seal"
    PLACE = "place"  # its team, its volunteer and its status


class EventData(TypedDict, total=False):
    """What an event holds beside its kind: codes and ids, never a phone number, a body or a name."""

    after: str  # the new status
    alarm: int | str  # the kind of a raised alarm, or the id of an acknowledged one
    answer: str  # a `domain.look.LookAnswer`
    all_the_same: bool  # the reply was sent after a warning that the volunteer confirmed
    before: int | str | None  # the status before, or the id of the volunteer before
    bridge: End | Came  # how a call back ended, or what came of it
    by: str  # how the ticket was opened or its phone met; "citizen" for a citizen's answer, "phone" for a text from a volunteer's phone
    category: str
    danger: Danger
    days: int
    deed: Deed
    ends: int  # of a masked part, in characters or milliseconds: the first that is not masked
    agreed_by: int  # the id of the lead who agreed to the text
    fact: str  # the name of the fact that was changed, from `old` to `new`
    held: bool  # the ticket was on hold when somebody looked
    holder: Holder  # who is believed to hold the phone that was written to
    hits: Sequence[str]  # codes of the categories whose words were found
    message: int | None
    new: Fact
    of_note: int  # the id of the note of which a part is masked
    old: Fact
    on_duty: bool
    phone: int  # the id of a typed phone
    protocol: str  # the code of a card, of which `step` is one
    photo: int
    recording: int
    step: str
    steps: Sequence[str]  # as "card.step"
    said: bool  # the numbers that were shown are those in what was written
    sealed: bool  # the ticket was sealed when somebody looked
    second: bool  # what was said counts only once a second person says the same
    seconds: int | None
    team: int | None
    other: int  # the id of another ticket
    told: HowTold  # how the citizen was told of the end
    to: int | None  # the id of a volunteer, or the new priority
    starts: int  # of a masked part: the first that is masked
    stayed: Sequence[Part]  # what was not undone
    version: int  # the ticket's version in the form that was sent
    was: Mapping[str, Fact]  # columns of the ticket as they were before, so that it can be undone
    whom: BroughtIn  # who was brought in
    whose: int | None  # the id of the volunteer whose change was undone


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
    EventKind.RANG,
    EventKind.ALARM_RAISED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.LISTENED,
    EventKind.PHOTO_SEEN,
    EventKind.LOOKED,
    EventKind.VIEWED,
    EventKind.NUMBER_SHOWN,
    EventKind.NUMBER_ASKED,
    EventKind.NUMBER_RELEASED,
    EventKind.NUMBER_REFUSED,
    EventKind.GLASS_BROKEN,
    EventKind.NUMBER_SOUGHT,
    EventKind.BRIDGE_ASKED,
    EventKind.BRIDGE_ANSWERED,
    EventKind.BRIDGE_RUNG,
    EventKind.BRIDGE_JOINED,
    EventKind.BRIDGE_ENDED,
    EventKind.WORDS_GONE,
)

MOVED_BY_REPLY = ("status", "assignee_id", "unread", "unattended")
"""The columns of a ticket that change when a volunteer writes to the citizen."""

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
    words = sealed.seal_note(sealed.needed_key_of_ticket(session, ticket_id), body.strip(), written_at=now)
    return session.scalar(
        insert(Note).values(ticket_id=ticket_id, volunteer_id=volunteer_id, sealed=words, written_at=now).returning(Note.id)
    )


def newest_of(session: Session, ticket_id: int, *, until: datetime | None, limit: int, longest: int) -> Sequence[tuple[Event, str | None]]:
    """The newest events of a ticket's timeline until a time, newest first, each with the first `longest` characters of its note."""
    statement = (
        select(Event, Note)
        .outerjoin(Note, Note.id == Event.note_id)
        .where(Event.ticket_id == ticket_id, Event.kind.not_in(_NOT_ON_TIMELINE))
    )
    if until is not None:
        statement = statement.where(Event.happened_at <= until)
    newest = session.execute(statement.order_by(Event.happened_at.desc(), Event.id.desc()).limit(limit))
    contact_id = session.scalars(select(Ticket.contact_id).where(Ticket.id == ticket_id)).one()
    return [(event, sealed.shown_note_of(session, note, contact_id)[:longest] if note is not None else None) for event, note in newest]


def of_kinds(session: Session, ticket_id: int, *kinds: EventKind) -> Sequence[Event]:
    """The events of a ticket that are of these kinds, oldest first."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.in_(kinds)).order_by(Event.id)
    return session.scalars(statement).all()


def heard(session: Session, ticket_id: int, *, limit: int) -> frozenset[str]:
    """The codes of the categories whose words were found in what came in: in what opened a ticket, and in the newest texts since."""
    came = select(Event.id).where(Event.ticket_id == ticket_id, Event.kind.in_((EventKind.ADDED, EventKind.WRITTEN_DOWN)))
    newest = came.order_by(Event.id.desc()).limit(limit)
    found = select(Event.data).where(Event.ticket_id == ticket_id, or_(Event.kind == EventKind.OPENED, Event.id.in_(newest)))
    return frozenset(code for data in session.scalars(found) for code in data.get("hits", ()))


def came_again(session: Session, ticket_id: int, message_id: int, *, since: datetime) -> bool:
    """Whether it was noted after `since` that the words of a text on the ticket came again."""
    noted = (Event.ticket_id == ticket_id, Event.kind == EventKind.CAME_AGAIN, Event.happened_at > since)
    return any(data.get("message") == message_id for data in session.scalars(select(Event.data).where(*noted)))


def views_of(session: Session, ticket_id: int, *, limit: int) -> Sequence[Event]:
    """The newest views of a ticket, newest first."""
    statement = select(Event).where(VIEWED, Event.ticket_id == ticket_id)
    return session.scalars(statement.order_by(Event.id.desc()).limit(limit)).all()


def has_listened(session: Session, ticket_id: int, volunteer_id: int, recording_id: int, *, since: datetime) -> bool:
    """Whether a volunteer has listened to a recording of the ticket after `since`."""
    return recording_id in _looked_at(session, EventKind.LISTENED, "recording", ticket_id, volunteer_id, Event.happened_at > since)


def listened_to(session: Session, ticket_id: int, volunteer_id: int) -> frozenset[int]:
    """Ids of the recordings of a ticket that a volunteer has listened to."""
    return _looked_at(session, EventKind.LISTENED, "recording", ticket_id, volunteer_id)


def has_seen(session: Session, ticket_id: int, volunteer_id: int, photo_id: int, *, since: datetime) -> bool:
    """Whether a volunteer was shown a photo of the ticket after `since`."""
    return photo_id in _looked_at(session, EventKind.PHOTO_SEEN, "photo", ticket_id, volunteer_id, Event.happened_at > since)


def photos_seen(session: Session, ticket_id: int, volunteer_id: int) -> frozenset[int]:
    """Ids of the photos of a ticket that a volunteer was shown."""
    return _looked_at(session, EventKind.PHOTO_SEEN, "photo", ticket_id, volunteer_id)


def _looked_at(
    session: Session, kind: EventKind, what: str, ticket_id: int, volunteer_id: int, *when: ColumnElement[bool]
) -> frozenset[int]:
    """Ids of the recordings or photos (`what`) in a volunteer's events of that kind on a ticket."""
    looks = (Event.ticket_id == ticket_id, Event.kind == kind, Event.volunteer_id == volunteer_id, *when)
    return frozenset(data[what] for data in session.scalars(select(Event.data).where(*looks)) if what in data)


def is_held_by_person(session: Session, ticket_id: int, holding: Collection[str]) -> bool:
    """Whether a person asked for the hold of a ticket and no lead has lifted it since: a volunteer put it there, typed the ticket in or
    chose one of the kinds that are on hold (`holding`), or a caller keyed what it is about."""
    kinds = (EventKind.OPENED, EventKind.HELD, EventKind.UNHELD, EventKind.CHANGED, EventKind.KIND_UNDONE)
    statement = select(Event.kind, Event.volunteer_id, Event.data).where(Event.ticket_id == ticket_id, Event.kind.in_(kinds))
    asked = before = False
    for kind, volunteer_id, data in session.execute(statement.order_by(Event.id)):
        if kind == EventKind.CHANGED and data.get("fact") == "category":
            before = asked
        if kind == EventKind.UNHELD:
            asked = False
        elif kind == EventKind.KIND_UNDONE:
            asked = asked if Part.HOLD in data["stayed"] else before
        elif kind != EventKind.CHANGED or (data.get("fact") == "category" and data.get("new") in holding):
            asked = asked or volunteer_id is not None or data.get("by") == "call"
    return asked


def claimed_by(session: Session, ticket_id: int) -> int | None:
    """The id of the volunteer who has a ticket because of taking it; None if it was given by routing or by a colleague."""
    kinds = (EventKind.CLAIMED, EventKind.PASSED, EventKind.ROUTED, EventKind.HANDED_BACK)
    statement = select(Event.kind, Event.volunteer_id).where(Event.ticket_id == ticket_id, Event.kind.in_(kinds))
    last = session.execute(statement.order_by(Event.id.desc()).limit(1)).one_or_none()
    return last.volunteer_id if last is not None and last.kind == EventKind.CLAIMED else None


def shown_since(session: Session, ticket_id: int, *, rows: int) -> datetime | None:
    """The time of the oldest of the newest `rows` events of a ticket's timeline; None if there are fewer."""
    statement = select(Event.happened_at).where(Event.ticket_id == ticket_id, Event.kind.not_in(_NOT_ON_TIMELINE))
    return session.scalar(statement.order_by(Event.happened_at.desc()).offset(rows - 1).limit(1))


def has_viewed(session: Session, ticket_id: int, volunteer_id: int, *, since: datetime) -> bool:
    """Whether it was noted after `since` that a volunteer viewed the ticket."""
    statement = select(Event.id).where(VIEWED, Event.ticket_id == ticket_id, Event.volunteer_id == volunteer_id, Event.happened_at > since)
    return session.scalar(statement.limit(1)) is not None


def passed_on_by(session: Session, ticket_id: int) -> frozenset[int]:
    """Ids of the volunteers who have passed the ticket on: it is not given to them again by machine."""
    statement = select(Event.volunteer_id).where(Event.ticket_id == ticket_id, Event.kind == EventKind.PASSED)
    return frozenset(i for i in session.scalars(statement) if i is not None)


def declined_by(session: Session, ticket_id: int) -> frozenset[int]:
    """Ids of the volunteers who said that they cannot act on a ticket: it goes to them again only if nobody else is left."""
    statement = select(Event.volunteer_id).where(Event.ticket_id == ticket_id, Event.kind == EventKind.CANNOT)
    return frozenset(i for i in session.scalars(statement) if i is not None)


def has_taken(session: Session, ticket_id: int, volunteer_id: int, *, since: datetime) -> bool:
    """Whether a volunteer took a ticket at `since` or later."""
    statement = select(Event.id).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.CLAIMED, Event.volunteer_id == volunteer_id, Event.happened_at >= since
    )
    return session.scalar(statement.limit(1)) is not None


def last_act(session: Session, ticket_id: int) -> Event | None:
    """The newest event of somebody acting on danger."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind == EventKind.ACTED).order_by(Event.id.desc()).limit(1)
    return session.scalar(statement)


def is_placed(session: Session, ticket_id: int) -> bool:
    """Whether a volunteer has passed the ticket on, or said of what kind it is and not undone that."""
    kinds = (EventKind.PASSED, EventKind.CHANGED, EventKind.KIND_UNDONE)
    statement = select(Event.kind, Event.data).where(Event.ticket_id == ticket_id, Event.kind.in_(kinds), Event.volunteer_id.is_not(None))
    placed = 0
    for kind, data in session.execute(statement):
        if kind == EventKind.KIND_UNDONE:
            placed -= Part.KIND not in data["stayed"]
        else:
            placed += kind == EventKind.PASSED or data.get("fact") == "category"
    return placed > 0


def last_kind(session: Session, ticket_id: int) -> Event | None:
    """The newest event in which a person said of what kind a ticket is, or undid that."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.in_((EventKind.CHANGED, EventKind.KIND_UNDONE)))
    return of_category(session.scalars(statement.order_by(Event.id.desc())))


def of_category(changes: Iterable[Event]) -> Event | None:
    """The first of these changes that is about the kind of a ticket."""
    return next((event for event in changes if event.data.get("fact") == "category"), None)


def since(session: Session, ticket_id: int, event_id: int) -> Sequence[Event]:
    """The events of a ticket after one of them, oldest first."""
    return session.scalars(select(Event).where(Event.ticket_id == ticket_id, Event.id > event_id).order_by(Event.id)).all()


def last_change(session: Session, ticket_id: int) -> Event | None:
    """The newest event that changed a ticket. Alarms, listening, viewing, showing the number and being found change nothing."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.not_in(_CHANGE_NOTHING)).order_by(Event.id.desc()).limit(1)
    return session.scalar(statement)


def replied_at(session: Session, ticket_id: int, volunteer_id: int) -> int:
    """The ticket's version in the form of the volunteer's last reply to the citizen; 0 if there is none."""
    statement = select(Event.data).where(Event.ticket_id == ticket_id, Event.kind == EventKind.REPLIED, Event.volunteer_id == volunteer_id)
    last = session.scalar(statement.order_by(Event.id.desc()).limit(1))
    return last["version"] if last else 0


def said_not_ours(session: Session, ticket_id: int, *, since: datetime) -> frozenset[int]:
    """Ids of the volunteers who have said after `since`, of a text or of the whole ticket, that it is not ours."""
    statement = select(Event.volunteer_id, Event.data).where(
        Event.ticket_id == ticket_id, Event.kind == EventKind.LOOKED, Event.happened_at > since
    )
    said = session.execute(statement).all()
    return frozenset(i for i, data in said if i is not None and data.get("answer") == LookAnswer.NOT_OURS)


def reply_at(session: Session, ticket_id: int, volunteer_id: int, at: datetime) -> Event:
    """The event of the reply that a volunteer wrote at that time."""
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind == EventKind.REPLIED, Event.volunteer_id == volunteer_id)
    return session.scalars(statement.where(Event.happened_at == at).order_by(Event.id.desc()).limit(1)).one()


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


def agreed_by(session: Session, ticket_id: int, *, since: datetime) -> int | None:
    """The id of the lead who agreed after `since` that one text goes about a ticket on hold.

    None if nobody did, if a volunteer has written since, or if danger, a hold or a word of safety has come since.
    """
    ends = (EventKind.TEXT_AGREED, EventKind.REPLIED, EventKind.UNSENT, EventKind.DANGER, EventKind.HELD, EventKind.UNSAFE)
    statement = select(Event).where(Event.ticket_id == ticket_id, Event.kind.in_(ends), Event.happened_at > since)
    newest = session.scalar(statement.order_by(Event.id.desc()).limit(1))
    if newest is not None and newest.kind == EventKind.UNSENT:  # a text that was taken back has not used it up
        return newest.data.get("agreed_by")
    return newest.volunteer_id if newest is not None and newest.kind == EventKind.TEXT_AGREED else None
