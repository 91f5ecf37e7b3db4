"""`python -m workers` keeps one worker process for each queue running. `python -m workers QUEUE` is such a process."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

from hotline.config import ConfigFault
from hotline.gateways.registry import load_config
from hotline.jobs import QUEUES
from hotline.keys import KeysFault, read_keys
from hotline.log import configure_log, logger
from workers import lifeline
from workers.worker import serve

_RESTART_AFTER_S = 1


def main() -> None:
    """Run the supervisor, or one worker if a queue is named."""
    configure_log()
    try:
        config = load_config()
        read_keys(config.keys_file)  # each worker reads them after its fork: a fault is told before
    except ConfigFault as fault:
        sys.exit("\n".join(["the workers cannot start:", *(f"  {line}" for line in fault.args[0])]))
    except KeysFault as fault:
        sys.exit(f"the workers cannot start: {fault}")
    if len(sys.argv) > 1:
        if supervisor := os.environ.get("HOTLINE_SUPERVISOR"):
            lifeline.die_with(int(supervisor))
        serve(config, sys.argv[1])
    else:
        sys.exit(Supervisor().run())


class Supervisor:
    """Keeps one process for each queue running until it is told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, then wait for the workers to finish their jobs; 0. A second signal kills them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for queue in QUEUES:
            self._start(queue)
        while not self._stop.wait(0.5):
            for queue, child in list(self._children.items()):
                if child.poll() is not None:
                    logger().warning("a worker ended and is started again", queue=queue, code=child.returncode)
                    self._stop.wait(_RESTART_AFTER_S)
                    if not self._stop.is_set():
                        self._start(queue)
        self._signal_all(signal.SIGTERM)
        for child in self._children.values():
            child.wait()
        return 0

    def _start(self, queue: str) -> None:
        environment = {**os.environ, "HOTLINE_SUPERVISOR": str(os.getpid())}
        # A process group of its own: Ctrl-C reaches only the supervisor, which then signals each worker once.
        self._children[queue] = subprocess.Popen([sys.executable, "-m", "workers", queue], env=environment, process_group=0)  # noqa: S603

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
