"""A call goes on step by step. What was keyed is saved before the next step is heard, so nothing is lost when the line drops."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from hotline.domain import answers, phone, voice
from hotline.domain import menu as table
from hotline.domain.call import OURS, TO_VOLUNTEERS, CallDirection
from hotline.domain.languages import heard_in
from hotline.domain.voice import Action, Hush, Reject
from hotline.domain.walk import Consent, Menu, Step, Walk
from hotline.gateways.base import IncomingCall, LegReport
from hotline.runtime import Runtime, Transaction
from hotline.services.calls import bridging, dutyline, leavings, missedcalls
from hotline.services.calls.leavings import ASK_AFTER
from hotline.services.duty import callers, next_shift, paging, ringtests
from hotline.services.tickets import lookups, meeting, wishes
from hotline.storage import calls, contacts, tickets
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from hotline.storage.ringtests import AnsweredBy
from hotline.storage.rows import CallChanges


@dataclass(frozen=True)
class CallAnswer:
    """What is heard next. The answer to it carries `turn`. `ring_s` is how many seconds another phone is rung: one of the duty line, or
    the citizen's, whose number is `joins`. `hush`: which caller hears nothing if the call breaks off."""

    actions: tuple[Action, ...]
    call_id: int = 0
    turn: int = 0
    ring_s: int = 0
    joins: str | None = field(default=None, repr=False)
    hush: Hush = Hush.NEVER


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
    """A call of ours was answered. "Press 1" is heard, or what a volunteer's own phone is told, and nothing else until a key comes."""
    with rt.transaction(ahead=True) as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is not None and call.direction in OURS and call.gateway_id in (None, incoming.gateway_id):
            if call.gateway_id is None:  # the phone was answered before the gateway's reply to our request was stored
                told: CallChanges = {"gateway": incoming.gateway, "gateway_id": incoming.gateway_id}
                told |= {"reason": None, "ended_at": None, "next_attempt_at": tx.now + ASK_AFTER}
                calls.store(tx.session, call, **told)
            if call.direction == CallDirection.BRIDGE and bridging.is_over(tx, call):
                return CallAnswer((voice.HangUp(),))
            return _turn(rt, tx, call, Walk.from_row(call.walk))
    return CallAnswer((voice.HangUp(),))  # not a call that we placed, so nothing is said


def press_key(rt: Runtime, incoming: IncomingCall, turn: int, *, is_alarm: bool = False) -> CallAnswer:
    """A key, or none, is the answer to turn `turn`. If that turn was answered before, only danger still counts; else nothing changes, and
    the present step is heard.

    A call that is not known begins again, unless it is an alarm.
    """

    def move(walk: Walk, menu: Menu) -> Walk:
        return table.press(walk, menu, incoming.keys, turn=turn)

    def late(walk: Walk, menu: Menu, now_at: int) -> Walk | None:
        return table.overtaken(walk, menu, incoming.keys, turn=turn, now_at=now_at)

    return _answered(rt, incoming, turn, move, late=late, begins=not is_alarm)


def end_recording(rt: Runtime, incoming: IncomingCall, turn: int) -> CallAnswer:
    """The gateway has what was said after the beep. It is kept whatever the turn: a second report may bring what the first lacked."""
    is_heard = leavings.is_heard(incoming, silence_s=rt.config.voice.silence_s)

    def move(walk: Walk, menu: Menu) -> Walk:
        if incoming.hung_up:
            return table.go(replace(walk, takes=walk.takes + is_heard), Step.GONE)
        return table.recorded(walk, menu, heard=is_heard, key=incoming.keys)

    return _answered(rt, incoming, turn, move, only_recording=True)


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


def end_join(rt: Runtime, incoming: IncomingCall, told: LegReport) -> CallAnswer:
    """The citizen's phone was rung, and perhaps joined with the volunteer's. The volunteer hears nothing more."""
    with rt.transaction(ahead=True) as tx:
        call = calls.locked(tx.session, incoming.gateway, incoming.gateway_id)
        if call is not None and call.direction == CallDirection.BRIDGE:
            bridging.go_on(tx, call.id, told.leg, told.duration_s)
            walk = Walk.from_row(call.walk)
            if walk.step is Step.JOINED:
                calls.store(tx.session, call, walk=table.go(walk, Step.GONE).as_row(), turn=call.turn + 1, stepped_at=tx.now)
    return CallAnswer((voice.HangUp(),))


def duty_call(rt: Runtime) -> CallAnswer:
    """What a phone of the duty line hears when it is answered."""
    return CallAnswer(voice.duty_call(heard_in(rt.config.conversation.default_language), menu_of(rt)))


def take_duty(rt: Runtime, call_id: int, keys: str, *, was_joined: bool = False) -> bool:
    """A volunteer of the duty line pressed a key: 1 takes the call. False if it was another key, or if the caller no longer waits.

    `was_joined`: the two were joined already, as the database was away: it is noted, whatever became of the call since.
    """
    if keys != "1":
        return False
    with rt.transaction(ahead=True) as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is None:
            return False
        if not was_joined and (call.ended_at is not None or Walk.from_row(call.walk).step is not Step.DUTY):
            return False
        if not call.duty_taken:  # the gateway may report a key twice
            calls.store(tx.session, call, duty_taken=True)
            leavings.tell_taken(tx, call)
    return True


def _answered(
    rt: Runtime,
    incoming: IncomingCall,
    turn: int,
    move: Move,
    *,
    late: Callable[[Walk, Menu, int], Walk | None] | None = None,
    only_recording: bool = False,
    begins: bool = True,
) -> CallAnswer:
    """Move a call on, if `turn` is its present turn, and keep its recording.

    `late` may move it if `turn` is an earlier one. `only_recording`: it moves only from a step that records; `begins`: whether a call that
    is not known begins again.
    """
    with rt.transaction(ahead=True) as tx:
        found = calls.locked_with_contact(tx.session, incoming.gateway, incoming.gateway_id)
        if found is not None:
            call, contact = found
            walk, menu, after = Walk.from_row(call.walk), menu_of(rt), None
            if turn == call.turn and (walk.records or not only_recording):
                after = move(walk, menu)
            elif turn < call.turn and late is not None and call.direction not in TO_VOLUNTEERS:
                after = late(walk, menu, call.turn)
            if after is not None:
                walk = _settle(rt, tx, call, contact, after, incoming=incoming)
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
    if call.direction in TO_VOLUNTEERS:
        after = _by_volunteer(rt, tx, call, before, after, keys=incoming.keys)
    if before.step in (Step.OPENING, Step.LANGUAGE) and after.step is Step.MAIN and incoming.keys.isdigit():
        _speak(tx, contact, after.language)
    after = _keeping_no(before, after)
    if _rings_duty(before, after):
        after = replace(after, duty_index=dutyline.first_phone(rt, tx))
    changes |= _keyed(before, after, tx.now)
    ticket_id = leavings.leave(rt, tx, call, before, after)
    no_texts, no_calls = _unsafe(before, after)
    if no_texts or no_calls:
        wishes.refuse(tx, contact.id, texts=no_texts, calls=no_calls, ticket_id=ticket_id, by="call")
    changes |= {"walk": after.as_row(), "turn": call.turn + 1, "stepped_at": tx.now, "ticket_id": ticket_id}
    if call.ended_at is None:
        changes["next_attempt_at"] = tx.now + ASK_AFTER
    calls.store(tx.session, call, **changes)
    return after


def _rings_duty(before: Walk, after: Walk) -> bool:
    """Whether the duty line rings from this step on, perhaps for the second time."""
    return after.step is Step.DUTY and before.step is not Step.DUTY


def _keyed(before: Walk, after: Walk, now: datetime) -> CallChanges:
    """What a step changes in the row of the call: each consent, and the danger."""
    changes: CallChanges = {}
    if after.consent is not before.consent:
        changes["consent"] = after.consent
    if after.call_consent is not before.call_consent:
        changes["call_consent"] = after.call_consent
    if after.danger and not before.danger:
        changes["danger_at"] = now
    if _rings_duty(before, after):
        changes |= {"danger_at": now, "duty_taken": False}
    return changes


def _keeping_no(before: Walk, after: Walk) -> Walk:
    """The walk with each "no" that was keyed before: a key does not take it back, for another may hold the phone by now."""
    if before.consent is Consent.NO:
        after = replace(after, consent=Consent.NO)
    return replace(after, call_consent=Consent.NO) if before.call_consent is Consent.NO else after


def _unsafe(before: Walk, after: Walk) -> tuple[bool, bool]:
    """Whether the caller says at this step that texts are not safe, and that calls are not: by a no, or because the caller cannot speak.

    Silence says nothing about the phone in general. For its own call it is a no all the same (`outgoing.due`).
    """
    is_overheard = after.must_be_silent and not before.must_be_silent
    no_texts = after.consent is Consent.NO and before.consent is not Consent.NO
    no_calls = after.call_consent is Consent.NO and before.call_consent is not Consent.NO
    return is_overheard or no_texts, is_overheard or no_calls


def _by_volunteer(rt: Runtime, tx: Transaction, call: Call, before: Walk, after: Walk, *, keys: str) -> Walk:
    """What a key on a volunteer's own phone does; returns where the call goes."""
    if before.step is Step.ALARM and keys == table.SEEN:
        paging.acknowledge(rt, tx, call.contact_id)
    if before.step is Step.TEST and keys == table.SEEN:
        ringtests.answer(tx, call.contact_id, AnsweredBy.CALL)
    if before.step is Step.READY and after.step is Step.JOINED:
        return bridging.take(rt, tx, call, after)
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
    named = lookups.named(rt, tx, found, call.contact_id) if found is not None else None
    own = named is not None and named.own
    told = answers.told(named.status if named is not None else None, own=own, lookups_left=left)
    return told.prompt.key, int(not own)


def _turn(rt: Runtime, tx: Transaction, call: Call, walk: Walk) -> CallAnswer:
    reference = tickets.reference_of(tx.session, call.ticket_id) if walk.step is Step.TOLD and call.ticket_id else None
    ring_s = dutyline.ring_s(rt.config.voice, call, walk, tx.now) if walk.step is Step.DUTY else 0
    if walk.step is Step.JOINED:
        # Asked again, as when our first answer was lost. Once the gateway has said that the phone rings, it is not rung again.
        joins = bridging.number_to_ring(rt, tx, call)
        heard = voice.heard(walk, menu_of(rt), None) if joins is not None else (voice.HangUp(),)
        return CallAnswer(heard, call.id, call.turn, bridging.RINGS_S, joins)
    here = next_shift.here(rt, tx) if walk.step is Step.TOLD and not _is_attended(rt, call, walk) else None
    return CallAnswer(voice.heard(walk, menu_of(rt), reference, here), call.id, call.turn, ring_s, hush=voice.hush(walk))


def _is_attended(rt: Runtime, call: Call, walk: Walk) -> bool:
    """Whether somebody of the duty line has talked to the caller, or is alarmed about this call at any hour."""
    return call.duty_taken or (walk.danger and rt.config.voice.duty_line != ())
