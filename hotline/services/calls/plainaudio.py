"""A worker seals the recordings that were stored before recordings were sealed, one at a time.

The sealed file is written, then the row names it, then the plain file is removed. Before the row changes, a file in the store says which
plain file is to go: a worker that is killed after the change leaves the plain file to the next run, which removes it first.
"""

import hashlib
import io
import time

from hotline.log import logger
from hotline.media import sealedaudio
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import ContactKey, SealBroken
from hotline.services.calls.recordings import GONE, is_still_key
from hotline.storage import recordings
from hotline.storage.callmodels import Recording
from hotline.storage.recordings import RecordingChanges

LEFT = "plain.left"
"""The name in the store under which the plain file stands that is being replaced."""


def seal_plain(rt: Runtime, *, for_s: float = 15) -> bool:
    """Seal recordings for about `for_s` seconds; True if more can be sealed at once. What cannot be read is tried again by the next run."""
    ends, last_id, done = time.monotonic() + for_s, 0, 0
    while time.monotonic() < ends:
        with rt.reading() as session:
            recording = recordings.next_plain(session, after_id=last_id)
        try:
            if last_id == 0:
                _remove_left(rt)
            if recording is None:
                return False
            last_id = recording.id
            with rt.reading() as session:
                key = recordings.key_of(session, recording)
            done += _forget(rt, recording) if key is None else _seal(rt, recording, key)
        except (StoreFault, SealBroken) as fault:
            logger().error("a recording from before cannot be sealed now", recording_id=recording and recording.id, fault=str(fault))
    if done:
        logger().info("recordings from before are sealed", rows=done)
    return done > 0


def is_plain(rt: Runtime) -> bool:
    """Whether a recording is still as it came, with us or on its way to be replaced."""
    with rt.reading() as session:
        return recordings.is_plain(session)


def _seal(rt: Runtime, recording: Recording, key: ContactKey) -> bool:
    """Seal one recording; returns whether that was done. Raises `StoreFault`."""
    plain, there = recording.stored_as or "", rt.store.size(recording.stored_as or "")
    if there is None:
        logger().warning("a recording from before is not in the store", recording_id=recording.id)
        return False
    name = plain + sealedaudio.SEALED
    content = sealedaudio.seal(key, name, b"".join(rt.store.read(plain, 0, there)))
    rt.store.save(name, io.BytesIO(content))
    rt.store.save(LEFT, io.BytesIO(plain.encode()))
    with rt.transaction() as tx:
        may = is_still_key(tx, recording, key)
        now = recordings.locked(tx.session, recording.id)
        is_same = may and (now.stored_as, now.state) == (recording.stored_as, recording.state)
        if is_same:
            changes: RecordingChanges = {"stored_as": name, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            recordings.store(tx.session, recording.id, **changes)
    if not is_same and now.stored_as != name:
        rt.store.remove(name)
    _remove_left(rt)
    return is_same


def _forget(rt: Runtime, recording: Recording) -> bool:
    """Remove the recording of a caller who was erased. Raises `StoreFault`."""
    rt.store.remove(recording.stored_as or "")
    with rt.transaction() as tx:
        recordings.store(tx.session, recording.id, **GONE)
    return True


def _remove_left(rt: Runtime) -> None:
    """Remove the plain file that was replaced, if there is one. Raises `StoreFault`."""
    size = rt.store.size(LEFT)
    if size is None:
        return
    plain = b"".join(rt.store.read(LEFT, 0, size)).decode()
    with rt.reading() as session:
        is_replaced = recordings.is_stored_as(session, plain + sealedaudio.SEALED)
    if is_replaced:
        rt.store.remove(plain)
    rt.store.remove(LEFT)
