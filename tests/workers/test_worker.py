"""The bell, the jobs in real forks, and processes that die and come back. The last five run on SQLite alone: they are about processes."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.registry import FailedJobRegistry
from sqlalchemy import update

from hotline.jobs import QUEUES, RUNG_FOR_S, Job, RedisBell, key
from hotline.runtime import Runtime
from hotline.services.condition import telling, ticks
from hotline.storage import marks
from hotline.storage.models import Message
from tests.cli.test_upgrade import at
from tests.servers import RedisServer
from tests.services.colleagues import settle
from tests.support import HER, OTHER, text_in, texts_out, tickets
from tests.workers.watching import Watched, children, everything_in, family, is_alive, job_calls, until
from workers import jobs

Start = Callable[..., Watched]
Live = Callable[[str, str], Runtime]

BODY = "orangi town mein do larkon ne pistol dikha kar mera mobile cheen liya"  # where it happened is not asked
BURST = """
from redis import Redis
from rq import Queue
from hotline.gateways.registry import load_config
from hotline.jobs import QUEUES
from hotline.log import configure_log
from workers.worker import HotlineWorker
configure_log()
redis = Redis.from_url(load_config().redis_url)
queues = [Queue(name, connection=redis, serializer="json") for name in reversed(QUEUES)]
HotlineWorker(queues, connection=redis, serializer="json", log_job_description=False).work(burst=True, logging_level="WARNING")
"""
FAILING = f"""
from workers import jobs
def refused(*_, **__):
    try:
        raise ValueError("Failing row contains ({HER}, {BODY}).")
    except ValueError as fault:
        raise RuntimeError("it broke\\nDETAIL:  Key (address)=({HER}) has the text {BODY}") from fault
jobs.outbound.send_due = refused
"""


def waiting(redis_url: str, queue: str) -> int:
    with Redis.from_url(redis_url) as redis:
        return len(Queue(queue, connection=redis, serializer="json"))


# The bell


@pytest.fixture
def bell(redis_url: str) -> RedisBell:
    return RedisBell(redis_url)


def test_the_bell_rings_once_until_it_is_answered(bell: RedisBell, redis_url: str) -> None:
    for _ in range(5):
        bell.ring(Job.SEND_DUE)
    bell.ring(Job.ROUTE_DUE)
    assert (waiting(redis_url, "sending"), waiting(redis_url, "tickets")) == (1, 1)
    bell.answer(Job.SEND_DUE)
    for _ in range(5):
        bell.ring(Job.SEND_DUE)
    assert (waiting(redis_url, "sending"), waiting(redis_url, "tickets")) == (2, 1)


def test_the_look_at_the_hotline_itself_does_not_wait_behind_jobs_that_hang(bell: RedisBell, redis_url: str) -> None:
    for job in (Job.FETCH_TEXTS, Job.RECONCILE, Job.WATCH_HOTLINE):
        bell.ring(job)
    with Redis.from_url(redis_url) as redis:
        names = [job.func_name for job in Queue("gateways", connection=redis, serializer="json").jobs]
    assert names == [Job.WATCH_HOTLINE, Job.FETCH_TEXTS, Job.RECONCILE]


def test_a_ring_that_was_lost_with_its_job_keeps_others_away_for_a_short_life_only(bell: RedisBell, redis_url: str) -> None:
    bell.ring(Job.SEND_DUE)
    with Redis.from_url(redis_url) as redis:
        Queue("sending", connection=redis, serializer="json").empty()
        assert 0 < redis.ttl(key(Job.SEND_DUE)) <= RUNG_FOR_S <= 30
        bell.ring(Job.SEND_DUE)
        assert waiting(redis_url, "sending") == 0
        redis.pexpire(key(Job.SEND_DUE), 1)
        until(lambda: not redis.exists(key(Job.SEND_DUE)), within_s=1)
    bell.ring(Job.SEND_DUE)
    assert waiting(redis_url, "sending") == 1


def test_a_lost_job_costs_one_sweep_where_nothing_was_left_of_its_ring(bell: RedisBell, redis_url: str) -> None:
    bell.ring(Job.SEND_DUE)
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    bell.ring(Job.SEND_DUE)
    assert waiting(redis_url, "sending") == 1


def test_without_redis_a_ring_neither_raises_nor_waits_and_is_not_tried_again_for_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("hotline.jobs.time", SimpleNamespace(monotonic=lambda: now[0]))
    with RedisServer() as server:
        bell = RedisBell(server.url)
        server.kill()
        began = time.monotonic()
        bell.ring(Job.SEND_DUE)
        assert time.monotonic() - began < 3
        server.start()
        for now[0] in (100.0, 104.9):
            bell.ring(Job.SEND_DUE)
            bell.ring(Job.ROUTE_DUE)
        assert waiting(server.url, "sending") == 0
        now[0] = 105.0
        bell.ring(Job.SEND_DUE)
        assert waiting(server.url, "sending") == 1


# The jobs


def test_a_whole_cycle_in_real_forks_leaves_nothing_of_anybody_in_redis(
    database_url: str, redis_url: str, live: Live, start: Start, tmp_path: Path
) -> None:
    rt = live(database_url, redis_url)
    settle(rt, tmp_path)
    text_in(rt, BODY)
    text_in(rt, "bachao", sender=OTHER)
    with rt.transaction() as tx:  # a text whose outcome is unknown
        lost = texts_out(rt)[-1]
        tx.session.execute(
            update(Message).where(Message.id == lost.id).values(delivery="unknown", attempts=1, look_ups=0, claimed_at=tx.now)
        )
        before_it = round(tx.now.timestamp()) - 60
        for who in ticks.ALL:
            marks.set_value(tx.session, f"tick:{who}", before_it)
    for job in Job:
        rt.bell.ring(job)
    with Redis.from_url(redis_url) as redis:
        assert sorted(job_calls(redis)) == sorted([job.value, None, [], {}] for job in Job)
        before = everything_in(redis)
        worker = start("-c", BURST, HOTLINE_DATABASE_URL=database_url, HOTLINE_REDIS_URL=redis_url)
        assert worker.process.wait(120) == 0, worker.said()
        after = everything_in(redis)
        assert [redis.exists(key(job)) for job in Job] == [0] * len(Job)
        assert job_calls(redis) == []
    sent, looked_up = texts_out(rt)[0], next(one for one in texts_out(rt) if one.id == lost.id)
    assert (sent.delivery, (sent.gateway_id or "")[:2], looked_up.look_ups) == ("sent", "SM", 1), worker.said()
    assert all(ticket.routed_at for ticket in tickets(rt))
    with rt.reading() as session:
        assert marks.beginning(session, "tick:").keys() == set(ticks.ALL)
        assert min(marks.beginning(session, "tick:").values()) > before_it, "each queue has ticked, and the clock"
    private = [HER[3:], OTHER[3:], "mobile", "bachao", *(ticket.reference for ticket in tickets(rt))]
    private += [word for message in texts_out(rt) for word in (message.body[:20], message.gateway_id) if word]
    for told in (before, after, worker.said()):
        assert not [word for word in private if word in told]


def test_a_job_that_fails_tells_redis_that_and_nothing_else(database_url: str, redis_url: str, live: Live, start: Start) -> None:
    text_in(live(database_url, redis_url), BODY)
    worker = start("-c", FAILING + BURST, HOTLINE_DATABASE_URL=database_url, HOTLINE_REDIS_URL=redis_url)
    assert worker.process.wait(60) == 0, worker.said()
    with Redis.from_url(redis_url) as redis:
        queue = Queue("sending", connection=redis, serializer="json")
        assert len(FailedJobRegistry(queue=queue)) == 1
        left = everything_in(redis)
    assert "see the log of the worker" in left
    assert "a job failed" in worker.said()
    assert "RuntimeError: it broke" in worker.said()
    assert "refused" in worker.said()
    assert not [word for told in (left, worker.said()) for word in (HER[3:], "DETAIL") if word in told]
    assert BODY not in left


@pytest.mark.parametrize(
    ("still", "besides"),
    [([], []), (["clock"], []), (["sending"], ["sent"]), (["tickets"], ["rung"]), (["sending", "tickets"], ["rung", "sent"])],
)
def test_the_one_that_watches_does_what_tells_of_those_that_stand_still(
    still: list[str], besides: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    for name in ("runtime", "gateways"):
        monkeypatch.setattr(jobs, name, lambda: None)
    monkeypatch.setattr(jobs, "bell", lambda: SimpleNamespace(answer=lambda job: done.append(job.name)))
    monkeypatch.setattr(telling, "watch", lambda _: still)
    monkeypatch.setattr(jobs.paging, "page_unseen", lambda _: done.append("paged"))
    monkeypatch.setattr(jobs.ringing, "ring_due", lambda _: done.append("rung"))
    monkeypatch.setattr(jobs.outbound, "send_due", lambda *_, **__: done.append("sent"))
    jobs.watch_hotline()
    assert done == ["WATCH_HOTLINE", "paged", *besides]


# The processes


def test_worker_and_clock_wait_for_redis_survive_its_death_and_end_what_they_began(
    sqlite_url: str, gateway: Flask, live: Live, start: Start
) -> None:
    with RedisServer() as server:
        server.kill()
        rt = live(sqlite_url, server.url)
        where = {"HOTLINE_DATABASE_URL": sqlite_url, "HOTLINE_REDIS_URL": server.url}
        worker, clock = start("workers", **where), start("workers.clock", **where)
        worker.says("Redis is not there yet", times=2)
        clock.says("the bell did not ring")
        text_in(rt, BODY)
        assert (worker.process.poll(), clock.process.poll(), texts_out(rt)[0].delivery) == (None, None, "queued")

        server.start()
        until(lambda: texts_out(rt)[0].delivery == "sent", within_s=15, log=worker.said)

        server.kill()
        text_in(rt, BODY, sender=OTHER)
        time.sleep(2)
        server.restart(empty=True)
        until(lambda: texts_out(rt)[1].delivery == "sent", within_s=15, log=worker.said)

        gateway.test_client().put("/faults", json={"create_latency_ms": 1500})
        text_in(rt, BODY, sender="+923451234503")
        worker.horse()
        until(lambda: texts_out(rt)[2].delivery == "sending", within_s=20, log=worker.said)
        workers = family(worker.pid)
        assert (worker.told_to_stop(within_s=20), clock.told_to_stop(within_s=20)) == (0, 0)
        assert texts_out(rt)[2].delivery == "sent"
        assert not any(is_alive(pid) for pid in workers)
        assert "Traceback" not in worker.said() + clock.said()
        assert not re.search(r"300 ?1234501|mobile", worker.said() + clock.said())


def test_a_worker_that_is_killed_is_started_again_and_nothing_outlives_the_supervisor(
    sqlite_url: str, redis_url: str, gateway: Flask, live: Live, start: Start
) -> None:
    rt = live(sqlite_url, redis_url)
    supervisor = start("workers", HOTLINE_DATABASE_URL=sqlite_url, HOTLINE_REDIS_URL=redis_url)
    supervisor.says("a worker is ready", times=len(QUEUES))
    first = children(supervisor.pid)
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    supervisor.says("a worker is ready", times=2 * len(QUEUES))
    assert not set(first) & set(children(supervisor.pid))

    gateway.test_client().put("/faults", json={"create_latency_ms": 20_000})
    text_in(rt, BODY)
    horse = supervisor.horse()
    all_of_it = family(supervisor.pid)
    assert {horse, *children(supervisor.pid)} <= set(all_of_it)
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: not any(is_alive(pid) for pid in all_of_it), within_s=3)


def test_workers_wait_for_a_schema_that_they_know(tmp_path: Path, redis_url: str, start: Start) -> None:
    url = f"sqlite:///{tmp_path / 'older.sqlite3'}"
    at(url, "0037")
    worker = start("workers", "sending", HOTLINE_DATABASE_URL=url, HOTLINE_REDIS_URL=redis_url)
    worker.says("the database is at 0037, and this version needs")
    at(url, "head")
    worker.says("a worker is ready")
    assert worker.told_to_stop(within_s=40) == 0
    assert worker.said().count("the database is at 0037") == 1


def test_a_supervisor_whose_redis_died_stops_when_it_is_told_to(sqlite_url: str, start: Start) -> None:
    with RedisServer() as server:
        worker = start("workers", HOTLINE_DATABASE_URL=sqlite_url, HOTLINE_REDIS_URL=server.url)
        worker.says("a worker is ready", times=len(QUEUES))
        server.kill()
        worker.says("could not connect to Redis", times=len(QUEUES))
        workers = family(worker.pid)
        assert worker.told_to_stop(within_s=40) == 0
        assert not any(is_alive(pid) for pid in workers)


def test_one_worker_can_be_started_by_hand_and_a_queue_there_is_not_is_told(sqlite_url: str, redis_url: str, start: Start) -> None:
    where = {"HOTLINE_DATABASE_URL": sqlite_url, "HOTLINE_REDIS_URL": redis_url}
    nobody, broken = (
        start("workers", "texts", **where),
        start("workers", **where | {"HOTLINE_SECRET_KEY": "short", "HOTLINE_REDIS_URL": "x"}),
    )
    worker = start("workers", "sending", **where)
    worker.says("a worker is ready")
    assert worker.told_to_stop(within_s=40) == 0
    assert (nobody.process.wait(20), nobody.said()) == (
        1,
        "there is no queue texts; there are sending, tickets, spool, calls, gateways, backups\n",
    )
    assert broken.process.wait(20) == 1
    assert [line.split()[0] for line in broken.said().splitlines()] == ["the", "HOTLINE_REDIS_URL", "HOTLINE_SECRET_KEY"]
