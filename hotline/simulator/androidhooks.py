"""How the pretend phone tells of what happens: a queue of webhooks that one worker posts, one after the other, as the app does.

Each request is signed anew with the phone's time. Whatever is not answered with 2xx is told again, each time twice as much later, until
`retry_count` is used up: then it is lost. The order is not kept after a failure.
"""

import hashlib
import hmac
import http.client
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from hotline.simulator.account import is_loopback
from hotline.simulator.androidfaults import PhoneFaults
from hotline.simulator.androidkept import Kept
from hotline.simulator.androidsetup import Setup
from hotline.simulator.timetable import Timetable

logger = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 5.0
"""Seconds that the app waits for a connection, and for each piece of the answer."""


@dataclass(frozen=True)
class Hook:
    """One event to tell at one address."""

    id: str
    url: str
    body: bytes
    tries: int = 0


class HookQueue:
    """The queue of one phone. `timestamp` gives the phone's seconds, `key` the signing key, `settings` retry_count."""

    def __init__(
        self,
        *,
        hotline_url: str,
        timestamp: Callable[[], int],
        key: Callable[[], str],
        retry_count: Callable[[], int],
        retry_s: float,
        kept: Kept,
    ) -> None:
        where = urlsplit(hotline_url)
        if where.scheme != "http" or not is_loopback(where.hostname or ""):
            raise ValueError(f"the pretend phone tells plain http on this computer only, not {hotline_url}")
        self._where = where
        self._timestamp, self._key, self._retry_count, self._retry_s = timestamp, key, retry_count, retry_s
        self._jobs = Timetable(threads=1, name="phone-webhooks")  # one: a slow answer delays all that wait behind it
        self._lock = threading.Lock()
        self._paused = False
        self._waiting: list[Hook] = []
        self._held: list[Callable[[], None]] = []
        self._kept = kept
        self.on_answer: Callable[[dict[str, Any], int | None], None] = lambda _payload, _status: None
        self.lost = 0
        self.log: list[dict[str, Any]] = []

    def emit(self, event: str, payload: dict[str, Any], setup: Setup, faults: PhoneFaults, *, device: str, times: int = 1) -> None:
        """Tell of an event so often wherever it is registered, with the faults that strike. The caller holds the phone's lock."""
        if faults.take("webhook_lost_next"):
            return
        times += faults.take("webhook_double_next")
        late_s = faults.webhook_late_s
        hooks = [hook for hook in setup.hooks.values() if hook["event"] == event]

        def tell() -> None:
            for hook in hooks:
                for _ in range(times):
                    self.tell(hook["url"], event, payload, device=device, hook_id=hook["id"], delay_s=late_s)

        if faults.take("webhook_reorder_next"):
            self._held.append(tell)
            return
        tell()
        self.let_go()

    def let_go(self) -> None:
        """Tell what was held back."""
        held, self._held = self._held, []
        for tell in held:
            tell()

    def tell(self, url: str, event: str, payload: dict[str, Any], *, device: str, hook_id: str, delay_s: float = 0.0) -> None:
        """Queue one event, under an id of its own."""
        id_ = uuid4().hex[:21]
        body = {"deviceId": device, "event": event, "id": id_, "payload": payload, "webhookId": hook_id}
        hook = Hook(id_, url, json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        self._keep(hook)
        self._jobs.after(delay_s, lambda: self._post(hook))

    def go_on(self) -> None:
        """Tell what was not told before the phone was killed, as the app's worker does."""
        for id_, kept in self._kept.all("telling").items():
            hook = Hook(id_, kept["url"], kept["body"].encode("utf-8", "surrogatepass"), kept["tries"])
            self._jobs.after(0, lambda hook=hook: self._post(hook))  # type: ignore[misc]  # mypy infers no type of a default

    def pause(self, *, paused: bool) -> None:
        """Keep what is due while the phone is off, and tell it once the phone is back."""
        with self._lock:
            self._paused = paused
            back, self._waiting = ([], self._waiting) if paused else (self._waiting, [])
        for hook in back:
            self._jobs.after(0, lambda hook=hook: self._post(hook))  # type: ignore[misc]  # mypy infers no type of a default

    def close(self) -> None:
        self._jobs.close()

    def _post(self, hook: Hook) -> None:
        with self._lock:
            if self._paused:
                self._waiting.append(hook)
                return
        status = self._status(hook)
        event = json.loads(hook.body.decode("utf-8", "surrogatepass"))
        self.log.append({"event": event["event"], "status": status, "tries": hook.tries + 1})
        self.on_answer(event, status)
        is_told = status is not None and 200 <= status < 300
        if is_told or hook.tries >= self._retry_count():
            self.lost += not is_told
            self._kept.drop("telling", hook.id)
            return
        again = replace(hook, tries=hook.tries + 1)
        self._keep(again)
        self._jobs.after(self._retry_s * 2**hook.tries, lambda: self._post(again))

    def _keep(self, hook: Hook) -> None:
        body = hook.body.decode("utf-8", "surrogatepass")
        self._kept.put("telling", hook.id, {"url": hook.url, "body": body, "tries": hook.tries})

    def _status(self, hook: Hook) -> int | None:
        """The status of the answer; None if there was none within the time. The path is the address's, the host always the hotline's."""
        stamp = str(self._timestamp())
        signature = hmac.new(self._key().encode(), hook.body + stamp.encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json; charset=UTF-8", "X-Signature": signature, "X-Timestamp": stamp}
        connection = http.client.HTTPConnection(self._where.hostname or "", self._where.port or 80, timeout=_ANSWER_WITHIN_S)
        try:
            connection.request("POST", urlsplit(hook.url).path, body=hook.body, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as fault:
            logger.debug("a webhook was not answered: %s", type(fault).__name__)
            return None
        finally:
            connection.close()
