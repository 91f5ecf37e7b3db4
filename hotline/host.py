"""Which of several hosts this is. A host is known by its data folder: the processes that share the folder are one host."""

import contextlib
import os
import re
import secrets
from pathlib import Path

from hotline import private

FILE = "host"
"""Its name in the data folder."""

_NAME = re.compile(r"[0-9a-f]{8}")


def name(data_dir: Path) -> str:
    """The name of the host with this data folder: 8 hexadecimal digits, drawn once. "" while it can be neither read nor written."""
    try:
        if (found := _read(data_dir)) is None:
            _draw(data_dir)
            found = _read(data_dir)
    except (OSError, UnicodeError):
        return ""
    return found or ""


def _read(data_dir: Path) -> str | None:
    try:
        with os.fdopen(private.opened_to_read(data_dir / FILE), encoding="ascii") as file:
            said = file.read(64).strip()
    except FileNotFoundError:
        return None
    return said if _NAME.fullmatch(said) else None


def _draw(data_dir: Path) -> None:
    """Write a name, whole and once: of two processes that start together one has drawn it for both."""
    private.folder(data_dir)
    beside = data_dir / f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(private.opened_new(beside), "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(4)}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, data_dir / FILE)
        private.settle(data_dir)
    finally:
        beside.unlink(missing_ok=True)
