"""`python -m workers.sip NAME` holds a telephone line, see `SipProcess`. The supervisor starts it for each line."""

import asyncio
import contextlib
import fcntl
import shutil
import sys
import tempfile
from pathlib import Path

from hotline import private
from hotline.gateways.local import socket_path
from hotline.gateways.sip.gateway import GATEWAY
from workers import lifeline
from workers.process import named_gateway, runtime


def main() -> None:
    """Hold the line of the gateway that is named, until SIGTERM or SIGINT."""
    lifeline.die_with_supervisor()
    name = named_gateway(GATEWAY)
    from workers.sipline import serve  # noqa: PLC0415 - whether its library is installed is asked first

    rt = runtime()
    lock = socket_path(rt.config, name).with_suffix(".lock")
    private.folder(lock.parent)
    descriptor = private.opened(lock)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # a process that is not quite gone goes first
    tempfile.tempdir = str(_emptied(lock.with_suffix(".tmp")))
    is_well = asyncio.run(serve(rt, name))
    rt.close()
    sys.exit(not is_well)


def _emptied(folder: Path) -> Path:
    """A folder for the library's files. It makes one at each start, and a process that is killed leaves it: the next one clears it away."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    private.folder(folder)
    return folder


if __name__ == "__main__":
    main()
