"""`python -m workers` keeps one worker process for each queue running, and one for each gateway whose kind needs one.

`python -m workers QUEUE` is a process of the first sort, `python -m workers here` one for what lies on this host's disk alone; the others
are modules of their own, which are given the name of the gateway.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hotline.config import Config
from hotline.gateways.registry import gateways_in_use
from hotline.jobs import QUEUES
from hotline.log import configure_log, logger
from hotline.spool import Reader, SpoolFault
from hotline.storage import revision
from hotline.storage.db import DatabaseFault, make_engine
from workers import lifeline
from workers.process import config_or_exit
from workers.worker import serve

_RESTART_AFTER_S = 1
_ASK_AGAIN_AFTER_S = 2


def main() -> None:
    """Run the supervisor, or one worker if a queue is named."""
    configure_log()
    config = config_or_exit()
    try:
        Reader(config.keys_file)  # the worker that needs it reads it after its fork: a fault is told before
    except SpoolFault as fault:
        sys.exit(f"the workers cannot start: {fault}")
    _wait_for_schema(config)
    if len(sys.argv) > 1:
        lifeline.die_with_supervisor()
        serve(config, sys.argv[1])
    else:
        sys.exit(Supervisor(_commands(config)).run())


def _wait_for_schema(config: Config) -> None:
    """Return once the database has the schema of this version, or cannot be asked: what waits on the disk would not fit into an older one,
    and be put aside."""
    told = ""
    try:
        engine = make_engine(config.database_url, pool_size=1)
    except OSError:
        return
    try:
        while lacks := revision.lacking(engine):
            if lacks != told:
                logger().error(f"{lacks}: the workers wait until somebody has said hotline release")
            told = lacks
            engine.dispose()  # SQLite would go on looking at a file that a restored one has taken the place of
            time.sleep(_ASK_AGAIN_AFTER_S)
    except DatabaseFault:
        return  # each job asks by itself
    finally:
        engine.dispose()


def _commands(config: Config) -> dict[str, list[str]]:
    """Name → what follows `python -m`, of each process to keep running."""
    found = {queue: ["workers", queue] for queue in QUEUES}
    for name, entry in gateways_in_use(config).items():
        if lacks := entry.lacks():
            logger().error(f"the process of a gateway is not started: {lacks}", gateway=name)
        elif entry.process is not None:
            found[f"gateway {name}"] = [entry.process, name]
    return found


class Supervisor:
    """Keeps processes running until it is told to stop. `commands`: name → what follows `python -m`."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._stop = threading.Event()
        self._commands = commands
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, then wait for the workers to finish their jobs; 0. A second signal kills them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for name in self._commands:
            self._start(name)
        while not self._stop.wait(0.5):
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    logger().warning("a worker ended and is started again", queue=name, code=child.returncode)
                    self._stop.wait(_RESTART_AFTER_S)
                    if not self._stop.is_set():
                        self._start(name)
        self._signal_all(signal.SIGTERM)
        for child in self._children.values():
            child.wait()
        return 0

    def _start(self, name: str) -> None:
        environment = {**os.environ, "HOTLINE_SUPERVISOR": str(os.getpid())}
        # A process group of its own: Ctrl-C reaches only the supervisor, which then signals each worker once.
        self._children[name] = subprocess.Popen([sys.executable, "-m", *self._commands[name]], env=environment, process_group=0)  # noqa: S603

    def _ask_to_stop(self, _number: int, _frame: Any) -> None:
        if self._stop.is_set():
            self._signal_all(signal.SIGKILL)
        self._stop.set()

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(number)


if __name__ == "__main__":
    main()
