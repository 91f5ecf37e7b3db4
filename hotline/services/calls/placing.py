"""Calls that we place: calls back, and alarms to volunteers who are needed on the page."""

from dataclasses import dataclass
from datetime import timedelta

from hotline.domain.call import CallDirection, CallReason
from hotline.gateways.base import CallGateway, GatewayError, Outcome
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.calls import missedcalls
from hotline.services.calls.leavings import ASK_AFTER
from hotline.services.duty import paging
from hotline.storage import calls

BATCH = 20

_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class _Due:
    """A call to place."""

    call_id: int
    to: str
    is_alarm: bool


def place_calls(rt: Runtime, gateway: CallGateway) -> bool:
    """Place the calls that are due; True if there may be more. A call whose outcome is unknown counts as placed."""
    for _ in range(BATCH):
        call = _claim(rt)
        if call is None:
            return False
        _place(rt, gateway, call)
    return True


def _place(rt: Runtime, gateway: CallGateway, due: _Due) -> None:
    try:
        gateway_id = gateway.place_call(due.to, due.call_id, is_alarm=due.is_alarm)
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
    with rt.transaction() as tx:
        while found := calls.to_place(tx.session, now=tx.now):
            call, contact = found
            is_alarm = call.direction == CallDirection.ALARM
            still_not = paging.still_not if is_alarm else missedcalls.still_not
            reason = still_not(rt, tx, call, contact)
            calls.store(tx.session, call, reason=reason or CallReason.PLACING, next_attempt_at=None, ended_at=tx.now if reason else None)
            if reason is None:
                return _Due(call.id, contact.address or "", is_alarm)
    return None


def _store_failure(rt: Runtime, call_id: int, fault: GatewayError) -> None:
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, call_id)
        if call is None or call.gateway_id is not None:
            return
        if fault.outcome is Outcome.NOT_SENT:
            calls.store(tx.session, call, reason=None, next_attempt_at=tx.now + _AGAIN_AFTER)
        else:
            calls.store(tx.session, call, reason=fault.code[:16], ended_at=tx.now)
