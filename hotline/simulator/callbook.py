"""All calls and recordings, in memory. Their number is bounded, and one lock guards the lists."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from hotline.simulator.calls import Call
from hotline.simulator.recordings import Recording
from hotline.simulator.state import State

_AUDIO_BYTES = 64_000_000


class Callbook:
    """Keeps the last `keep` calls and recordings. It hands out the calls themselves, which have a lock of their own."""

    def __init__(self, state: State, *, keep: int) -> None:
        self._state = state
        self.keep_at_most = keep
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._counter = 0
            self._calls: OrderedDict[str, Call] = OrderedDict()
            self._recordings: OrderedDict[str, Recording] = OrderedDict()

    def add(self, call: Call) -> None:
        with self._lock:
            self._counter += 1
            call.seq = self._counter
            call.generation = self._state.generation
            self._calls[call.sid] = call
            while len(self._calls) > self.keep_at_most:
                self._calls.popitem(last=False)
        self._state.touch()

    def find(self, sid: str) -> Call | None:
        with self._lock:
            return self._calls.get(sid)

    def newest_first(self, wanted: Callable[[Call], bool] = lambda _: True) -> list[Call]:
        with self._lock:
            return [call for call in reversed(self._calls.values()) if wanted(call)]

    def keep(self, recording: Recording) -> Recording:
        """Keep a recording. The oldest are dropped when there is too much audio."""
        with self._lock:
            self._counter += 1
            recording.seq = self._counter
            self._recordings[recording.sid] = recording
            while len(self._recordings) > self.keep_at_most or self._audio_bytes() > _AUDIO_BYTES:
                self._recordings.popitem(last=False)
        return recording

    def _audio_bytes(self) -> int:
        return sum(len(recording.audio) for recording in self._recordings.values())

    def recording(self, sid: str) -> Recording | None:
        with self._lock:
            found = self._recordings.get(sid)
            return None if found is None or found.missing else found

    def audio(self, sid: str) -> bytes | None:
        """The audio of a recording; None if there is none, or it is late: each request makes it one less late."""
        with self._lock:
            found = self.recording(sid)
            if found is None:
                return None
            if found.late:
                found.late -= 1
                return None
            return found.audio

    def forget(self, sid: str) -> bool:
        """Delete a recording; whether there was one."""
        with self._lock:
            return self.recording(sid) is not None and self._recordings.pop(sid, None) is not None

    def recordings_newest_first(self, call_sid: str | None = None) -> list[Recording]:
        with self._lock:
            kept = [one for one in reversed(self._recordings.values()) if not one.missing]
            return [one for one in kept if call_sid is None or one.call_sid == call_sid]
