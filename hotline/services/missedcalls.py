"""Missed calls: with no balance people ring and hang up, and the whole country knows what it means. Ours are called back, once."""

from dataclasses import dataclass
from datetime import timedelta

from hotline.domain import menu, phone
from hotline.domain.phone import SenderKind
from hotline.gateways.base import CallGateway, GatewayError, IncomingCall, Outcome
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services import callers
from hotline.services.leavings import ASK_AFTER
from hotline.storage import calls, contacts, tickets
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact

BATCH = 20

_FRESH_FOR = timedelta(minutes=5)
"""A call back that could not be placed by then is not placed: who rings by now is a stranger to her evening."""

_AGAIN_AFTER = timedelta(seconds=5)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class _Due:
    """A call to place."""

    call_id: int
    to: str


def note_missed(rt: Runtime, tx: Transaction, told: IncomingCall) -> None:
    """Somebody rang the missed-call number. It goes into the book, and where it may be, a call of ours becomes due."""
    caller = callers.meet(rt, tx, told)
    hers = contacts.locked(tx.session, caller.id)
    reason = _why_not(rt, tx, hers)
    walk = menu.begin(rt.config.voice.languages[0], known=False, withheld=callers.is_withheld(caller), called_back=True).as_row()
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
    if not _is_safe(tx, contact):
        return "not_safe"
    if rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None:
        return "hours"
    return _had_enough(rt, tx, contact)


def _had_enough(rt: Runtime, tx: Transaction, contact: Contact) -> str | None:
    """Why one call back more would be too many; None: it would not."""
    if calls.is_called_back(tx.session, contact.id, since=tx.now - _FRESH_FOR):
        return calls.UNDER_WAY
    if calls.count_backs(tx.session, contact.id, since=tx.now - _DAY) >= rt.config.voice.call_backs_per_day:
        return "enough"
    # Anybody's number can be forged: whoever does it by the hundred must not have us ring a city.
    if calls.count_backs(tx.session, None, since=tx.now - _HOUR) >= rt.config.voice.call_backs_per_hour:
        return "crowded"
    return None


def _is_safe(tx: Transaction, contact: Contact) -> bool:
    """Whether her phone may ring: not while something of hers is on hold, nor if it never contacted us."""
    return contact.may_call and contact.times_seen > 0 and not contact.on_hold and not tickets.has_held(tx.session, contact.id)


def _is_fit(rt: Runtime, contact: Contact) -> bool:
    """Whether this is a phone we would ring at all. Not one of ours: a call that was forwarded here would go round for ever."""
    voice = rt.config.voice
    is_ours = contact.address in (voice.number, voice.missed_call_number, *voice.duty_line)
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not is_ours and phone.costs_no_premium(contact.address or "")


def call_back_due(rt: Runtime, gateway: CallGateway) -> bool:
    """Place the calls that are due; True if there may be more. A call is placed once: where nobody knows whether it was, it was."""
    for _ in range(BATCH):
        call = _claim(rt)
        if call is None:
            return False
        _place(rt, gateway, call)
    return True


def _place(rt: Runtime, gateway: CallGateway, due: _Due) -> None:
    try:
        gateway_id = gateway.place_call(due.to, due.call_id)
    except GatewayError as fault:
        logger().warning("a missed call could not be called back", code=fault.code, outcome=fault.outcome)
        _store_failure(rt, due.call_id, fault)
        return
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, due.call_id)
        if call is not None and call.gateway_id is None:  # answered already: then the call itself has told us
            calls.store(tx.session, call, gateway_id=gateway_id, reason=None, next_attempt_at=tx.now + ASK_AFTER)


def _claim(rt: Runtime) -> _Due | None:
    """The next call to place, by itself: a worker that dies takes no other with it."""
    with rt.transaction() as tx:
        while found := calls.to_call_back(tx.session, now=tx.now):
            call, contact = found
            reason = _still_not(rt, tx, call, contact)
            calls.store(tx.session, call, reason=reason or calls.PLACING, next_attempt_at=None, ended_at=tx.now if reason else None)
            if reason is None:
                return _Due(call.id, contact.address or "")
    return None


def _still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> str | None:
    if tx.now - call.started_at > _FRESH_FOR:
        return "too_late"
    if not _is_safe(tx, contact):
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
