"""A step of a call is stored; while it cannot be, it waits on the disk. The caller has heard that the lines are busy: the call is over.

What was keyed is not lost: danger opens its ticket, and phones ring, once the database is back.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Self, TypeVar

from hotline.domain.menu import CANNOT_SPEAK
from hotline.gateways.base import IncomingCall, keyed_lane
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services import arriving
from hotline.services.calls import callflow, hangup, leavings, missedcalls
from hotline.services.calls.callflow import CallAnswer
from hotline.spool import Kind, Turn
from hotline.storage import calls

_T = TypeVar("_T")


class Told(StrEnum):
    """What a gateway tells of a call that goes on."""

    KEYS = "keys"
    RECORDED = "recorded"  # the recording after the beep has ended, and the call waits for what follows
    DIALLED = "dialled"
    TAKEN = "taken"  # a volunteer of the duty line took the call
    ENDED = "ended"
    RECORDING = "recording"  # beside the call


_BREAKS_OFF = frozenset({Told.KEYS, Told.RECORDED, Told.DIALLED})
"""After these the caller waits for an answer. Where there is none the call ends."""


@dataclass(frozen=True)
class CallStep:
    """What was told, in answer to turn `turn` of the call."""

    told: Told
    call: IncomingCall
    turn: int = 0
    duration_s: int | None = None

    def as_said(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return asdict(self)

    @classmethod
    def from_said(cls, said: Mapping[str, Any]) -> Self:
        """What `as_said` gave. Raises TypeError, ValueError, KeyError."""
        return cls(**{**said, "told": Told(said["told"]), "call": IncomingCall(**said["call"])})


def press_key(rt: Runtime, incoming: IncomingCall, turn: int, *, is_alarm: bool = False) -> CallAnswer:
    """See `callflow.press_key`. What a volunteer keys in answer to an alarm need not wait: it rings again."""
    if is_alarm:
        return callflow.press_key(rt, incoming, turn, is_alarm=True)
    return _stored(rt, CallStep(Told.KEYS, incoming, turn), lambda: callflow.press_key(rt, incoming, turn))


def end_recording(rt: Runtime, incoming: IncomingCall, turn: int) -> CallAnswer:
    """See `callflow.end_recording`."""
    return _stored(rt, CallStep(Told.RECORDED, incoming, turn), lambda: callflow.end_recording(rt, incoming, turn))


def end_dial(rt: Runtime, incoming: IncomingCall, turn: int) -> CallAnswer:
    """See `callflow.end_dial`."""
    return _stored(rt, CallStep(Told.DIALLED, incoming, turn), lambda: callflow.end_dial(rt, incoming, turn))


def take_duty(rt: Runtime, incoming: IncomingCall, call_id: int) -> bool:
    """See `callflow.take_duty`; `incoming` has the keys. Who presses 1 is joined with the caller although it cannot be stored."""
    if incoming.keys != "1":
        return False
    try:
        return _stored(rt, CallStep(Told.TAKEN, incoming, call_id), lambda: callflow.take_duty(rt, call_id, incoming.keys))
    except Exception as fault:  # noqa: BLE001 - a caller in danger waits for the person who has just answered
        logger().error("a duty phone is joined with a caller, and it could not be stored", exc_info=fault)
        return True


def end_call(rt: Runtime, incoming: IncomingCall, duration_s: int | None) -> None:
    """See `hangup.end_call`. Raises `Overloaded` if it can neither be stored nor put on the disk."""
    _reported(rt, CallStep(Told.ENDED, incoming, duration_s=duration_s), lambda: hangup.end_call(rt, incoming, duration_s))


def receive_recording(rt: Runtime, incoming: IncomingCall) -> None:
    """See `leavings.receive_recording`. Raises `Overloaded` if it can neither be stored nor put on the disk."""
    _reported(rt, CallStep(Told.RECORDING, incoming), lambda: leavings.receive_recording(rt, incoming))


def _stored(rt: Runtime, step: CallStep, store: Callable[[], _T]) -> _T:
    return arriving.stored(store, else_put=partial(_put, rt, step), kind=step.told, gateway_id=step.call.gateway_id)


def _reported(rt: Runtime, step: CallStep, store: Callable[[], None]) -> None:
    """Store what nobody waits for at a phone, or put it on the disk."""
    call = step.call
    arriving.stored_or_put(rt, store, partial(_put, rt, step), kind=step.told, gateway=call.gateway, gateway_id=call.gateway_id)


def _put(rt: Runtime, step: CallStep) -> None:
    in_danger = step.told in _BREAKS_OFF and (_keys_danger(step.call) or step.call.keys == CANNOT_SPEAK)
    lane = keyed_lane(rt.keys.mark, step.call.gateway, step.call.gateway_id)
    rt.spool.put(Kind.STEP, step.call.gateway, step.as_said(), lane=lane, turn=Turn.FIRST if in_danger else Turn.LAST)


def take_in(rt: Runtime, step: CallStep, *, came_at: datetime) -> None:
    """Do what a step that waited would have done. The call of its caller is over; twice changes nothing."""
    call = step.call
    if step.told is Told.TAKEN:
        callflow.take_duty(rt, step.turn, call.keys, was_joined=True)
    elif step.told is Told.ENDED:
        hangup.end_call(rt, call, step.duration_s)
    elif step.told is Told.RECORDING:
        leavings.receive_recording(rt, call)
    else:
        _break_off(rt, step, came_at=came_at)


def _break_off(rt: Runtime, step: CallStep, *, came_at: datetime) -> None:
    """Take the step, and end the call, at once: otherwise a phone of the duty line would count as ringing for it."""
    call, turn = step.call, step.turn
    with rt.together() as one:
        with one.transaction() as tx:
            known = calls.locked(tx.session, call.gateway, call.gateway_id)
        if known is None:  # as after a backup was restored
            if not _keys_danger(call) and call.recording_id is None:
                missedcalls.note_late(one, call, came_at=came_at)
                return
            callflow.start_call(one, call)
            turn = 0
        went_on = known is not None and known.turn > turn  # the gateway asked again, and was answered
        if step.told is Told.KEYS:
            callflow.press_key(one, call, turn)
        elif step.told is Told.RECORDED:
            callflow.end_recording(one, call, turn)
        else:
            callflow.end_dial(one, call, turn)
        if not went_on:
            hangup.end_call(one, call, None)


def _keys_danger(call: IncomingCall) -> bool:
    """Whether 0 was keyed, perhaps as the first digit of a reference: no reference begins with it."""
    return call.keys.startswith("0")
