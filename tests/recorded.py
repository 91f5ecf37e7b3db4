"""What tests of recordings share: a gateway that has some, and callers who left them there."""

import io
import itertools
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy import select

from hotline.gateways.base import CallState, FoundRecording, GatewayError, IncomingCall, Outcome
from hotline.runtime import Runtime
from hotline.services.calls import callflow, leavings
from hotline.services.calls.recordings import fetch_due
from hotline.storage.callmodels import Call, Recording
from tests.support import HER

LINE = "+15005550006"

_ids = itertools.count(1)


class Killed(BaseException):
    """The worker ends here: none of our code catches it."""


def wav(seconds: float, *, note: int = 1) -> bytes:
    """A sound as the gateway keeps it; another `note` gives other bytes."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes((n * note) % 251 for n in range(round(seconds * 8000) * 2)))
    return kept.getvalue()


@dataclass
class RecordingGateway:
    """Has recordings by id. `script` holds what the next requests meet instead: an error, or something to do first."""

    audio: dict[str, bytes] = field(default_factory=dict)
    listed: list[FoundRecording] = field(default_factory=list)
    script: list[BaseException | Callable[[], None] | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    name: str = "twilio"

    def _meets(self, what: str, gateway_id: str) -> None:
        self.asked.append((what, gateway_id))
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        if step is not None:
            step()

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        raise NotImplementedError

    def call_state(self, gateway_id: str) -> CallState | None:
        return CallState(ended=True)

    def recordings_of(self, gateway_id: str) -> list[FoundRecording]:
        self._meets("list", gateway_id)
        return self.listed

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        self._meets("fetch", gateway_id)
        if gateway_id not in self.audio:
            raise GatewayError("404", Outcome.REFUSED)
        if len(self.audio[gateway_id]) > limit_bytes:
            raise GatewayError("too_large", Outcome.REFUSED)
        return into.write(self.audio[gateway_id])

    def delete_recording(self, gateway_id: str) -> None:
        self._meets("delete", gateway_id)
        self.audio.pop(gateway_id, None)

    def close(self) -> None: ...


def told(*, call: str, recording: str | None = None, recorded_s: int | None = None, caller: str = HER) -> IncomingCall:
    """What the gateway says of a call, or of its recording."""
    return IncomingCall(gateway="twilio", gateway_id=call, caller=caller, line=LINE, recording_id=recording, recorded_s=recorded_s)


def a_recording(rt: Runtime, gateway: RecordingGateway, *, seconds: float = 7, caller: str = HER, audio: bytes | None = None) -> str:
    """A caller leaves a recording and the gateway tells of it; returns the recording's id at the gateway."""
    n = next(_ids)
    call, recording = f"CA{n:032x}", f"RE{n:032x}"
    gateway.audio[recording] = wav(seconds, note=n) if audio is None else audio
    callflow.start_call(rt, told(call=call, caller=caller))
    leavings.receive_recording(rt, told(call=call, recording=recording, recorded_s=round(seconds)))
    return recording


def fetch(rt: Runtime, gateway: RecordingGateway) -> None:
    """Do everything that is due."""
    assert fetch_due(rt, gateway, for_s=10) is False


def recordings(rt: Runtime) -> list[Recording]:
    """All recordings, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Recording).order_by(Recording.id)))


def calls(rt: Runtime) -> list[Call]:
    """All calls, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))
