"""What a call leaves: a ticket, and recordings to fetch. The ticket opens as soon as there is something to lose, not at the end."""

from dataclasses import replace
from datetime import timedelta

from hotline.domain import category, texts
from hotline.domain.call import TO_VOLUNTEERS, CallDirection
from hotline.domain.danger import Danger, surer
from hotline.domain.lateness import lateness
from hotline.domain.look import Look, look_for_recording
from hotline.domain.ticket import Priority
from hotline.domain.walk import Step, Walk
from hotline.gateways.base import IncomingCall
from hotline.jobs import Job
from hotline.outbox import compose, queue_text
from hotline.runtime import Runtime, Transaction
from hotline.services.duty import callers
from hotline.services.tickets import meaning, opening, wishes
from hotline.services.tickets.danger import endangered
from hotline.storage import bridges, calls, contacts, pranks, recordings, tickets
from hotline.storage.callmodels import Call
from hotline.storage.contacts import ERASED
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact

ASK_AFTER = timedelta(minutes=10)
"""The gateway is asked about a call that did nothing for so long. A recording and its key take four minutes at the most."""

OPEN_AT_MOST = timedelta(hours=4)
"""A call that began longer ago is over, whatever the gateway says."""


class ToldMeanwhile(Exception):
    """A call that was not known a moment ago has been stored meanwhile. Start over: it is found, and locked before its contact."""


def leave(rt: Runtime, tx: Transaction, call: Call, before: Walk, after: Walk) -> int | None:
    """Leave what a step leaves: a ticket once there is a recording, a reference to tell or a danger; danger makes an existing ticket
    urgent and puts it on hold. A step that is told after the end of its call leaves what it would have left in time.

    Returns the id of the call's ticket, or None, for the service to store with the step.
    """
    is_late = call.ended_at is not None and after.leaves_something
    if call.ticket_id is not None:
        _add(rt, tx, call, before, after)
        ticket_id = call.ticket_id
    elif after.danger or after.takes or after.step is Step.TOLD or is_late:
        ticket_id = open_ticket(rt, tx, call, after)
    else:
        return None
    if after.danger and not before.danger:
        recordings.sooner(tx.session, call.id)
    return ticket_id


def _add(rt: Runtime, tx: Transaction, call: Call, before: Walk, after: Walk) -> None:
    """Add to the ticket of a call what was keyed after it had opened."""
    ticket_id = call.ticket_id
    if ticket_id is None:
        return
    _tell(
        tx,
        ticket_id,
        must_be_silent=after.must_be_silent and not before.must_be_silent,
        wants_call=after.wants_call and not before.wants_call,
    )
    if _keyed_danger(before, after):
        ticket = tickets.locked(tx.session, ticket_id)
        changes = endangered(tx, ticket, Danger.KEYED)
        changes["unread"] = True
        tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, **changes)
    if after.wants_woman and not before.wants_woman:
        wishes.ask_for_woman(tx, ticket_id)
    named = next((c for c in rt.categories if c.code == after.category), None)
    if named is not None and after.category != before.category:
        meant = replace(meaning.read_words(rt, "", named=named), hits=(named.code,))
        meaning.add(rt, tx, tickets.locked(tx.session, ticket_id), meant, unread=True)
    late = lateness(call.stepped_at, tx.now)
    if after.agreed and not before.agreed and not late.is_persons(danger=after.danger):
        contact = tx.session.get_one(Contact, call.contact_id)
        queue_text(
            rt,
            tx,
            texts.RECEIPT,
            contact,
            ticket_id=ticket_id,
            ref=tickets.reference_of(tx.session, ticket_id),
            answers_id=None,
            urgent=after.danger,
            late=late,
        )


def _tell(tx: Transaction, ticket_id: int, *, must_be_silent: bool, wants_call: bool) -> None:
    """Put on a ticket what its caller keyed: silence is asked for, a call is promised."""
    if must_be_silent:
        happened(tx.session, ticket_id, EventKind.MUST_BE_SILENT, now=tx.now)
    if wants_call and bridges.promise(tx.session, ticket_id, now=tx.now):
        happened(tx.session, ticket_id, EventKind.CALL_PROMISED, now=tx.now, by="call")


def _keyed_danger(before: Walk, after: Walk) -> bool:
    """Whether the caller pressed 0, perhaps not for the first time."""
    in_hand = (Step.DANGER, Step.DUTY)
    return after.danger and (not before.danger or (after.step in in_hand and before.step not in in_hand))


def open_ticket(rt: Runtime, tx: Transaction, call: Call, walk: Walk) -> int:
    """Open the ticket of a call, by what was keyed; returns its id, for the service to store in the call. The reference is texted only if
    the caller agreed to texts."""
    shown = next((c for c in rt.categories if c.code == walk.category), category.fallback(rt.categories))
    danger = surer(Danger.KEYED if walk.danger else None, shown.danger)
    late = lateness(call.stepped_at, tx.now)  # what was keyed while the database was away is told later
    is_texted = walk.agreed and not late.is_persons(danger=danger is not None)
    contact = tx.session.get_one(Contact, call.contact_id) if is_texted else None
    opened = opening.open_ticket(
        tx,
        {"category": shown.code, "hits": (), "by": "call"},
        ticket={
            "contact_id": call.contact_id,
            "category": shown.code,
            "priority": Priority.URGENT if walk.danger else shown.priority,
            "sealed": shown.sealed,
            "hold": shown.quiet or walk.danger,
            "wants_woman": walk.wants_woman,
            "danger": danger,
        },
        receipt=lambda ref: (
            compose(rt, tx, texts.RECEIPT, contact, ref=ref, is_answer=False, urgent=danger is not None, late=late) if contact else None
        ),
    )
    _tell(tx, opened.ticket_id, must_be_silent=walk.must_be_silent, wants_call=walk.wants_call)
    return opened.ticket_id


def is_heard(incoming: IncomingCall, *, silence_s: int) -> bool:
    """Whether anything was said after the beep, as far as its length tells: silence alone ends by itself, after `silence_s`. What a key
    ended, or the end of the call, counts as said."""
    if incoming.recording_id is None or incoming.recorded_s is None:
        return incoming.recording_id is not None
    ended_by_caller = incoming.hung_up or incoming.keys != ""
    return incoming.recorded_s > (0 if ended_by_caller else silence_s)


def keep_recording(rt: Runtime, tx: Transaction, call: Call, walk: Walk, incoming: IncomingCall) -> None:
    """Note that the gateway has a recording of the call. It opens a ticket, unless there is one. Only the silence before any choice waits
    for that until the call is over: what is chosen after it belongs to the ticket."""
    if incoming.recording_id is None or call.direction in TO_VOLUNTEERS:  # a phone of staff was rung: this is no complaint
        return
    heard = is_heard(incoming, silence_s=rt.config.voice.silence_s)
    pressing = any(c.code == walk.category and c.priority is Priority.URGENT for c in rt.categories)
    may_be_danger = walk.danger or walk.early or pressing or not heard
    look = look_for_recording(danger=may_be_danger, other_language=walk.other_language, seconds=incoming.recorded_s)
    if recordings.note(
        tx.session,
        call_id=call.id,
        gateway=call.gateway,
        gateway_id=incoming.recording_id,
        promised_s=incoming.recorded_s,
        look=look.for_prankster() if pranks.is_marked(tx.session, call.contact_id) else look,
        now=tx.now,
    ):
        tx.ring(Job.FETCH_RECORDINGS)
    waits = walk.early and not heard and call.ended_at is None
    if call.ticket_id is None and incoming.recorded_s != 0 and not waits:
        calls.store(tx.session, call, ticket_id=open_ticket(rt, tx, call, walk))


def receive_recording(rt: Runtime, incoming: IncomingCall) -> None:
    """The gateway tells of a recording: before or after the end of the call, late, twice, or of a call we never heard of."""
    try:
        with rt.transaction() as tx:
            call = calls.locked(tx.session, incoming.gateway, incoming.gateway_id) or unheard_of(rt, tx, incoming)
            if contacts.locked(tx.session, call.contact_id).kind == ERASED:
                _forget_recording(tx, call, incoming)
                return
            keep_recording(rt, tx, call, Walk.from_row(call.walk), incoming)
    except ToldMeanwhile:
        receive_recording(rt, incoming)


def _forget_recording(tx: Transaction, call: Call, incoming: IncomingCall) -> None:
    """The caller was erased meanwhile: no ticket opens, and a worker has the gateway delete the recording."""
    if incoming.recording_id is None:
        return
    if recordings.note(
        tx.session,
        call_id=call.id,
        gateway=incoming.gateway,
        gateway_id=incoming.recording_id,
        promised_s=incoming.recorded_s,
        look=Look.LAST,
        now=tx.now,
    ):
        tx.ring(Job.FETCH_RECORDINGS)


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
