"""The data folder of `hotline run`: private, used by one run at a time; it keeps what the first run generated."""

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
    """Make the folder if it is missing, and lock it while the block lasts. Raises `FolderNotUsable`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            # Do not change the mode ourselves: somebody may have named a home folder or /tmp by mistake.
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
    """The value in the file `name` of the folder; `make()` if there is none, which is stored. Only the owner may read the file."""
    path = folder / name
    if path.exists() and (value := path.read_text("utf-8").strip()):
        return value
    value = make()
    write(path, value + "\n")
    return value


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all. Only the owner may read it."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    beside.replace(path)
