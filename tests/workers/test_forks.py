"""What a worker has imported, read and made by the time it forks."""

import os
import subprocess
import sys

from tests.support import keys_file

SERVE = """
import sys
from hotline.gateways.registry import load_config
from sqlalchemy.orm import class_mapper
from hotline.storage.models import Ticket
from workers import process, worker

def waits(redis):
    missing = [name for name in ("twilio.rest", "holidays.countries", "workers.jobs") if name not in sys.modules]
    missing += [] if process.tables.cache_info().currsize else ["the tables"]
    missing += [] if class_mapper(Ticket, configure=False).configured else ["the mappers"]
    sys.exit(", ".join(missing) or 0)

worker.wait_for = waits
worker.serve(load_config(), "tickets")
"""


def test_a_job_finds_made_what_takes_long() -> None:
    environment = {**os.environ, "HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": keys_file()}
    done = subprocess.run([sys.executable, "-c", SERVE], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
