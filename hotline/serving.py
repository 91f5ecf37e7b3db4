"""gunicorn's settings that take Python, named in the Procfile (`-c python:hotline.serving`).

What is imported here, before gunicorn forks, lies in memory once and not once a process: a third of each is saved. The Runtime,
which has connections, is built after the fork, by `create_app`. New code needs a restart; SIGHUP would go on with the old.
"""

import gc

import hotline.app  # noqa: F401 - for its effect


def when_ready(_server: object) -> None:
    """Before the first fork: the collector leaves alone what is there, for whatever it touches would be copied."""
    gc.collect()
    gc.freeze()
