"""Deals the blows, each at its time; several last at once, but never two on the same victim. It also starts what ended by itself."""

import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hotline.cli.own_postgres import NoPostgres
from hotline.cli.rehearsal.blows import DATABASE, REDIS, VICTIMS, Blow, How
from hotline.cli.rehearsal.stage import Stage, StageFault
from hotline.cli.rehearsal.told import Struck, Told

_AT_ONCE = 4
_AGAIN_S = 0.3


class Adversary:
    """`strike()` in a thread of its own, and `revive()` beside it, again and again."""

    def __init__(self, stage: Stage, told: Told, blows: Sequence[Blow], *, seed: int, began: float) -> None:
        self._stage, self._told, self._blows, self._began = stage, told, blows, began
        self._rng = random.Random(f"child {seed}")  # noqa: S311 - nothing secret is drawn
        self._locks = {name: threading.Lock() for name in VICTIMS}
        self.faults: list[str] = []

    def strike(self) -> None:
        """Deal all blows, and return when everything runs again, or when the stage is closed."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for blow in self._blows:
                if self._stage.closed.wait(max(0.0, self._began + blow.after_s - time.monotonic())):
                    return
                pool.submit(self._deal, blow)

    def revive(self) -> None:
        """Start what ended by itself, as systemd would. What a blow lasts on is left to the blow."""
        for name, lock in self._locks.items():
            if lock.acquire(blocking=False):
                try:
                    self._stage.revive(name)
                except (StageFault, NoPostgres) as fault:
                    self.faults.append(f"{name} does not come back: {fault}")
                finally:
                    lock.release()

    def _deal(self, blow: Blow) -> None:
        with self._locks[blow.victim]:
            at = time.monotonic() - self._began
            try:
                self._do(blow)
            except Exception as fault:  # noqa: BLE001 - the others are dealt all the same, and the books say that this one was not
                self.faults.append(f"{blow}: {type(fault).__name__} {fault}")
                return
            self._told.struck.append(Struck(at, str(blow), blow.is_kill, time.monotonic() - self._began))

    def _do(self, blow: Blow) -> None:
        stage = self._stage
        if blow.how is How.CHILD:
            self._kill_child(blow.victim)
        elif blow.how is How.FULL:
            self._fill(blow.lasts_s)
        elif blow.how is How.HANG and stage.runs(blow.victim):
            stage.signal(blow.victim, signal.SIGSTOP)
            stage.closed.wait(blow.lasts_s)
            stage.signal(blow.victim, signal.SIGCONT)
        elif blow.victim == DATABASE:
            stage.database.cut(stage)
            stage.closed.wait(blow.lasts_s)
            stage.database.mend(stage)
        else:
            stage.kill(blow.victim)
            if blow.how is How.EMPTY and blow.victim == REDIS:
                stage.empty_redis()
            stage.closed.wait(blow.lasts_s)
            stage.start(blow.victim)

    def _kill_child(self, victim: str) -> None:
        self._stage.wait_until(lambda: self._killed_one_below(victim), what=f"a process below {victim}")

    def _killed_one_below(self, victim: str) -> bool:
        # If the victim ended by itself it is started here: `revive` leaves it alone as long as blow after blow holds its lock.
        self._stage.revive(victim)
        below = self._stage.below(victim)
        if below:
            os.kill(self._rng.choice(below), signal.SIGKILL)
        return bool(below)

    def _fill(self, for_s: float) -> None:
        ends = time.monotonic() + for_s
        while time.monotonic() < ends and not self._stage.closed.wait(_AGAIN_S):
            self._stage.fill_disk(full=True)  # again and again: processes are started meanwhile
        self._stage.fill_disk(full=False)
