"""Where recordings are kept: a folder, or a bucket of an S3-compatible store. We make up the file names, and they tell nothing."""

import contextlib
import os
import shutil
from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hotline import private
from hotline.config import Config

_CHUNK_BYTES = 65_536


class StoreFault(Exception):
    """The store failed; the message says why."""


class Store(Protocol):
    """Keeps files by name. Every method raises `StoreFault`."""

    def save(self, name: str, audio: BinaryIO) -> None:
        """Store the rest of the open file `audio`, whole or not at all. A file of that name is replaced."""

    def size(self, name: str) -> int | None:
        """The size of the file in bytes; None if there is no such file."""

    def remove(self, name: str) -> None:
        """Remove the file, if there is one."""

    def read(self, name: str, start: int, length: int) -> Generator[bytes]:
        """`length` bytes of the file from offset `start` on, in pieces."""


def open_store(config: Config) -> Store:
    """The store that the configuration names. It is not contacted yet, so that a store that is down keeps no process from starting."""
    if config.media.bucket:
        return ObjectStore(config)
    return FolderStore(config.data_dir / "recordings")


class FolderStore:
    """A `Store` in a folder that only the hotline's own user may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, audio: BinaryIO) -> None:
        """See `Store.save`."""
        # One temporary name per file, so that the next try removes what a killed worker left behind.
        path, part = self._folder / name, self._part(name)
        try:
            private.folder(self._folder)
            with os.fdopen(private.opened_new(part), "wb") as file:
                shutil.copyfileobj(audio, file, _CHUNK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            private.settle(self._folder)
        except OSError as fault:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise StoreFault(str(fault)) from fault

    def size(self, name: str) -> int | None:
        """See `Store.size`."""
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise StoreFault(str(fault)) from fault

    def remove(self, name: str) -> None:
        """See `Store.remove`."""
        try:
            for path in (self._folder / name, self._part(name)):  # a killed worker may have left that one
                path.unlink(missing_ok=True)
        except OSError as fault:
            raise StoreFault(str(fault)) from fault

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}.part"

    def read(self, name: str, start: int, length: int) -> Generator[bytes]:
        """See `Store.read`."""
        try:
            file = os.fdopen(private.opened_to_read(self._folder / name), "rb")
        except OSError as fault:
            raise StoreFault(str(fault)) from fault
        return _pieces(file, start, length)


class ObjectStore:
    """A `Store` in a bucket. It may be built before a fork but must be used after it: its threads start with the first request."""

    def __init__(self, config: Config) -> None:
        wait = timedelta(seconds=config.sending.timeout_s)
        self._store = S3Store(
            config.media.bucket,
            endpoint=config.media.endpoint,
            region=config.media.region,
            access_key_id=config.s3_access_key,
            secret_access_key=config.s3_secret_key,
            client_options={"timeout": wait, "connect_timeout": wait, "allow_http": config.media.endpoint.startswith("http://")},
            disable_bulk_delete=True,  # not every S3-compatible store knows it, and we remove one file at a time
            # The worker retries from its rows. The library retries only once, for a short break.
            retry_config={"max_retries": 1, "retry_timeout": wait},
        )

    def save(self, name: str, audio: BinaryIO) -> None:
        """See `Store.save`."""
        with _store_faults():
            obstore.put(self._store, name, audio)

    def size(self, name: str) -> int | None:
        """See `Store.size`."""
        with _store_faults():
            try:
                return int(obstore.head(self._store, name)["size"])
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """See `Store.remove`."""
        with _store_faults(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def read(self, name: str, start: int, length: int) -> Generator[bytes]:
        """See `Store.read`."""
        with _store_faults():
            found = obstore.get(self._store, name, options={"range": (start, start + length)})
        return (bytes(piece) for piece in found.stream(min_chunk_size=_CHUNK_BYTES))


@contextlib.contextmanager
def _store_faults() -> Iterator[None]:
    """Raise `StoreFault` for whatever the library raises."""
    try:
        yield
    except (BaseError, OSError) as fault:
        # Only the first line: the rest is the library's own long description.
        raise StoreFault(str(fault).partition("\n")[0]) from fault


def _pieces(file: BinaryIO, start: int, length: int) -> Generator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(_CHUNK_BYTES, length))):
            length -= len(piece)
            yield piece
