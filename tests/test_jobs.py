"""The relayed bell: no caller waits for it, each ring is heard, and a ring that fails does not end it."""

import threading
import time
from dataclasses import dataclass, field

from hotline.jobs import Job, RelayedBell


@dataclass
class SlowBell:
    """Takes its time, writes down which jobs were rung for, and fails as often as it is told to."""

    takes_s: float = 0.0
    fails: int = 0
    rung: list[Job] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)

    def ring(self, job: Job) -> None:
        time.sleep(self.takes_s)
        self.rung.append(job)
        self.heard.set()
        if self.fails:
            self.fails -= 1
            raise OSError("no more lines")


def test_nobody_waits_for_it_and_it_rings_at_once() -> None:
    slow = SlowBell(takes_s=1.0)
    RelayedBell(slow).ring(Job.SEND_DUE)
    assert not slow.rung
    assert slow.heard.wait(10)
    assert slow.rung == [Job.SEND_DUE]


def test_a_burst_is_a_few_rings_and_the_last_one_is_heard_after_it_came() -> None:
    slow = SlowBell(takes_s=0.02)
    bell = RelayedBell(slow)
    for _ in range(500):
        bell.ring(Job.SEND_DUE)
        bell.ring(Job.ROUTE_DUE)
    slow.heard.clear()
    bell.ring(Job.SEND_DUE)
    assert slow.heard.wait(2)
    time.sleep(0.3)
    assert set(slow.rung) == {Job.SEND_DUE, Job.ROUTE_DUE}
    assert len(slow.rung) < 50


def test_one_ring_that_fails_is_not_the_last() -> None:
    slow = SlowBell(fails=1)
    bell = RelayedBell(slow)
    bell.ring(Job.SEND_DUE)
    assert slow.heard.wait(2)
    slow.heard.clear()
    time.sleep(0.1)
    bell.ring(Job.ROUTE_DUE)
    assert slow.heard.wait(2)
    assert slow.rung == [Job.SEND_DUE, Job.ROUTE_DUE]
