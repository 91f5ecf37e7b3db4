"""What callers say, on this machine until a worker has fetched it: one file for each recording, sealed second by second.

No sound is ever written plainly. A file is a row of pieces, each sealed by itself and bound to its recording and its place in it, so that
of a process that is killed all is there but the last second. A power cut may take what the disk had not written yet.
"""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from hotline import private
from hotline.config import Config
from hotline.gateways.local import FOLDER
from hotline.keys import Keys
from hotline.sealing import OVERHEAD, seal, unseal

RATE_HZ = 8000
"""Samples a second, of 16 bits: what A-law and µ-law of a telephone line carry."""

BYTES_PER_S = 2 * RATE_HZ

_PLACE = "gateways.sip"
_PIECE = BYTES_PER_S
_HEAD = struct.Struct(">I")
_CALL = re.compile(r"[0-9a-f]{32}")
_RECORDING = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}")
_TAKE, _LIVE = ".take", ".live"


class Take:
    """A recording that is being made."""

    def __init__(self, keys: Keys, path: Path) -> None:
        self._key, self._bound = keys.staff, path.stem
        self._file = os.fdopen(private.opened_new(path), "wb", buffering=0)
        self._waiting, self._pieces, self._size = bytearray(), 0, 0

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return self._size / BYTES_PER_S

    def add(self, sound: bytes) -> None:
        """More of it. Raises `OSError`, as when the disk is full: what was written before stays."""
        self._size += len(sound)
        self._waiting += sound
        while len(self._waiting) >= _PIECE:
            self._write(_PIECE)

    def close(self) -> None:
        """Its end. Raises `OSError`."""
        try:
            if self._waiting:
                self._write(len(self._waiting))
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _write(self, size: int) -> None:
        sealed = seal(self._key, bytes(self._waiting[:size]), _PLACE, self._bound, self._pieces)
        self._file.write(_HEAD.pack(len(sealed)) + sealed)
        del self._waiting[:size]
        self._pieces += 1


class Spool:
    """The folder of a line. Its process writes into it; the workers read it, and delete what they have."""

    def __init__(self, config: Config, name: str) -> None:
        self._folder = config.data_dir / FOLDER / name

    def note(self, call: str, our_call_id: int | None) -> None:
        """Note that a call is under way, so that the next process knows of it if this one dies. Raises `OSError`."""
        private.folder(self._folder.parent)
        private.folder(self._folder)
        with os.fdopen(private.opened_new(self._folder / f"{call}{_LIVE}"), "w", encoding="ascii") as file:
            file.write("" if our_call_id is None else str(our_call_id))

    def end(self, call: str) -> None:
        """The hotline knows that the call is over. Raises `OSError`."""
        (self._folder / f"{call}{_LIVE}").unlink(missing_ok=True)

    def under_way(self) -> Iterator[tuple[str, int | None]]:
        """The calls that a process left when it died: the id of each, and ours of a call that we placed."""
        for path in sorted(self._folder.glob(f"*{_LIVE}")):
            noted = path.read_text("ascii").strip()
            yield path.stem, int(noted) if noted.isdigit() else None

    def take(self, keys: Keys, call: str, number: int) -> tuple[str, Take]:
        """A new recording of a call: its id, made of its number in the call, and where its sound goes. Raises `OSError`.

        The number is counted by the caller: what was fetched and deleted meanwhile had one too.
        """
        recording = f"{call}-{number}"
        return recording, Take(keys, self._path(recording))

    def takes(self, call: str) -> list[tuple[str, int]]:
        """The recordings of a call that are here, the first first: the id and the whole seconds of each. Empty files are left out."""
        if not _CALL.fullmatch(call):
            return []
        paths = sorted(self._folder.glob(f"{call}-*{_TAKE}"), key=lambda path: (len(path.stem), path.stem))
        found = [(path.stem, _sound_bytes(path)) for path in paths]
        return [(recording, size // BYTES_PER_S) for recording, size in found if size]

    def sound(self, keys: Keys, recording: str) -> Iterator[bytes]:
        """The sound of a recording, in pieces. What was cut off by a kill is left out. Raises `FileNotFoundError`, `SealBroken`."""
        if not _RECORDING.fullmatch(recording):
            raise FileNotFoundError(recording)
        with os.fdopen(private.opened_to_read(self._path(recording)), "rb") as file:
            number = 0
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                (size,) = _HEAD.unpack(head)
                sealed = file.read(min(size, _PIECE + OVERHEAD))
                if len(sealed) < size:
                    return
                yield unseal(keys.staff, sealed, _PLACE, recording, number)
                number += 1

    def remove(self, recording: str) -> None:
        """Delete a recording, if it is here. Raises `OSError`."""
        if _RECORDING.fullmatch(recording):
            self._path(recording).unlink(missing_ok=True)

    def _path(self, recording: str) -> Path:
        return self._folder / f"{recording}{_TAKE}"


def _sound_bytes(path: Path) -> int:
    """How much sound is in the file of a recording, by its size: nothing is opened."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    around = _HEAD.size + OVERHEAD
    pieces, rest = divmod(size, around + _PIECE)
    return pieces * _PIECE + max(0, rest - around)
