"""Processes that do not outlive their parent. On Linux the kernel kills them when it ends, in whatever way; elsewhere a thread looks."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1  # prctl(2)
_WATCH_EVERY_S = 1


def die_with(parent: int) -> None:
    """Have this process killed when its parent, the process with id `parent`, ends. The child calls it before anything else."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # the parent ended before the call above
        os.kill(os.getpid(), signal.SIGKILL)


def die_with_supervisor() -> None:
    """The same for the supervisor that started this process, if one did."""
    if supervisor := os.environ.get("HOTLINE_SUPERVISOR"):
        die_with(int(supervisor))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)
