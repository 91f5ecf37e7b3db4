"""What breaks on a bad day leaves one ticket and one text."""

import os
import signal
import subprocess
import time

from tests.journeys.running import RunningHotline
from tests.servers import RedisServer

HER, BODY = "+923001234501", "mera mobile cheen liya do larkon ne"


def one_ticket_one_text(hotline: RunningHotline) -> None:
    assert hotline.rows("SELECT count(*) FROM tickets")[0][0] == 1
    assert len(hotline.received(HER)) == 1
    assert [tuple(row) for row in hotline.rows("SELECT delivery FROM messages WHERE direction = 'out'")] == [("delivered",)]


def is_delivered(hotline: RunningHotline) -> bool:
    """Whether our text is; the half minute between two look-ups of an unknown one passes in no time."""
    hotline.rows("UPDATE messages SET next_attempt_at = '2020-01-01 00:00:00.000000' WHERE delivery = 'unknown'")
    return bool(hotline.rows("SELECT 1 FROM messages WHERE direction = 'out' AND delivery = 'delivered'"))


def test_a_worker_killed_while_the_gateway_has_the_text_leaves_one_text(hotline: RunningHotline) -> None:
    hotline.faults(create_hang_next=1, create_hang_s=5)  # the gateway takes it and does not answer
    hotline.text(HER, BODY)
    hotline.wait_until(lambda: hotline.rows("SELECT 1 FROM messages WHERE delivery = 'sending'"), within_s=10)
    hotline.kill("worker")
    hotline.faults()
    hotline.start("worker")
    hotline.wait_until(lambda: hotline.received(HER), within_s=10)
    hotline.wait_until(lambda: is_delivered(hotline), within_s=20)
    one_ticket_one_text(hotline)


def test_a_worker_killed_before_the_gateway_has_the_text_leaves_one_text(hotline: RunningHotline) -> None:
    hotline.kill("worker")
    hotline.text(HER, BODY)
    # It was claimed more than a minute ago, and whoever claimed it is gone.
    claimed = "delivery = 'sending', attempts = 1, claimed_at = '2020-01-01 00:00:00.000000', next_attempt_at = NULL"
    hotline.rows(f"UPDATE messages SET {claimed} WHERE direction = 'out'")
    hotline.start("worker")
    hotline.wait_until(lambda: is_delivered(hotline), within_s=60)
    one_ticket_one_text(hotline)


def test_redis_killed_and_brought_back_empty_costs_nothing_but_seconds(hotline: RunningHotline, redis: RedisServer) -> None:
    redis.kill()
    assert hotline.text(HER, BODY) == 200
    time.sleep(3)
    assert hotline.received(HER) == []
    redis.restart(empty=True)
    hotline.await_texts(HER, 1, within_s=15)
    hotline.wait_until(lambda: hotline.rows("SELECT 1 FROM messages WHERE delivery = 'delivered'"), within_s=10)
    one_ticket_one_text(hotline)


def test_a_doubled_webhook_and_doubled_reordered_reports_leave_one_of_each(hotline: RunningHotline) -> None:
    hotline.faults(incoming_double_next=1, callback_double_next=-1, callback_reorder_next=-1)
    assert hotline.text(HER, BODY) == 200
    hotline.await_texts(HER, 1)
    hotline.wait_until(lambda: hotline.rows("SELECT 1 FROM messages WHERE delivery = 'delivered'"), within_s=10)
    time.sleep(1)  # whatever reports are still on their way
    one_ticket_one_text(hotline)


def test_a_gateway_that_is_busy_and_then_broken_gets_one_text_through(hotline: RunningHotline) -> None:
    hotline.faults(create_http_next=1, create_http_status=429)
    hotline.text(HER, BODY)
    hotline.await_texts(HER, 1, within_s=20)
    hotline.faults(create_http_next=1, create_http_status=503, create_http_takes=True)
    hotline.text("+923001234502", BODY)
    hotline.await_texts("+923001234502", 1)
    hotline.wait_until(lambda: is_delivered(hotline) and not hotline.rows("SELECT 1 FROM messages WHERE delivery <> 'delivered'"), within_s=30)
    time.sleep(1)
    assert len(hotline.received("+923001234502")) == 1


def test_nothing_outlives_a_supervisor_that_is_killed_outright(hotline: RunningHotline) -> None:
    supervisor = hotline.processes["worker"].pid
    children = [int(pid) for pid in subprocess.run(["pgrep", "-P", str(supervisor)], capture_output=True, text=True, check=True).stdout.split()]
    assert len(children) == 2
    hotline.kill("worker")
    hotline.wait_until(lambda: not any(_alive(pid) for pid in children), within_s=5)


def test_a_worker_that_is_killed_is_started_again(hotline: RunningHotline) -> None:
    supervisor = hotline.processes["worker"].pid
    for pid in subprocess.run(["pgrep", "-P", str(supervisor)], capture_output=True, text=True, check=True).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    hotline.text(HER, BODY)
    hotline.await_texts(HER, 1, within_s=15)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
