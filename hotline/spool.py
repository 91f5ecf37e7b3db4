"""What came in and could not be stored waits here: one sealed file for each text, report or call, in the order they came.

The web process seals to a key that it cannot open: who takes that process over, or a copy of the folder, reads nothing that waits. Only the
worker that takes the files in reads the key.
"""

import contextlib
import itertools
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from hotline import private
from hotline.agefile import AgeFault, Identity, new_identity, seal

FOLDER = "spool"
"""Its name in the data folder."""

_WHOLE, _PARTLY = ".age", ".part"
"""How the last part of a name ends whose file is taken in before others."""

LANES = 1 << 16
"""Into so many lanes the senders are divided: enough that few share one, and too few for a name to tell who it is."""

_ASIDE = "aside"
_LEFT_BEHIND_S = 3600
"""After so many seconds nobody writes at a file that is not whole: its process was killed before it answered."""

_RESTS_FOR_S = 2
"""Seconds for which a process does not try a database that failed: some gateways wait no longer than five for an answer."""

_UNREAD = "unread"
"""The name of an empty file that is there while some file cannot be read, and as old as that."""

_UNREAD_FOR_S = 3600
"""After so many seconds what cannot be read waits for a person. What passes by itself is over before that."""

_A_TEXT_BYTES = 4096
"""As large as what waits mostly is: an empty file can be written to a disk that is full."""

_LONG = 100
"""So many files are a backlog."""

_numbers = itertools.count()


class SpoolFault(Exception):
    """The spool cannot be written or read; the message says why, and what to do."""


class NotReadNow(Exception):
    """The machine does not give what is in a file, which may be whole: it has too many files open, or its disk fails."""


class Kind(StrEnum):
    """What waits in a file."""

    TEXT = "text"
    REPORT = "report"
    CALL = "call"
    STEP = "step"


class Turn(StrEnum):
    """When what waits in a file is taken in, as its name tells."""

    FIRST = "u"  # it tells of danger by its words, or by a key
    NEXT = "m"  # the model reads danger in it
    LAST = ""


@dataclass(frozen=True)
class Waiting:
    """What waits in a file: when it came, by which gateway, and its fields. Its repr shows none of them."""

    kind: Kind
    gateway: str
    came_at: datetime
    said: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Waiting({self.kind})"


def key_beside(keys_file: Path) -> Path:
    """The file of the key that opens what waits. It lies beside the file of the keys; what seals stands in a third, which ends in .pub."""
    return keys_file.with_name(f"{keys_file.name}.spool")


def make_key(keys_file: Path) -> None:
    """Make the key that opens, and the file of what seals. Nothing is written over: what waits would never be read. Where the key is there
    alone, the other is made of it. Raises `SpoolFault`."""
    path = key_beside(keys_file)
    try:
        is_alone = path.exists() and not _public(path).exists()
        recipient = Identity(path).recipient if is_alone else new_identity(path)
        with os.fdopen(private.opened_new(_public(path)), "w", encoding="ascii") as file:
            file.write(f"{recipient}\n")
            file.flush()
            os.fsync(file.fileno())
    except (AgeFault, OSError) as fault:
        raise SpoolFault(str(fault)) from fault


def _public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


class Spool:
    """Where the web process puts what it cannot store."""

    def __init__(self, data_dir: Path, keys_file: Path) -> None:
        self._folder, self._public = data_dir / FOLDER, _public(key_beside(keys_file))
        self._recipient = ""
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        """Whether the database failed a moment ago: what comes is put here at once, and no gateway waits for another failure."""
        return time.monotonic() < self._rests_until

    def rest(self) -> None:
        """Note that the database failed."""
        self._rests_until = time.monotonic() + _RESTS_FOR_S

    def make_ready(self) -> None:
        """Read what seals, and write and remove a file, as the first text would. Raises `SpoolFault`."""
        try:
            self._recipient = self._public.read_text("ascii").strip()
        except (OSError, UnicodeError) as fault:
            raise SpoolFault(f"{self._public} cannot be read: hotline keys spool makes it, and the key that belongs to it") from fault
        try:
            private.folder(self._folder)
            self._write(bytes(_A_TEXT_BYTES)).unlink()
        except OSError as fault:
            raise SpoolFault(f"{self._folder} cannot be written, where texts wait while the database is away: {fault.strerror}") from fault
        try:
            seal(b"", self._recipient)
        except AgeFault as fault:
            raise SpoolFault(f"{self._public} holds no key: {fault}") from fault

    def put(
        self,
        kind: Kind,
        gateway: str,
        said: Mapping[str, Any],
        *,
        came_at: datetime | None = None,
        lane: int = 0,
        turn: Turn = Turn.LAST,
    ) -> None:
        """Seal what came in and write it. It is on the disk when this returns. `came_at`: when it came, if not just now. What is of one
        `lane`, below `LANES`, is taken in in the order in which it came; lanes are taken in by their `turn`.

        Raises `SpoolFault`: then the gateway must tell it again.
        """
        if not self._recipient:
            self.make_ready()
        content = {"kind": kind, "gateway": gateway, "came_at": came_at.timestamp() if came_at is not None else time.time(), "said": said}
        try:
            sealed = seal(json.dumps(content).encode(), self._recipient)
            path = self._write(sealed, f"-{lane:04x}{turn}")
            try:
                path.rename(path.with_suffix(_WHOLE))
            except OSError:
                path.unlink(missing_ok=True)
                raise
            private.settle(self._folder)
        except (AgeFault, OSError) as fault:
            raise SpoolFault(f"nothing can be written to {self._folder}: {fault}") from fault

    def _write(self, sealed: bytes, lane: str = "") -> Path:
        """Write a file that is not whole yet. Its name sorts by the time."""
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}-{next(_numbers)}{lane}{_PARTLY}"
        try:
            with os.fdopen(private.opened_new(path), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        return path


def waiting(data_dir: Path) -> Sequence[Path]:
    """The files that wait, the first to come first. Raises `SpoolFault`."""
    return _in(data_dir / FOLDER)


def is_long(data_dir: Path) -> bool:
    """Whether so much waits that it takes a while, as after an outage; the folder is not read to its end. False if it cannot be read."""
    try:
        with os.scandir(data_dir / FOLDER) as files:
            return sum(1 for _ in itertools.islice(files, _LONG)) == _LONG
    except OSError:
        return False


def aside(data_dir: Path) -> Sequence[Path]:
    """The files that could not be taken in, and wait for a person. Raises `SpoolFault`."""
    return _in(data_dir / FOLDER / _ASIDE)


def came_at(path: Path) -> datetime:
    """When what is in a file came, by its name."""
    return datetime.fromtimestamp(int(path.name[:20]) // 10**9, UTC)


def lane_of(path: Path) -> str | None:
    """The lane of a file, by its name; None: it is of a release that had none."""
    parts = path.name.split("-")
    return parts[3][:4] if len(parts) > 3 else None


def turn_of(path: Path) -> Turn:
    """The turn in which what is in a file is taken in, by its name."""
    return next((turn for turn in (Turn.FIRST, Turn.NEXT) if path.name.endswith(turn + _WHOLE)), Turn.LAST)


def _in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            names = sorted(one.name for one in found if one.name.endswith(_WHOLE))  # paths take long to compare
        return [folder / name for name in names]
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise SpoolFault(f"{folder} cannot be read: {fault.strerror}") from fault


class Reader:
    """Opens what waits. Only the worker that takes it in has one."""

    def __init__(self, keys_file: Path) -> None:
        """Read the key. Raises `SpoolFault`."""
        path = key_beside(keys_file)
        try:
            self._identity = Identity(path)
        except AgeFault as fault:
            raise SpoolFault(f"{fault}: bring it back; for a new hotline hotline keys spool makes it") from fault

    def open(self, path: Path) -> Waiting | None:
        """What waits in a file; None if another worker has taken it in. Raises `SpoolFault` if it is not whole, or is something else, and
        `NotReadNow` if that cannot be seen now."""
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise NotReadNow(f"{path.name} cannot be read now: {fault.strerror}") from fault
        try:
            content = json.loads(self._identity.unseal(sealed))
            came = datetime.fromtimestamp(content["came_at"], UTC)
            return Waiting(Kind(content["kind"]), str(content["gateway"]), came, dict(content["said"]))
        except (OSError, AgeFault, ValueError, KeyError, TypeError, OverflowError) as fault:
            raise SpoolFault(f"{path.name} cannot be read ({type(fault).__name__})") from fault


def put_aside(path: Path) -> None:
    """Keep a file that cannot be taken in, out of the way of those that come after it. Raises `OSError`."""
    folder = path.parent / _ASIDE
    private.folder(folder)
    path.rename(folder / path.name)


def is_unread_for_long(data_dir: Path) -> bool:
    """Note that some file cannot be read now; returns whether that has been so for an hour. Raises `OSError` if it cannot be noted."""
    path = data_dir / FOLDER / _UNREAD
    if not path.exists():
        private.file(path)
    return time.time() - path.stat().st_mtime > _UNREAD_FOR_S


def all_is_read(data_dir: Path) -> None:
    """Note that no file is left that cannot be read."""
    with contextlib.suppress(OSError):  # then what cannot be read next is put aside sooner
        (data_dir / FOLDER / _UNREAD).unlink(missing_ok=True)


def sweep(data_dir: Path) -> None:
    """Remove what killed processes left half written: the gateway was not told that we have it."""
    with contextlib.suppress(OSError):
        for path in (data_dir / FOLDER).glob(f"*{_PARTLY}"):
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
                path.unlink()
