"""One phone in a call with us, by baresip: what it is played, what its keys say, what is heard from it.

Source: baresip-python 0.5.2a3. The library mixes and reads by itself, in threads of its own; here buffers are filled and emptied.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from baresip import AudioNotActive, AudioRestarted, BaresipError, Call, Event

from hotline.gateways.sip.spool import BYTES_PER_S

TICK_S = 0.04
"""How often buffers are looked after. The library holds two seconds of sound to be played, and drops what waits to be read for one."""

_ALL = 65_536
_AWAY = (AudioNotActive, AudioRestarted)


class HungUp(Exception):
    """The phone has hung up, or was lost."""


@dataclass
class Gaps:
    """What went wrong with the sound of a call: moments of 20 ms that were sent half empty, and seconds that were heard and lost."""

    starved: int = 0
    lost_s: float = 0.0


class Handset:
    """A phone. What waits for it raises `HungUp` once it has hung up."""

    def __init__(self, call: Call, told: Iterable[Any] = ()) -> None:
        """`told`: what the library told of the call before."""
        self.gaps = Gaps()
        self._call = call
        self._keys: list[str] = []
        self._answered_at: float | None = None
        self._ended_at: float | None = None
        self.why = ""  # why the call ended, as the other end or the library says: "486 Busy Here"
        for event in told:
            self._event(event)
        call.on(self._event)
        call.on_dtmf(lambda pressed: self._keys.append(pressed.digit))

    def _event(self, event: Any) -> None:
        if event.event is Event.CALL_ESTABLISHED:
            self._answered_at = time.monotonic()
        elif event.event is Event.CALL_CLOSED:
            self._ended_at, self.why = time.monotonic(), event.text or ""

    @property
    def is_there(self) -> bool:
        """Whether it has not hung up."""
        return self._ended_at is None

    @property
    def talked_s(self) -> int:
        """For how many whole seconds the phone was, or has been, answered."""
        return int((self._ended_at or time.monotonic()) - self._answered_at) if self._answered_at is not None else 0

    async def answer(self) -> None:
        """Answer a call that came in; returns once there is sound. Raises `HungUp`."""
        try:
            await self._call.answer()
        except BaresipError as fault:
            raise HungUp from fault
        await self.answered(within_s=10)

    async def answered(self, *, within_s: float) -> bool:
        """Wait until the phone is answered; False if that takes too long. Raises `HungUp`, also if it is busy."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            self._look()
            with contextlib.suppress(*_AWAY):
                if self._answered_at is not None and (found := self._call.audio.info()).tx_ready and found.rx_ready:
                    return True
            await asyncio.sleep(TICK_S)
        return False

    async def reject(self) -> None:
        """Do not answer a call that came in: it is busy here."""
        with contextlib.suppress(BaresipError):
            await self._call.reject()

    async def hang_up(self) -> None:
        """Hang up, if the phone has not. From now on it counts as hung up, whatever the other end says."""
        with contextlib.suppress(*_AWAY):
            self._count()
        if self.is_there:
            with contextlib.suppress(BaresipError):
                await self._call.hangup()
            self._ended_at = self._ended_at or time.monotonic()

    def forget_keys(self) -> None:
        """Keys that were pressed before we asked are no answer."""
        self._keys.clear()

    async def play(self, sound: bytes, *, until_key: bool) -> None:
        """Play sound to its end; `until_key`: or until a key is pressed. Raises `HungUp`."""
        waits = memoryview(sound)
        while waits or self._plays():
            self._look()
            if until_key and self._keys:
                self.hush()
                return
            with contextlib.suppress(*_AWAY):
                waits = waits[self._call.audio.write(waits[:_ALL]) :]
            await asyncio.sleep(TICK_S)

    def put(self, sound: bytes) -> None:
        """Play sound that comes in as it is to be heard, as from another phone. What does not fit is left out."""
        with contextlib.suppress(*_AWAY):
            if sound and self._call.audio.info().tx_buffered < BYTES_PER_S // 2:
                self._call.audio.write(sound)

    def hush(self) -> None:
        """Play no more of what waits to be played."""
        with contextlib.suppress(*_AWAY):
            self._call.audio.flush_tx()

    async def key(self, within_s: float) -> str:
        """The next key; "" if none comes in time. Raises `HungUp`."""
        ends = time.monotonic() + within_s
        while not self._keys:
            self._look()
            if time.monotonic() > ends:
                return ""
            await asyncio.sleep(TICK_S)
        return self._keys.pop(0)

    def pressed(self, wanted: str) -> str | None:
        """The first of the `wanted` keys that was pressed; None if none was. Others are let pass."""
        while self._keys:
            if (key := self._keys.pop(0)) in wanted:
                return key
        return None

    def listen(self) -> bytes:
        """What was heard since this was asked last."""
        try:
            sound: bytes = self._call.audio.read(_ALL)
            self._count()
        except _AWAY:
            return b""
        return sound

    def _plays(self) -> bool:
        try:
            return bool(self._call.audio.info().tx_buffered)
        except _AWAY:
            return False

    def _count(self) -> None:
        stats = self._call.audio.stats()
        self.gaps.starved, self.gaps.lost_s = stats.tx_starved_frames, stats.rx_discarded_bytes / BYTES_PER_S

    def _look(self) -> None:
        if not self.is_there:
            raise HungUp


async def join(one: Handset, other: Handset) -> None:
    """Let two phones hear each other until one hangs up. Keys mean nothing meanwhile, and nothing is kept."""
    one.hush()
    one.listen(), other.listen()
    while one.is_there and other.is_there:
        other.put(one.listen())
        one.put(other.listen())
        await asyncio.sleep(TICK_S / 2)
