"""Missed calls. People without balance ring and hang up, and the whole country knows what that means. We call them back, once."""

from datetime import datetime, timedelta

from hotline.domain import menu
from hotline.domain.call import CallDirection, CallReason
from hotline.gateways.base import IncomingCall
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services.duty import callers
from hotline.storage import calls, contacts, pranks
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact

_FRESH_FOR = timedelta(minutes=5)
"""A call back that could not be placed within this time is not placed: the caller no longer expects it."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def note_missed(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> None:
    """A call came to the missed-call number. It goes into the book, and a call of ours becomes due if the phone may be called back."""
    caller = callers.meet(rt, tx, incoming)
    contact = contacts.locked(tx.session, caller.id)
    reason = _why_not(rt, tx, contact)
    walk = menu.begin(rt.config.voice.languages[0], known=False, withheld=callers.is_withheld(caller), called_back=True).as_row()
    calls.keep(
        tx.session,
        now=tx.now,
        direction=CallDirection.MISSED,
        gateway=incoming.gateway,
        gateway_id=incoming.gateway_id,
        contact_id=contact.id,
        walk=walk,
        reason=reason,
        ended_at=tx.now,
        next_attempt_at=None,
    )
    if reason is None:
        calls.keep(
            tx.session,
            now=tx.now,
            direction=CallDirection.BACK,
            gateway=incoming.gateway,
            gateway_id=None,
            contact_id=contact.id,
            walk=walk,
            next_attempt_at=tx.now,
        )
        tx.ring(Job.PLACE_CALLS)


def _why_not(rt: Runtime, tx: Transaction, contact: Contact) -> CallReason | None:
    """Why a phone is not called back; None if it is."""
    if not callers.is_fit(rt, contact):
        return CallReason.UNFIT
    if not _is_safe(tx, contact):
        return CallReason.NOT_SAFE
    if pranks.is_marked(tx.session, contact.id):
        return CallReason.SLOWED
    if rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None:
        return CallReason.HOURS
    return _had_enough(rt, tx, contact)


def _had_enough(rt: Runtime, tx: Transaction, contact: Contact) -> CallReason | None:
    """Why one more call back would be too many; None if it would not."""
    if is_under_way(tx.session, contact, now=tx.now) or callers.on_line(rt, tx, contact):
        return CallReason.UNDER_WAY
    if calls.count_backs(tx.session, contact.id, since=tx.now - _DAY) >= rt.config.voice.call_backs_per_day:
        return CallReason.ENOUGH
    # A caller's number can be forged: somebody who forges hundreds must not make us ring a whole city.
    if calls.count_backs(tx.session, None, since=tx.now - _HOUR) >= rt.config.voice.call_backs_per_hour:
        return CallReason.CROWDED
    return None


def is_under_way(session: Reading, contact: Contact, *, now: datetime) -> bool:
    """Whether a call back to a phone is due or goes on."""
    return calls.is_called_back(session, contact.id, since=now - _FRESH_FOR)


def _is_safe(tx: Transaction, contact: Contact) -> bool:
    """Whether we may ring this phone: not if it never contacted us, nor where `may_call_back` forbids it."""
    return contact.times_seen > 0 and callers.may_call_back(tx, contact)


def still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> CallReason | None:
    """Why a call back that is due is not placed now; None if it is."""
    if tx.now - call.started_at > _FRESH_FOR:
        return CallReason.TOO_LATE
    if not _is_safe(tx, contact):
        return CallReason.NOT_SAFE
    closed = rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None
    return CallReason.HOURS if closed else None
