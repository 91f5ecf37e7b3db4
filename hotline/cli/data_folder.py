"""The data folder of `hotline run`: private, used by one run at a time; it keeps what the first run generated."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from hotline import private


class FolderNotUsable(Exception):
    """The data folder cannot be used; `args[0]` says why and what to do."""


@contextlib.contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Make the folder if it is missing, narrow it and what is in it, and lock it while the block lasts. Raises `FolderNotUsable`.

    A wide folder that is not ours alone is refused and left as it is: somebody may have named a home folder or /tmp by mistake.
    """
    with contextlib.ExitStack() as held:
        try:
            if not os.path.lexists(path):
                private.folder(path)
            private.narrow_all(path)
            if path.stat().st_mode & 0o077:
                raise FolderNotUsable(
                    f"others can look into the data folder {path}, and it holds more: name one of its own in HOTLINE_DATA_DIR"
                )
            held.enter_context(private.locked(path / "run.lock"))
        except BlockingIOError as fault:
            raise FolderNotUsable(
                f"another `hotline run` uses the data folder {path}: stop it, or name another in HOTLINE_DATA_DIR"
            ) from fault
        except OSError as fault:
            where = f" ({fault.filename})" if fault.filename not in (None, str(path)) else ""
            raise FolderNotUsable(
                f"the data folder {path} cannot be used: {fault.strerror}{where}; name another in HOTLINE_DATA_DIR"
            ) from fault
        yield path


def kept(folder: Path, name: str, make: Callable[[], str]) -> str:
    """The value in the file `name` of the folder; `make()` if there is none, which is stored. Only the owner may read the file."""
    path = folder / name
    private.narrow(path)
    if path.exists() and (value := path.read_text("utf-8").strip()):
        return value
    value = make()
    write(path, value + "\n")
    return value


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all. Only the owner may read it."""
    beside = path.with_name(f".{path.name}.new")
    with os.fdopen(private.opened_new(beside), "w", encoding="utf-8") as file:
        file.write(content)
    beside.replace(path)
