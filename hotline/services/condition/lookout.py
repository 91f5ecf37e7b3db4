"""A thread of the web process that looks whether clock and workers do anything, and how this host is: a process that stands still cannot
tell."""

import contextlib
import threading
import time

from hotline.runtime import Runtime
from hotline.services.condition import telling, ticks

_EVERY_S = 60


def start(rt: Runtime) -> None:
    """Look every minute, as long as the process lives."""
    threading.Thread(target=_go, args=(rt,), name="lookout", daemon=True).start()


def _go(rt: Runtime) -> None:
    while True:
        # Workers that start with us, or could note nothing while the database was away, have time to come.
        time.sleep(ticks.OLD.total_seconds())
        with contextlib.suppress(Exception):  # whatever fails, this thread must go on
            while True:
                telling.tell_of_stillness(rt)
                telling.tell_of_host(rt)
                time.sleep(_EVERY_S)
