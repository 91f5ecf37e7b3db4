"""What a call leaves: a ticket, and recordings to fetch. The ticket opens as soon as there is something to lose, not at the end."""

from datetime import timedelta

from hotline.domain import category, texts
from hotline.domain.call import CallDirection
from hotline.domain.ticket import Priority
from hotline.domain.walk import Step, Walk
from hotline.gateways.base import IncomingCall
from hotline.jobs import Job
from hotline.outbox import compose
from hotline.runtime import Runtime, Transaction
from hotline.services.duty import callers
from hotline.services.tickets import opening
from hotline.storage import alarms, calls, contacts, recordings, tickets
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact

ASK_AFTER = timedelta(minutes=10)
"""The gateway is asked about a call that did nothing for so long. A recording and its key take four minutes at the most."""

OPEN_AT_MOST = timedelta(hours=4)
"""A call that began longer ago is over, whatever the gateway says."""

SILENT_S = 0
"""How many seconds of silence are left once it is trimmed. A shout for help lasts a second, so anything longer than this is kept."""


class ToldMeanwhile(Exception):
    """A call that was not known a moment ago has been stored meanwhile. Start over: it is found, and locked before its contact."""


def leave(rt: Runtime, tx: Transaction, call: Call, before: Walk, after: Walk) -> int | None:
    """Leave what a step leaves: a ticket once there is a recording, a reference to tell or a danger; danger makes an existing ticket
    urgent and puts it on hold. Returns the id of the call's ticket, or None, for the service to store with the step."""
    ticket_id = call.ticket_id
    pressed_danger = after.step is Step.DANGER and before.step is not Step.DANGER
    if ticket_id is None and (after.danger or after.takes or (after.step is Step.TOLD)):
        ticket_id = open_ticket(rt, tx, call, after)
    elif ticket_id is not None and pressed_danger:
        _raise(tx, ticket_id)
    if pressed_danger and ticket_id is not None:
        happened(tx.session, ticket_id, EventKind.DANGER, now=tx.now)
    return ticket_id


def open_ticket(rt: Runtime, tx: Transaction, call: Call, walk: Walk) -> int:
    """Open the ticket of a call, by what was keyed; returns its id, for the service to store in the call. The reference is texted only if
    the caller agreed."""
    shown = next((c for c in rt.categories if c.code == walk.category), category.fallback(rt.categories))
    contact = tx.session.get_one(Contact, call.contact_id) if walk.agreed else None
    opened = opening.open_ticket(
        tx,
        {"category": shown.code, "hits": (), "by": "call"},
        ticket={
            "contact_id": call.contact_id,
            "category": shown.code,
            "priority": Priority.URGENT if walk.danger else shown.priority,
            "sealed": shown.sealed,
            "hold": shown.hold or walk.danger,
        },
        receipt=lambda ref: compose(rt, tx, texts.RECEIPT, contact, ref=ref, is_answer=False) if contact else None,
    )
    return opened.ticket_id


def keep_recording(rt: Runtime, tx: Transaction, call: Call, walk: Walk, incoming: IncomingCall) -> None:
    """Note that the gateway has a recording of the call. If something may be heard in it, it opens a ticket unless there is one."""
    if incoming.recording_id is None or call.direction == CallDirection.ALARM:  # a volunteer's phone was rung: this is no complaint
        return
    promised_s = incoming.recorded_s
    if recordings.note(
        tx.session, call_id=call.id, gateway=call.gateway, gateway_id=incoming.recording_id, promised_s=promised_s, now=tx.now
    ):
        tx.ring(Job.FETCH_RECORDINGS)
    if call.ticket_id is None and (promised_s is None or promised_s > SILENT_S):
        calls.store(tx.session, call, ticket_id=open_ticket(rt, tx, call, walk))


def receive_recording(rt: Runtime, incoming: IncomingCall) -> None:
    """The gateway tells of a recording: before or after the end of the call, late, twice, or of a call we never heard of."""
    try:
        with rt.transaction() as tx:
            call = calls.locked(tx.session, incoming.gateway, incoming.gateway_id) or unheard_of(rt, tx, incoming)
            contacts.locked(tx.session, call.contact_id)
            keep_recording(rt, tx, call, Walk.from_row(call.walk), incoming)
    except ToldMeanwhile:
        receive_recording(rt, incoming)


def unheard_of(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> Call:
    """Store a call that is over and began while the database was away. (Reports of recordings do not say whose call it was.)

    Raises `ToldMeanwhile` if the call is known by now: the contact is locked already, and everybody else locks the call first.
    """
    contact = callers.meet(rt, tx, incoming)
    walk = Walk(Step.GONE, rt.config.voice.languages[0], withheld=callers.is_withheld(contact))
    kept = calls.keep(
        tx.session,
        now=tx.now,
        direction=CallDirection.IN,
        gateway=incoming.gateway,
        gateway_id=incoming.gateway_id,
        contact_id=contact.id,
        walk=walk.as_row(),
        ended_at=tx.now,
        next_attempt_at=None,
    )
    if kept is None:
        raise ToldMeanwhile
    return tx.session.get_one(Call, kept)


def tell_taken(tx: Transaction, call: Call) -> None:
    """Note on the ticket that a volunteer of the duty line has taken the call."""
    if call.ticket_id is not None:
        happened(tx.session, call.ticket_id, EventKind.DUTY_TAKEN, now=tx.now)


def _raise(tx: Transaction, ticket_id: int) -> None:
    ticket = tickets.locked(tx.session, ticket_id)
    tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, priority=Priority.URGENT, hold=True, unread=True, routed_at=None)
    if ticket.priority != Priority.URGENT:
        happened(tx.session, ticket_id, EventKind.RAISED, now=tx.now, to=Priority.URGENT)
    if not ticket.hold:
        happened(tx.session, ticket_id, EventKind.HELD, now=tx.now)
    alarms.reopen(tx.session, ticket_id, now=tx.now)  # it may have been acknowledged before the danger was known
    tx.ring(Job.ROUTE_DUE)
