"""A call goes on step by step. What was keyed is saved before the next step is heard, so nothing is lost when the line drops."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hotline.domain import answers, phone, voice
from hotline.domain import menu as table
from hotline.domain.call import OURS, CallDirection
from hotline.domain.languages import heard_in
from hotline.domain.voice import Action, Reject
from hotline.domain.walk import Consent, Menu, Step, Walk
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime, Transaction
from hotline.services.calls import dutyline, leavings, missedcalls
from hotline.services.calls.leavings import ASK_AFTER
from hotline.services.duty import callers, paging
from hotline.services.tickets import lookups, meeting
from hotline.storage import calls, contacts, tickets
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from hotline.storage.rows import CallChanges


@dataclass(frozen=True)
class CallAnswer:
    """What is heard next. The answer to it carries `turn`. `ring_s` is how many seconds a phone of the duty line is rung."""

    actions: tuple[Action, ...]
    call_id: int = 0
    turn: int = 0
    ring_s: int = 0


Move = Callable[[Walk, Menu], Walk]


class _SeenBefore(Exception):
    """The gateway has told of this call before, or is doing so at this instant: it is not stored again."""


def menu_of(rt: Runtime) -> Menu:
    """The menu of this deployment."""
    settings = rt.config.voice
    keyed = sorted((str(c.key), c.code) for c in rt.categories if c.key is not None)
    careful = frozenset(c.code for c in rt.categories if c.sealed or c.hold)
    return Menu(
        languages=settings.languages,
        categories=tuple(keyed),
        careful=careful,
        duty_phones=len(settings.duty_line),
        police=rt.config.numbers.police,
        key_wait_s=settings.key_wait_s,
        silence_s=settings.silence_s,
        recording_s=settings.recording_s,
    )


def start_call(rt: Runtime, incoming: IncomingCall) -> CallAnswer:
    """A call comes in, or the gateway tells of it again. A call to the missed-call number is never answered; it is called back soon."""
    missed = rt.config.voice.missed_call_number
    if missed and phone.read_sender(incoming.line, rt.config.numbers.region).address == missed:
        return _hear_again(rt, incoming)
    try:  # nearly every call is new: nothing is looked up first
        with rt.transaction(ahead=True) as tx:
            call_id, walk = _meet(rt, tx, incoming)
            return CallAnswer(voice.heard(walk, menu_of(rt), None), call_id)
    except _SeenBefore:
        return _hear_again(rt, incoming)


def _hear_again(rt: Runtime, incoming: IncomingCall) -> CallAnswer:
    """What a known call hears. Any other call is one to the missed-call number: it is noted once, and rejected."""
    with rt.transaction(ahead=True) as tx:
        call = calls.locked(tx.session, incoming.gateway, incoming.gateway_id)
        if call is not None and call.direction != CallDirection.MISSED:
            return _turn(rt, tx, call, Walk.from_row(call.walk))
        if call is None:
            missedcalls.note_missed(rt, tx, incoming)
        return CallAnswer((Reject(),))


def _meet(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> tuple[int, Walk]:
    contact = callers.meet(rt, tx, incoming)
    spoken = heard_in(contact.language)
    known = spoken in rt.config.voice.languages and contacts.has_shown_language(tx.session, contact)
    language = spoken if known else rt.config.voice.languages[0]
    walk = table.begin(language, known=known, withheld=callers.is_withheld(contact))
    call_id = calls.keep(
        tx.session,
        now=tx.now,
        direction=CallDirection.IN,
        gateway=incoming.gateway,
        gateway_id=incoming.gateway_id,
        contact_id=contact.id,
        walk=walk.as_row(),
        next_attempt_at=tx.now + ASK_AFTER,
    )
    if call_id is None:
        raise _SeenBefore
    return call_id, walk


def answer_back(rt: Runtime, call_id: int, incoming: IncomingCall) -> CallAnswer:
    """A call of ours was answered. "Press 1" is heard, or that the page needs the volunteer, and nothing else until a key comes."""
    with rt.transaction(ahead=True) as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is not None and call.direction in OURS and call.gateway_id in (None, incoming.gateway_id):
            if call.gateway_id is None:  # the phone was answered before the gateway's reply to our request was stored
                asked_at = tx.now + ASK_AFTER
                calls.store(
                    tx.session, call, gateway=incoming.gateway, gateway_id=incoming.gateway_id, reason=None, next_attempt_at=asked_at
                )
            return _turn(rt, tx, call, Walk.from_row(call.walk))
    return CallAnswer((voice.HangUp(),))  # not a call that we placed, so nothing is said


def press_key(rt: Runtime, incoming: IncomingCall, turn: int, *, is_alarm: bool = False) -> CallAnswer:
    """A key, or none, is the answer to turn `turn`. If that turn was answered before, nothing changes and the present step is heard.

    A call that is not known begins again, unless it is an alarm.
    """

    def move(walk: Walk, menu: Menu) -> Walk:
        return table.press(walk, menu, incoming.keys, turn=turn)

    return _answered(rt, incoming, turn, move, begins=not is_alarm)


def end_recording(rt: Runtime, incoming: IncomingCall, turn: int) -> CallAnswer:
    """The gateway has what was said after the beep. It is kept whatever the turn: a second report may bring what the first lacked."""
    is_heard = incoming.recording_id is not None and (incoming.recorded_s is None or incoming.recorded_s > leavings.SILENT_S)

    def move(walk: Walk, _menu: Menu) -> Walk:
        if incoming.hung_up:
            return table.go(replace(walk, takes=walk.takes + is_heard), Step.GONE)
        return table.recorded(walk, heard=is_heard, key=incoming.keys)

    return _answered(rt, incoming, turn, move, only_at=Step.RECORD)


def end_dial(rt: Runtime, incoming: IncomingCall, turn: int) -> CallAnswer:
    """A phone of the duty line was rung. Only the call's row says whether the call was taken: a voicemail answers too."""

    with rt.transaction(ahead=True) as tx:
        found = calls.locked_with_contact(tx.session, incoming.gateway, incoming.gateway_id)
        if found is not None:
            call, contact = found
            walk = Walk.from_row(call.walk)
            if turn == call.turn and walk.step is Step.DUTY:
                on = table.dialled(walk, menu_of(rt), taken=call.duty_taken, time_left=dutyline.left_s(rt.config.voice, call, tx.now) > 0)
                walk = _settle(rt, tx, call, contact, on, incoming=incoming)
            return _turn(rt, tx, call, walk)
    return start_call(rt, incoming)


def duty_call(rt: Runtime) -> CallAnswer:
    """What a phone of the duty line hears when it is answered."""
    return CallAnswer(voice.duty_call(heard_in(rt.config.conversation.default_language), menu_of(rt)))


def take_duty(rt: Runtime, call_id: int, keys: str) -> bool:
    """A volunteer of the duty line pressed a key: 1 takes the call. False if it was another key, or if the caller no longer waits."""
    if keys != "1":
        return False
    with rt.transaction(ahead=True) as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is None or call.ended_at is not None or Walk.from_row(call.walk).step is not Step.DUTY:
            return False
        if not call.duty_taken:  # the gateway may report a key twice
            calls.store(tx.session, call, duty_taken=True)
            leavings.tell_taken(tx, call)
    return True


def _answered(
    rt: Runtime, incoming: IncomingCall, turn: int, move: Move, *, only_at: Step | None = None, begins: bool = True
) -> CallAnswer:
    """Move a call on, if `turn` is its present turn, and keep its recording. `only_at`: the step at which it moves; `begins`: whether
    a call that is not known begins again."""
    with rt.transaction(ahead=True) as tx:
        found = calls.locked_with_contact(tx.session, incoming.gateway, incoming.gateway_id)
        if found is not None:
            call, contact = found
            walk = Walk.from_row(call.walk)
            if turn == call.turn and only_at in (None, walk.step):
                walk = _settle(rt, tx, call, contact, move(walk, menu_of(rt)), incoming=incoming)
            leavings.keep_recording(rt, tx, call, walk, incoming)
            return _turn(rt, tx, call, walk)
    if not begins:
        return CallAnswer((voice.HangUp(),))
    # The database was away when this call began, so we do not know it. It begins again, and its recording is kept.
    began = start_call(rt, incoming)
    if incoming.recording_id is not None:
        leavings.receive_recording(rt, incoming)
    return began


def _settle(rt: Runtime, tx: Transaction, call: Call, contact: Contact, after: Walk, *, incoming: IncomingCall) -> Walk:
    """Save a step and what follows from it; returns the walk with what the service filled in. Both rows are locked."""
    before = Walk.from_row(call.walk)
    changes: CallChanges = {}
    if after.step is Step.STAGE and before.step is Step.ENTER:
        found, counts = _look_up(rt, tx, call, contact, "".join(c for c in incoming.keys if c.isdigit()))
        after = replace(after, found=found)
        changes["lookups"] = call.lookups + counts
    if before.step is Step.BACK and after.step not in (Step.BACK, Step.GONE):
        calls.serve_missed(tx.session, call.contact_id, since=call.started_at - ASK_AFTER)
    if before.step is Step.ALARM and incoming.keys == table.SEEN:
        paging.acknowledge(tx, call.contact_id)
    if before.step is Step.OPENING and after.step is Step.MAIN and incoming.keys.isdigit():
        _speak(tx, contact, after.language)
    if after.consent is not None and after.consent is not before.consent:
        changes["consent"] = after.consent
        # Silence says nothing about the phone in general. For this call it is a no all the same (`outgoing.due`).
        if after.consent is not Consent.SILENT:
            contacts.agree(tx.session, contact, may=after.agreed, now=tx.now)
    if after.danger and not before.danger:
        changes["danger_at"] = tx.now
    if after.step is Step.DUTY and before.step is Step.DANGER:  # the duty line rings from now on, perhaps for the second time
        after = replace(after, duty_index=dutyline.first_phone(rt, tx))
        changes |= {"danger_at": tx.now, "duty_taken": False}
    changes |= {
        "walk": after.as_row(),
        "turn": call.turn + 1,
        "stepped_at": tx.now,
        "ticket_id": leavings.leave(rt, tx, call, before, after),
    }
    if call.ended_at is None:
        changes["next_attempt_at"] = tx.now + ASK_AFTER
    calls.store(tx.session, call, **changes)
    return after


def _speak(tx: Transaction, contact: Contact, language: str) -> None:
    """The caller chose a language by its key. A contact who writes Roman Urdu and hears Urdu still gets texts in Roman Urdu."""
    written = contact.language if heard_in(contact.language) == language else language
    contacts.speak(tx.session, contact, written, named=True)


def _look_up(rt: Runtime, tx: Transaction, call: Call, contact: Contact, reference: str) -> tuple[str, int]:
    """The key of the prompt that answers a reference, and how many look-ups it counts for: 0 for the caller's own ticket."""
    found = next(iter(tickets.by_reference(tx.session, [reference])), None)
    left = min(lookups.left(rt, tx, call.contact_id), rt.config.voice.lookups_per_call - call.lookups)
    if callers.is_withheld(contact):
        left = min(left, lookups.left_to_withheld(rt, tx))
    if found is not None and left > 0:
        meeting.meet(tx, found, contact, by="call", spoke=True)  # callers choose a language by its key
    named = lookups.named(tx, found, call.contact_id) if found is not None else None
    own = named is not None and named.own
    told = answers.told(named.status if named is not None else None, own=own, lookups_left=left)
    return told.prompt.key, int(not own)


def _turn(rt: Runtime, tx: Transaction, call: Call, walk: Walk) -> CallAnswer:
    reference = tickets.reference_of(tx.session, call.ticket_id) if walk.step is Step.TOLD and call.ticket_id else None
    ring_s = dutyline.ring_s(rt.config.voice, call, walk, tx.now) if walk.step is Step.DUTY else 0
    return CallAnswer(voice.heard(walk, menu_of(rt), reference), call.id, call.turn, ring_s)
