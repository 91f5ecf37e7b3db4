"""The names of the RQ jobs, and the bell that starts them.

The work to do is in rows of the database. `ring` carries no data: it only starts the job that looks for the work, and starts it once
until it has begun. If a ring is lost, the clock rings again some seconds later.
"""

import contextlib
import threading
import time
from enum import StrEnum
from typing import Protocol

from redis import Redis, RedisError
from rq import Queue

from hotline.log import logger

RUNG_FOR_S = 6
"""Seconds for which a ring that no job has answered suppresses further rings. After that a lost job is rung for again."""

_SILENT_AFTER_FAILURE_S = 5
"""Seconds for which a process does not try Redis after a failure: a webhook must not wait for a time-out with every text."""

_TOGETHER_S = 0.1
"""Seconds a relayed bell waits after it rang, so that further rings come together."""

FAILURES_KEPT_S = 7 * 24 * 3600


class Job(StrEnum):
    """Every job; the value is the dotted name of its function."""

    SEND_DUE = "workers.jobs.send_due"
    SETTLE_UNKNOWN = "workers.jobs.settle_unknown"
    ROUTE_DUE = "workers.jobs.route_due"
    RING_DUE = "workers.jobs.ring_due"
    MARK_LATE = "workers.jobs.mark_late"
    PLACE_CALLS = "workers.jobs.place_calls"
    FETCH_RECORDINGS = "workers.jobs.fetch_recordings"
    CLOSE_CALLS = "workers.jobs.close_calls"
    INDEX_WORDS = "workers.jobs.index_words"
    SEAL_PLAIN = "workers.jobs.seal_plain"
    WATCH_SHIFTS = "workers.jobs.watch_shifts"


QUEUES: dict[str, tuple[Job, ...]] = {
    # Sending has a queue and a process of its own, so that nothing else can hold it up.
    "sending": (Job.SEND_DUE,),
    "tickets": (Job.ROUTE_DUE, Job.RING_DUE, Job.SETTLE_UNKNOWN, Job.MARK_LATE, Job.INDEX_WORDS, Job.SEAL_PLAIN, Job.WATCH_SHIFTS),
    "calls": (Job.PLACE_CALLS, Job.FETCH_RECORDINGS, Job.CLOSE_CALLS),
}
"""RQ queue → its jobs. One worker process serves each queue."""

PERIODIC_S: dict[Job, int] = {
    Job.SEND_DUE: 3,
    Job.ROUTE_DUE: 3,
    Job.RING_DUE: 3,
    Job.MARK_LATE: 15,
    Job.SETTLE_UNKNOWN: 5,
    Job.PLACE_CALLS: 3,
    Job.FETCH_RECORDINGS: 5,
    Job.CLOSE_CALLS: 30,
    Job.INDEX_WORDS: 5,
    Job.SEAL_PLAIN: 60,
    Job.WATCH_SHIFTS: 10,
}
"""Job → seconds between two rings of the clock. There is no other retry."""


class Bell(Protocol):
    """Starts a job soon, once until the job answers."""

    def ring(self, job: Job) -> None:
        """Start `job` soon. Never raises: the work is in a row, and the clock rings again."""


class RedisBell:
    """The bell over RQ."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._queues = {job: Queue(name, connection=self._redis, serializer="json") for name, jobs in QUEUES.items() for job in jobs}
        self._silent_until = 0.0

    def ring(self, job: Job) -> None:
        """See `Bell.ring`."""
        if time.monotonic() < self._silent_until:
            return
        try:
            if self._redis.set(key(job), 1, nx=True, ex=RUNG_FOR_S):
                self._queues[job].enqueue(job.value, result_ttl=0, failure_ttl=FAILURES_KEPT_S, job_timeout=120)
        except RedisError as fault:
            self._silent_until = time.monotonic() + _SILENT_AFTER_FAILURE_S
            logger().warning("the bell did not ring; the next sweep will", job=job.value, fault=type(fault).__name__)

    def answer(self, job: Job) -> None:
        """Called by the job before it looks for work, so that work that comes in meanwhile rings again."""
        self._redis.delete(key(job))


class RelayedBell:
    """A bell that is rung by a thread of this process. For the web process.

    No webhook waits for Redis, and a burst of texts costs a few rings a second, not two each. If the process is killed before the
    thread has rung, the clock's next ring finds the work.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._asked: set[Job] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, job: Job) -> None:
        """See `Bell.ring`. Rings that come within `_TOGETHER_S` are rung together."""
        if job in self._asked:  # that ring has not happened yet: its job will find this row too, which is committed
            return
        with self._wake:
            self._asked.add(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name="bell", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _go(self) -> None:
        while True:
            with self._wake:
                while not self._asked:
                    self._wake.wait()
                asked, self._asked = self._asked, set()
            for job in asked:
                # A bell does not raise. Should one do so, or the log fail, this thread must go on.
                with contextlib.suppress(Exception):
                    self._bell.ring(job)
            time.sleep(_TOGETHER_S)


class SilentBell:
    """A bell that does not ring, for the command line: the clock's next ring finds the work."""

    def ring(self, job: Job) -> None:
        """Do nothing."""


def key(job: Job) -> str:
    """The Redis key that is set while a ring for the job is unanswered."""
    return f"hotline:rung:{job.name.lower()}"
