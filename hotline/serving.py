"""gunicorn's settings that take Python, named in the Procfile (`-c python:hotline.serving`).

What is imported here, before gunicorn forks, lies in memory once and not once a process: a third of each is saved. The Runtime,
which has connections, is built after the fork, by `create_app`. New code needs a restart; SIGHUP would go on with the old.
"""

import gc
import os

import hotline.app  # noqa: F401 - for its effect

# Where the web processes tell gunicorn that they live: in memory, where the system has such a folder. On a disk that is busy one that
# lives would be killed for its silence. None: the system's own folder.
_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes a file of its own in it
worker_tmp_dir = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def when_ready(_server: object) -> None:
    """Before the first fork: the collector leaves alone what is there, for whatever it touches would be copied."""
    gc.collect()
    gc.freeze()
