"""One worker process on one queue: waits for Redis, survives its death, forks for each job."""

import contextlib
import logging
import os
import signal
import sys
import time
from types import FrameType
from typing import Any

from redis import Redis, RedisError
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.registry import StartedJobRegistry

import workers.jobs  # noqa: F401 - imported before the fork: a job must not pay for it
from hotline.config import Config
from hotline.jobs import QUEUES
from hotline.log import logger
from workers import lifeline

_ASK_AGAIN_AFTER_S = 1


class HotlineWorker(Worker):
    """RQ's forking worker, back at work within seconds of Redis, and whose horse dies with it."""

    max_connection_wait_time = 5.0
    stop_asked = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Told to stop; RQ ends its loop for other reasons too."""
        self.stop_asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the child, first of all: a horse that outlived a killed worker would send beside the next one."""
        lifeline.die_with(os.getppid())
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """A job failed. RQ's own line would quote the row that a database refused: ours says where and why."""
        logger().error("a job failed", job=job.func_name, exc_info=exc_info)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",  # noqa: ARG002 - not passed on, for the same reason
        execution: Execution | None = None,
    ) -> None:
        """Redis is told that it failed, and no more: there it would lie for a week."""
        super().handle_job_failure(job, queue, started_job_registry, exc_string="see the log of the worker", execution=execution)


def serve(config: Config, queue: str) -> None:
    """Work on `queue` until told to stop."""
    if queue not in QUEUES:
        raise SystemExit(f"there is no queue {queue}; there are {', '.join(QUEUES)}")
    redis = Redis.from_url(config.redis_url)
    logging.getLogger("rq.worker").setLevel(logging.ERROR)
    stopped = False
    while not stopped:
        for number in (signal.SIGTERM, signal.SIGINT):  # while it waits there is nothing to finish
            signal.signal(number, lambda *_: sys.exit(0))
        wait_for(redis)
        worker = HotlineWorker(
            [Queue(queue, connection=redis, serializer="json")],
            connection=redis,
            serializer="json",
            log_job_description=False,
            worker_ttl=60,
            maintenance_interval=30,
            job_monitoring_interval=10,
        )
        logger().info("a worker is ready", queue=queue)
        # RQ's loop ends when Redis goes, and fails to say goodbye to it. A new process would take seconds to be ready.
        with contextlib.suppress(RedisError):
            worker.work(logging_level="ERROR")
        stopped = worker.stop_asked


def wait_for(redis: Redis) -> None:
    """Return once Redis answers, or is loading its data no more."""
    said = False
    while True:
        try:
            redis.ping()
        except RedisError:
            if not said:
                logger().warning("Redis is not there yet; waiting for it")
                said = True
            time.sleep(_ASK_AGAIN_AFTER_S)
        else:
            return
