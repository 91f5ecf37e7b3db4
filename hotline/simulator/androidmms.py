"""MMS that come to the pretend phone: it tells that one came, loads it, and tells what was in it.

Two forms of the app are known. With both an attachment has `partId`, `contentType`, `name`, `size` and `data`. `data` is base64; newer
versions may leave it null, name a `url`, and serve the attachment there. The ids of the two events of one MMS have nothing in common.
"""

import base64
import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from hotline.simulator.androidtexts import written

HEAD, LOADED = "mms:received", "mms:downloaded"


class MmsInbox:
    """The MMS of one phone. `emit` tells of an event, `now` is the network's time."""

    def __init__(self, emit: Callable[[str, dict[str, Any]], None], now: Callable[[], datetime]) -> None:
        self._emit, self._now = emit, now
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._served: dict[tuple[str, int], tuple[str, bytes]] = {}

    def hear(
        self,
        sender: str,
        words: str,
        pictures: Sequence[bytes] = (),
        *,
        subject: str | None = None,
        kind: str = "image/jpeg",
        serves: bool = False,
        tells: Sequence[str] = (HEAD, LOADED),
        at: datetime | None = None,
    ) -> list[dict[str, Any]]:
        """An MMS comes in; returns what was told of it. `serves`: as newer versions do. `tells`: the events, in their order.

        Without mobile data a phone tells `HEAD` alone.
        """
        with self._lock:
            number = str(next(self._ids))
            attachments = [self._attachment(number, part, kind, picture, serves=serves) for part, picture in enumerate(pictures, 1)]
        same: dict[str, Any] = {"sender": sender, "recipient": None, "simNumber": 1, "phoneNumber": sender, "subject": subject}
        same["receivedAt"] = written((at or self._now()).replace(microsecond=0))
        head = {"messageId": f"{uuid4().hex}@mms", "transactionId": f"T{uuid4().hex[:12]}", "contentClass": "IMAGE_BASIC"}
        payloads: dict[str, dict[str, Any]] = {
            HEAD: {**same, **head, "size": sum(map(len, pictures)) + len(words)},
            LOADED: {**same, "messageId": number, "body": words or None, "attachments": attachments},
        }
        told = [payloads[event] for event in tells]
        for event in tells:
            self._emit(event, payloads[event])
        return told

    def attachment(self, message: str, part: int) -> tuple[str, bytes] | None:
        """The kind and the bytes of an attachment that the phone serves; None if there is none."""
        with self._lock:
            return self._served.get((message, part))

    def _attachment(self, message: str, part: int, kind: str, picture: bytes, *, serves: bool) -> dict[str, Any]:
        told = {"partId": part, "contentType": kind, "name": f"IMG_{part}.jpg", "size": len(picture)}
        if not serves:
            return {**told, "data": base64.b64encode(picture).decode()}
        self._served[message, part] = (kind, picture)
        return {**told, "data": None, "url": f"/inbox/{message}/attachments/{part}"}
