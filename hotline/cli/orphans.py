"""Stops what `hotline run` leaves behind when it is killed outright. Run as a script of its own: standard library only.

It reads the ids of process groups from its standard input, a line each: `+7` for one that began, `-7` for one that is over. The
input ends when `hotline run` does, however that came about; then those still there are stopped. A pipe rather than PR_SET_PDEATHSIG, which
Linux alone has and which reaches a shell, not what the shell started.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

_GRACE_S = 5.0


def stop(groups: list[int]) -> None:
    """End these process groups: asked first, killed after some seconds."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        groups = [group for group in groups if _is_alive(group)]
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signum)
        deadline = time.monotonic() + _GRACE_S
        while any(map(_is_alive, groups)) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def parse(lines: Iterable[str]) -> list[int]:
    """The groups that began and are not over."""
    groups: dict[int, None] = {}
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups[group] = None
        else:
            groups.pop(group, None)
    return list(groups)


if __name__ == "__main__":
    stop(parse(sys.stdin))
