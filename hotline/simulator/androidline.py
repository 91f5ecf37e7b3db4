"""Texts of the phones on the page go by the pretend Android phone instead of the pretend account; calls stay with the account."""

import secrets
import threading
from collections import deque
from typing import Any

from hotline.simulator.androidmms import LOADED
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.androidtexts import OutText
from hotline.simulator.messages import Message, clean, new_sid, now
from hotline.simulator.segments import count_segments
from hotline.simulator.state import State

_MOST_UNTOLD = 1000


class AndroidLine:
    """Joins a pretend Android phone with the phones of citizens on the page."""

    def __init__(self, phone: AndroidPhone, state: State) -> None:
        self.phone, self._state = phone, state
        self._lock = threading.Lock()
        self._untold: deque[tuple[str, str]] = deque(maxlen=_MOST_UNTOLD)  # the app's id of a text, and its sid on the page
        phone.watch(self._arrived, self._answered)

    @property
    def number(self) -> str:
        """The number that citizens text."""
        return self.phone.sims[0]

    def text_from(self, number: str, body: str, *, photo: bytes = b"") -> str:
        """A citizen's phone texts the hotline, by an MMS if there is a photo; returns the text's sid. The app tells the hotline a moment
        later."""
        message = Message(
            direction="inbound",
            sender=number,
            recipient=self.number,
            body=clean(body),
            status="received",
            segments=count_segments(body),
            sid=new_sid(with_photo=bool(photo)),
            photos={"ME" + secrets.token_hex(16): photo} if photo else {},
            sent_at=now(),
        )
        self._state.add(message, on_phone=True)
        with self._lock:  # the answer may come before this is noted
            if photo:
                told = self.phone.mms.hear(number, message.body, [photo])[-1]["messageId"]
            else:
                told = f"{self.phone.hear(number, message.body).number:x}"
            self._untold.append((told, message.sid))
        return message.sid

    def _arrived(self, text: OutText) -> None:
        self._state.add(
            Message(
                direction="outbound-api",
                sender=self.phone.sims[text.sim - 1],
                recipient=text.to,
                body=text.text,
                status="delivered",
                segments=text.parts,
                sent_at=now(),
            ),
            on_phone=True,
        )

    def _answered(self, event: dict[str, Any], status: int | None) -> None:
        """Show at the text, and in the page's log, what the hotline said to an event."""
        payload, kind = event["payload"], event["event"]
        detail = f"HTTP {status}" if status is not None else "no answer"
        is_taken = status is not None and 200 <= status < 300
        line = {"kind": "phone", "phone": payload.get("phoneNumber", ""), "message_status": kind, "sid": payload.get("messageId", "")}
        self._state.write_log(**line, http_status=status, error_code=None if is_taken else status or 0, detail=detail)
        if kind not in ("sms:received", LOADED):
            return
        with self._lock:
            sids = [sid for id_, sid in self._untold if id_ == payload["messageId"]]
        for sid in sids:
            self._state.change(sid, webhook="taken" if is_taken else f"not taken yet: {detail}")
