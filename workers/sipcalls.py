"""A phone on a line of our own walks through the menu: what `callflow` says is played, what is keyed and said goes back to it.

Whatever goes wrong, a caller hears that the lines are busy; a volunteer's own phone, and a caller in danger who cannot speak, hear nothing.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from hotline.domain import phone as numbers
from hotline.domain import voice
from hotline.domain.bridge import Leg
from hotline.domain.voice import CUT_WAIT_S, Ask, Beep, HangUp, Join, Reject, Ring, Sound, Tell
from hotline.gateways.base import GatewayError, IncomingCall, LegReport
from hotline.gateways.sip.handset import Handset, HungUp, join
from hotline.gateways.sip.spool import Spool, Take
from hotline.gateways.sip.trunk import Trunk
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services import arriving, callsteps
from hotline.services.calls import bridging, callflow, hangup
from hotline.services.calls.callflow import CallAnswer
from workers.sipsound import BEEP, RINGING, is_quiet, samples_of

RINGS_S = 30
"""Seconds for which a phone rings that we call: after that most mailboxes would answer."""

_LISTEN_EVERY_S = 0.1
_AGAIN_S = 5

_LEGS = {"486": Leg.BUSY, "600": Leg.BUSY, "603": Leg.BUSY, "408": Leg.NO_ANSWER, "480": Leg.NO_ANSWER, "487": Leg.NO_ANSWER}
"""What a phone that was not answered says (RFC 3261, 21) → what became of it; any other: it could not be rung."""


@dataclass(frozen=True)
class Desk:
    """What all calls of a line share."""

    rt: Runtime
    trunk: Trunk
    spool: Spool


class SipCall:
    """One call. `told`: what is told of it to the services at each step."""

    def __init__(self, desk: Desk, handset: Handset, told: IncomingCall, *, is_alarm: bool = False) -> None:
        self._desk, self._rt, self._handset, self._told, self._is_alarm = desk, desk.rt, handset, told, is_alarm
        self._takes, self._pressed = 0, ""

    async def come_in(self) -> None:
        """A call that came in, from its first ring to its end. It is answered only once we have something to say."""
        turn = await self._begun(arriving.begin_call)
        with contextlib.suppress(HungUp):
            if isinstance(turn.actions[0], Reject):
                await self._handset.reject()
            else:
                await self._handset.answer()
                await self._walk(turn)
        await self._end()

    async def go_out(self, call_id: int) -> None:
        """A call that we placed, from its first ring to its end."""
        with contextlib.suppress(HungUp):
            if await self._handset.answered(within_s=RINGS_S):
                await self._walk(await self._begun(lambda rt, told: callflow.answer_back(rt, call_id, told)))
        await self._end()

    async def _walk(self, turn: CallAnswer) -> None:
        going: CallAnswer | None = turn
        try:
            while going is not None:
                self._pressed, turn = "", going
                going = await self._perform(going)
        except HungUp:
            raise
        except Exception:  # noqa: BLE001 - the same
            logger().exception("a call could not go on")
            if not turn.hush.holds(self._pressed):
                await self._perform(CallAnswer(self._busy()))

    async def _end(self) -> None:
        """Hang up, and say so until it is stored: the ticket of a caller who says nothing more opens by it."""
        await self._handset.hang_up()
        while True:
            try:
                await asyncio.to_thread(hangup.end_call, self._rt, self._told, self._handset.talked_s)
                self._desk.spool.end(self._told.gateway_id)
            except Exception:  # noqa: BLE001 - the same
                logger().exception("the end of a call could not be stored yet")
                await asyncio.sleep(_AGAIN_S)
            else:
                gaps = self._handset.gaps
                logger().info("a call ended", duration_s=self._handset.talked_s, starved=gaps.starved, lost_s=round(gaps.lost_s, 1))
                return

    def _busy(self) -> tuple[voice.Action, ...]:
        """What is heard after an error; it needs no database. A call to the missed-call number is rejected as always."""
        settings = self._rt.config.voice
        if self._is_alarm:
            return (HangUp(),)
        missed = settings.missed_call_number
        if missed and numbers.read_sender(self._told.line, self._rt.config.numbers.region).address == missed:
            return (Reject(),)
        return voice.busy(callflow.menu_of(self._rt))

    async def _begun(self, step: Callable[[Runtime, IncomingCall], CallAnswer]) -> CallAnswer:
        try:
            return await asyncio.to_thread(step, self._rt, self._told)
        except Exception:  # noqa: BLE001 - whatever it is, the caller hears no silence
            logger().exception("a call could not begin")
            return CallAnswer(self._busy())

    async def _keyed(self, keys: str, turn: CallAnswer) -> CallAnswer:
        self._pressed = keys
        told = replace(self._told, keys=keys)
        return await asyncio.to_thread(callsteps.press_key, self._rt, told, turn.turn, is_alarm=self._is_alarm)

    async def _perform(self, turn: CallAnswer) -> CallAnswer | None:
        """Do what a turn says; returns the next, or None where the call ends."""
        for action in turn.actions:
            match action:
                case Tell():
                    await self._handset.play(self._samples(action.sounds), until_key=False)
                case Ask():
                    return await self._keyed(await self._keys(self._handset, action), turn)
                case Beep():
                    return await self._record(turn, action)
                case Ring():
                    return await self._ring(turn, action.index)
                case Join():
                    return await self._join(turn)
                case HangUp() | Reject():
                    return None
        return None

    def _samples(self, sounds: tuple[Sound, ...]) -> bytes:
        return samples_of(self._rt.catalogues, sounds)

    async def _keys(self, phone: Handset, ask: Ask) -> str:
        """What is keyed in answer to an `Ask`. What was keyed before it began answers nothing."""
        phone.forget_keys()
        await phone.play(self._samples(ask.sounds), until_key=True)
        keys = ""
        while len(keys) < ask.digits and (key := await phone.key(ask.wait_s)) and key not in ask.ends_with:
            keys += key
        return keys

    async def _record(self, turn: CallAnswer, beep: Beep) -> CallAnswer:
        phone = self._handset
        phone.forget_keys()
        await phone.play(self._samples(beep.sounds), until_key=True)
        if beep.sounds and (key := await phone.key(CUT_WAIT_S)):
            return await self._keyed(key, turn)
        if beep.aloud:
            await phone.play(BEEP, until_key=False)
        phone.forget_keys()
        phone.listen()
        self._takes += 1
        recording, take = self._desk.spool.take(self._rt.keys, self._told.gateway_id, self._takes)
        self._pressed = key = await self._listen(take, beep)
        if not take.seconds:
            self._desk.spool.remove(recording)
            if not phone.is_there:
                raise HungUp
            return await self._keyed("", turn)
        told = replace(self._told, keys=key, hung_up=not phone.is_there, recording_id=recording, recorded_s=int(take.seconds))
        return await asyncio.to_thread(callsteps.end_recording, self._rt, told, turn.turn)

    async def _listen(self, take: Take, beep: Beep) -> str:
        """Record until a key ends it, or silence, time, a full disk, or the end of the call; returns the key, or ""."""
        phone, began = self._handset, time.monotonic()
        heard_at = began
        try:
            while phone.is_there and (now := time.monotonic()) - began < beep.longest_s and now - heard_at < beep.silence_s:
                if sound := phone.listen():
                    await asyncio.to_thread(take.add, sound)
                    heard_at = heard_at if is_quiet(sound) else now
                if (key := phone.pressed(beep.ends_with)) is not None:
                    return key
                await asyncio.sleep(_LISTEN_EVERY_S)
        except OSError:
            logger().exception("a recording ended early: what there is of it is kept")
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(take.close)
        return ""

    # Another phone

    async def _ring(self, turn: CallAnswer, index: int) -> CallAnswer:
        """Ring a phone of the duty line, and join it with the caller if a volunteer takes the call."""
        line = self._rt.config.voice.duty_line
        if index < len(line):
            with contextlib.suppress(GatewayError):
                phone = await self._desk.trunk.dial(line[index])
                try:
                    if await self._while_it_rings(self._taken(phone, turn)):
                        await join(self._handset, phone)
                finally:
                    await phone.hang_up()
        return await asyncio.to_thread(callsteps.end_dial, self._rt, self._told, turn.turn)

    async def _taken(self, phone: Handset, turn: CallAnswer) -> bool:
        if not await phone.answered(within_s=turn.ring_s):
            return False
        keys = ""
        for action in callflow.duty_call(self._rt).actions:
            if isinstance(action, Ask):
                keys = await self._keys(phone, action)
        return await asyncio.to_thread(callsteps.take_duty, self._rt, replace(self._told, keys=keys), turn.call_id)

    async def _join(self, turn: CallAnswer) -> CallAnswer:
        """Ring the citizen's phone, and join it with the volunteer's. It hears the volunteer and nothing of ours."""
        told = LegReport(Leg.FAILED)
        with contextlib.suppress(GatewayError):
            phone = await self._desk.trunk.dial(turn.joins or "")
            try:
                told = await self._joined(phone, turn)
            finally:
                await phone.hang_up()
        return await asyncio.to_thread(callflow.end_join, self._rt, self._told, told)

    async def _joined(self, phone: Handset, turn: CallAnswer) -> LegReport:
        await asyncio.to_thread(bridging.report, self._rt, turn.call_id, Leg.RINGING, None)
        if not await self._while_it_rings(phone.answered(within_s=turn.ring_s)):
            return LegReport(Leg.NO_ANSWER if phone.is_there else _LEGS.get(phone.why[:3], Leg.FAILED))
        telling = asyncio.create_task(asyncio.to_thread(bridging.report, self._rt, turn.call_id, Leg.ANSWERED, None))
        await join(self._handset, phone)  # the two do not wait for our database
        await telling
        return LegReport(Leg.OVER, phone.talked_s)

    async def _while_it_rings(self, waiting: Coroutine[Any, Any, bool]) -> bool:
        """What comes of another phone; meanwhile our own hears that it rings. If ours hangs up, the other does not ring any longer."""
        tone, other = asyncio.create_task(self._tone()), asyncio.create_task(_unless_hung_up(waiting))
        try:
            await asyncio.wait({tone, other}, return_when=asyncio.FIRST_COMPLETED)
            return other.done() and other.result() and self._handset.is_there
        finally:
            for task in (tone, other):
                task.cancel()
            await asyncio.gather(tone, other, return_exceptions=True)
            self._handset.hush()

    async def _tone(self) -> None:
        while True:
            await self._handset.play(RINGING, until_key=False)


async def _unless_hung_up(waiting: Coroutine[Any, Any, bool]) -> bool:
    try:
        return await waiting
    except HungUp:
        return False
