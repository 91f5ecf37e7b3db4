"""What tests of recordings share: a gateway that has some, and callers who left them there."""

import contextlib
import io
import itertools
import math
import struct
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from sqlalchemy import select

from hotline.gateways.base import CallState, FoundRecording, GatewayError, IncomingCall, Outcome
from hotline.media.sealedaudio import StoredAudio
from hotline.runtime import Runtime
from hotline.sealing import SealBroken
from hotline.services.calls import callflow, leavings
from hotline.services.calls.recordings import fetch_due
from hotline.storage import sealed
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Contact
from tests.support import HER

LINE = "+15005550006"

PCM, A_LAW, MU_LAW = 1, 6, 7
"""Codecs of a WAV."""

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


def riff(samples: bytes, *, codec: int = PCM, channels: int = 1, bits: int = 16, told: int | None = None, before: bytes = b"") -> bytes:
    """A WAV as a program writes it. `told`: the length that the header gives; `before`: chunks before the samples."""
    frame = channels * bits // 8
    format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, codec, channels, 8000, 8000 * frame, frame & 0xFFFF, bits)
    data = struct.pack("<4sI", b"data", len(samples) if told is None else told) + samples
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + format_ + before + data


@cache
def mp3(seconds: float, *, rate: int = 8000) -> bytes:
    """A tone as an MP3."""
    kept = io.BytesIO()
    tone = array("h", (round(16000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(round(rate * seconds))))
    with av.open(kept, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono")
        frame = AudioFrame(format="s16", layout="mono", samples=len(tone))
        frame.sample_rate, frame.pts = rate, 0
        frame.planes[0].update(tone.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
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
            into.write(self.audio[gateway_id][:limit_bytes])
            raise GatewayError("too_large", Outcome.REFUSED)
        return into.write(self.audio[gateway_id])

    def delete_recording(self, gateway_id: str) -> None:
        self._meets("delete", gateway_id)
        self.audio.pop(gateway_id, None)

    def delete_call(self, gateway_id: str) -> None:
        self._meets("delete", gateway_id)

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


def opened(rt: Runtime, path: Path) -> bytes:
    """What the file of a recording holds, as the key of one of the callers opens it."""
    with rt.reading() as session:
        keys = [key for contact in session.scalars(select(Contact)) if (key := sealed.key_in(rt.keys, contact)) is not None]
    for key in keys:
        audio = StoredAudio(rt.store, path.name, path.stat().st_size, key)
        with contextlib.suppress(SealBroken):
            return b"".join(audio.read(0, audio.size_bytes))
    raise AssertionError(f"no key opens {path.name}")


def calls(rt: Runtime) -> list[Call]:
    """All calls, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))
