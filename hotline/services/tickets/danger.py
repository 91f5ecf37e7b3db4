"""Somebody is in danger, and somebody acts on it. What both change on a ticket, for the service to store in its own step."""

from datetime import datetime, timedelta

from hotline.alarms import AlarmKind
from hotline.domain.danger import RINGS, BroughtIn, Danger, surer
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.outbox import RANK_OURS, RANK_URGENT
from hotline.runtime import Runtime, Transaction
from hotline.storage import alarms, events, outgoing, rings, tickets
from hotline.storage.events import Deed, EventData, EventKind, happened
from hotline.storage.models import Message, Ticket
from hotline.storage.rows import TicketChanges

_APART = timedelta(minutes=1)
"""The least time between two phones that ring for one ticket, however often its sender texts of danger."""


SEALS = "seals"
"""What an alarm to leads who may break a seal is about: all sealed tickets in danger together, so that it points to none of them."""


class NobodyActed(Exception):
    """Somebody is in danger, and nobody has acted on it yet."""


def is_ringing(ticket: Ticket) -> bool:
    """Whether phones ring for a ticket until somebody acts on it."""
    return ticket.danger is not None and Danger(ticket.danger) in RINGS and ticket.acted_at is None


def endangered(tx: Transaction, ticket: Ticket, how: Danger, *, by: int | None = None) -> TicketChanges:
    """What changes where danger is told of a ticket that is open already: it is urgent and on hold, and its alarms begin anew.

    Danger that is known better stays known so. `by` is the volunteer who said it.
    """
    if ticket.danger != how:
        happened(tx.session, ticket.id, EventKind.DANGER, now=tx.now, volunteer_id=by, danger=how)
    if ticket.priority != Priority.URGENT:
        happened(tx.session, ticket.id, EventKind.RAISED, now=tx.now, volunteer_id=by, to=Priority.URGENT)
    if not ticket.hold:
        happened(tx.session, ticket.id, EventKind.HELD, now=tx.now, volunteer_id=by)
    outgoing.hurry(tx.session, ticket.id, RANK_URGENT, now=tx.now, late_rank=RANK_OURS)
    tx.ring(Job.SEND_DUE)
    alarms.reopen(tx.session, ticket.id, now=tx.now)  # who acknowledged an earlier alarm did not know of this
    tx.ring(Job.ROUTE_DUE)
    before = Danger(ticket.danger) if ticket.danger is not None else None
    danger = surer(before, how)
    changes: TicketChanges = {
        "priority": Priority.URGENT,
        "hold": True,
        "routed_at": None,
        "danger": danger,
        "danger_at": tx.now,
        "acted_at": None,
    }
    return changes | _ring_anew(tx, ticket) if danger in RINGS else changes


def _ring_anew(tx: Transaction, ticket: Ticket) -> TicketChanges:
    if not is_ringing(ticket):
        rings.forget(tx.session, ticket.id)
        return {"next_ring_at": tx.now, "head_told_at": None}
    rings.rest(tx.session, ticket.id, until=None)
    last = rings.rung_last(tx.session, ticket.id)
    return {"next_ring_at": tx.now if last is None else max(tx.now, last + _APART)}


def rung_from(danger: Danger | None, now: datetime) -> datetime | None:
    """When the first phone is rung for a ticket that opens; None: none is."""
    return now if danger in RINGS else None


def acted(
    tx: Transaction, ticket: Ticket, volunteer_id: int, deed: Deed, *, whom: BroughtIn | None = None, note_id: int | None = None
) -> TicketChanges:
    """What changes where somebody acts on a ticket: its phones rest. Nothing if nobody is in danger, or somebody has acted already.

    `whom`: who was brought in; `note_id`: of the note that says more.
    """
    if ticket.danger is None or ticket.acted_at is not None:
        return {}
    what: EventData = {"deed": deed} if whom is None else {"deed": deed, "whom": whom}
    happened(tx.session, ticket.id, EventKind.ACTED, now=tx.now, volunteer_id=volunteer_id, note_id=note_id, **what)
    alarms.settle(tx.session, ticket.id, AlarmKind.DANGER, now=tx.now)
    if ticket.sealed:  # if another one waits, it is told of again
        alarms.settle_about(tx.session, SEALS, AlarmKind.SEALED_DANGER, now=tx.now)
    return {"acted_at": tx.now, "next_ring_at": None, "head_told_at": None}


def acted_by_text(tx: Transaction, ticket: Ticket, text: Message) -> None:
    """A volunteer's text leaves: that is an act, if it was written since the danger was told of and nobody has acted before."""
    if text.volunteer_id is None or ticket.danger_at is None or text.created_at < ticket.danger_at or ticket.acted_at is not None:
        return
    if tickets.act(tx.session, ticket.id, told_at=ticket.danger_at, now=tx.now):
        acted(tx, ticket, text.volunteer_id, Deed.TEXTED)


def lowered(tx: Transaction, ticket: Ticket) -> TicketChanges:
    """What changes where a person who may says that nobody is in danger."""
    alarms.settle(tx.session, ticket.id, AlarmKind.DANGER, now=tx.now)
    return {"danger": None, "danger_at": None, "acted_at": None, "next_ring_at": None, "head_told_at": None}


def taken(rt: Runtime, tx: Transaction, ticket: Ticket, volunteer_id: int) -> TicketChanges:
    """What changes where a volunteer takes a ticket: all phones rest for some minutes.

    Once for each volunteer and danger: who takes it again and again does not act.
    """
    if not is_ringing(ticket) or events.has_taken(tx.session, ticket.id, volunteer_id, since=ticket.danger_at or ticket.opened_at):
        return {}
    until = tx.now + act_time(rt)
    rings.rest(tx.session, ticket.id, until=until)
    return {"next_ring_at": until}


def act_time(rt: Runtime) -> timedelta:
    """How long a phone, or a ticket that was taken, rests before phones ring again."""
    return timedelta(minutes=rt.config.duty.act_minutes)
