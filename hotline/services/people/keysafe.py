"""The keys that seal this database: whether the file is the right one, new keys, and keys that retire."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from hotline import keys, private
from hotline.keys import Keys, KeysFault, read_keys, write_keys
from hotline.log import logger
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import SealBroken, new_contact_key
from hotline.services.people import rekeyedaudio
from hotline.storage import keyprints, rekeying
from hotline.storage.db import truncate_log
from hotline.storage.rekeying import File, Moved

BATCH = 500
"""Contacts whose keys are wrapped anew in one transaction. On SQLite an incoming text waits for it."""

_LOCK = "rekeying.lock"
"""The file in the data folder that a run which seals everything anew holds."""

_SEALING = "sealing "
"""How the name of a sealing key's fingerprint begins; its id follows."""

_PAPER = "paper"  # stands among the fingerprints: the code of the file whose copy on paper was confirmed


class WrongCode(Exception):
    """The code is not the one on the paper copy of this file."""


def check_keys(rt: Runtime) -> None:
    """Raise `KeysFault` if the keys file is not this database's: a key differs, or a key in use is gone."""
    _retired(rt, rt.keys)


def _retired(rt: Runtime, keys: Keys) -> list[str]:
    """The names of keys whose fingerprints the database has and which nothing needs: the command that retired them was killed before its
    end.

    Raises `KeysFault`, as `check_keys` does.
    """
    with rt.reading() as session:
        known, given = keyprints.all_of(session), keys.fingerprints()
        wrong = sorted(name for name, fingerprint in known.items() if name != _PAPER and given.get(name) != fingerprint)
        gone = [name for name in wrong if name.startswith(_SEALING) and name not in given]
        used = rekeying.wrapped(session) if gone else {}
    retired = [name for name in gone if name.removeprefix(_SEALING) not in used]
    if wrong := [name for name in wrong if name not in retired]:
        raise KeysFault(
            f"HOTLINE_KEYS_FILE: {rt.config.keys_file} is not the file of this database: {', '.join(wrong)} "
            "is another key or missing. Bring back the right file; what was sealed opens by no other"
        )
    return retired


def take_in(rt: Runtime) -> None:
    """Store the fingerprints of keys that this database does not know yet. Raises `KeysFault`, as `check_keys` does."""
    retired = _retired(rt, rt.keys)
    with rt.transaction() as tx:
        keyprints.forget(tx.session, retired)
        keyprints.keep(tx.session, rt.keys.fingerprints())


def add(rt: Runtime) -> str:
    """Put a new sealing key into the file; it wraps the keys of new contacts from now on. Returns its id. Raises `KeysFault`."""
    with _changing(rt) as before:
        made = before.with_new()
        write_keys(rt.config.keys_file, made, new=False)
        with rt.transaction() as tx:
            keyprints.keep(tx.session, made.fingerprints())
    logger().info("a sealing key is added", key=made.current)
    return made.current


@contextlib.contextmanager
def _changing(rt: Runtime) -> Iterator[Keys]:
    """The keys as the file has them now, for a command that changes it: no other command changes it while the block lasts. To write the
    file without a key that another command has just added would lose that key, and all that it sealed. Raises `KeysFault`."""
    path = rt.config.keys_file
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(private.locked(path.with_name(f"{path.name}.lock")))
        except BlockingIOError as fault:
            raise KeysFault(f"another command is changing {path}: say this again once it has ended") from fault
        except OSError as fault:
            raise KeysFault(f"{path} cannot be changed: {fault}; the keys are as they were") from fault
        keys_now = read_keys(path)
        _retired(rt, keys_now)
        yield keys_now


def rotate(rt: Runtime, progress: Callable[[int], None]) -> tuple[int, int]:
    """Wrap the keys of all contacts by the current sealing key. Returns how many were not, and how many do not open. Raises `KeysFault`.

    It may be killed, begun again, and run twice at once: each contact's key opens before and after. `progress` is told of each batch.
    """
    check_keys(rt)
    done = broken = last = 0
    while True:
        with rt.transaction() as tx:
            ids = rekeying.after(tx.session, last, limit=BATCH)
            wrapped_now, not_opened = rekeying.rewrap(tx.session, rt.keys, ids)
        if not ids:
            truncate_log(rt.engine)  # there the keys still stand as they were wrapped before
            return done, broken
        done, broken, last = done + wrapped_now, broken + not_opened, ids[-1]
        progress(len(ids))


def seal_anew(rt: Runtime, progress: Callable[[int], None]) -> tuple[int, int]:
    """Give every contact a new key and seal all of its words under it: what a thief has of the old keys opens nothing that is stored now.

    Returns how many have a new key, and how many keep theirs: something of these does not open, or a recording or photo is on its
    way. Raises `KeysFault`, also while another run is at work. Begun again it begins at the first contact.
    """
    check_keys(rt)
    with _alone(rt.config.data_dir):
        try:
            rekeyedaudio.tidy(rt)
        except StoreFault as fault:
            raise KeysFault(f"the store of recordings cannot be used: {fault}; nothing is changed") from fault
        done = kept = last = 0
        while True:
            with rt.reading() as session:
                ids = rekeying.after(session, last, limit=BATCH)
            if not ids:
                truncate_log(rt.engine)
                return done, kept
            for contact_id in ids:
                is_new = _seal_anew(rt, contact_id)
                done, kept = done + is_new, kept + (not is_new)
            last = ids[-1]
            progress(len(ids))


@contextlib.contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Keep a second run out while the block lasts: each would take the other's list of old files for its own, and leave files under old
    keys. Raises `KeysFault`."""
    with contextlib.ExitStack() as held:
        try:
            if not data_dir.exists():
                private.folder(data_dir)
            held.enter_context(private.locked(data_dir / _LOCK))
        except BlockingIOError as fault:
            raise KeysFault("another hotline keys rotate --deep is at work: wait until it has ended") from fault
        except OSError as fault:
            raise KeysFault(f"the data folder {data_dir} cannot be used: {fault.strerror}") from fault
        yield


def _seal_anew(rt: Runtime, contact_id: int) -> bool:
    moved: dict[File, Moved] = {}
    done = False
    try:
        with rt.reading() as session:
            new = new_contact_key()._replace(uid=rekeying.uid(session, contact_id))
        moved = rekeyedaudio.write_anew(rt, contact_id, new)
        with rt.transaction() as tx:
            done = rekeying.seal_anew(tx.session, rt.keys, contact_id, new, moved)
    except (SealBroken, StoreFault) as fault:
        logger().error("a contact keeps its key: something of it does not open", contact_id=contact_id, fault=str(fault))
    if moved:
        rekeyedaudio.settle(rt, moved, done=done)
    return done


def retire(rt: Runtime, key_id: str) -> None:
    """Take an old sealing key out of the file. Raises `KeysFault` if it is in use: `rotate` first."""
    with _changing(rt) as before:
        left = before.without(key_id)
        _refuse_in_use(wrapped(rt), key_id)  # asked before the file changes: who is killed behind that has lost nothing
        write_keys(rt.config.keys_file, left, new=False)
        try:
            time.sleep(2 * keys.LOOK_AGAIN_S)  # by then no process wraps by it any more
            with rt.transaction() as tx:
                _refuse_in_use(rekeying.wrapped(tx.session), key_id)
                keyprints.forget(tx.session, [f"{_SEALING}{key_id}"])
        except BaseException:
            write_keys(rt.config.keys_file, before, new=False)
            raise
    logger().info("a sealing key is retired", key=key_id)


def _refuse_in_use(wrapped: Mapping[str, int], key_id: str) -> None:
    if key_id in wrapped:
        raise KeysFault(f"{wrapped[key_id]} contacts are still sealed by {key_id}: hotline keys rotate, then retire it")


def wrapped(rt: Runtime) -> dict[str, int]:
    """Id of each sealing key → how many contacts it seals."""
    with rt.reading() as session:
        return rekeying.wrapped(session)


def confirm_paper(rt: Runtime, code: str) -> None:
    """Record that the keys stand on paper too, by the code on that sheet. Raises `WrongCode`."""
    if code.strip().lower() != rt.keys.check():
        raise WrongCode
    with rt.transaction() as tx:
        keyprints.keep(tx.session, {_PAPER: rt.keys.check()})


def on_paper(rt: Runtime) -> bool:
    """Whether a paper copy of the file as it is now was confirmed."""
    with rt.reading() as session:
        return keyprints.all_of(session).get(_PAPER) == rt.keys.check()
