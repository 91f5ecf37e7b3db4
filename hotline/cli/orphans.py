"""Stops the processes that `hotline run` leaves behind when it is killed. Run as a script: it imports the standard library only.

It reads the ids of process groups from its standard input, a line each: `+7` for a group that began, `-7` for a group that has ended. The
input ends when `hotline run` ends in any way; then the remaining groups are stopped. Not PR_SET_PDEATHSIG: only Linux has it, and it
reaches a shell but not what the shell started.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

_GRACE_S = 5.0


def stop(groups: list[int]) -> None:
    """End these process groups: SIGTERM first, SIGKILL for those alive after `_GRACE_S` seconds."""
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
    """The ids of the groups that began and have not ended."""
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
