"""A pretend phone with the app SMS Gateway for Android: two SIMs, an inbox, a queue of texts to send, and webhooks.

What it does was read in the app's source (capcom6/android-sms-gateway v1.68.0). It stands by itself: `androidapi.py` serves its API.
"""

import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hotline.simulator.androidfaults import PhoneFaults
from hotline.simulator.androidhooks import HookQueue
from hotline.simulator.androidinbox import Inbox
from hotline.simulator.androidkept import Kept
from hotline.simulator.androidmms import MmsInbox
from hotline.simulator.androidpings import Pings
from hotline.simulator.androidsetup import Setup
from hotline.simulator.androidtexts import (
    CANCELLED,
    DELIVERED,
    FAILED,
    PENDING,
    PROCESSED,
    SENT,
    InText,
    OutText,
    Taken,
    health_of,
    payload_of,
    read_out,
    written,
)
from hotline.simulator.segments import count_segments
from hotline.simulator.timetable import Timetable


class AndroidPhone:
    """One phone. `now` is the network's time; the phone's own clock may be wrong (`clock_off_s`). `hotline_url`: where the hotline listens.

    `step_s`: seconds between one state of a text and the next. `retry_s`: seconds before a webhook is told the second time (the app: 5).
    `kept`: the file that it lives on after a kill; None: a kill forgets everything.
    """

    user = "sms"
    device = "0f1e2d3c4b5a6978"
    sims = ("+923001110001", "+923451110002")

    def __init__(
        self,
        *,
        password: str,
        hotline_url: str,
        step_s: float = 0.1,
        retry_s: float = 5.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        kept: Path | None = None,
    ) -> None:
        self.password = password
        self.now = now
        self._on_arrival: Callable[[OutText], None] = lambda _: None
        self._kept = Kept(kept)
        self.setup = Setup(self._kept)
        self._step_s = step_s
        self._lock = threading.RLock()
        self._jobs = Timetable(threads=2, name="phone")
        self._hooks_queue = HookQueue(
            hotline_url=hotline_url,
            timestamp=lambda: int(self.clock().timestamp()),
            key=lambda: str(self.setup.settings["webhooks"]["signing_key"]),
            retry_count=lambda: int(self.setup.settings["webhooks"]["retry_count"]),
            retry_s=retry_s,
            kept=self._kept,
        )
        self.mms = MmsInbox(self.emit, lambda: self.now())  # noqa: PLW0108 - it is set anew later
        self._pings = Pings(self._jobs, lambda: self.setup.settings["ping"]["interval_seconds"], self.ping)
        self.version = 0  # counts what has changed, for a page that shows the phone
        self._begin()
        self._hooks_queue.go_on()
        self._pings.begin()
        if self._out:
            self._jobs.after(0, self._send_next)

    # The person at the phone, and the network

    def reset(self, *, stays_set_up: bool = False) -> None:
        """Forget everything, as after the app was installed anew; the password stays."""
        with self._lock:
            self._kept.forget()
            setup = self.setup
            self._begin()
            self.setup = setup if stays_set_up else self.setup

    def _begin(self) -> None:
        """Begin with what is kept."""
        self._out = {id_: read_out(one) for id_, one in self._kept.all("out").items()}
        self._inbox = Inbox(self._kept)
        self._arrived = sorted((one for one in self._out.values() if one.left), key=lambda one: one.states[PROCESSED])
        self._busy = False
        self._order = max((one.order for one in self._out.values()), default=0)
        self.setup = Setup(self._kept)
        self._faults = PhoneFaults()
        self.version += 1

    def clock(self) -> datetime:
        """The phone's own time."""
        return self.now() + timedelta(seconds=self._faults.clock_off_s)

    def hear(self, sender: str, text: str, *, sim: int = 1, at: datetime | None = None, times: int = 1) -> InText:
        """A text comes in from the network. `times`: the app tells of this one text so often, each time under another id."""
        at = (at or self.now()).replace(microsecond=0)
        with self._lock:
            came = self._inbox.come(sender, text, sim, at)
            self.version += 1
            if not self._faults.deaf and not self._faults.off:
                self._process(came, tells=True, times=times)
        return came

    def arrived(self) -> list[OutText]:
        """The texts that are on citizens' phones, in the order of arrival. A text that was sent twice stands here twice."""
        with self._lock:
            return [replace(one) for one in self._arrived]

    def heard(self) -> list[InText]:
        """What came in, in the order of arrival, whether the app knows of it or not."""
        with self._lock:
            return list(self._inbox.store)

    def ping(self) -> None:
        """Tell how the phone is, as the app does every `interval_seconds`."""
        self.emit("system:ping", {"health": self.health()})

    def watch(self, on_arrival: Callable[[OutText], None], on_answer: Callable[[dict[str, Any], int | None], None]) -> None:
        """`on_arrival`: a text is on a citizen's phone. `on_answer`: the hotline answered an event with this status (None: not at all)."""
        self._on_arrival, self._hooks_queue.on_answer = on_arrival, on_answer

    @property
    def log(self) -> list[dict[str, Any]]:
        """What became of each webhook: event, status (None: no answer), tries."""
        return list(self._hooks_queue.log)

    @property
    def faults(self) -> PhoneFaults:
        with self._lock:
            return replace(self._faults)

    @faults.setter
    def faults(self, faults: PhoneFaults) -> None:
        with self._lock:
            was_off, self._faults = self._faults.off, faults
            self.version += 1
        self._hooks_queue.let_go()
        self._hooks_queue.pause(paused=faults.off)
        if was_off and not faults.off:
            self._jobs.after(0, self._send_next)

    def strikes(self, fault: str) -> bool:
        """Whether the fault `…_next` strikes now; counts it down."""
        with self._lock:
            return self._faults.take(fault)

    def close(self) -> None:
        """End the phone's threads."""
        self._jobs.close()
        self._hooks_queue.close()
        self._kept.close()

    # The app's API

    def take(self, text: OutText) -> OutText:
        """Take a text to send. Raises `Taken` if there is one of its id."""
        with self._lock:
            if text.id in self._out:
                raise Taken
            self._order += 1
            text.order = self._order
            text.parts = count_segments(text.text)
            self._out[text.id] = text
            self._enter(text, PENDING)
        self._jobs.after(0, self._send_next)
        return text

    def find(self, id_: str) -> OutText | None:
        with self._lock:
            found = self._out.get(id_)
            return replace(found, states=dict(found.states)) if found else None

    def cancel(self, id_: str) -> bool | None:
        """Cancel a text that waits. False: it does not wait any more. None: there is none."""
        with self._lock:
            found = self._out.get(id_)
            if found is None or found.state != PENDING:
                return None if found is None else False
            self._enter(found, CANCELLED)
        self._report("sms:cancelled", found, {})
        return True

    def inbox(self) -> list[InText]:
        """The texts that the app knows of, newest first."""
        with self._lock:
            return self._inbox.known()

    def refresh(self, since: datetime, until: datetime, *, tells: bool) -> None:
        """Look through Android's own store for what the app does not know of."""
        with self._lock:
            for came in [one for one in self._inbox.store if since <= one.at <= until]:
                self._process(came, tells=tells)

    def health(self) -> dict[str, Any]:
        """The app's account of itself."""
        with self._lock:
            return health_of(failed=sum(one.state == FAILED for one in self._out.values()))

    def emit(self, event: str, payload: dict[str, Any], *, times: int = 1) -> None:
        """Tell of an event wherever it is registered."""
        with self._lock:
            self._hooks_queue.emit(event, payload, self.setup, self._faults, device=self.device, times=times)

    def change_settings(self, given: dict[str, dict[str, Any]]) -> None:
        """Change settings by section."""
        with self._lock:
            for name, values in given.items():
                self.setup.set(name, values)
            self.version += 1
        self._pings.begin()

    def _process(self, came: InText, *, tells: bool, times: int = 1) -> None:
        if not self._inbox.learn(came):
            return
        if tells:
            self.emit("sms:received", payload_of(came, self.sims[came.sim - 1]), times=times)

    def _send_next(self) -> None:
        """Send one of the texts that wait: the one of the highest priority; of those the newest, unless the app was told otherwise."""
        with self._lock:
            waiting = [one for one in self._out.values() if one.state == PENDING]
            if self._busy or not waiting or self._faults.off:
                return
            self._busy = True
            sign = 1 if self.setup.settings["messages"]["processing_order"] == "FIFO" else -1
            text = min(waiting, key=lambda one: (-one.priority, sign * one.order))
        try:
            self._send(text)
        finally:
            self._busy = False
        self._jobs.after(self._step_s, self._send_next)

    def _send(self, text: OutText) -> None:
        with self._lock:
            if text.valid_until is not None and text.valid_until < self.clock():
                error: str | None = "TTL expired"
            elif not 1 <= text.sim <= len(self.sims):
                error = f"Can't send message: SIM {text.sim} not found"
            else:
                error = self._faults.send_error if self._faults.take("send_error_next") else None
            text.left += error is None
            self._enter(text, FAILED if error else PROCESSED, error)
            self._arrived += [text] * text.left
            is_silent = error is None and self._faults.take("unreported_next")
            status = self._faults.undelivered_status if error is None and self._faults.take("undelivered_next") else None
        if error is not None:
            self._report("sms:failed", text, {"failedAt": written(self.clock()), "reason": error})
            return
        self._on_arrival(text)
        if not is_silent:
            self._jobs.after(self._step_s, lambda: self._sent(text, status))

    def _sent(self, text: OutText, status: int | None) -> None:
        self._enter(text, SENT)
        for _ in range(text.parts):
            self._report("sms:sent", text, {"partsCount": text.parts, "sentAt": written(self.clock())})
        if text.wants_report:
            self._jobs.after(self._step_s, lambda: self._delivered(text, status))

    def _delivered(self, text: OutText, status: int | None) -> None:
        if status is not None:
            error = f"Delivery result from SC +923000000042: {status}"
            self._enter(text, FAILED, error)
            self._report("sms:failed", text, {"failedAt": written(self.clock()), "reason": error})
            return
        self._enter(text, DELIVERED)
        for _ in range(text.parts):
            self._report("sms:delivered", text, {"deliveredAt": written(self.clock())})

    def _enter(self, text: OutText, state: str, error: str | None = None) -> None:
        with self._lock:
            text.state, text.error = state, error
            text.states[state] = written(self.clock())
            self._kept.put("out", text.id, asdict(text))
            self.version += 1

    def _report(self, event: str, text: OutText, more: dict[str, Any]) -> None:
        told = {"messageId": text.id, "phoneNumber": text.to, "simNumber": text.sim, "sender": None, "recipient": text.to}
        self.emit(event, {**told, **more})
