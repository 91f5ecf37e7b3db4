"""A telephone line, as its process holds it: it registers, answers calls and walks them through the menu, and places the calls that a
worker asks for."""

import asyncio
import contextlib
import secrets
import signal
import threading
from collections.abc import Coroutine
from typing import Any

from hotline.gateways.base import GatewayError, IncomingCall, Outcome
from hotline.gateways.local import Listening, socket_path
from hotline.gateways.sip.handset import Handset
from hotline.gateways.sip.settings import line_of
from hotline.gateways.sip.spool import Spool
from hotline.gateways.sip.trunk import Trunk
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.calls import hangup, leavings
from workers.sipcalls import Desk, SipCall

_GRACE_S = 30
"""How long calls may go on when the process is told to stop."""

_AGAIN_S = 5


class SipProcess:
    """The line of one gateway: the calls on it, and the socket on which workers ask."""

    def __init__(self, rt: Runtime, name: str) -> None:
        line = line_of(rt.config, name)
        self._rt, self._name, self._at_once = rt, name, line.terms.at_once
        self._desk = Desk(rt, Trunk(line, region=rt.config.numbers.region), Spool(rt.config, name))
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._stop, self._died = asyncio.Event(), False
        self._loop = asyncio.get_running_loop()

    async def serve(self) -> bool:
        """Hold the line until told to stop; False if it was lost."""
        left = list(self._desk.spool.under_way())
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)
        await self._desk.trunk.open(self._came_in, self._has_died)
        listening = Listening(socket_path(self._rt.config, self._name), self._answered)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.1}, name="listen")
        thread.start()
        settling = asyncio.create_task(self._settle(left))
        logger().info("the line is held", gateway=self._name)
        await self._stop.wait()
        await asyncio.to_thread(_ended, listening, thread)
        settling.cancel()
        if self._calls and not self._died:
            await asyncio.wait(self._calls.values(), timeout=_GRACE_S)
        await self._desk.trunk.hang_up_all()
        if self._calls:  # what they leave is stored
            await asyncio.wait(self._calls.values(), timeout=_GRACE_S)
        await self._desk.trunk.close()
        return not self._died

    def _has_died(self) -> None:
        self._died = True
        self._stop.set()

    def _came_in(self, handset: Handset, caller: str, line: str) -> None:
        if self._stop.is_set() or len(self._calls) >= self._at_once:
            logger().warning("a call was refused: all lines are taken", gateway=self._name)
            self._loop.create_task(handset.reject())
            return
        told = IncomingCall(self._name, secrets.token_hex(16), caller, line or self._rt.config.voice.number)
        with contextlib.suppress(OSError):  # the call goes on: only its end would not be told of a process that is killed
            self._desk.spool.note(told.gateway_id, None)
        self._start(told, SipCall(self._desk, handset, told).come_in())

    def _start(self, told: IncomingCall, call: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(call, name=f"call-{told.gateway_id}")
        self._calls[told.gateway_id] = task
        task.add_done_callback(lambda done: self._is_over(told.gateway_id, done))

    def _is_over(self, gateway_id: str, done: asyncio.Task[None]) -> None:
        del self._calls[gateway_id]
        if not done.cancelled() and (fault := done.exception()) is not None:
            logger().error("a call broke off", exc_info=fault)

    async def _place(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        if len(self._calls) >= self._at_once:
            raise GatewayError("all_taken", Outcome.NOT_SENT)
        told = IncomingCall(self._name, secrets.token_hex(16), to, self._rt.config.voice.number, call_id=call_id)
        self._desk.spool.note(told.gateway_id, call_id)
        try:
            handset = await self._desk.trunk.dial(to)
        except GatewayError:
            self._desk.spool.end(told.gateway_id)
            raise
        self._start(told, SipCall(self._desk, handset, told, is_alarm=is_alarm).go_out(call_id))
        return told.gateway_id

    async def _settle(self, left: list[tuple[str, int | None]]) -> None:
        """Tell of the calls that a process left when it died: they are over, and what was recorded of them is here."""
        for gateway_id, call_id in left:
            told = IncomingCall(self._name, gateway_id, "", self._rt.config.voice.number, call_id=call_id)
            while True:
                try:
                    await asyncio.to_thread(self._tell_of, told)
                except Exception:  # noqa: BLE001 - whatever it is, it is told later
                    logger().exception("a call that was cut off could not be told of yet")
                    await asyncio.sleep(_AGAIN_S)
                else:
                    break

    def _tell_of(self, told: IncomingCall) -> None:
        for recording, seconds in self._desk.spool.takes(told.gateway_id):
            heard = IncomingCall(told.gateway, told.gateway_id, "", told.line, recording_id=recording, recorded_s=seconds)
            leavings.receive_recording(self._rt, heard)
        hangup.end_call(self._rt, told, None)
        self._desk.spool.end(told.gateway_id)
        logger().warning("a call was cut off when its process died", gateway=self._name)

    def _answered(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question of `SipCalls`; in a thread of its own."""
        if isinstance(asked := question.get("place"), dict):
            placing = self._place(str(asked["to"]), int(asked["call_id"]), is_alarm=bool(asked["is_alarm"]))
            try:
                return {"call": asyncio.run_coroutine_threadsafe(placing, self._loop).result(self._rt.config.sending.timeout_s)}
            except GatewayError as fault:
                return {"code": fault.code, "outcome": fault.outcome}
            except (OSError, TimeoutError) as fault:
                return {
                    "code": type(fault).__name__[:16],
                    "outcome": Outcome.UNKNOWN if isinstance(fault, TimeoutError) else Outcome.NOT_SENT,
                }
        if "under_way" in question:
            return {"under_way": question["under_way"] in self._calls}
        code = self._desk.trunk.code
        return {"up": code is None, "code": code, "calls": len(self._calls)}


def _ended(listening: Listening, thread: threading.Thread) -> None:
    listening.shutdown()
    thread.join()
    listening.server_close()


async def serve(rt: Runtime, name: str) -> bool:
    """Hold the line of the gateway of that name until SIGTERM or SIGINT; False if it was lost."""
    return await SipProcess(rt, name).serve()
