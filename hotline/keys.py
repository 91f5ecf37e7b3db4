"""The keys of a hotline: what seals its words and numbers, and the file they stand in.

The file lies outside the data folder and every backup: who has it and the database reads everything, and without it nobody does.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from hotline import private
from hotline.log import logger
from hotline.tomlfile import Unreadable, read_toml

_SIZE = 32  # bytes of every key
_KEY = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{8}")
_SINGLE = ("mark", "search", "audit", "suppression", "staff")
_HEAD = """\
# The keys of this hotline. Who has this file and the database reads every word and number; without it nobody does.
# Keep it outside the data folder and every backup, and a copy on paper in a safe (hotline keys paper).
"""


class KeysFault(Exception):
    """The keys cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Keys:
    """The keys, of 32 bytes each. Their repr shows none.

    `sealing` wraps the key of each contact: id (8 hexadecimal digits) → key, the oldest first; `current` is the id that wraps new ones.
    `mark` makes the marks by which a number is found, `search` those of words, `audit` binds the pages of the book of looks, `suppression`
    remembers what an erased phone asked for, and `staff` seals what belongs to no contact.
    """

    sealing: Mapping[str, bytes] = field(repr=False)
    current: str
    mark: bytes = field(repr=False)
    search: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    suppression: bytes = field(repr=False)
    staff: bytes = field(repr=False)

    def fingerprints(self) -> dict[str, str]:
        """Name of each key → what tells it from another without giving it away: 16 hexadecimal digits."""
        return {name: _fingerprint(key) for name, key in self._all().items()}

    @property
    def tag(self) -> str:
        """What tells this hotline's texts from another's at one gateway, 8 hexadecimal digits. It gives no key away, and never changes."""
        return hashlib.blake2b(b"texts", key=self.suppression, digest_size=4).hexdigest()

    def check(self) -> str:
        """A code of 8 characters for the whole file: it stands on the paper copy, and is typed in to confirm that the copy is there."""
        whole = "".join(f"{name}{print_}" for name, print_ in sorted(self.fingerprints().items()))
        return hashlib.blake2b(whole.encode(), digest_size=4).hexdigest()

    def with_new(self) -> "Keys":
        """The keys with a new sealing key, which is the current one."""
        made = _new_id(self.sealing)
        return replace(self, sealing=MappingProxyType({**self.sealing, made: secrets.token_bytes(_SIZE)}), current=made)

    def without(self, key_id: str) -> "Keys":
        """The keys without an old sealing key. Raises `KeysFault` for the current key and for an unknown one."""
        if key_id not in self.sealing:
            raise KeysFault(f"there is no sealing key {key_id}: hotline keys check lists them")
        if key_id == self.current:
            raise KeysFault(f"{key_id} is the sealing key in use: hotline keys add makes another first")
        return replace(self, sealing=MappingProxyType({one: key for one, key in self.sealing.items() if one != key_id}))

    def as_toml(self) -> str:
        """The keys as they stand in the file."""
        single = "".join(f'{name} = "{getattr(self, name).hex()}"\n' for name in _SINGLE)
        sealing = "".join(f'{one} = "{key.hex()}"\n' for one, key in self.sealing.items())
        return f'{_HEAD}current = "{self.current}"\n{single}\n[sealing]\n{sealing}'

    def _all(self) -> dict[str, bytes]:
        return {**{name: getattr(self, name) for name in _SINGLE}, **{f"sealing {one}": key for one, key in self.sealing.items()}}


def new_keys() -> Keys:
    """Keys that nobody has used."""
    first = _new_id({})
    return Keys(MappingProxyType({first: secrets.token_bytes(_SIZE)}), first, **{name: secrets.token_bytes(_SIZE) for name in _SINGLE})


def read_keys(path: Path) -> Keys:
    """The keys in a file. Raises `KeysFault`."""
    try:
        found = path.stat()
        given = read_toml(path)
    except (OSError, Unreadable) as fault:
        what = "bring the file back, or type it in from its paper copy; a new hotline makes it with hotline keys new"
        raise KeysFault(f"HOTLINE_KEYS_FILE: {path} cannot be read: {fault}; {what}") from fault
    if found.st_mode & 0o077:
        raise KeysFault(f"HOTLINE_KEYS_FILE: others may read {path}: chmod 600 '{path}'")
    sealing, current = given.get("sealing"), given.get("current")
    names = {"current", "sealing", *_SINGLE}
    if given.keys() != names or not isinstance(sealing, dict):
        raise KeysFault(f"HOTLINE_KEYS_FILE: {path} is not whole: it must hold {', '.join(sorted(names))} and nothing else")
    every = {**{name: given[name] for name in _SINGLE}, **{f"sealing {one}": key for one, key in sealing.items()}}
    wrong = [name for name, key in every.items() if not isinstance(key, str) or not _KEY.fullmatch(key)]
    wrong += [f"sealing {one}" for one in sealing if not _ID.fullmatch(one)]
    if wrong:
        raise KeysFault(f"HOTLINE_KEYS_FILE: {path}: {', '.join(sorted(set(wrong)))} must be 64 hexadecimal digits, and an id 8")
    if not isinstance(current, str) or current not in sealing:
        raise KeysFault(f"HOTLINE_KEYS_FILE: {path}: current must name one of the keys in [sealing]")
    single = {name: bytes.fromhex(given[name]) for name in _SINGLE}
    return Keys(MappingProxyType({one: bytes.fromhex(key) for one, key in sealing.items()}), current, **single)


LOOK_AGAIN_S = 1.0
"""Seconds after which a process looks whether the keys file has changed."""


class KeyFile:
    """The keys file of a running process: it is read again when it has changed, so that a new sealing key needs no restart."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises `KeysFault`."""
        self.path = path
        self._seen = self._told = _stamp(path)
        self._keys = read_keys(path)
        self._looked_at = time.monotonic()

    def now(self) -> Keys:
        """The keys as the file has them; those read last if it cannot be read now, so that a text is stored all the same."""
        if time.monotonic() - self._looked_at < LOOK_AGAIN_S:
            return self._keys
        self._looked_at, seen = time.monotonic(), _stamp(self.path)
        if seen != self._seen:
            try:
                self._keys = read_keys(self.path)
                self._seen = seen
            except KeysFault as fault:  # it is read again until it can be: whose file it is, and who may read it, changes no stamp
                if seen != self._told:
                    logger().error("the keys file cannot be read: the keys of before go on", fault=str(fault))
                self._told = seen
        return self._keys


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def write_keys(path: Path, keys: Keys, *, new: bool) -> None:
    """Write the file, whole or not at all, so that only its owner reads it. `new`: there must be none yet. Raises `KeysFault`."""
    if new and path.exists():
        raise KeysFault(f"{path} is there already: no key is ever written over")
    beside = path.with_name(f"{path.name}.new")
    try:
        if not path.parent.exists():
            private.folder(path.parent)
        with os.fdopen(private.opened_new(beside), "w", encoding="utf-8") as file:
            file.write(keys.as_toml())
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        private.settle(path.parent)
    except OSError as fault:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise KeysFault(f"{path} cannot be written: {fault}; the keys are as they were") from fault


def _fingerprint(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=8, person=b"fingerprint").hexdigest()


def _new_id(taken: Mapping[str, bytes]) -> str:
    while (made := secrets.token_hex(4)) in taken:
        pass
    return made
