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
    FETCH_PHOTOS = "workers.jobs.fetch_photos"
    CLOSE_CALLS = "workers.jobs.close_calls"
    INDEX_WORDS = "workers.jobs.index_words"
    SEAL_PLAIN = "workers.jobs.seal_plain"
    ERASE_DUE = "workers.jobs.erase_due"
    REDACT_DUE = "workers.jobs.redact_due"
    KEEP_DUE = "workers.jobs.keep_due"
    WATCH_SHIFTS = "workers.jobs.watch_shifts"
    FORGET_DUE = "workers.jobs.forget_due"
    FETCH_TEXTS = "workers.jobs.fetch_texts"
    RECONCILE = "workers.jobs.reconcile"
    ASK_UNREPORTED = "workers.jobs.ask_unreported"
    SEND_CANARIES = "workers.jobs.send_canaries"
    TAKE_IN_PARTS = "workers.jobs.take_in_parts"
    TAKE_IN_WAITING = "workers.jobs.take_in_waiting"
    WATCH_GATEWAYS = "workers.jobs.watch_gateways"
    WATCH_HOTLINE = "workers.jobs.watch_hotline"
    BIND_BOOKS = "workers.jobs.bind_books"
    BACK_UP = "workers.jobs.back_up"


QUEUES: dict[str, tuple[Job, ...]] = {
    # Sending has a queue and a process of its own, so that nothing else can hold it up.
    "sending": (Job.SEND_DUE,),
    "tickets": (
        Job.ROUTE_DUE,
        Job.RING_DUE,
        Job.SETTLE_UNKNOWN,
        Job.MARK_LATE,
        Job.INDEX_WORDS,
        Job.SEAL_PLAIN,
        Job.REDACT_DUE,
        Job.ERASE_DUE,
        Job.KEEP_DUE,
        Job.WATCH_SHIFTS,
        Job.BIND_BOOKS,
        Job.TAKE_IN_PARTS,
    ),
    # After an outage it has work for minutes: danger that comes meanwhile is not to wait behind it.
    "spool": (Job.TAKE_IN_WAITING,),
    "calls": (Job.PLACE_CALLS, Job.FETCH_RECORDINGS, Job.CLOSE_CALLS),
    # A gateway that hangs holds up only what waits for gateways.
    "gateways": (
        Job.FETCH_TEXTS,
        Job.RECONCILE,
        Job.ASK_UNREPORTED,
        Job.SEND_CANARIES,
        Job.FETCH_PHOTOS,
        Job.WATCH_GATEWAYS,
        Job.WATCH_HOTLINE,
        Job.FORGET_DUE,
    ),
    # A backup takes minutes, or hours: nothing may wait behind it.
    "backups": (Job.BACK_UP,),
}
"""RQ queue → its jobs. One worker process serves each queue."""

OF_HOST = frozenset({Job.TAKE_IN_WAITING})
"""Jobs for what lies on one host's disk. Each host has a queue of its own for them: another host would look on another disk."""

PERIODIC_S: dict[Job, int] = {
    Job.SEND_DUE: 3,
    Job.ROUTE_DUE: 3,
    Job.RING_DUE: 3,
    Job.MARK_LATE: 15,
    Job.SETTLE_UNKNOWN: 5,
    Job.PLACE_CALLS: 3,
    Job.FETCH_RECORDINGS: 5,
    Job.FETCH_PHOTOS: 15,
    Job.CLOSE_CALLS: 30,
    Job.INDEX_WORDS: 5,
    Job.SEAL_PLAIN: 60,
    Job.ERASE_DUE: 60,
    Job.REDACT_DUE: 15,
    Job.WATCH_SHIFTS: 10,
    Job.FORGET_DUE: 30,
    Job.FETCH_TEXTS: 10,
    Job.RECONCILE: 600,
    Job.ASK_UNREPORTED: 60,
    Job.SEND_CANARIES: 60,
    Job.TAKE_IN_PARTS: 20,
    Job.TAKE_IN_WAITING: 5,
    Job.WATCH_GATEWAYS: 30,
    Job.WATCH_HOTLINE: 20,
    Job.BIND_BOOKS: 60,
    Job.KEEP_DUE: 60,
    Job.BACK_UP: 60,
}
"""Job → seconds between two rings of the clock. There is no other retry."""

MAY_TAKE_S = 120
MAY_TAKE_LONG_S: dict[Job, int] = {Job.BACK_UP: 12 * 3600}
"""Seconds after which a job that has not ended is killed."""

_AHEAD = frozenset({Job.WATCH_HOTLINE})
"""Jobs that go ahead of all others in their queue: what tells that something stands still must not wait behind gateways that hang."""


class Bell(Protocol):
    """Starts a job soon, once until the job answers."""

    def ring(self, job: Job) -> None:
        """Start `job` soon. Never raises: the work is in a row, and the clock rings again."""


class RedisBell:
    """The bell over RQ. `host`: the name of the host whose disk the jobs of `OF_HOST` are to look on."""

    def __init__(self, url: str, *, host: str = "") -> None:
        self._redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._host = host
        names = {job: queue_of(name, host) if job in OF_HOST else name for name, jobs in QUEUES.items() for job in jobs}
        self._queues = {job: Queue(name, connection=self._redis, serializer="json") for job, name in names.items()}
        self._silent_until = 0.0

    def ring(self, job: Job) -> None:
        """See `Bell.ring`."""
        if time.monotonic() < self._silent_until:
            return
        try:
            if self._redis.set(key(job, self._host), 1, nx=True, ex=RUNG_FOR_S):
                self._queues[job].enqueue(
                    job.value,
                    result_ttl=0,
                    failure_ttl=FAILURES_KEPT_S,
                    job_timeout=MAY_TAKE_LONG_S.get(job, MAY_TAKE_S),
                    at_front=job in _AHEAD,
                )
        except RedisError as fault:
            self._silent_until = time.monotonic() + _SILENT_AFTER_FAILURE_S
            logger().warning("the bell did not ring; the next sweep will", job=job.value, fault=type(fault).__name__)

    def answer(self, job: Job) -> None:
        """Called by the job before it looks for work, so that work that comes in meanwhile rings again."""
        self._redis.delete(key(job, self._host))


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


def try_redis(url: str, *, within_s: float) -> None:
    """Write to Redis what goes by itself. It may answer and take nothing: full, or a copy that is for reading. Raises `RedisError`."""
    with Redis.from_url(url, socket_timeout=within_s, socket_connect_timeout=within_s) as server:
        server.set("hotline:tried", 1, ex=RUNG_FOR_S)


class SilentBell:
    """A bell that does not ring, for the command line: the clock's next ring finds the work."""

    def ring(self, job: Job) -> None:
        """Do nothing."""


def key(job: Job, host: str = "") -> str:
    """The Redis key that is set while a ring for the job is unanswered: one for all hosts, or one for each."""
    return f"hotline:rung:{job.name.lower()}" + (f"@{host}" if job in OF_HOST and host else "")


def queue_of(queue: str, host: str) -> str:
    """The name of the RQ queue for what a queue does for one host; its own where the host has no name."""
    return f"{queue}@{host}" if host else queue


HERE = "here"
"""In place of a queue: only what is of this host. For a host that carries web alone."""


def served(queue: str, host: str) -> list[str]:
    """The RQ queues that the worker of a queue, or of `HERE`, serves on that host. What is of all hosts goes first: danger is there."""
    own = [name for name, jobs in QUEUES.items() if OF_HOST & set(jobs) and queue in (name, HERE)]
    return [*dict.fromkeys(([] if queue == HERE else [queue]) + [queue_of(name, host) for name in own])]
