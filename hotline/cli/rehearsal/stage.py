"""The real processes of a hotline on a stage of their own: its folder, ports, Redis, database, keys, and pretend gateways."""

import contextlib
import functools
import os
import resource
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from hotline.cli import bundled_redis, orphans
from hotline.cli.procfile import read_procfile
from hotline.cli.rehearsal import blows
from hotline.cli.rehearsal.database import Database
from hotline.cli.rehearsal.talk import answers, free_port
from hotline.domain import conversation
from hotline.gateways.android import pairing
from hotline.gateways.android.settings import phone_of
from hotline.gateways.registry import demo_environment, load_config
from hotline.gateways.settings import secret_variable
from hotline.i18n import PROJECT
from hotline.keys import new_keys, write_keys
from hotline.runtime import Tables, load_tables
from hotline.services.tickets import meaning
from hotline.spool import make_key

NUMBER, MISSED_CALLS = "+15005550006", "+15005550007"
DUTY_LINE = ("+923000000001", "+923000000002")
_PHONE = "sim1"
_UP_WITHIN_S = 90.0
_UNLIMITED = resource.RLIM_INFINITY
_KEPT = 200_000
"""So many texts the pretend account remembers: more than any rehearsal has."""

_CONFIG = """# Made by `hotline rehearse`.
[contact_hours]
opens = "00:00"
closes = "24:00"
[voice]
number = "{number}"
missed_call_number = "{missed}"
duty_line = ["{first}", "{second}"]
call_backs_per_hour = 10000
[duty]
ring_test_at = ""
[gateways.{phone}]
kind = "android"
url = "http://127.0.0.1:{port}"
lines = ["+923001110001"]
sims = ["1"]
per_minute = 1500
in_flight = 8
per_15_minutes = 0
per_hour = 0
per_day = 0
pretend = true
"""


class StageFault(Exception):
    """The stage cannot be set; `args[0]` says why."""


class Stage:
    """`with Stage(folder, database) as stage:` everything runs. Whatever kills this process, its processes end with it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database, self.data = folder, database, folder / "data"
        self.keys_file = folder / "keys.toml"
        self.password = secrets.token_hex(16)
        self.ports = {name: free_port() for name in (blows.WEB, blows.ACCOUNT, blows.PHONE)}
        self.ended: list[str] = []
        self.closed = threading.Event()
        self._launching = threading.RLock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._redis_folder = folder / "redis"
        self._redis_socket = Path(tempfile.mkdtemp(prefix="hotline-")) / "redis.sock"
        self._environment = self._make_environment()

    @property
    def url(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.ports[blows.WEB]}"

    @property
    def account_url(self) -> str:
        """The address of the pretend account."""
        return f"http://127.0.0.1:{self.ports[blows.ACCOUNT]}"

    @property
    def phone_url(self) -> str:
        """The address of the pretend Android phone."""
        return f"http://127.0.0.1:{self.ports[blows.PHONE]}"

    def __enter__(self) -> Self:
        self._guard = subprocess.Popen([sys.executable, "-I", orphans.__file__], stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603
        try:
            self._set()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set(self) -> None:
        for folder in (self.data, self._redis_folder):
            folder.mkdir(mode=0o700)
        config = {"number": NUMBER, "missed": MISSED_CALLS, "first": DUTY_LINE[0], "second": DUTY_LINE[1]}
        written = _CONFIG.format(**config, phone=_PHONE, port=self.ports[blows.PHONE])
        (self.folder / "hotline.toml").write_text(written, "utf-8")
        write_keys(self.keys_file, new_keys(), new=True)
        make_key(self.keys_file)
        (self.folder / "password").write_text(self.password, "utf-8")
        self.database.start(self)
        self.start(blows.REDIS)
        self._finish("compile")
        self._finish("migrate")
        self._finish("load", str(PROJECT / "hotline/data/demo.toml"), "--password-file", str(self.folder / "password"))
        for name in (blows.ACCOUNT, blows.PHONE, blows.WEB, blows.WORKER, blows.CLOCK):
            self.start(name)
        self._pair()
        self.wait_until(lambda: answers(f"{self.url}/healthz") and answers(f"{self.account_url}/faults"), what="the hotline")

    def _make_environment(self) -> dict[str, str]:
        """The environment of every process. Nothing that names another hotline reaches them."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
        account = demo_environment({}, lambda _, make: make(), number=NUMBER, api_url=self.account_url)
        return (
            given
            | account
            | {
                "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
                "PYTHONUNBUFFERED": "1",
                "PORT": str(self.ports[blows.WEB]),
                "HOTLINE_CONFIG": str(self.folder / "hotline.toml"),
                "HOTLINE_DATABASE_URL": self.database.url,
                "HOTLINE_REDIS_URL": bundled_redis.url_of(self._redis_socket),
                "HOTLINE_DATA_DIR": str(self.data),
                "HOTLINE_PUBLIC_URL": self.url,
                "HOTLINE_SECRET_KEY": secrets.token_hex(32),
                "HOTLINE_KEYS_FILE": str(self.keys_file),
                "HOTLINE_VOICE_NUMBERS": f"{NUMBER},{MISSED_CALLS}",
                secret_variable(_PHONE, "PASSWORD"): "of the pretend phone",
                secret_variable(_PHONE, "SIGNING_KEY"): secrets.token_hex(16),
                "HOTLINE_PHONE_PASSWORD": "of the pretend phone",  # by this name the pretend phone itself reads it
            }
        )

    def _pair(self) -> None:
        self.wait_until(lambda: answers(f"{self.phone_url}/health"), what="the pretend phone")
        config = load_config(self._environment)
        phone = phone_of(config, _PHONE)
        with contextlib.closing(pairing.rest_of(config, phone)) as rest:
            pairing.set_up(config, phone, rest)

    @functools.cached_property
    def _tables(self) -> Tables:
        return load_tables(load_config(self._environment))

    def tells_danger(self, words: str) -> bool:
        """Whether a text tells of danger by its words, as the hotline reads them when it comes in."""
        said = conversation.parse(words, self._tables.lexicon).danger
        return meaning.read_words(self._tables, words, said=said).danger is not None

    # ---- processes

    def start(self, name: str) -> None:
        """Start a process of the stage."""
        if name == blows.DATABASE:
            self.database.start(self)
            return
        self.launch(name, self._command(name))
        if name == blows.REDIS:
            self.wait_until(lambda: bundled_redis.answers(self._redis_socket), what=name)

    def _command(self, name: str) -> list[str]:
        if name == blows.REDIS:
            self._redis_socket.unlink(missing_ok=True)
            server = bundled_redis.find_server(os.environ.get("HOTLINE_REDIS_SERVER", ""))
            return bundled_redis.server_command(server, folder=self._redis_folder, path=self._redis_socket)
        python, port = [sys.executable, "-m"], str(self.ports.get(name, 0))
        if name == blows.ACCOUNT:
            return [*python, "hotline.simulator", "--port", port, "--hotline-url", self.url, "--keep", str(_KEPT)]
        if name == blows.PHONE:
            how = ["--kept", str(self.folder / "phone.kept"), "--step-s", "0.02", "--retry-s", "0.5"]
            return [*python, "hotline.simulator.androidmain", "--port", port, "--hotline-url", self.url, *how]
        return ["sh", "-c", f"exec {read_procfile(PROJECT / 'Procfile')[name]}"]

    def launch(self, name: str, command: list[str], *, cwd: Path = PROJECT, **account: Any) -> None:
        """Start a command under a name, in a process group of its own, with a log of its own. `account`: who runs it, for `subprocess`.

        Raises `StageFault` once the stage is closed.
        """
        how: dict[str, Any] = {"cwd": cwd, "env": self._environment, "stdin": subprocess.DEVNULL, "start_new_session": True, **account}
        with self._launching, (self.folder / f"{name}.log").open("ab") as log:
            if self.closed.is_set():
                raise StageFault("the stage is closed")
            self._running[name] = process = subprocess.Popen(command, stdout=log, stderr=log, **how)  # noqa: S603 - our own words
            self._tell_guard("+", process)

    def runs(self, name: str) -> bool:
        """Whether a process of that name was started and has not ended."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def kill(self, name: str, by: signal.Signals = signal.SIGKILL) -> None:
        """End a process and what is in its group, and return when it is gone; nothing if it does not run."""
        process = self._running.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, by)
        process.wait()
        self._tell_guard("-", process)

    def reconcile(self, since: datetime) -> None:
        """Take in what the gateways' logs have since a time and we do not. Raises `StageFault` if that does not balance."""
        self._finish("reconcile", "--since", since.isoformat())

    def empty_redis(self) -> None:
        """Forget what Redis had on the disk; it does not run."""
        for path in sorted(self._redis_folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def below(self, name: str) -> list[int]:
        """The ids of the processes that a process started, and of those that they started."""
        process = self._running.get(name)
        return list(_tree(process.pid))[1:] if process is not None else []

    def signal(self, name: str, by: signal.Signals) -> None:
        """Signal a process and everything below it."""
        process = self._running.get(name)
        if process is not None:
            for pid in _tree(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, by)

    def fill_disk(self, *, full: bool) -> None:
        """Nothing can be written by our processes any more, as on a full disk; or all can. It touches no disk: it is a limit of theirs."""
        soft = 0 if full else _UNLIMITED
        for name in (blows.WEB, blows.WORKER, blows.CLOCK):
            process = self._running.get(name)
            for pid in _tree(process.pid) if process is not None else ():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, _UNLIMITED))

    def revive(self, name: str) -> None:
        """Start a process that ended by itself, and note that it did."""
        process = self._running.get(name)
        if process is not None and process.poll() is not None:
            self.ended.append(f"{name} ({process.returncode})")
            self.kill(name)
            self.start(name)

    def close(self) -> None:
        """End everything, Redis and the database last. Nothing can be started any more."""
        with self._launching:
            self.closed.set()
        last = (blows.REDIS, blows.DATABASE)
        first = [process for name, process in list(self._running.items()) if name not in last]
        for process in first:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        ends = time.monotonic() + 10
        while time.monotonic() < ends and any(process.poll() is None for process in first):
            time.sleep(0.1)
        for name in list(self._running):
            self.kill(name)
        self.database.close()
        self._guard.communicate(timeout=20)
        with contextlib.suppress(OSError):
            self._redis_socket.unlink(missing_ok=True)
            self._redis_socket.parent.rmdir()

    def wait_until(self, is_so: Callable[[], bool], *, what: str) -> None:
        """Wait until `is_so()`. Raises `StageFault`."""
        ends = time.monotonic() + _UP_WITHIN_S
        while not is_so():
            if time.monotonic() > ends or self.closed.wait(0.05):
                raise StageFault(f"{what} does not answer: see the logs in {self.folder}")

    def _finish(self, *words: str) -> None:
        command = [sys.executable, "-c", "from hotline.cli import main; main()", *words]
        done = subprocess.run(command, cwd=PROJECT, env=self._environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise StageFault(f"hotline {words[0]}: {done.stderr}")

    def _tell_guard(self, sign: str, process: subprocess.Popen[bytes]) -> None:
        # Blows last in several threads at once, one of them perhaps longer than the guard.
        with self._launching, contextlib.suppress(ValueError, OSError):
            if self._guard.stdin is not None:
                self._guard.stdin.write(f"{sign}{process.pid}\n")
                self._guard.stdin.flush()


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it. Its children are looked up after it was given: those that it has until then are found too."""
    yield pid
    for child in _children(pid):
        yield from _tree(child)


def _children(pid: int) -> Iterator[int]:
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            yield from map(int, (thread / "children").read_text("ascii").split())
