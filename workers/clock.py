"""`python -m workers.clock` rings the periodic jobs. Nothing else retries what failed. Two clocks at once do no harm.

Of several hosts each has one: it alone rings for what lies on its host's disk.
"""

import signal
import sys
import threading

from hotline import host
from hotline.config import ConfigFault
from hotline.gateways.registry import load_config
from hotline.jobs import PERIODIC_S, RedisBell
from hotline.log import configure_log, logger


def main() -> None:
    """Run until SIGTERM or SIGINT. If Redis is away, a ring fails and is logged; the next one is due in seconds."""
    configure_log()
    try:
        config = load_config()
    except ConfigFault as fault:
        sys.exit("\n".join(["the clock cannot start:", *(f"  {line}" for line in fault.args[0])]))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    bell, second = RedisBell(config.redis_url, host=host.name(config.data_dir)), 0
    logger().info("the clock ticks")
    while not stop.is_set():
        for job, every_s in PERIODIC_S.items():
            if second % every_s == 0:
                bell.ring(job)
        second += 1
        stop.wait(1)


if __name__ == "__main__":
    main()
