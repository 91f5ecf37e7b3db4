"""The RQ jobs by name, and the bell that calls them.

The row is the truth, Redis is a doorbell: `ring` carries nothing and rings once until it is answered. A lost ring costs one
sweep of the clock, no more.
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
"""How long an unanswered ring keeps others from ringing: a bell that was lost with its job rings again after that."""

_SILENT_AFTER_FAILURE_S = 5
"""With Redis away, how long a process does not even try: a webhook must not pay a time-out for each text."""

_TOGETHER_S = 0.1
"""How long a relayed bell is still after it rang."""

FAILURES_KEPT_S = 7 * 24 * 3600


class Job(StrEnum):
    """Every job, by the dotted name of its function."""

    SEND_DUE = "workers.jobs.send_due"
    SETTLE_UNKNOWN = "workers.jobs.settle_unknown"
    ROUTE_DUE = "workers.jobs.route_due"
    MARK_LATE = "workers.jobs.mark_late"
    PLACE_CALLS = "workers.jobs.place_calls"
    FETCH_RECORDINGS = "workers.jobs.fetch_recordings"
    CLOSE_CALLS = "workers.jobs.close_calls"
    INDEX_WORDS = "workers.jobs.index_words"
    WATCH_SHIFTS = "workers.jobs.watch_shifts"


QUEUES: dict[str, tuple[Job, ...]] = {
    # Sending has a queue and a process of its own, so that nothing else can hold it up.
    "sending": (Job.SEND_DUE,),
    "tickets": (Job.ROUTE_DUE, Job.SETTLE_UNKNOWN, Job.MARK_LATE, Job.INDEX_WORDS, Job.WATCH_SHIFTS),
    "calls": (Job.PLACE_CALLS, Job.FETCH_RECORDINGS, Job.CLOSE_CALLS),
}
"""RQ queue → its jobs. One worker process serves each queue."""

PERIODIC_S: dict[Job, int] = {
    Job.SEND_DUE: 3,
    Job.ROUTE_DUE: 3,
    Job.MARK_LATE: 15,
    Job.SETTLE_UNKNOWN: 5,
    Job.PLACE_CALLS: 3,
    Job.FETCH_RECORDINGS: 5,
    Job.CLOSE_CALLS: 30,
    Job.INDEX_WORDS: 5,
    Job.WATCH_SHIFTS: 10,
}
"""How often the clock rings each job, in seconds: the only retry there is."""


class Bell(Protocol):
    """Calls a job, soon, at most once until it is answered."""

    def ring(self, job: Job) -> None:
        """Ring for `job`. Never raises: whatever was to be done stands in a row."""


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
        """Said by the job before it looks, so that whatever comes while it looks rings again."""
        self._redis.delete(key(job))


class RelayedBell:
    """A bell that somebody else goes and rings: a thread of this process. For the web process: no webhook waits for Redis, and a
    burst of texts costs a few rings a second rather than two each. What a process that is killed had not rung yet, the sweep finds."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._asked: set[Job] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, job: Job) -> None:
        """See `Bell.ring`: at once, or with the others of these milliseconds."""
        if job in self._asked:  # the one to come is for this row too: it is in the database already
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
                # No bell raises; but this thread must not end of one that does, or of a log that takes no more lines.
                with contextlib.suppress(Exception):
                    self._bell.ring(job)
            time.sleep(_TOGETHER_S)


class SilentBell:
    """For what runs beside the hotline, as the command line does: the sweep finds what it left."""

    def ring(self, job: Job) -> None:
        """Do nothing."""


def key(job: Job) -> str:
    """The Redis key that says a job has been rung for."""
    return f"hotline:rung:{job.name.lower()}"
