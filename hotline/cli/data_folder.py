"""The data folder of `hotline run`: private, used by one at a time, and what was made up at the first run is kept in it."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path


class FolderNotUsable(Exception):
    """The data folder cannot be used; `args[0]` says why and what to do."""


@contextlib.contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """The folder at `path`, made if missing, ours alone while the block lasts. Raises `FolderNotUsable`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            # Not set right without asking: it may be a home folder, or /tmp, named by mistake.
            raise FolderNotUsable(f"others can look into the data folder: chmod 700 '{path}', then run this again")
        descriptor = os.open(path / "run.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise FolderNotUsable(f"the data folder {path} cannot be used: {fault.strerror}; name another in HOTLINE_DATA_DIR") from fault
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield path
    except BlockingIOError as fault:
        raise FolderNotUsable(f"another `hotline run` uses the data folder {path}: stop it, or name another in HOTLINE_DATA_DIR") from fault
    finally:
        os.close(descriptor)


def kept(folder: Path, name: str, make: Callable[[], str]) -> str:
    """What the file of that name holds; made and kept there if it is missing. Read by the owner only."""
    path = folder / name
    if path.exists() and (value := path.read_text("utf-8").strip()):
        return value
    value = make()
    write(path, value + "\n")
    return value


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all, read by the owner only."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    beside.replace(path)
