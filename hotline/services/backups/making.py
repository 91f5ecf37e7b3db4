"""Makes a backup while everything runs: a data file, and a keys file without which the data file opens nothing of anybody."""

import contextlib
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hotline import agefile, private
from hotline.agefile import AgeFault
from hotline.config import Config
from hotline.log import logger
from hotline.media import sealedaudio
from hotline.media.store import StoreFault
from hotline.readers import learnt_model
from hotline.runtime import Reading, Runtime
from hotline.sections import Files
from hotline.services import showings
from hotline.services.backups.archive import FORMAT, REWRITTEN, BackupFault, Packer
from hotline.services.people import keysafe
from hotline.storage import backups, dumping, installation, keyprints, photos, recordings, redactions, sealed
from hotline.storage.dumping import Part
from hotline.storage.showings import ShowingKind

UNDER_WAY = timedelta(minutes=10)
"""A transaction has its time from its beginning and may have been committed after the backup began: of the last minutes it is not known
whether all is in it."""

_MADE = re.compile(r"hotline-(\d{8}T\d{6}Z)\.(data|keys)\.age")
_STAMP = "%Y%m%dT%H%M%SZ"
_LOCK = ".hotline-backup.lock"


@dataclass(frozen=True)
class Made:
    """A backup that lies in its folder."""

    data: Path
    keys: Path
    counts: dict[str, int]  # table → rows
    absent: int  # recordings and photos that were not in the store


def make(rt: Runtime, folder: Path, to: Sequence[str]) -> Made:
    """Write both files of a backup into the folder, for the recipients. Raises `BackupFault`; then neither is there.

    While it is being written a file has another name, which begins with a dot. What a killed backup left is removed by the next.
    """
    try:
        with _alone(folder):
            keysafe.check_keys(rt)
            made_at = rt.clock()
            data, keys = (folder / f"hotline-{made_at.astimezone(UTC):{_STAMP}}.{part}.age" for part in Part)
            if data.exists() or keys.exists():
                raise BackupFault(f"{data.name} is there already")
            parts = [path.with_name(f".{path.name}.part") for path in (data, keys)]
            try:
                sha256, packer = _written(rt, parts[0], parts[1], to, made_at)
                for part, path in zip(reversed(parts), (keys, data), strict=True):  # a keys file alone restores nothing; data alone is lost
                    part.rename(path)
                private.settle(folder)
            finally:
                for part in parts:
                    part.unlink(missing_ok=True)
            with rt.transaction() as tx:
                showings.record(tx, ShowingKind.EXPORT, volunteer_id=None, what="backup")
                backups.made(tx.session, now=tx.now, covers_until=made_at - UNDER_WAY, data_sha256=sha256)
    except OSError as fault:
        raise BackupFault(f"the backup cannot be written to {folder}: {fault.strerror or fault}") from fault
    except (AgeFault, StoreFault) as fault:
        raise BackupFault(f"the backup cannot be made: {fault}") from fault
    logger().info("a backup is made", rows=sum(packer.counts.values()), absent=len(packer.absent))
    return Made(data, keys, packer.counts, len(packer.absent))


def _written(rt: Runtime, data: Path, keys: Path, to: Sequence[str], made_at: datetime) -> tuple[str, Packer]:
    """Write the two files, of one and the same state of the database. Returns the SHA-256 of the data file, and what is in it."""
    with contextlib.ExitStack() as held:
        session = held.enter_context(rt.reading())
        dumping.hold_still(session)
        if sealed.is_plain(session) or recordings.is_plain(session):
            raise BackupFault(
                "a worker still seals texts or recordings from before: make the backup when hotline doctor says that none is left"
            )
        about = {"format": FORMAT, "id": secrets.token_hex(8), "made_at": made_at.isoformat(), "revision": dumping.revision(session)}
        about |= {"kind": installation.kind(session), "prints": keyprints.all_of(session)}
        agefile.write(keys, _tables(session, Packer(_of(session, about, Part.KEYS), rt.keys), Part.KEYS), to)
        packer = Packer(_of(session, about, Part.DATA), rt.keys)

        def pieces() -> Iterator[bytes]:
            names = [*recordings.names(session), *photos.names(session)]
            yield from _tables(session, packer, Part.DATA)
            held.close()  # nothing else needs the database to stand still: SQLite's log would grow, and PostgreSQL's dead rows
            yield from _configuration(rt.config, packer)
            yield from _recordings(rt, packer, names)
            yield from packer.end()

        return agefile.write(data, pieces(), to), packer


def _of(session: Reading, about: dict[str, Any], part: Part) -> dict[str, Any]:
    named = {name: [column.name for column in dumping.columns(table, part)] for name, table in dumping.tables(session).items()}
    return {**about, "part": part, "columns": {name: columns for name, columns in named.items() if columns}}


def _tables(session: Reading, packer: Packer, part: Part) -> Iterator[bytes]:
    yield from packer.begin()
    for name, table in dumping.tables(session).items():
        if dumping.columns(table, part):
            yield from packer.rows(name, dumping.lines(session, table, part))
    if part is Part.KEYS:
        rewritten = [row.written() for row in redactions.listed(session)]
        yield from packer.whole(REWRITTEN, json.dumps(rewritten).encode())
        yield from packer.end()


def _configuration(config: Config, packer: Packer) -> Iterator[bytes]:
    """The configuration file, the tables that this deployment has of its own, and the model that it has learnt. Secrets are in none."""
    files = {f"{name}{path.suffix}": path for name in Files.__dataclass_fields__ if (path := config.table(name)) is not None}
    if config.file is not None:
        files["hotline.toml"] = config.file
    for name, path in sorted(files.items()):
        yield from packer.whole(f"configuration/{name}", path.read_bytes())
    if learnt_model(config).is_file():
        yield from packer.whole("learnt/reading.model", learnt_model(config).read_bytes())


def _recordings(rt: Runtime, packer: Packer, names: Sequence[str]) -> Iterator[bytes]:
    """The recordings and photos as they lie, sealed. One may be gone since the database was read: its caller was erased."""
    for name in names:
        size = rt.store.size(name)
        if size is None or not sealedaudio.is_sealed(name):
            packer.absent.append(name)
            continue
        yield from packer.streamed(f"recordings/{name}", size, rt.store.read(name, 0, size))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second backup out of the folder, and remove what a killed one left. The folder is not made: its disk may not be there."""
    if not folder.is_dir():
        raise BackupFault(f"there is no folder {folder}: is its disk there?")
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(private.locked(folder / _LOCK))
        except BlockingIOError as fault:
            raise BackupFault("another backup is being made") from fault
        for left in folder.glob(".hotline-*.age.part"):
            left.unlink()
        yield


def tidy(folder: Path, *, now: datetime, data_days: int, keys_days: int) -> list[str]:
    """Remove files that are older than they are kept; returns their names. The newest of each kind stays: without it nothing is restored.
    While the newest is later than now nothing is removed: the clock is wrong, or was.

    Raises `OSError`.
    """
    removed: list[str] = []
    if ahead(folder, now=now):
        return removed
    for part, days in ((Part.DATA, data_days), (Part.KEYS, keys_days)):
        for path, made_at in files(folder, part)[:-1]:
            if made_at < now - timedelta(days=days):
                path.unlink()
                removed.append(path.name)
    return removed


def ahead(folder: Path, *, now: datetime) -> list[Path]:
    """The files in the folder that are later than now."""
    return [path for part in Part for path, made_at in files(folder, part) if made_at > now]


def files(folder: Path, part: Part) -> list[tuple[Path, datetime]]:
    """The files of one kind in the folder with the time of each, the oldest first."""
    found = ((path, _MADE.fullmatch(path.name)) for path in folder.iterdir()) if folder.is_dir() else ()
    named = ((path, match[1]) for path, match in found if match and match[2] == part)
    return sorted(((path, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)) for path, stamp in named), key=lambda one: one[1])


def newest_pair(folder: Path, *, now: datetime) -> tuple[Path, Path, datetime] | None:
    """The data file and the keys file to restore from, and when the data file was made; None if no two belong together. What is later than
    now is left out.

    The newest keys file, which knows who was erased last, and the newest data file that is not newer: `restore` refuses another.
    """
    for keys, keys_at in [one for one in files(folder, Part.KEYS) if one[1] <= now][-1:]:
        for data, made_at in reversed(files(folder, Part.DATA)):
            if made_at <= keys_at:
                return data, keys, made_at
    return None
