"""Files that only the holder of an offline identity can read, in the format of age (https://age-encryption.org/v1)."""

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyrage

from hotline import private

_IDENTITY = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.MULTILINE)


class AgeFault(Exception):
    """The file, a recipient or an identity cannot be used; the message says why."""


def new_identity(path: Path) -> str:
    """Write a new identity to a file that only its owner reads; returns the recipient that belongs to it, `age1…`.

    Raises `AgeFault` if there is a file of that name.
    """
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    if os.path.lexists(path):
        raise AgeFault(f"{path} is there already: no identity is ever written over")
    try:
        with os.fdopen(private.opened_new(path), "w", encoding="ascii") as file:
            file.write(f"# public key: {recipient}\n{identity}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise AgeFault(f"{path} cannot be written: {fault.strerror}") from fault
    return recipient


class Identity:
    """What opens files; read from a file as `new_identity` or age-keygen writes it. Its repr does not show it."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises `AgeFault`."""
        try:
            found = _IDENTITY.findall(path.read_text("utf-8"))
            self.keys = [pyrage.x25519.Identity.from_str(one) for one in found]
        except (OSError, ValueError, pyrage.IdentityError) as fault:
            raise AgeFault(f"the identity {path} cannot be read ({type(fault).__name__})") from fault
        if not self.keys:
            raise AgeFault(f"{path} holds no identity: it must have a line AGE-SECRET-KEY-1…")

    @property
    def recipient(self) -> str:
        """What belongs to it, `age1…`; of several in the file to the first."""
        return str(self.keys[0].to_public())

    def unseal(self, sealed: bytes) -> bytes:
        """The words that `seal` sealed to this identity. Raises `AgeFault`."""
        try:
            return bytes(pyrage.decrypt(sealed, self.keys))
        except pyrage.DecryptError as fault:
            raise AgeFault("it was sealed to another key, or is not whole") from fault


def seal(words: bytes, recipient: str) -> bytes:
    """The words, readable only for the holder of the identity that belongs to `recipient`. Raises `AgeFault`."""
    try:
        return bytes(pyrage.encrypt(words, [pyrage.x25519.Recipient.from_str(recipient)]))
    except (pyrage.RecipientError, pyrage.EncryptError) as fault:
        raise AgeFault("nothing can be sealed to this recipient: it must be like age1…") from fault


def write(path: Path, pieces: Iterable[bytes], recipients: Sequence[str]) -> str:
    """Write what `pieces` gives to `path` so that only the recipients can read it; returns the SHA-256 of the file, in hexadecimal digits.

    The file is on the disk when this returns. Raises what `pieces` raises, `OSError`, and `AgeFault`; then there is no file.
    """
    try:
        keys = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError as fault:
        raise AgeFault("a recipient is not valid: it must be like age1…, as hotline backup identity prints it") from fault
    if not keys:
        raise AgeFault("nobody could read the file: name a recipient, age1…")
    try:
        with os.fdopen(private.opened_new(path), "wb") as file:
            source, sink = _Pulled(pieces), _Hashed(file)
            _encrypt(source, sink, keys)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return sink.sha256.hexdigest()


def _encrypt(source: "_Pulled", sink: "_Hashed", keys: list[pyrage.x25519.Recipient]) -> None:
    try:
        pyrage.encrypt_io(source, sink, keys)
    except (OSError, pyrage.EncryptError) as fault:
        # The library keeps of another's error only its words.
        raise source.fault or sink.fault or AgeFault(f"it cannot be encrypted: {fault}") from fault


class _Pulled:
    """A file to be read, made of pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._rest = iter(pieces), memoryview(b"")
        self.fault: BaseException | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        try:
            while not self._rest:
                self._rest = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as fault:
            self.fault = fault
            raise
        given, self._rest = self._rest[:size], self._rest[size:]
        return bytes(given)


class _Hashed:
    """A file to be written that hashes what is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha256 = file, hashlib.sha256()
        self.fault: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Write all of it."""
        try:
            self.sha256.update(data)
            self._file.write(data)
        except BaseException as fault:
            self.fault = fault
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing: the file is flushed once, at its end."""


@contextlib.contextmanager
def opened(path: Path, identity: Identity) -> Iterator[BinaryIO]:
    """What is in the file, to be read once from its beginning; nothing of it reaches a disk.

    Raises `AgeFault` at the end of the block if the file was cut or changed, or is for another identity: what was read before that is
    not to be trusted.
    """
    from_end, to_end = os.pipe()
    faults: list[BaseException] = []

    def decrypt() -> None:
        try:
            with os.fdopen(to_end, "wb") as sink, os.fdopen(private.opened_to_read(path), "rb") as file:
                pyrage.decrypt_io(file, sink, identity.keys)
        except BaseException as fault:  # noqa: BLE001 - told to the reader, in its own thread
            faults.append(fault)

    thread = threading.Thread(target=decrypt, name="age", daemon=True)
    thread.start()
    try:
        with os.fdopen(from_end, "rb") as source:
            try:
                yield source
            finally:
                if not faults:
                    _drain(source)
    except Exception as fault:
        thread.join()
        if faults:
            raise _told(path, faults[0]) from fault
        raise
    thread.join()
    if faults:
        raise _told(path, faults[0])


def _drain(source: BinaryIO) -> None:
    """Read the rest: only at its end is it known that nothing was cut or changed."""
    while source.read(1 << 20):
        pass


def _told(path: Path, fault: BaseException) -> AgeFault:
    if isinstance(fault, pyrage.DecryptError):
        return AgeFault(f"{path} does not open: it is no backup, or for another identity")
    if isinstance(fault, FileNotFoundError):
        return AgeFault(f"there is no file {path}")
    return AgeFault(f"{path} was cut or changed, or cannot be read ({fault})")
