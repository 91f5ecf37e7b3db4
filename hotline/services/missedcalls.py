"""Missed calls: with no balance people ring and hang up, and the whole country knows what it means. Ours are called back, once."""

from dataclasses import dataclass
from datetime import timedelta

from hotline.domain import menu, phone
from hotline.domain.phone import SenderKind
from hotline.gateways.base import CallGateway, GatewayError, IncomingCall, Outcome
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.leavings import ASK_AFTER
from hotline.storage import calls, contacts
from hotline.storage.models import Call, Contact

BATCH = 20

_FRESH_FOR = timedelta(minutes=5)
"""A call back that could not be placed by then is not placed: who rings by now is a stranger to her evening."""

_AGAIN_AFTER = timedelta(seconds=5)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Due:
    """A call to place."""

    call_id: int
    to: str


def note_missed(rt: Runtime, tx: Transaction, told: IncomingCall) -> None:
    """Somebody rang the missed-call number. It goes into the book, and where it may be, a call of ours becomes due."""
    sender = phone.read_sender(told.caller, rt.config.numbers.region)
    contact = contacts.meet(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)
    hers = contacts.locked(tx.session, contact.id)
    reason = _why_not(rt, tx, hers)
    walk = menu.begin(rt.config.voice.languages[0], known=False, withheld=hers.kind != SenderKind.PHONE, called_back=True).as_row()
    calls.keep(
        tx.session,
        now=tx.now,
        direction="missed",
        gateway=told.gateway,
        gateway_id=told.gateway_id,
        contact_id=hers.id,
        walk=walk,
        reason=reason,
        ended_at=tx.now,
        next_attempt_at=None,
    )
    if reason is None:
        row = {"direction": "back", "gateway": told.gateway, "gateway_id": None, "contact_id": hers.id, "walk": walk}
        calls.keep(tx.session, now=tx.now, next_attempt_at=tx.now, **row)
        tx.ring(Job.CALL_BACK_DUE)


def _why_not(rt: Runtime, tx: Transaction, contact: Contact) -> str | None:
    """Why a phone is not called back; None: it is."""
    if not _is_fit(rt, contact):
        return "unfit"
    if not contact.may_call or contact.on_hold:
        return "not_safe"
    if rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None:
        return "hours"
    if calls.is_called_back(tx.session, contact.id):
        return "under_way"
    if calls.count_backs(tx.session, contact.id, since=tx.now - _DAY) >= rt.config.voice.call_backs_per_day:
        return "enough"
    return None


def _is_fit(rt: Runtime, contact: Contact) -> bool:
    """Whether this is a phone we would ring at all. Not one of ours: a call that was forwarded here would go round for ever."""
    voice = rt.config.voice
    is_ours = contact.address in (voice.number, voice.missed_call_number, *voice.duty_line)
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not is_ours and phone.costs_no_premium(contact.address or "")


def call_back_due(rt: Runtime, gateway: CallGateway) -> bool:
    """Place the calls that are due; True if there may be more. A call is placed once: where nobody knows whether it was, it was."""
    due = _claim(rt)
    for one in due:
        try:
            gateway_id = gateway.place_call(one.to, one.call_id)
        except GatewayError as fault:
            logger().warning("a missed call could not be called back", code=fault.code, outcome=fault.outcome)
            _store_failure(rt, one.call_id, fault)
            continue
        with rt.transaction() as tx:
            call = calls.locked_by_id(tx.session, one.call_id)
            if call is not None and call.gateway_id is None:  # answered already: then the call itself has told us
                calls.store(tx.session, call, gateway_id=gateway_id, reason=None, next_attempt_at=tx.now + ASK_AFTER)
    return len(due) == BATCH


def _claim(rt: Runtime) -> list[_Due]:
    with rt.transaction() as tx:
        claimed = []
        for call, contact in calls.to_call_back(tx.session, now=tx.now, limit=BATCH):
            reason = _still_not(rt, tx, call, contact)
            calls.store(tx.session, call, reason=reason or calls.PLACING, next_attempt_at=None, ended_at=tx.now if reason else None)
            if reason is None:
                claimed.append(_Due(call.id, contact.address or ""))
    return claimed


def _still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> str | None:
    if tx.now - call.started_at > _FRESH_FOR:
        return "too_late"
    if not contact.may_call or contact.on_hold:
        return "not_safe"
    closed = rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None
    return "hours" if closed else None


def _store_failure(rt: Runtime, call_id: int, fault: GatewayError) -> None:
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is None or call.gateway_id is not None:
            return
        if fault.outcome is Outcome.NOT_SENT:
            calls.store(tx.session, call, reason=None, next_attempt_at=tx.now + _AGAIN_AFTER)
        else:
            calls.store(tx.session, call, reason=fault.code[:16], ended_at=tx.now)
