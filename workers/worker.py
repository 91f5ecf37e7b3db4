"""One worker process for one queue. It waits for Redis, goes on when Redis comes back, and forks for each job."""

import contextlib
import logging
import math
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, ClassVar

from redis import Redis, RedisError
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.registry import StartedJobRegistry

import workers.jobs  # noqa: F401 - imported before the fork, so that no job waits for it
from hotline import host
from hotline.config import Config
from hotline.gateways.registry import call_gateways, text_gateways
from hotline.jobs import HERE, QUEUES, served
from hotline.log import logger
from hotline.services.condition import ticks
from hotline.storage import base
from hotline.workdays import calendar
from workers import lifeline
from workers.process import runtime, tables

_ASK_AGAIN_AFTER_S = 1


class HotlineWorker(Worker):
    """RQ's forking worker. It is back at work seconds after Redis, and its horse (the child that runs a job) dies with it."""

    max_connection_wait_time = 5.0
    stop_asked = False
    ticked_at: ClassVar[dict[str, float]] = {}  # queue → when its last tick was noted
    is_tick_due = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Note that a stop was asked for: RQ ends its loop for other reasons too."""
        self.stop_asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """In the parent, which lives on: see whether the child is to note a tick."""
        now = time.monotonic()
        self.is_tick_due = now - self.ticked_at.get(_common(queue), -math.inf) >= ticks.EVERY_S
        if self.is_tick_due:
            self.ticked_at[_common(queue)] = now
        super().execute_job(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """In the child: note that this queue has begun a job. Whatever goes wrong there, the job meets it too, and tells."""
        if self.is_tick_due:
            with contextlib.suppress(Exception):
                ticks.note(runtime(), _common(queue))
        return super().perform_job(job, queue, execution)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the child, first of all: die with the parent. A horse that outlived a killed worker would send beside the next worker."""
        lifeline.die_with(os.getppid())
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log that a job failed, where and why. RQ's own line would quote the row that a database refused."""
        logger().error("a job failed", job=job.func_name, exc_info=exc_info)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",  # noqa: ARG002 - not passed on: it quotes the row as well
        execution: Execution | None = None,
    ) -> None:
        """Store in Redis that the job failed, but not the error, which would stay there for a week."""
        super().handle_job_failure(job, queue, started_job_registry, exc_string="see the log of the worker", execution=execution)


def _common(queue: Queue) -> str:
    """The name of a queue without its host."""
    return queue.name.partition("@")[0]


def serve(config: Config, queue: str) -> None:
    """Work on `queue` until told to stop. Raises SystemExit if there is no such queue."""
    if queue not in (*QUEUES, HERE):
        raise SystemExit(f"there is no queue {queue}; there are {', '.join(QUEUES)}")
    # What every job needs is made once, before the fork: a job at rest takes 30 ms of CPU then, and half a second if it made it itself.
    tables()
    base.make_ready()
    if queue != "sending":  # no job of sending asks for holidays
        calendar(config)
    for texts in text_gateways(config).values():
        texts.close()
    for calls in call_gateways(config).values():
        calls.close()
    redis, names = Redis.from_url(config.redis_url), served(queue, host.name(config.data_dir))
    logging.getLogger("rq.worker").setLevel(logging.ERROR)
    stopped = False
    while not stopped:
        for number in (signal.SIGTERM, signal.SIGINT):  # while it waits for Redis there is nothing to finish
            signal.signal(number, lambda *_: sys.exit(0))
        wait_for(redis)
        worker = HotlineWorker(
            [Queue(name, connection=redis, serializer="json") for name in names],
            connection=redis,
            serializer="json",
            log_job_description=False,
            worker_ttl=60,
            maintenance_interval=30,
            job_monitoring_interval=10,
        )
        logger().info("a worker is ready", queue=queue)
        # RQ's loop ends when Redis goes, and raises when it signs off there. A new loop is ready sooner than a new process.
        with contextlib.suppress(RedisError):
            worker.work(logging_level="ERROR")
        stopped = worker.stop_asked


def wait_for(redis: Redis) -> None:
    """Return once Redis answers and has loaded its data."""
    warned = False
    while True:
        try:
            redis.ping()
        except RedisError:
            if not warned:
                logger().warning("Redis is not there yet; waiting for it")
                warned = True
            time.sleep(_ASK_AGAIN_AFTER_S)
        else:
            return
