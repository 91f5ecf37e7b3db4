"""A call ends: the gateway reports it, or we ask. It leaves a ticket or goes into the book of missed calls, by how far it got."""

import time
from collections.abc import Collection
from datetime import timedelta

from hotline.domain import answers
from hotline.domain.call import OURS, TO_VOLUNTEERS, CallDirection, CallReason
from hotline.domain.walk import Walk
from hotline.gateways.base import CallGateway, CallState, GatewayError, IncomingCall
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.calls import bridging, leavings
from hotline.services.calls.leavings import ASK_AFTER, OPEN_AT_MOST
from hotline.services.calls.recordings import ask_recordings
from hotline.storage import calls, contacts, recordings
from hotline.storage.callmodels import Call
from hotline.storage.peoplemodels import Volunteer

BATCH = 50

_LOOK_FOR_RECORDINGS_AFTER = timedelta(minutes=2)
"""How long after its end the gateway is asked what a call recorded: by then its own report has come, or will not come."""

_TAKEN_OUT_FOR = timedelta(days=3)
"""How long after a call began its gateway may be missing in the configuration before nobody waits for it: as long as for a recording."""


def end_call(rt: Runtime, incoming: IncomingCall, duration_s: int | None) -> None:
    """The gateway says that a call is over. If it was over already, only a missing duration is added."""
    try:
        with rt.transaction() as tx:
            # A call whose gateway id we know, a call of ours whose id we do not know yet, or a call that came while the database was
            # away: that one is put into the book at least.
            call = (
                calls.locked(tx.session, incoming.gateway, incoming.gateway_id)
                or _placed(tx, incoming)
                or leavings.unheard_of(rt, tx, incoming)
            )
            _end(rt, tx, call, duration_s)
    except leavings.ToldMeanwhile:
        end_call(rt, incoming, duration_s)


def _placed(tx: Transaction, incoming: IncomingCall) -> Call | None:
    """A call of ours that ended before the gateway's reply to our request was stored, or whose reply was lost; else None."""
    call = calls.locked_by_id(tx.session, incoming.call_id) if incoming.call_id is not None else None
    if call is None or call.gateway_id is not None or call.direction not in OURS:
        return None
    calls.store(tx.session, call, gateway=incoming.gateway, gateway_id=incoming.gateway_id, reason=None)
    return call


def tick_off(rt: Runtime, volunteer: Volunteer, gateway_id: str) -> None:
    """A volunteer has seen to a call of the book of missed calls. A call that is not in it is left alone. Raises `NotAllowed`."""
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        calls.tick_off(tx.session, gateway_id)


def _end(rt: Runtime, tx: Transaction, call: Call, duration_s: int | None) -> None:
    if call.ended_at is not None:
        if call.duration_s is None and duration_s is not None:
            calls.store(tx.session, call, duration_s=duration_s)
        return
    walk = Walk.from_row(call.walk)
    contacts.locked(tx.session, call.contact_id)
    ticket_id = call.ticket_id
    if ticket_id is None and (walk.leaves_something or recordings.has_any(tx.session, call.id)):  # silence is heard too
        ticket_id = leavings.open_ticket(rt, tx, call, walk)
    stages = {told.prompt.key for told in answers.STAGES.values()}
    is_served = ticket_id is None and walk.found in stages  # the caller asked for a stage, and was told it
    calls.store(
        tx.session,
        call,
        ticket_id=ticket_id,
        ended_at=tx.now,
        duration_s=duration_s,
        reason=CallReason.SERVED if is_served else call.reason,
        next_attempt_at=tx.now + _LOOK_FOR_RECORDINGS_AFTER if call.turn and call.direction not in TO_VOLUNTEERS else None,
    )
    if call.direction == CallDirection.BRIDGE:
        bridging.hung_up(tx, call)


def close_calls(rt: Runtime, gateway: CallGateway, *, for_s: float = 10) -> bool:
    """Ask the gateway about calls whose end was not reported, and about the recordings of ended calls, for about `for_s` seconds.
    True if there may be more."""
    ends = time.monotonic() + for_s
    for _ in range(BATCH):
        if time.monotonic() > ends:
            return True
        claimed = _claim(rt, gateway.name)
        if claimed is None:
            return False
        try:
            if claimed.ended_at is None:
                state = gateway.call_state(claimed.gateway_id or "")
                _store_state(rt, claimed, state)
            else:
                ask_recordings(rt, gateway, claimed.id)
                _settled(rt, claimed)
        except GatewayError as fault:
            logger().warning("a call could not be looked up", code=fault.code)
    return True


def close_left(rt: Runtime, configured: Collection[str]) -> bool:
    """Settle calls of gateways that were taken out of the configuration: nobody can be asked of them. True if there may be more."""
    for _ in range(BATCH):
        with rt.transaction() as tx:
            call = calls.left(tx.session, configured, before=tx.now - _TAKEN_OUT_FOR)
            if call is None:
                return False
            _end(rt, tx, call, None)
            calls.store(tx.session, call, next_attempt_at=None)
    return True


def _claim(rt: Runtime, gateway: str) -> Call | None:
    """The next call to ask this gateway about, or None. It is due again in a while, whatever happens to this worker."""
    with rt.transaction() as tx:
        call = calls.unsettled(tx.session, gateway, now=tx.now)
        if call is not None:
            calls.store(tx.session, call, next_attempt_at=tx.now + ASK_AFTER)
        return call


def _store_state(rt: Runtime, asked: Call, state: CallState | None) -> None:
    with rt.transaction() as tx:
        call = calls.locked_by_id(tx.session, asked.id)
        if call is None or call.ended_at is not None:
            return
        if state is None or state.ended or tx.now - call.started_at > OPEN_AT_MOST:
            _end(rt, tx, call, state.duration_s if state is not None else None)


def _settled(rt: Runtime, asked: Call) -> None:
    with rt.transaction() as tx:
        calls.store(tx.session, asked, next_attempt_at=None)
