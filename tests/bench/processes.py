"""The processes of a bench run: started one by one and stopped together. None outlives the run, however it ends."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hotline.i18n import PROJECT
from tests.servers import Guard, free_port
from tests.support import keys_file

PUBLIC_URL, TOKEN = "https://hotline.example.org", "bench" * 6
ACCOUNT_SID, NUMBER = "AC" + "0" * 31 + "1", "+15005550006"
_UP_WITHIN_S, _GRACE_S = 30.0, 25.0
_CONFIG = f"""
[contact_hours]
opens = '00:00'
closes = '24:00'
[voice]
number = '{NUMBER}'
duty_line = ['+923351234567']
"""


class BenchFailed(Exception):
    """A measurement did not run as it should; `args[0]` says what failed and where to look."""


def procfile(name: str) -> str:
    """A line of the Procfile: the bench measures what is deployed."""
    lines = dict(line.split(": ", 1) for line in (PROJECT / "Procfile").read_text("utf-8").splitlines() if ": " in line)
    return lines[name]


def config_with(folder: Path, name: str, tables: str) -> Path:
    """The configuration of the bench with more tables, in a file of its own."""
    path = folder / f"hotline-{name}.toml"
    path.write_text(_CONFIG + tables, "utf-8")
    return path


@dataclass(frozen=True)
class Web:
    """A web server that answers: its port and its master process."""

    port: int
    pid: int

    @property
    def workers(self) -> list[int]:
        return children(self.pid)


class Processes:
    """`with Processes(folder) as processes:` — each process in a group of its own, with its output in a file of `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[Any]] = {}
        self._guard = Guard()
        (folder / "hotline.toml").write_text(_CONFIG, "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None) -> None:
        for name in list(self._running):
            self.stop(name)
        self._guard.close()

    def environment(self, database_url: str, redis_url: str, **more: str) -> dict[str, str]:
        """The whole environment of a hotline. It holds nothing of the developer's own hotline."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_") and name != "PORT"}
        return {
            **clean,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "HOTLINE_CONFIG": str(self._folder / "hotline.toml"),
            "HOTLINE_DATABASE_URL": database_url,
            "HOTLINE_REDIS_URL": redis_url,
            "HOTLINE_DATA_DIR": str(self._folder),
            "HOTLINE_PUBLIC_URL": PUBLIC_URL,
            "HOTLINE_SECRET_KEY": "k" * 32,
            "HOTLINE_KEYS_FILE": keys_file(),
            "HOTLINE_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "HOTLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "HOTLINE_TWILIO_NUMBER": NUMBER,
            "HOTLINE_TWILIO_API_URL": "http://127.0.0.1:1",
            **more,
        }

    def start(self, name: str, command: str, environment: Mapping[str, str]) -> int:
        """Start a shell command; returns its process id."""
        with (self._folder / f"{name}.log").open("wb") as said:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._running[name] = process
        self._guard.tell("+", process)
        return process.pid

    def stop(self, name: str) -> None:
        """End a process and all that it started: SIGTERM first, SIGKILL after some seconds."""
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._guard.tell("-", process)

    def wait(self, until: Callable[[], bool], what: str, *, within_s: float = _UP_WITHIN_S) -> None:
        """Wait until `until` says so. Raises `BenchFailed` when that takes too long or a process ends."""
        deadline = time.monotonic() + within_s
        while not until():
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise BenchFailed(f"{name} ended with {process.returncode}:\n{self.said(name)}")
            if time.monotonic() > deadline:
                raise BenchFailed(f"{what}: not within {within_s:.0f} s")
            time.sleep(0.05)

    def said(self, name: str) -> str:
        """The end of a process's output."""
        return (self._folder / f"{name}.log").read_text("utf-8", "replace")[-2000:]

    def serve(self, name: str, environment: Mapping[str, str], *, app: str = "") -> Web:
        """Serve the hotline as its Procfile does, or another `app` in exactly the same way."""
        port, command = free_port(), procfile("web")
        if app:
            ours = "'hotline.app:create_app()'"
            if ours not in command:
                raise BenchFailed(f"the Procfile's web line does not name {ours}: the anchor cannot be served like it")
            command = command.replace(ours, f"{app} --pythonpath {Path(__file__).parent}")
        web = Web(port, self.start(name, command, {**environment, "PORT": str(port)}))
        self.wait(lambda: bool(web.workers) and answers(port), f"{name} answers")
        return web


def answers(port: int) -> bool:
    """Whether a port of this machine answers HTTP."""
    with (
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection,
        contextlib.suppress(OSError, http.client.HTTPException),
    ):
        connection.request("GET", "/healthz")
        return connection.getresponse().status in (200, 404)
    return False


def children(pid: int) -> list[int]:
    """The processes a process started; none if it is gone."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def cpu_s(pid: int) -> float:
    """The processor time a process has had."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def pss_mib(pid: int) -> float:
    """The memory of a process in MiB, shared pages divided among the processes that share them; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def need_wrk() -> None:
    """Raises `BenchFailed` where wrk is missing."""
    if shutil.which("wrk") is None:
        raise BenchFailed("the bench needs wrk: run ./setup.sh bench")
