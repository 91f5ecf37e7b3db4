"""One worker process on one queue: waits for Redis, survives its death, forks for each job."""

import logging
import os
import time

from redis import Redis, RedisError
from rq import Queue, Worker
from rq.job import Job

import workers.jobs  # noqa: F401 - imported before the fork: a job must not pay for it
from hotline.config import Config
from hotline.jobs import QUEUES
from hotline.log import logger
from workers import lifeline

_ASK_AGAIN_AFTER_S = 1


class HotlineWorker(Worker):
    """RQ's forking worker, back at work within seconds of Redis, and whose horse dies with it."""

    max_connection_wait_time = 5.0

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the child, first of all: a horse that outlived a killed worker would send beside the next one."""
        lifeline.die_with(os.getppid())
        super().main_work_horse(job, queue)


def serve(config: Config, queue: str) -> None:
    """Work on `queue` until told to stop."""
    if queue not in QUEUES:
        raise SystemExit(f"there is no queue {queue}; there are {', '.join(QUEUES)}")
    redis = Redis.from_url(config.redis_url)
    wait_for(redis)
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
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
    worker.work(logging_level="WARNING")


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
