"""The gunicorn settings that have to be Python, named in the Procfile (`-c python:hotline.serving`).

Modules imported here, before gunicorn forks, are in memory once for all processes: each process needs a third less. The Runtime,
which has connections, is built after the fork, by `create_app`. New code needs a restart: after SIGHUP gunicorn would still run the old.
"""

import gc
import os
from typing import Any

import hotline.app  # noqa: F401 - so that it is in memory before the fork
from hotline.services.condition import lookout
from hotline.storage import base

# Where the web processes leave their sign of life for gunicorn: in memory, if the system has such a folder. On a busy disk the sign comes
# late, and gunicorn kills a process that is well. None: the system's temporary folder.
_MEMORY_FOLDER = "/dev/shm"  # noqa: S108 - gunicorn makes a file of its own in it
worker_tmp_dir = _MEMORY_FOLDER if os.access(_MEMORY_FOLDER, os.W_OK | os.X_OK) else None


def when_ready(_server: object) -> None:
    """Before the first fork, make what every process needs, and exempt all objects from garbage collection.

    The collector writes to objects, and a written page is copied.
    """
    base.make_ready()
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """In each process, once it has its application: look out for workers that stand still."""
    if (rt := worker.wsgi.extensions.get("hotline")) is not None:  # the yardstick of the bench is served likewise
        lookout.start(rt)
