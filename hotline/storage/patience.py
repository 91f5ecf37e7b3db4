"""A PostgreSQL that takes connections and does not answer: its disk hangs, or its machine is frozen. The network notices nothing of it.

A thread that asks it waits until it goes on, and a web process has few threads: soon no text could be put on the disk any more. So a web
process waits for some seconds only, and then asks for nothing for a while.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy.exc import DisconnectionError

from hotline.storage.writing import WAIT_S

ANSWER_S = WAIT_S + 1
"""Seconds for which a statement is waited for. The server itself ends a wait for a lock sooner."""

_RESTS_FOR_S = 3
"""Seconds after which a server that did not answer is asked again, by one thread."""


class _Connection(psycopg.Connection[Any]):
    """A connection that is given up if a statement is not answered in time."""

    patience: "Patience"

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.patience.answer_s)
        except errors._WaitTimeout as fault:  # noqa: SLF001 - psycopg has no other name for it
            self.pgconn.finish()  # so that the pool throws it away
            self.patience.gave_no_answer()
            raise psycopg.OperationalError("the server does not answer") from fault


class Patience:
    """How long the connections of an engine wait for answers, and whether the server is asked at all."""

    def __init__(self, answer_s: float) -> None:
        self.answer_s = answer_s
        self._lock, self._is_doubted, self._rests_until = threading.Lock(), False, 0.0

    def gave_no_answer(self) -> None:
        """The server did not answer."""
        with self._lock:
            self._is_doubted, self._rests_until = True, time.monotonic() + _RESTS_FOR_S

    def connect(self, args: Sequence[Any], params: Mapping[str, Any]) -> _Connection:
        """A connection that the server is asked for, with what psycopg's `connect` takes. Raises `psycopg.Error`."""
        with self._lock:
            if time.monotonic() < self._rests_until:
                raise psycopg.OperationalError("the server did not answer a moment ago")
            if self._is_doubted:  # one thread finds out, and the others do not wait with it
                self._rests_until = time.monotonic() + self.answer_s
        try:
            made = _Connection.connect(*args, **params)
        except errors.ConnectionTimeout:
            self.gave_no_answer()
            raise
        except psycopg.Error:
            self._is_heard()
            raise
        made.patience = self
        self._is_heard()
        return made

    def _is_heard(self) -> None:
        with self._lock:
            self._is_doubted, self._rests_until = False, 0.0

    def checked_out(self, _connection: object, _record: object, _proxy: object) -> None:
        """Let the pool make a new connection in place of a connection that nobody would answer."""
        if time.monotonic() < self._rests_until:
            raise DisconnectionError("the server did not answer a moment ago")
