"""How a worker asks the process that holds the connection of a gateway: a socket in the data folder, a line of JSON each way.

The folder is private, so that nobody else on this machine can send or call, or see what is sent.
"""

import contextlib
import json
import os
import socket
import socketserver
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hotline import private
from hotline.config import Config

FOLDER = "gateways"
_LONGEST = 65_536
"""Bytes of a line. A text has at most 1,600 characters, of at most 12 bytes each in JSON."""


class NoProcess(Exception):
    """No process listens there: nothing was asked."""


class NoAnswer(Exception):
    """The process did not answer in time, or ended before it did."""


def socket_path(config: Config, name: str) -> Path:
    """Where the process of the gateway of that name listens."""
    return config.data_dir / FOLDER / f"{name}.sock"


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path of a socket as an address, which has at most 108 bytes, however deep the data folder lies."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def ask(path: Path, question: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
    """What the process answers. Raises `NoProcess` and `NoAnswer`."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(timeout_s)
        try:
            with _short(path) as address:
                line.connect(address)
            line.sendall(json.dumps(question).encode() + b"\n")  # a question without its end is not acted on
        except OSError as fault:
            raise NoProcess(str(path)) from fault
        try:
            answer = line.makefile("rb").readline(_LONGEST)
            found = json.loads(answer) if answer.endswith(b"\n") else None
        except (OSError, ValueError) as fault:
            raise NoAnswer(str(path)) from fault
    if not isinstance(found, dict):
        raise NoAnswer(str(path))
    return found


class Listening(socketserver.ThreadingUnixStreamServer):
    """Answers what it is asked on the socket, each in a thread of its own. `answer` gets the question and returns the answer."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, path: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Listen, in place of a process that has ended. Raises `OSError`."""
        private.folder(path.parent)
        self.answer, self._path = answer, path
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.lstat().st_mode):
                path.unlink()
        with _short(path) as address:
            super().__init__(address, _Line)
        path.chmod(0o600)

    def server_close(self) -> None:
        """Answer what was asked, and listen no more."""
        self._path.unlink(missing_ok=True)
        super().server_close()


class _Line(socketserver.StreamRequestHandler):
    timeout = 30  # a question comes at once

    def handle(self) -> None:
        server: Listening = self.server  # type: ignore[assignment]
        with contextlib.suppress(OSError, ValueError):  # nobody waits any more, or it was no question
            question = self.rfile.readline(_LONGEST)
            if question.endswith(b"\n") and isinstance(found := json.loads(question), dict):
                self.wfile.write(json.dumps(server.answer(found)).encode() + b"\n")
