"""Puts a backup into an empty database and an empty store, whole or not at all, and tries one out in a scratch folder."""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from hotline import private
from hotline.agefile import Identity
from hotline.config import Config
from hotline.keys import KeyFile, Keys
from hotline.log import logger
from hotline.media.store import Store, StoreFault, open_store
from hotline.readers import learnt_model
from hotline.runtime import Reading
from hotline.sections import Media
from hotline.services.backups.archive import REWRITTEN, BackupFault, Checked, check, code, members, name_of
from hotline.services.people.installation import DEMO
from hotline.services.tickets import indexing
from hotline.storage import (
    calls,
    dumping,
    emptydb,
    eras,
    erasures,
    gatewaycopies,
    marks,
    opening,
    outgoing,
    redactions,
    retention,
    schema,
    wiping,
)
from hotline.storage.db import DatabaseFault
from hotline.storage.dumping import DumpFault, Part
from hotline.storage.emptydb import NotEmpty
from hotline.storage.redactions import Redacted
from hotline.storage.schema import MigrationFailed

_SAMPLE = 1000
"""How many of the newest texts are opened to see that the keys fit."""

_KEPT_APART = ("paper",)


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    counts: Mapping[str, int]  # table → rows
    made_at: datetime
    code: str  # by which it is told that this backup can be restored
    wiped: int  # rows and contacts that were wiped again, and parts that were rewritten again
    doubtful: int  # texts whose sending is asked about at the gateway
    given_up: int  # calls of ours that are not placed any more
    recordings: int
    absent: int  # recordings that were not in the store when the backup was made
    opened: int  # numbers and texts that were opened to see whether the keys fit
    unopened: int


def restore(config: Config, identity: Identity, data: Path, keys: Path, *, now: datetime) -> Restored:
    """Restore a data file and a keys file into what `config` names. Raises `BackupFault`; then everything is as it was before.

    The keys file is of the same time or newer: who has no key in it was erased since.
    """
    key_file = KeyFile(config.keys_file)
    of_data = check(data, identity, key_file.now(), part=Part.DATA)
    of_keys = check(keys, identity, key_file.now(), part=Part.KEYS)
    _require_fit(config, of_data, of_keys, key_file.now())
    try:
        with _Files(config) as files, emptydb.filled(config.database_url) as connection:
            schema.upgrade(connection, of_data.about["revision"], keys=key_file.now())
            with emptydb.in_any_order(connection), emptydb.session_on(connection, key_file) as session:
                _put_data(session, files, data, identity, of_data)
            schema.upgrade(connection, keys=key_file.now())
            with emptydb.in_any_order(connection), emptydb.session_on(connection, key_file) as session:
                rewritten = _put_keys(session, keys, identity, of_keys)
            with emptydb.session_on(connection, key_file) as session:
                restored = _settle(session, of_data, files, rewritten, now=now, code=code(key_file.now(), of_data.sha256))
    except NotEmpty as fault:
        raise BackupFault(f"{fault}: a backup is restored into an empty database only; name another in HOTLINE_DATABASE_URL") from fault
    except (DumpFault, MigrationFailed, StoreFault) as fault:
        raise BackupFault(f"nothing is restored: {fault}") from fault
    except (DatabaseFault, OSError) as fault:
        raise BackupFault(f"nothing is restored: {getattr(fault, 'orig', None) or fault}") from fault
    logger().info("a backup is restored", rows=sum(of_data.counts.values()))
    return restored


def verify(config: Config, identity: Identity, data: Path, keys: Path, *, now: datetime) -> Restored:
    """Restore a backup into a private scratch folder, count and open a sample, and remove it all. Raises `BackupFault`.

    The scratch database is SQLite's, whichever the backup was made of.
    """
    with tempfile.TemporaryDirectory(prefix="hotline-verify-") as folder:
        data_dir = Path(folder) / "data"
        private.folder(data_dir)
        database_url = f"sqlite:///{data_dir / 'hotline.sqlite3'}"
        scratch = dataclasses.replace(config, data_dir=data_dir, database_url=database_url, media=Media(), gateways={})
        return restore(scratch, identity, data, keys, now=now)


def _require_fit(config: Config, data: Checked, keys: Checked, given: Keys) -> None:
    """Raise `BackupFault` unless the two files belong together, to these keys and to this release."""
    if datetime.fromisoformat(keys.about["made_at"]) < datetime.fromisoformat(data.about["made_at"]):
        raise BackupFault("the keys file is older than the data file: take the newest keys file")
    if not schema.knows(data.about["revision"]):
        raise BackupFault(f"the data file is of a newer release (schema {data.about['revision']}): restore it with that one")
    if not schema.knows(keys.about["revision"]):
        raise BackupFault(
            f"the keys file is of a newer release (schema {keys.about['revision']}): restore both with that one, or, to go back to this "
            "release, take the newest keys file of this one, and erase again who was erased since"
        )
    prints = {name: fingerprint for name, fingerprint in keys.about["prints"].items() if name not in _KEPT_APART}
    if wrong := sorted(name for name, fingerprint in prints.items() if given.fingerprints().get(name) != fingerprint):
        raise BackupFault(f"HOTLINE_KEYS_FILE is not the file of this backup: {', '.join(wrong)} is another key or missing")
    if data.about["kind"] != keys.about["kind"]:
        raise BackupFault("the two files are of different hotlines")
    if data.about["kind"] == DEMO and config.gateway_is_real:
        raise BackupFault("the backup is of a demo, and a real gateway is configured")


def _put_data(session: Reading, files: "_Files", path: Path, identity: Identity, checked: Checked) -> None:
    tables, columns, counts = dumping.tables(session), checked.about["columns"], dict.fromkeys(checked.counts, 0)
    with members(path, identity) as read:
        for member, file in read:
            kind, _, rest = member.partition("/")
            if kind == "tables":
                name = rest.partition("/")[0]
                _require_table(tables, name)
                counts[name] += dumping.put(session, tables[name], columns[name], file)
            elif kind in ("recordings", "configuration", "learnt"):
                files.put(kind, name_of(member, kind) or "", file)
    if counts != checked.counts or any(dumping.counted(session, tables[name]) != count for name, count in counts.items()):
        raise BackupFault("the tables have not the rows that the backup names")


def _put_keys(session: Reading, path: Path, identity: Identity, checked: Checked) -> list[Redacted]:
    """Put what opens and finds people back, and what was wiped. Returns what was rewritten for good."""
    rewritten: list[Redacted] = []
    tables, columns = dumping.tables(session), checked.about["columns"]
    for name in dumping.IN_KEYS & tables.keys():
        dumping.empty(session, tables[name])
    with members(path, identity) as read:
        for member, file in read:
            kind, _, rest = member.partition("/")
            if kind == "tables":
                name = rest.partition("/")[0]
                _require_table(tables, name)
                put = dumping.put if name in dumping.IN_KEYS else dumping.put_apart
                put(session, tables[name], columns[name], file)
            elif member == REWRITTEN:
                rewritten = [Redacted.read(row) for row in json.load(file)]
    return rewritten


def _require_table(tables: Mapping[str, object], name: str) -> None:
    if name not in tables:
        raise BackupFault(f"the backup has a table that is not known: {name}")


def _settle(session: Reading, checked: Checked, files: "_Files", rewritten: Sequence[Redacted], *, now: datetime, code: str) -> Restored:
    """Make the database ready to go on: who was erased since is erased, and nothing is sent or rung twice."""
    emptydb.count_on(session, dumping.tables(session))
    eras.begin(session, now=now)
    wiped = wiping.replay(session, wiping.listed(session), now=now)
    wiped += redactions.replay(session, rewritten, now=now)
    gatewaycopies.ask_for_erased(session, now=now)
    erasures.ask_again(session)
    retention.tell_again(session)
    doubtful, given_up = outgoing.doubt_all(session, now=now), calls.give_up_waiting(session, now=now)
    marks.set_value(session, indexing.KEY, 0)  # the words are indexed anew
    session.flush()
    opened, unopened = opening.tried(session, texts=_SAMPLE)
    if unopened > opened:
        raise BackupFault(
            f"of {opened + unopened} numbers and texts {unopened} do not open: take the keys file that was made with this data file, "
            "as keys were changed since (hotline keys rotate --deep)"
        )
    return Restored(
        counts=checked.counts,
        made_at=datetime.fromisoformat(checked.about["made_at"]),
        code=code,
        wiped=wiped,
        doubtful=doubtful,
        given_up=given_up,
        recordings=files.recordings,
        absent=len(checked.absent),
        opened=opened,
        unopened=unopened,
    )


class _Files:
    """The files of a backup, on their way to the store and the data folder. Those that were written are removed if the block raises."""

    def __init__(self, config: Config) -> None:
        self._config, self._store = config, open_store(config)
        self._undo = contextlib.ExitStack()
        self.recordings = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._undo.close()

    def put(self, kind: str, name: str, file: IO[bytes]) -> None:
        """Put a file where it belongs. Raises `BackupFault` if another file of that name is there."""
        if kind == "recordings":
            self._put_recording(name, file)
            return
        path = learnt_model(self._config) if kind == "learnt" else self._config.data_dir / "restored" / name
        if path.exists():
            raise BackupFault(f"{path} is there already: a backup is restored into an empty data folder only")
        private.folder(path.parent)
        self._undo.callback(path.unlink, missing_ok=True)
        with os.fdopen(private.opened_new(path), "wb") as new:
            new.write(file.read())
            new.flush()
            os.fsync(new.fileno())

    def _put_recording(self, name: str, file: IO[bytes]) -> None:
        """Recordings that lie there whole stay: a bucket may have outlived the database, and a restore that was killed begins again."""
        content = file.read()
        there = self._store.size(name)
        if there is not None and _digest(self._store, name, there) != hashlib.sha256(content).digest():
            raise BackupFault(f"the store has another recording of the name {name}: name an empty data folder or bucket")
        if there is None:
            self._undo.callback(self._forget, name)
            self._store.save(name, io.BytesIO(content))
        self.recordings += 1

    def _forget(self, name: str) -> None:
        with contextlib.suppress(StoreFault):  # the fault that ended the restore is told
            self._store.remove(name)


def _digest(store: Store, name: str, size: int) -> bytes:
    digest = hashlib.sha256()
    for piece in store.read(name, 0, size):
        digest.update(piece)
    return digest.digest()
