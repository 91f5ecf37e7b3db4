"""Calls that we place: calls back, alarms to volunteers, calls to volunteers who are to be joined, and the daily tests of phones."""

from dataclasses import dataclass
from datetime import timedelta

from hotline.domain.call import TO_VOLUNTEERS, CallDirection, CallReason
from hotline.gateways.base import CallGateway, GatewayError, Outcome
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.calls import bridging, missedcalls
from hotline.services.calls.leavings import ASK_AFTER
from hotline.services.duty import callers, paging, ringtests
from hotline.storage import calls, contacts, sealed
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact

BATCH = 20

_AGAIN_AFTER = timedelta(seconds=5)

_LOST_AFTER = missedcalls.FRESH_FOR
"""A call that was being placed for so long is lost: the worker that placed it is gone, and nobody knows whether the phone rang."""


@dataclass(frozen=True)
class _Due:
    """A call to place."""

    call_id: int
    to: str
    to_volunteer: bool


_STILL_NOT = {
    CallDirection.BACK: missedcalls.still_not,
    CallDirection.ALARM: paging.still_not,
    CallDirection.TEST: ringtests.still_not,
    CallDirection.BRIDGE: bridging.still_not,
}
"""Direction of a call of ours → what says why it is not placed now."""


def place_calls(rt: Runtime, gateway: CallGateway) -> bool:
    """Place the calls that are due; True if there may be more. A call whose outcome is unknown counts as placed."""
    bridging.close_lost(rt)
    for _ in range(BATCH):
        call = _claim(rt)
        if call is None:
            return False
        _place(rt, gateway, call)
    return True


def _place(rt: Runtime, gateway: CallGateway, due: _Due) -> None:
    try:
        gateway_id = gateway.place_call(due.to, due.call_id, is_alarm=due.to_volunteer)
    except GatewayError as fault:
        logger().warning("a call could not be placed", call_id=due.call_id, code=fault.code, outcome=fault.outcome)
        _store_failure(rt, due.call_id, fault)
        return
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, due.call_id)
        if call is not None and call.gateway_id is None:  # if it was answered already, the call itself has told us its id
            calls.store(tx.session, call, gateway=gateway.name, gateway_id=gateway_id, reason=None, next_attempt_at=tx.now + ASK_AFTER)


def _claim(rt: Runtime) -> _Due | None:
    """The next call to place, or None. Only one is claimed at a time, so that a worker that dies takes no other call with it."""
    while True:
        with rt.transaction() as tx:
            found = calls.to_place(tx.session, now=tx.now)
            if found is None:
                return None
            call, contact = found
            if call.reason == CallReason.PLACING:
                _lost(tx, call)
                continue
            reason = _STILL_NOT[CallDirection(call.direction)](rt, tx, call, contact)
            if reason is None and _waits(rt, tx, call, contact):
                calls.store(tx.session, call, next_attempt_at=tx.now + _AGAIN_AFTER)
                continue
            if reason is not None:
                calls.store(tx.session, call, reason=reason, next_attempt_at=None, stepped_at=tx.now, ended_at=tx.now)
            else:
                calls.store(tx.session, call, reason=CallReason.PLACING, next_attempt_at=tx.now + _LOST_AFTER, stepped_at=tx.now)
                return _Due(call.id, sealed.number_of(rt.keys, contact) or "", call.direction in TO_VOLUNTEERS)


def _lost(tx: Transaction, call: Call) -> None:
    """End a call whose worker died while it asked the gateway. It is not placed again, as the phone may have rung: people are told."""
    logger().warning("a call is lost: the worker that placed it is gone", call_id=call.id)
    calls.store(tx.session, call, reason=CallReason.LOST, next_attempt_at=None, ended_at=tx.now)
    if call.direction == CallDirection.BACK:
        calls.doubt_back(tx.session, call.contact_id, since=call.started_at - ASK_AFTER)
    elif call.direction == CallDirection.BRIDGE:
        bridging.hung_up(tx, call)


def _waits(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> bool:
    """Whether a call that is due waits because its phone rings already, or talks to us. The test of a phone waits for its alarms too."""
    contacts.locked(tx.session, contact.id)  # of two workers with two calls to it the second finds the first
    is_test = call.direction == CallDirection.TEST
    others = callers.on_line(rt, tx, contact, waiting=False)
    return bool(others) or (is_test and ringtests.gives_way(rt, tx, contact))


def _store_failure(rt: Runtime, call_id: int, fault: GatewayError) -> None:
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is None or call.gateway_id is not None:
            return
        if fault.outcome in (Outcome.NOT_SENT, Outcome.ILL):
            calls.store(tx.session, call, reason=None, next_attempt_at=tx.now + _AGAIN_AFTER)
        else:
            calls.store(tx.session, call, reason=fault.code[:16], next_attempt_at=None, ended_at=tx.now)
