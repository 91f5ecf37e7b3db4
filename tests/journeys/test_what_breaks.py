"""A failure of any one part leaves one ticket and one text."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hotline.jobs import QUEUES
from tests.journeys.running import RunningHotline
from tests.servers import RedisServer

BODY = "orangi town mein mera mobile cheen liya do larkon ne"  # with its place: it is not asked for


def one_ticket_one_text(hotline: RunningHotline, number: str) -> None:
    assert (hotline.tickets_of(number), len(hotline.received(number)), hotline.deliveries(number)) == (1, 1, ["delivered"])


def is_delivered(hotline: RunningHotline, number: str) -> bool:
    """Whether our text is delivered; shortens the half minute between two look-ups of an unknown text."""
    hotline.rows("UPDATE messages SET next_attempt_at = '2020-01-01 00:00:00.000000' WHERE delivery = 'unknown'")
    return hotline.deliveries(number) == ["delivered"]


def children(hotline: RunningHotline) -> list[int]:
    """The worker processes under the supervisor, once all are there."""
    supervisor = hotline.processes["worker"].pid
    hotline.wait_until(lambda: len(children_of(supervisor)) == len(QUEUES), within_s=40)
    return children_of(supervisor)


def children_of(pid: int) -> list[int]:
    return [int(one) for one in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_worker_killed_while_the_gateway_has_the_text_leaves_one_text(hotline: RunningHotline) -> None:
    number = "+923001234511"
    # The gateway takes every text and neither answers nor reports: only asking shows that this one was sent.
    hotline.faults(create_hang_next=-1, create_hang_s=30, callback_drop_next=-1)
    hotline.text(number, BODY)
    hotline.wait_until(lambda: hotline.received(number), within_s=30)
    hotline.kill("worker")
    hotline.rows("UPDATE messages SET claimed_at = '2020-01-01 00:00:00.000000' WHERE delivery = 'sending'")  # a minute passes
    hotline.start("worker")
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=30)
    one_ticket_one_text(hotline, number)


def test_a_worker_killed_before_the_gateway_has_the_text_leaves_one_text(hotline: RunningHotline) -> None:
    number = "+923001234512"
    hotline.faults(create_latency_ms=60_000)  # the gateway does not take it yet …
    hotline.text(number, BODY)
    hotline.wait_until(lambda: hotline.deliveries(number) == ["sending"], within_s=40)
    workers = children(hotline)
    workers += [job for worker in workers for job in children_of(worker)]
    hotline.kill("worker")
    hotline.wait_until(lambda: not any(is_alive(pid) for pid in workers), within_s=20)
    hotline.restart_simulator()  # … and never will
    assert (hotline.received(number), hotline.deliveries(number)) == ([], ["sending"])
    hotline.rows("UPDATE messages SET claimed_at = '2020-01-01 00:00:00.000000' WHERE delivery = 'sending'")  # a minute passes
    hotline.start("worker")
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=60)
    one_ticket_one_text(hotline, number)


@pytest.mark.parametrize(("number", "empty"), [("+923001234513", True), ("+923001234518", False)])
def test_redis_killed_and_brought_back_costs_nothing_but_seconds(
    hotline: RunningHotline, redis: RedisServer, number: str, *, empty: bool
) -> None:
    redis.kill()
    time.sleep(2)  # whatever was still running has ended
    assert hotline.text(number, BODY) == 200
    redis.restart(empty=empty)
    hotline.await_texts(number, 1, within_s=15)
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=40)
    one_ticket_one_text(hotline, number)


def test_a_doubled_webhook_and_doubled_reordered_reports_leave_one_of_each(hotline: RunningHotline) -> None:
    number = "+923001234514"
    hotline.faults(incoming_double_next=1, callback_double_next=-1, callback_reorder_next=-1)
    assert hotline.text(number, BODY) == 200
    hotline.await_texts(number, 1)
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=40)
    time.sleep(1)  # whatever reports are still on their way
    one_ticket_one_text(hotline, number)


def test_a_gateway_that_is_busy_gets_one_text_through(hotline: RunningHotline) -> None:
    number = "+923001234515"
    hotline.faults(create_http_next=1, create_http_status=429)
    hotline.text(number, BODY)
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=20)
    one_ticket_one_text(hotline, number)


def test_a_gateway_that_breaks_after_taking_it_gets_one_text_through(hotline: RunningHotline) -> None:
    number = "+923001234516"
    hotline.faults(create_http_next=-1, create_http_status=503, create_http_takes=True, callback_drop_next=-1)
    hotline.text(number, BODY)
    hotline.await_texts(number, 1, within_s=15)
    # No report comes either: only asking shows what became of it, once, and not before the gateway knows.
    hotline.wait_until(lambda: is_delivered(hotline, number), within_s=30)
    one_ticket_one_text(hotline, number)


def test_a_worker_that_is_killed_is_started_again(hotline: RunningHotline) -> None:
    for pid in children(hotline):
        os.kill(pid, signal.SIGKILL)
    hotline.text("+923001234517", BODY)
    hotline.await_texts("+923001234517", 1, within_s=15)


def test_nothing_outlives_a_supervisor_that_is_killed_outright(hotline: RunningHotline) -> None:
    workers = children(hotline)
    hotline.kill("worker")
    hotline.wait_until(lambda: not any(is_alive(pid) for pid in workers), within_s=20)
    hotline.start("worker")
