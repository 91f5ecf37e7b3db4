"""The processes of `hotline run`: started one by one, stopped together. None outlives `hotline run`, however that ends.

Not honcho: it crashes on a Ctrl-C in its first moments, waits for a process that ignores SIGTERM before it stops the others, and
leaves everything running when it is killed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

import click

from hotline.cli import orphans

# Seconds to wait for processes to end: as long as the request that sends a text may take.
_GRACE_S = 10.0
_COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "bright_black")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NAME_WIDTH = 9


class StopAsked(Exception):
    """Somebody pressed Ctrl-C, closed the terminal or sent SIGTERM."""


class ProcessEnded(Exception):
    """One of the processes ended by itself; `args[0]` says which and how."""


class Processes:
    """Runs shell commands side by side, each in a process group of its own, and prints their output with their names."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, dict(environment)
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._printing = threading.Lock()
        self._asked = 0

    def __enter__(self) -> Self:
        script = [sys.executable, "-I", orphans.__file__]
        self._guard = subprocess.Popen(script, stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603
        self._handlers_before = {signum: signal.signal(signum, self._ask) for signum in _SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None) -> None:
        if kind is StopAsked:
            with contextlib.suppress(OSError):  # the terminal may have been closed
                click.echo("\nStopping.")
        # Redis goes last: a worker that loses it while it stops would wait for it to come back.
        self._stop([name for name in self._running if name != "redis"])
        self._stop(list(self._running))
        for reader in self._readers:
            reader.join(timeout=1)
        with contextlib.suppress(OSError):
            self._guard.communicate(timeout=5)
        for signum, handler in self._handlers_before.items():
            signal.signal(signum, handler)

    def start(self, name: str, command: str) -> None:
        """Start a shell command; its output is printed with `name` before each line."""
        process = subprocess.Popen(  # noqa: S602 - a Procfile's lines are shell commands
            command,
            shell=True,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._tell_guard("+", process)
        colour = _COLOURS[len(self._readers) % len(_COLOURS)]
        self._running[name] = process
        reader = threading.Thread(target=self._print_lines, args=(name, colour, process.stdout), daemon=True)
        self._readers.append(reader)
        reader.start()

    def finish(self, name: str, command: str) -> None:
        """Run a shell command to its end. Raises `ProcessEnded` if it fails or another process ends meanwhile, `StopAsked`."""
        self.start(name, command)
        process = self._running[name]
        self._wait(lambda: process.poll() is not None, may_end=name)
        if process.returncode:
            raise ProcessEnded(_ending(name, process.returncode))
        del self._running[name]
        self._tell_guard("-", process)

    def wait(self, until: Callable[[], bool] = lambda: False, *, within_s: float | None = None) -> bool:
        """Wait until `until()` is true; False if that took longer than `within_s`. Raises `ProcessEnded`, `StopAsked`."""
        return self._wait(until, within_s=within_s)

    def _wait(self, until: Callable[[], bool], *, within_s: float | None = None, may_end: str = "") -> bool:
        deadline = time.monotonic() + within_s if within_s is not None else None
        while True:
            if self._asked:
                raise StopAsked
            for name, process in self._running.items():
                if name != may_end and (code := process.poll()) is not None:
                    raise ProcessEnded(_ending(name, code))
            if until():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def _stop(self, names: list[str]) -> None:
        """End these processes and what they started: SIGTERM first, SIGKILL after `_GRACE_S` seconds or at the second Ctrl-C."""
        processes = [self._running.pop(name) for name in names]
        _signal(processes, signal.SIGTERM)
        asked_before, deadline = self._asked, time.monotonic() + _GRACE_S
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or (self._asked > max(asked_before, 1)):
                break
            time.sleep(0.05)
        # To all groups: a shell that ended at once may have left processes that it had started.
        _signal(processes, signal.SIGKILL)
        for process in processes:
            process.wait()
            self._tell_guard("-", process)

    def _ask(self, _signum: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def _tell_guard(self, sign: str, process: subprocess.Popen[str]) -> None:
        with contextlib.suppress(OSError):
            if self._guard.stdin is not None:
                self._guard.stdin.write(f"{sign}{process.pid}\n")
                self._guard.stdin.flush()

    def _print_lines(self, name: str, colour: str, lines: IO[str]) -> None:
        prefix = click.style(f"{name:<{_NAME_WIDTH}} |", fg=colour)
        # If the terminal is closed, go on reading: otherwise the process would block on a full pipe.
        for line in lines:
            with contextlib.suppress(OSError, ValueError), self._printing:
                click.echo(f"{prefix} {line.rstrip()}")


def _signal(processes: list[subprocess.Popen[str]], signum: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signum)


def _ending(name: str, code: int) -> str:
    # If a signal kills what a shell runs, the shell's exit code is 128 plus the signal.
    with contextlib.suppress(ValueError):
        return f"{name} was ended by {signal.Signals(-code if code < 0 else code - 128).name}"
    return f"{name} ended with exit code {code}"
