"""What a call leaves: a ticket, a recording on its way. Opened as soon as there is something to lose, not at the end."""

import secrets
from datetime import timedelta

from hotline.alarms import AlarmKind
from hotline.domain import category, phone, reference, texts
from hotline.domain.phone import SenderKind
from hotline.domain.ticket import Priority
from hotline.domain.walk import Step, Walk
from hotline.gateways.base import IncomingCall
from hotline.jobs import Job
from hotline.outbox import compose
from hotline.runtime import Runtime, Transaction
from hotline.storage import alarms, arrivals, calls, contacts, recordings, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Call, Contact

ASK_AFTER = timedelta(minutes=10)
"""A call of which nothing was heard for so long is asked about at the gateway; a recording and its key take four at the most."""

SILENT_S = 0
"""What is left of silence once it is trimmed. A shout for help is a second long: what may be one is kept."""


def leave(rt: Runtime, tx: Transaction, call: Call, before: Walk, after: Walk) -> int | None:
    """What a step leaves: a ticket once there is a number to be told or a danger to be met; danger raises the one there is. The id of
    the call's ticket, to be stored with the step."""
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
    """The ticket of a call, by what she keyed; its reference is texted only to a phone that agreed. Its id is to be stored in the call."""
    shown = next((c for c in rt.categories if c.code == walk.category), category.fallback(rt.categories))
    contact = tx.session.get_one(Contact, call.contact_id) if walk.agreed else None
    ticket_id = None
    while ticket_id is None:  # a reference is drawn again if it is taken
        ref = reference.draw(secrets.randbelow)
        ticket_id, _ = arrivals.store(
            tx.session,
            ticket=tickets.new(
                reference=ref,
                contact_id=call.contact_id,
                category=shown.code,
                priority=Priority.URGENT if walk.danger else shown.priority,
                sealed=shown.sealed,
                hold=shown.hold or walk.danger,
                opened_at=tx.now,
                changed_at=tx.now,
            ),
            event={"kind": EventKind.OPENED, "happened_at": tx.now, "data": {"category": shown.code, "hits": (), "by": "call"}},
            text=None,
            receipt=compose(rt, tx, texts.RECEIPT, contact, ref=ref, is_answer=False) if contact else None,
        )
    tx.ring(Job.ROUTE_DUE)
    return ticket_id


def keep_recording(rt: Runtime, tx: Transaction, call: Call, walk: Walk, told: IncomingCall) -> None:
    """Note that the gateway has a recording of the call. One in which something may be heard opens the ticket, if there is none."""
    if told.recording_id is None:
        return
    promised_s = told.recorded_s
    if recordings.note(tx.session, call_id=call.id, gateway=call.gateway, gateway_id=told.recording_id, promised_s=promised_s, now=tx.now):
        tx.ring(Job.FETCH_RECORDINGS)
    if call.ticket_id is None and (promised_s is None or promised_s > SILENT_S):
        calls.store(tx.session, call, ticket_id=open_ticket(rt, tx, call, walk))


def receive_recording(rt: Runtime, told: IncomingCall) -> None:
    """The gateway tells of a recording: before the call's end or after it, late, twice, or of a call we never heard of."""
    with rt.transaction() as tx:
        call = calls.locked(tx.session, told.gateway, told.gateway_id) or unheard_of(rt, tx, told)
        contacts.locked(tx.session, call.contact_id)
        keep_recording(rt, tx, call, Walk.from_row(call.walk), told)


def unheard_of(rt: Runtime, tx: Transaction, told: IncomingCall) -> Call:
    """A call that is over and began while the database was away (reports of recordings do not say whose it was), or one of ours whose
    end is told before our own request for it was answered."""
    sender = phone.read_sender(told.caller, rt.config.numbers.region)
    contact = contacts.meet(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)
    placing = calls.being_placed(tx.session, contact.id) if told.ours else None
    if placing is not None:
        calls.store(tx.session, placing, gateway_id=told.gateway_id)
        return placing
    walk = Walk(Step.GONE, rt.config.voice.languages[0], withheld=sender.kind is not SenderKind.PHONE)
    calls.keep(
        tx.session,
        now=tx.now,
        direction="in",
        gateway=told.gateway,
        gateway_id=told.gateway_id,
        contact_id=contact.id,
        walk=walk.as_row(),
        ended_at=tx.now,
        next_attempt_at=None,
    )
    call = calls.locked(tx.session, told.gateway, told.gateway_id)
    assert call is not None  # noqa: S101 - it was stored just now, by us or by another
    return call


def tell_taken(tx: Transaction, call: Call) -> None:
    """Somebody of the duty line has taken the call."""
    if call.ticket_id is not None:
        happened(tx.session, call.ticket_id, EventKind.DUTY_TAKEN, now=tx.now)


def _raise(tx: Transaction, ticket_id: int) -> None:
    ticket = tickets.locked(tx.session, ticket_id)
    tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, priority=Priority.URGENT, hold=True, unread=True, routed_at=None)
    if ticket.priority != Priority.URGENT:
        happened(tx.session, ticket_id, EventKind.RAISED, now=tx.now, to=Priority.URGENT)
    if not ticket.hold:
        happened(tx.session, ticket_id, EventKind.HELD, now=tx.now)
    alarms.reopen(tx.session, ticket_id, AlarmKind.URGENT, now=tx.now)  # acknowledged for what it was before
    tx.ring(Job.ROUTE_DUE)
