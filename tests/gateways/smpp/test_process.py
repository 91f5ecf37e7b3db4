"""The process itself, killed at the worst moments, and kept running by its supervisor."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.local import NoAnswer, NoProcess, ask, socket_path
from hotline.gateways.registry import load_config, text_gateways
from hotline.i18n import PROJECT
from hotline.runtime import Runtime, utc_now
from hotline.services.texts.parts import take_in_parts
from tests.gateways.smpp.smsc import DELIVER_RESP, Smsc
from tests.gateways.smpp.test_in import THREE, WORDS, came_in, stored
from tests.gateways.smpp.test_out import text
from tests.gateways.smpp.world import NAME
from tests.gateways.world import eventually
from tests.support import HER, SECRET_KEY, keys_file, make_runtime

_TABLE = """
[gateways.{name}]
kind = "smpp"
lines = ["8484"]
host = "127.0.0.1"
port = {port}
tls = false
system_id = "hotline"
sender = "8484"
pretend = true

[sending]
timeout_s = 2
"""


class Started:
    """The process, its configuration, and the SMSC that it is bound at."""

    def __init__(self, smsc: Smsc, environment: dict[str, str]) -> None:
        self.smsc, self._environment = smsc, environment
        self.config = load_config(environment)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        command = [sys.executable, "-m", *(words or ("workers.smpp", NAME))]
        self.process = subprocess.Popen(command, cwd=PROJECT, env=self._environment, start_new_session=True)
        eventually(self.is_bound, within_s=40)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        eventually(lambda: not self.smsc.is_bound)
        return code

    def is_bound(self) -> bool:
        try:
            return self.smsc.is_bound and "bound_since" in ask(socket_path(self.config, NAME), {"state": True}, timeout_s=5)
        except (NoProcess, NoAnswer):
            return False


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    smsc = Smsc()
    smsc.open()
    yield smsc
    smsc.close()


@pytest.fixture
def started(smsc: Smsc, database_url: str, tmp_path: Path) -> Iterator[Started]:
    file = tmp_path / "hotline.toml"
    file.write_text(_TABLE.format(name=NAME, port=smsc.port), "utf-8")
    environment = {
        **os.environ,
        "HOTLINE_CONFIG": str(file),
        "HOTLINE_DATABASE_URL": database_url,
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
        "HOTLINE_DATA_DIR": str(tmp_path / ("a folder that lies deep " * 4) / "data"),
        f"HOTLINE_{NAME.upper()}_PASSWORD": "secret",
        "HOTLINE_REDIS_URL": "redis://127.0.0.1:9/0",
    }
    it = Started(smsc, environment)
    it.start()
    yield it
    if it.process is not None and it.process.poll() is None:
        it.kill()


@pytest.fixture
def live(database_url: str) -> Iterator[Runtime]:
    rt = make_runtime(database_url, clock=utc_now)
    yield rt
    rt.close()


def test_killed_between_two_parts_and_before_the_smsc_has_heard_of_the_second_nothing_is_lost_or_doubled(
    started: Started, live: Runtime
) -> None:
    smsc = started.smsc
    assert smsc.deliver(HER, THREE[0][0], **THREE[0][1]) == 0
    smsc.lost = {DELIVER_RESP}
    smsc.begin_to_deliver(HER, THREE[1][0], **THREE[1][1])
    eventually(lambda: len(stored(live)) == 2)
    started.kill()
    smsc.lost = set()
    started.start()
    for part in THREE[1:]:
        assert smsc.deliver(HER, part[0], **part[1]) == 0
    eventually(lambda: came_in(live))
    take_in_parts(live)
    assert came_in(live) == [WORDS]


def test_killed_after_it_handed_over_a_text_the_text_is_unknown_and_is_on_the_phone_once(started: Started) -> None:
    gateway, faults = text_gateways(started.config)[NAME], []
    started.smsc.hold = lambda _: True

    def send() -> None:
        with pytest.raises(GatewayError) as fault:
            gateway.send(text("a"))
        faults.append(fault.value.outcome)

    thread = threading.Thread(target=send)
    thread.start()
    eventually(lambda: started.smsc.held)
    started.kill()
    thread.join()
    assert faults == [Outcome.UNKNOWN]
    started.smsc.hold = lambda _: False
    started.start()
    gateway.send(text("b"))
    assert len(started.smsc.accepted) == 1  # the one that was held was never taken


def test_the_socket_is_private_and_a_process_that_is_told_to_stop_unbinds(started: Started) -> None:
    path = socket_path(started.config, NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert started.kill(signal.SIGTERM) == 0
    assert not path.exists()


def test_a_second_process_waits_for_the_first(started: Started) -> None:
    first = started.process
    assert first is not None
    started.process = subprocess.Popen([sys.executable, "-m", "workers.smpp", NAME], cwd=PROJECT, env=started._environment)
    first.kill()
    first.wait(20)
    eventually(lambda: started.process is not None and started.is_bound(), within_s=40)
    assert len(started.smsc.sessions) == 1


def test_the_supervisor_starts_the_process_again_and_ends_it(
    smsc: Smsc, sqlite_url: str, tmp_path: Path, redis_url: str, children: Callable[[int], list[tuple[int, str]]]
) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(_TABLE.format(name=NAME, port=smsc.port), "utf-8")
    environment = {
        **os.environ,
        "HOTLINE_CONFIG": str(file),
        "HOTLINE_DATABASE_URL": sqlite_url,
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
        "HOTLINE_DATA_DIR": str(tmp_path / "data"),
        f"HOTLINE_{NAME.upper()}_PASSWORD": "secret",
        "HOTLINE_REDIS_URL": redis_url,
    }
    it = Started(smsc, environment)
    it.start("workers")
    assert it.process is not None
    try:
        [link] = [pid for pid, words in children(it.process.pid) if "workers.smpp" in words]
        os.kill(link, signal.SIGKILL)
        eventually(lambda: [pid for pid, words in children(it.process.pid) if "workers.smpp" in words and pid != link], within_s=20)  # type: ignore[union-attr]
        eventually(it.is_bound, within_s=40)
        it.process.send_signal(signal.SIGTERM)
        assert it.process.wait(30) == 0
        eventually(lambda: not smsc.is_bound)
    finally:
        it.process.kill()


@pytest.fixture
def children() -> Callable[[int], list[tuple[int, str]]]:
    """The processes whose parent is that one: id and command."""

    def found(parent: int) -> list[tuple[int, str]]:
        there = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if int(fields[1]) == parent:
                    there.append((int(folder.name), words))
        return there

    return found
