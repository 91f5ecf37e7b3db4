"""What the simulator remembers, in memory. The amounts are bounded, and one lock guards it all."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hotline.simulator.faults import Faults
from hotline.simulator.messages import Message, now

DEFAULT_PHONES = ("+923001234501", "+923331234502", "+923451234503")
_MOST_PHONES = 12
_LOG_LINES = 1000


class State:
    """Messages, faults, phones that opted out, the phones on the page, and the log. It hands out copies."""

    def __init__(self, *, keep: int) -> None:
        self.keep = keep
        self._lock = threading.RLock()
        self._counter = 0
        self.version = 0
        self.generation = 0  # rises with each reset: callbacks of before must not be posted after it
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._messages: OrderedDict[str, Message] = OrderedDict()
            self._opted_out: set[str] = set()
            self._log: deque[dict[str, Any]] = deque(maxlen=_LOG_LINES)
            self._phones = list(DEFAULT_PHONES)
            self._faults = Faults()
            self.generation += 1
            self.version += 1

    def touch(self) -> None:
        """Note that something on the page has changed."""
        with self._lock:
            self.version += 1

    # Messages

    def add(self, message: Message, *, on_phone: bool) -> Message:
        """Keep a message; if there is one with its sid already, that one is returned."""
        with self._lock:
            if message.sid in self._messages:
                return replace(self._messages[message.sid])
            message.seq = self._tick()
            self._messages[message.sid] = message
            if on_phone:
                self._show(message)
            while len(self._messages) > self.keep:
                self._messages.popitem(last=False)
            return replace(message)

    def change(self, sid: str, *, on_phone: bool = False, **values: Any) -> Message | None:
        """Set fields of a message; None if it is not there any more, because newer ones took its place."""
        with self._lock:
            message = self._messages.get(sid)
            if message is None:
                return None
            for name, value in values.items():
                setattr(message, name, value)
            message.updated_at = now()
            self._tick()
            if on_phone and message.seen is None:
                self._show(message)
            return replace(message)

    def find(self, sid: str) -> Message | None:
        with self._lock:
            message = self._messages.get(sid)
            return replace(message) if message else None

    def forget_photo(self, sid: str, photo_sid: str) -> bool:
        """Delete a photo of a message at Twilio; False if it is not there."""
        with self._lock:
            message = self._messages.get(sid)
            return message is not None and message.photos.pop(photo_sid, None) is not None

    def newest_first(self, wanted: Callable[[Message], bool]) -> list[Message]:
        with self._lock:
            return [replace(message) for message in reversed(self._messages.values()) if wanted(message)]

    def on_phone(self, number: str) -> list[Message]:
        """The texts of one phone, in the order in which the phone saw them."""
        with self._lock:
            seen = [message for message in self._messages.values() if message.seen is not None and message.phone == number]
            return [replace(message) for message in sorted(seen, key=lambda message: message.seen or 0)]

    def _show(self, message: Message) -> None:
        message.seen = self._tick()
        message.seen_at = now()

    def _tick(self) -> int:
        self._counter += 1
        self.version += 1
        return self._counter

    # Faults

    @property
    def faults(self) -> Faults:
        with self._lock:
            return replace(self._faults)

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._faults = faults
            self.version += 1

    def strikes(self, fault: str) -> bool:
        """Whether the fault `…_next` strikes now; counts it down."""
        with self._lock:
            struck = self._faults.take(fault)
            self.version += struck
            return struck

    # Opt-out

    def opt_out(self, number: str) -> None:
        with self._lock:
            self._opted_out.add(number)

    def opt_in(self, number: str) -> None:
        with self._lock:
            self._opted_out.discard(number)

    def opted_out(self, number: str) -> bool:
        with self._lock:
            return self._faults.opt_out and number in self._opted_out

    # The log and the page

    def write_log(self, **line: Any) -> None:
        with self._lock:
            self._log.append({"at": now().isoformat(), **line})
            self.version += 1

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log, oldest line first."""
        with self._lock:
            return [dict(line) for line in self._log]

    @property
    def phones(self) -> list[str]:
        with self._lock:
            return list(self._phones)

    def add_phone(self, number: str) -> None:
        with self._lock:
            if number not in self._phones and len(self._phones) < _MOST_PHONES:
                self._phones.append(number)
                self.version += 1

    def remove_phone(self, number: str) -> None:
        with self._lock:
            if number in self._phones:
                self._phones.remove(number)
                self.version += 1
