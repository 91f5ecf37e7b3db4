"""Missed calls. People without balance ring and hang up, as is the custom in Pakistan, to be called back. We call them back, once."""

from datetime import datetime, timedelta

from hotline.domain import menu
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.lateness import Late, lateness
from hotline.gateways.base import IncomingCall
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services.duty import callers
from hotline.storage import calls, contacts, pranks
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact

FRESH_FOR = timedelta(minutes=5)
"""A call back that could not be placed within this time is not placed: the caller no longer expects it."""

_BUSY_FOR = timedelta(minutes=1)
"""The caller of a call that is told late may hear for so long that the lines are busy: the phone is engaged by us until then."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def note_late(rt: Runtime, incoming: IncomingCall, *, came_at: datetime) -> bool:
    """Note a call that came while nothing could be stored, and that nobody answered. It counts as missed. False: it is known already."""
    with rt.transaction() as tx:
        if calls.locked(tx.session, incoming.gateway, incoming.gateway_id) is not None:
            return False
        is_late = lateness(came_at, tx.now) is not Late.NOT
        note_missed(rt, tx, incoming, reason=CallReason.TOO_LATE if is_late else None, came_at=came_at)
    return True


def note_missed(
    rt: Runtime, tx: Transaction, incoming: IncomingCall, *, reason: CallReason | None = None, came_at: datetime | None = None
) -> None:
    """A call was missed. It goes into the book, and a call of ours becomes due if the phone may be called back and no `reason` is given.

    `came_at`: when it came, where that is told later.
    """
    caller = callers.meet(rt, tx, incoming)
    contact = contacts.locked(tx.session, caller.id)
    reason = reason or _why_not(rt, tx, contact)
    walk = menu.begin(rt.config.voice.languages[0], known=False, withheld=callers.is_withheld(caller), called_back=True).as_row()
    calls.keep(
        tx.session,
        now=min(came_at or tx.now, tx.now),
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
            next_attempt_at=max(tx.now, came_at + _BUSY_FOR) if came_at is not None else tx.now,
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
    if is_under_way(tx.session, contact) or callers.on_line(rt, tx, contact):
        return CallReason.UNDER_WAY
    if calls.count_backs(tx.session, contact.id, since=tx.now - _DAY) >= rt.config.voice.call_backs_per_day:
        return CallReason.ENOUGH
    # A caller's number can be forged: somebody who forges hundreds must not make us ring a whole city.
    if calls.count_backs(tx.session, None, since=tx.now - _HOUR) >= rt.config.voice.call_backs_per_hour:
        return CallReason.CROWDED
    return None


def is_under_way(session: Reading, contact: Contact) -> bool:
    """Whether a call back to a phone is due or goes on."""
    return calls.is_called_back(session, contact.id)


def _is_safe(tx: Transaction, contact: Contact) -> bool:
    """Whether we may ring this phone: not if it never contacted us, nor where `may_call_back` forbids it."""
    return contact.times_seen > 0 and callers.may_call_back(tx, contact)


def still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> CallReason | None:
    """Why a call back that is due is not placed now; None if it is."""
    if tx.now - call.started_at > FRESH_FOR:
        return CallReason.TOO_LATE
    if not _is_safe(tx, contact):
        return CallReason.NOT_SAFE
    closed = rt.config.hours.narrowed(contact.safe_from, contact.safe_until).opening(tx.now) is not None
    return CallReason.HOURS if closed else None
