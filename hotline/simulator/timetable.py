"""Runs jobs later, in a few background threads."""

import heapq
import logging
import threading
import time
from collections.abc import Callable
from itertools import count

Job = Callable[[], None]

logger = logging.getLogger(__name__)


class Timetable:
    """Runs each job when it is due. Its threads start with the first job, so that an idle simulator has none."""

    def __init__(self, *, threads: int, name: str) -> None:
        self._size = threads
        self._name = name
        self._jobs: list[tuple[float, int, Job]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def after(self, delay_s: float, job: Job) -> None:
        """Run `job` in `delay_s` seconds, unless this is closed or cleared before."""
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._jobs, (time.monotonic() + delay_s, next(self._order), job))
            if not self._threads:
                self._threads = [threading.Thread(target=self._work, name=self._name, daemon=True) for _ in range(self._size)]
                for thread in self._threads:
                    thread.start()
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._jobs.clear()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:
                # Keep the thread: without it no later callback would be posted, and that would look like a fault of the hotline.
                logger.exception("a job of the simulator failed")

    def _next(self) -> Job | None:
        with self._changed:
            while not self._closed:
                if not self._jobs:
                    self._changed.wait()
                elif (wait_s := self._jobs[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait_s)
                else:
                    return heapq.heappop(self._jobs)[2]
        return None
