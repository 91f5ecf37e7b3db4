"""Where recordings lie: a folder of ours, or a bucket of any S3-compatible store. Names are ours and say nothing."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hotline.config import Config

_CHUNK_BYTES = 65_536


class StoreFault(Exception):
    """The store did not do it."""


class Store(Protocol):
    """Keeps files by name. Every method raises `StoreFault`."""

    def save(self, name: str, audio: BinaryIO) -> None:
        """Keep a file from its present place on: whole, or not at all. One of that name is replaced."""

    def size(self, name: str) -> int | None:
        """How many bytes the file has; None if there is none."""

    def read(self, name: str, start: int, length: int) -> Iterator[bytes]:
        """`length` bytes of the file from `start` on, in pieces."""


def open_store(config: Config) -> Store:
    """The store of this deployment. Nothing is asked of it yet: a store that is away stops no process from starting."""
    if config.media.bucket:
        return ObjectStore(config)
    return FolderStore(config.data_dir / "recordings")


class FolderStore:
    """See `Store`. Nobody but the hotline's own user can look into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, audio: BinaryIO) -> None:
        """See `Store.save`."""
        # One temporary name for each: what a killed worker left behind goes with the next try.
        path, part = self._folder / name, self._folder / f".{name}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                shutil.copyfileobj(audio, file, _CHUNK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(self._folder)
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

    def read(self, name: str, start: int, length: int) -> Iterator[bytes]:
        """See `Store.read`."""
        try:
            file = (self._folder / name).open("rb")
        except OSError as fault:
            raise StoreFault(str(fault)) from fault
        return _pieces(file, start, length)


class ObjectStore:
    """See `Store`. The library's threads do not survive a fork, and begin with the first request: built before one, used after it."""

    def __init__(self, config: Config) -> None:
        wait = timedelta(seconds=config.sending.timeout_s)
        self._store = S3Store(
            config.media.bucket,
            endpoint=config.media.endpoint,
            region=config.media.region,
            access_key_id=config.s3_access_key,
            secret_access_key=config.s3_secret_key,
            client_options={"timeout": wait, "connect_timeout": wait, "allow_http": config.media.endpoint.startswith("http://")},
            # Rows are the retry: the library tries again only what breaks for an instant.
            retry_config={"max_retries": 1, "retry_timeout": wait},
        )

    def save(self, name: str, audio: BinaryIO) -> None:
        """See `Store.save`."""
        with _told():
            obstore.put(self._store, name, audio)

    def size(self, name: str) -> int | None:
        """See `Store.size`."""
        with _told():
            try:
                return int(obstore.head(self._store, name)["size"])
            except FileNotFoundError:
                return None

    def read(self, name: str, start: int, length: int) -> Iterator[bytes]:
        """See `Store.read`."""
        with _told():
            found = obstore.get(self._store, name, options={"range": (start, start + length)})
        return (bytes(piece) for piece in found.stream(min_chunk_size=_CHUNK_BYTES))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as fault:
        # Its first line: after it the library quotes itself at length.
        raise StoreFault(str(fault).partition("\n")[0]) from fault


def _pieces(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(_CHUNK_BYTES, length))):
            length -= len(piece)
            yield piece


def _sync_folder(folder: Path) -> None:
    """Without it the new name may be gone after a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
