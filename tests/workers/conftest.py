"""Worker processes as they run, a pretend gateway beside them, and every byte of a Redis."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from hotline.i18n import PROJECT
from hotline.jobs import RedisBell
from hotline.runtime import Runtime, utc_now
from hotline.simulator import create_simulator
from hotline.simulator.server import make_simulator_server
from tests.support import SECRET_KEY, TOKEN, keys_file, make_runtime
from tests.workers.watching import Watched

SID = "AC" + "0" * 31 + "1"
NUMBER = "+15005550006"


@pytest.fixture
def gateway() -> Iterator[Flask]:
    """A pretend gateway that listens; `.config["URL"]` is where."""
    app = create_simulator(account_sid=SID, auth_token=TOKEN, number=NUMBER, public_url="http://127.0.0.1:1", step_s=0.01)
    server = make_simulator_server(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    app.config["URL"] = f"http://127.0.0.1:{server.server_port}"
    yield app
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["simulator"].close()


@pytest.fixture
def settings(gateway: Flask, tmp_path: Path) -> dict[str, str]:
    """The environment of a worker, but for its database and its Redis."""
    config = tmp_path / "hotline.toml"
    config.write_text('[contact_hours]\nopens = "00:00"\ncloses = "24:00"\n', "utf-8")
    return {
        **os.environ,
        "HOTLINE_CONFIG": str(config),
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
        "HOTLINE_TWILIO_ACCOUNT_SID": SID,
        "HOTLINE_TWILIO_AUTH_TOKEN": TOKEN,
        "HOTLINE_TWILIO_NUMBER": NUMBER,
        "HOTLINE_TWILIO_API_URL": gateway.config["URL"],
    }


@pytest.fixture
def start(settings: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Start `python -m …` and end it after the test: `start("workers", HOTLINE_REDIS_URL=…)`."""
    started: list[Watched] = []

    def starts(*words: str, **more: str) -> Watched:
        log = tmp_path / f"{len(started)}.log"
        with log.open("wb") as said:
            command = [sys.executable, *(words if words[0] == "-c" else ("-m", *words))]
            process = subprocess.Popen(command, cwd=PROJECT, env=settings | more, stdout=said, stderr=said, start_new_session=True)
        started.append(Watched(process, log))
        return started[-1]

    yield starts
    for process in started:
        process.end()


@pytest.fixture
def live() -> Iterator[Callable[[str, str], Runtime]]:
    """A Runtime with a real bell and the real clock: `live(database_url, redis_url)`."""
    made: list[Runtime] = []

    def make(database_url: str, redis_url: str) -> Runtime:
        made.append(replace(make_runtime(database_url, clock=utc_now), bell=RedisBell(redis_url)))
        return made[-1]

    yield make
    for rt in made:
        rt.close()
