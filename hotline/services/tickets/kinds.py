"""A person says of what kind a ticket is. That raises, holds and seals it as words of that kind do, and lowers nothing.

It can be undone for some minutes: then what it changed is as it was, but for what somebody has changed since.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind
from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.danger import RINGS, Danger
from hotline.domain.look import LookAnswer
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import meaning
from hotline.services.tickets.handback import taken_back
from hotline.services.tickets.meaning import Meaning, Raised
from hotline.storage import alarms, events, people, tickets
from hotline.storage.events import EventKind, Fact, Part, happened
from hotline.storage.models import Event, Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.storage.rows import TicketChanges

UNDO_FOR = timedelta(minutes=10)
"""So long a change of the kind can be undone."""

_HEARD = 50
"""The newest texts of a ticket whose words are asked for a sealed kind before a seal is undone."""

_COLUMNS: dict[Part, tuple[str, ...]] = {
    Part.KIND: ("category",),
    Part.URGENCY: ("priority", "danger", "danger_at", "acted_at", "next_ring_at", "head_told_at"),
    Part.HOLD: ("hold",),
    Part.SEAL: ("sealed",),
    Part.PLACE: ("team_id", "assignee_id", "status", "unattended"),
}
"""The columns of a ticket that belong together: they are undone together, or not at all."""

_TOUCHES: dict[Part, frozenset[EventKind]] = {
    Part.URGENCY: frozenset({EventKind.DANGER, EventKind.RAISED, EventKind.ACTED, EventKind.CANNOT, EventKind.MUST_BE_SILENT}),
    Part.HOLD: frozenset({EventKind.DANGER, EventKind.HELD, EventKind.UNHELD, EventKind.UNSAFE, EventKind.MUST_BE_SILENT}),
    Part.PLACE: frozenset({EventKind.PASSED, EventKind.CLAIMED, EventKind.MOVED, EventKind.HANDED_BACK, EventKind.CANNOT}),
}
"""What somebody does that changes these columns. A seal is asked otherwise: `_keeps_seal`."""

_HARMLESS = frozenset(
    {
        *(EventKind.ROUTED, EventKind.UNATTENDED, EventKind.RANG, EventKind.ALARM_RAISED, EventKind.ALARM_ACKNOWLEDGED),
        *(EventKind.VIEWED, EventKind.LATE, EventKind.RECORDING_LOST),
    }
)
"""Events of a sealed ticket that add no words to it: after these alone the seal can still be undone."""


class TooLate(Exception):
    """There is no change of the kind that this person can undo any more."""


@dataclass(frozen=True)
class Effects:
    """What a kind changes on a ticket besides its name. `team`: who has it then, None: it stays where it is; `leaves`: it is taken from
    its volunteer."""

    raised: Raised
    rings: bool
    team: Team | None
    leaves: bool

    def __bool__(self) -> bool:
        return bool(self.raised) or self.team is not None


def meant(ticket: Ticket, kind: Category) -> Meaning:
    """What a person says who names a kind. A kind that means danger counts as danger told of by a person, unless the danger is known as
    surely already."""
    is_known = ticket.danger is not None and Danger(ticket.danger) in RINGS and ticket.priority == Priority.URGENT
    danger = Danger.PERSON if kind.danger is not None and not is_known else None
    return Meaning(kind.code, kind.team, kind.priority, danger, kind.sealed, kind.quiet, (kind.code,))


def effects(rt: Runtime, session: Reading, ticket: Ticket, kind: Category) -> Effects:
    """What the kind would change on the ticket: nothing if it is of that kind already."""
    if kind.code == ticket.category:
        return Effects(Raised(None, None, hold=False, seal=False), rings=False, team=None, leaves=False)
    what = meaning.raises(ticket, meant(ticket, kind))
    own = people.teams(session).get(kind.team)
    if what.seal:
        return Effects(what, what.danger in RINGS, own, leaves=ticket.assignee_id is not None)
    if not _goes(rt, session, ticket, kind) or own is None or own.id == ticket.team_id:
        own = None
    leaves = own is not None and ticket.assignee_id is not None and ticket.assignee_id not in people.members(session, own.id)
    return Effects(what, what.danger in RINGS, own, leaves)


def _goes(rt: Runtime, session: Reading, ticket: Ticket, kind: Category) -> bool:
    """Whether another kind leads to another team: nobody has begun to work on it, and nobody has passed it on."""
    before = next((c for c in rt.categories if c.code == ticket.category), category.fallback(rt.categories))
    is_begun = ticket.sealed or ticket.status not in (Status.NEW, Status.ASSIGNED)
    return kind.team != before.team and not is_begun and not events.passed_on_by(session, ticket.id)


def put(rt: Runtime, tx: Transaction, ticket: Ticket, volunteer_id: int, kind: Category) -> TicketChanges:
    """What changes where a person says that a ticket is of another kind. What was is stored with the event, so that it can be undone."""
    does = effects(rt, tx.session, ticket, kind)
    parts = [Part.KIND]
    parts += [Part.URGENCY] if does.raised.danger is not None or does.raised.priority is not None else []
    parts += [Part.HOLD] if does.raised.hold else []
    parts += [Part.SEAL] if does.raised.seal else []
    parts += [Part.PLACE] if does.raised.seal or does.team is not None else []
    happened(
        tx.session,
        ticket.id,
        EventKind.CHANGED,
        now=tx.now,
        volunteer_id=volunteer_id,
        fact="category",
        old=ticket.category,
        new=kind.code,
        was={column: _stored(getattr(ticket, column)) for part in parts for column in _COLUMNS[part]},
    )
    changes: TicketChanges = {"category": kind.code, **meaning.raised(tx, ticket, meant(ticket, kind), by=volunteer_id)}
    if does.raised.danger is not None and ticket.status in (Status.RESOLVED, Status.CLOSED):
        changes |= {"unread": True}  # so that it is on the queue
    if does.team is not None and not does.raised.seal:
        happened(tx.session, ticket.id, EventKind.ROUTED, now=tx.now, volunteer_id=volunteer_id, team=does.team.id)
        changes |= taken_back(ticket, team_id=does.team.id) if does.leaves else {"team_id": does.team.id, "routed_at": None}
    return changes


def to_undo(rt: Runtime, entered: access.Access, change: Event | None) -> Event | None:
    """The last change of the kind (`events.last_kind`) if this person can undo it now; None otherwise."""
    if change is None or change.kind != EventKind.CHANGED or "was" not in change.data or change.happened_at <= rt.clock() - UNDO_FOR:
        return None
    may = change.volunteer_id == entered.volunteer.id or access.may(entered.rights, entered.ticket, Act.EASE)
    return change if may else None


def undo(rt: Runtime, volunteer: Volunteer, reference: str) -> Sequence[Part]:
    """Undo the last change of the kind: the volunteer who made it, or a lead of its team. To undo it twice changes nothing.

    What somebody has changed since stays as it is; a seal also stays where anything was put on the ticket since, or where the citizen's
    words ask for it. Returns what stayed. Raises `NotAllowed`, `NoSuchTicket`, `TooLate`.
    """
    with rt.transaction() as tx:
        entered = access.enter_to_undo(tx.session, volunteer, reference, since=tx.now - UNDO_FOR)
        ticket = tickets.locked(tx.session, entered.ticket.id)
        last = events.last_kind(tx.session, ticket.id)
        if last is not None and last.kind == EventKind.KIND_UNDONE and last.volunteer_id == volunteer.id:
            return [Part(part) for part in last.data["stayed"]]
        change = to_undo(rt, entered, last)
        if change is None:
            raise TooLate
        was = dict(change.data["was"])
        since = [one for one in events.since(tx.session, ticket.id, change.id) if _of(one) != _of(change)]
        stayed = _stays(rt, tx, ticket, was, since)
        changes = TicketChanges(**{c: _read(c, was[c]) for part in _parts(was) if part not in stayed for c in _COLUMNS[part]})  # type: ignore[typeddict-item]
        if changes.get("priority", Priority.URGENT) != Priority.URGENT:
            for kind in (AlarmKind.DANGER, AlarmKind.URGENT, AlarmKind.OFF_DUTY):
                alarms.settle(tx.session, ticket.id, kind, now=tx.now)
        if "assignee_id" in changes:
            changes |= _given_back(tx, ticket, changes)
        happened(
            tx.session,
            ticket.id,
            EventKind.KIND_UNDONE,
            now=tx.now,
            volunteer_id=volunteer.id,
            fact="category",
            old=ticket.category,
            new=changes.get("category", ticket.category),
            stayed=stayed,
            whose=change.volunteer_id,
        )
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
        tx.ring(Job.ROUTE_DUE)
        return stayed


def _stays(rt: Runtime, tx: Transaction, ticket: Ticket, was: Collection[str], since: Sequence[Event]) -> list[Part]:
    """What is not undone, of what the change touched."""
    said = [kind for event in since for kind in _said(rt, event)]
    asks = {
        Part.URGENCY: any(kind.danger is not None for kind in said),
        Part.HOLD: any(kind.quiet for kind in said),
        Part.PLACE: False,
    }
    stayed = {part for part, kinds in _TOUCHES.items() if asks[part] or any(event.kind in kinds or _bears(event, part) for event in since)}
    if Part.SEAL in _parts(was) and _keeps_seal(rt, tx, ticket, since):
        stayed |= {Part.SEAL, Part.PLACE, Part.KIND}  # what is sealed stays with the team of its kind
    if Part.URGENCY in stayed and ticket.danger is not None:
        stayed |= {Part.HOLD}  # who is in danger is on hold
    return [part for part in Part if part in stayed and part in _parts(was)]


def _bears(event: Event, part: Part) -> bool:
    """Whether an event changed the urgency or the hold, though its kind alone does not say so."""
    if part is Part.PLACE:
        return False
    is_answer = event.kind == EventKind.LOOKED and event.data.get("answer") in (LookAnswer.DANGER, LookAnswer.HOLD, LookAnswer.KIND)
    is_set = event.kind == EventKind.CHANGED and event.data.get("fact") == "priority" and part is Part.URGENCY
    return is_answer or is_set or event.kind == EventKind.MOVED_IN


def _said(rt: Runtime, event: Event) -> list[Category]:
    """The kinds whose words were found in what came with an event."""
    return [one for one in rt.categories if one.code in event.data.get("hits", ())]


def _keeps_seal(rt: Runtime, tx: Transaction, ticket: Ticket, since: Sequence[Event]) -> bool:
    """Whether a seal stays: something was written since that only its team was to see, or the citizen's words ask for the seal."""
    heard = events.heard(tx.session, ticket.id, limit=_HEARD)
    return any(event.kind not in _HARMLESS for event in since) or any(one.sealed and one.code in heard for one in rt.categories)


def _given_back(tx: Transaction, ticket: Ticket, changes: TicketChanges) -> TicketChanges:
    """The ticket goes back to who had it, or is routed anew within its team where that volunteer cannot have it any more."""
    if ticket.assignee_id is not None and ticket.assignee_id != changes["assignee_id"]:
        alarms.end(tx.session, ticket.id, ticket.assignee_id, now=tx.now)
    if changes["assignee_id"] is None:
        return {"routed_at": None} if changes["team_id"] is None else {}
    people.lock(tx.session, changes["assignee_id"])
    had = people.volunteer(tx.session, changes["assignee_id"])
    if had is not None and not tickets.is_shut_to(tx.session, ticket.id, had.id):
        return {}
    return {"assignee_id": None, "routed_at": None, "status": Status.NEW if changes["status"] == Status.ASSIGNED else changes["status"]}


def _parts(was: Collection[str]) -> list[Part]:
    return [part for part, columns in _COLUMNS.items() if columns[0] in was]


def _of(event: Event) -> tuple[datetime, int | None]:
    """What the events of one change have in common."""
    return event.happened_at, event.volunteer_id


def _stored(value: object) -> Fact:
    return value.isoformat() if isinstance(value, datetime) else value  # type: ignore[return-value]  # the columns hold nothing else


def _read(column: str, value: Fact) -> object:
    return datetime.fromisoformat(value) if column.endswith("_at") and isinstance(value, str) else value
