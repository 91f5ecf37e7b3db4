"""What is inside a backup's file: members one after the other, as a tar file has them, and at the end what they must be.

The list at the end is signed by a key of the keys file. Anybody can write a file that the identity opens; only a hotline with these keys
can sign one.
"""

import contextlib
import hashlib
import hmac
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from hotline import agefile
from hotline.keys import Keys

FORMAT = 1
ABOUT, LIST, SIGNED = "about.json", "list.json", "list.signed"
REWRITTEN = "rewritten.json"
"""The member of a keys file that says what was rewritten for good: an older data file still has it as it was."""

_BLOCK, _PIECE = 512, 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_RECORD = 4 << 20  # bytes of rows that one member holds, about: they are in memory


class BackupFault(Exception):
    """A backup cannot be made, read or restored; the message says why and what to do."""


class Member(NamedTuple):
    """A member of the file, to be read before the next is asked for."""

    name: str
    file: IO[bytes]


@dataclass
class Packer:
    """Packs members into the pieces of a file, and remembers what each was."""

    about: Mapping[str, Any]
    keys: Keys
    counts: dict[str, int] = field(default_factory=dict)  # table → rows
    absent: list[str] = field(default_factory=list)  # recordings that a row names and the store has not
    _members: dict[str, tuple[int, str]] = field(default_factory=dict)

    def begin(self) -> Iterator[bytes]:
        """The head: what the backup is."""
        yield from self.whole(ABOUT, json.dumps(dict(self.about)).encode())

    def rows(self, table: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The rows of a table, in members of some MiB."""
        held: list[bytes] = []
        number = size = count = 0
        for line in lines:
            held.append(line)
            size, count = size + len(line), count + 1
            if size >= _RECORD:
                yield from self.whole(f"tables/{table}/{number:06}", b"".join(held))
                held, size, number = [], 0, number + 1
        if held:
            yield from self.whole(f"tables/{table}/{number:06}", b"".join(held))
        self.counts[table] = count

    def whole(self, name: str, content: bytes) -> Iterator[bytes]:
        """A member that is in memory."""
        yield from self.streamed(name, len(content), (content,))

    def streamed(self, name: str, size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """A member of `size` bytes. Raises `BackupFault` if the pieces are more or fewer."""
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        yield head.tobuf(tarfile.PAX_FORMAT)
        digest, done = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            done += len(piece)
            yield piece
        if done != size:
            raise BackupFault(f"{name} has {done} bytes in place of {size}")
        yield bytes(-size % _BLOCK)
        self._members[name] = (size, digest.hexdigest())

    def end(self) -> Iterator[bytes]:
        """The list of all members, and its signature."""
        listed = json.dumps({"members": self._members, "counts": self.counts, "absent": self.absent}, sort_keys=True).encode()
        yield from self.whole(LIST, listed)
        yield from self.whole(SIGNED, signature(self.keys, listed).encode())
        yield bytes(2 * _BLOCK)


def signature(keys: Keys, listed: bytes) -> str:
    """What only a holder of the keys can write beside a list."""
    return hashlib.blake2b(listed, digest_size=32, key=keys.audit, person=b"backup list").hexdigest()


def code(keys: Keys, data_sha256: str) -> str:
    """The code by which it is told that a backup was verified: 10 characters, which only a holder of the keys can work out."""
    return hashlib.blake2b(data_sha256.encode(), digest_size=5, key=keys.audit, person=b"backup verified").hexdigest()


@contextlib.contextmanager
def members(path: Path, identity: agefile.Identity) -> Iterator[Iterator[Member]]:
    """The members of a file, one after the other. Raises `BackupFault`, at the latest at the end of the block.

    Until `check` has read all of it, nothing in it is to be trusted.
    """
    try:
        with agefile.opened(path, identity) as source, tarfile.open(fileobj=source, mode="r|", bufsize=_PIECE) as tar:
            yield (Member(one.name, cast("IO[bytes]", tar.extractfile(one))) for one in tar if one.isreg())
    except agefile.AgeFault as fault:
        raise BackupFault(str(fault)) from fault
    except tarfile.TarError as fault:
        raise BackupFault(f"{path} is no backup of a hotline") from fault


@dataclass(frozen=True)
class Checked:
    """What a file says of itself, after all of it was read and is as it was written."""

    about: Mapping[str, Any]
    counts: Mapping[str, int]
    absent: tuple[str, ...]
    sha256: str  # of the file


def check(path: Path, identity: agefile.Identity, keys: Keys, *, part: str) -> Checked:
    """Read all of a file. Raises `BackupFault` if anything is not as it was written, was written with other keys, or is no `part`."""
    found: dict[str, tuple[int, str]] = {}
    kept: dict[str, bytes] = {}
    with members(path, identity) as read:
        for name, file in read:
            if name in found:
                raise BackupFault(f"{path} has {name} twice")
            digest, size = hashlib.sha256(), 0
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                if name in (ABOUT, LIST, SIGNED):
                    kept[name] = kept.get(name, b"") + piece
            found[name] = (size, digest.hexdigest())
    if not {ABOUT, LIST, SIGNED} <= kept.keys():
        raise BackupFault(f"{path} is no whole backup of a hotline")
    if not hmac.compare_digest(signature(keys, kept[LIST]), kept[SIGNED].decode("ascii", "replace")):
        raise BackupFault(
            f"{path} was made with other keys than those of HOTLINE_KEYS_FILE, or was forged: bring back the keys file of then"
        )
    listed, about = json.loads(kept[LIST]), json.loads(kept[ABOUT])
    if {name: tuple(of) for name, of in listed["members"].items()} != {n: of for n, of in found.items() if n not in (LIST, SIGNED)}:
        raise BackupFault(f"{path} is not as it was written")
    if about.get("format") != FORMAT or about.get("part") != part:
        what = "made by a newer hotline" if about.get("part") == part else f"not the {part} file"
        raise BackupFault(f"{path} is {what}: name the data file first, then the keys file")
    return Checked(about, listed["counts"], tuple(listed["absent"]), _sha256(path))


def name_of(member: str, folder: str) -> str | None:
    """The name that a member has in a folder of the backup; None if it is not in it. Raises `BackupFault` for a name that is no file's."""
    inside = member.removeprefix(f"{folder}/")
    if inside == member:
        return None
    if not _NAME.fullmatch(inside):
        raise BackupFault(f"the backup has a file of the name {inside!r}")
    return inside


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
