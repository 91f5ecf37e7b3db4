"""A worker does what masks leave to do: it indexes their tickets once more, and writes recordings anew without the stretches that a second
person has decided on.

The redaction names the new file, the file is written, then the recording's row names it and the redaction names the old one, which is
removed. So whatever a killed worker leaves in the store, the next one finds.
"""

import hashlib
import io
import secrets
import time
from datetime import timedelta
from typing import NamedTuple

from hotline.domain.redaction import Span
from hotline.log import logger
from hotline.media import sealedaudio, silence
from hotline.media.sealedaudio import StoredAudio
from hotline.media.silence import CannotCut
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import ContactKey, SealBroken
from hotline.services.tickets import indexing
from hotline.storage import recordings, redactions
from hotline.storage.callmodels import Recording
from hotline.storage.recordings import KEPT, RecordingChanges
from hotline.storage.redactionmodels import Redaction
from hotline.storage.redactions import Item, RedactionChanges
from hotline.storage.sealed import Erased

_CLAIM = timedelta(seconds=60)
"""After this a redaction is due again, whatever happened to its worker."""


class _New(NamedTuple):
    """A file that takes the place of a recording's."""

    key: ContactKey
    name: str
    content: bytes


def redact_due(rt: Runtime, *, for_s: float = 15) -> bool:
    """Do for about `for_s` seconds what masks leave to do; True if there may be more."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        claimed = _claim(rt)
        if claimed is None:
            return False
        try:
            _carry_out(rt, claimed)
        except (StoreFault, SealBroken, CannotCut) as fault:
            logger().error("a redaction cannot be carried out now", recording_id=claimed.recording_id, fault=str(fault))
    return True


def _claim(rt: Runtime) -> Redaction | None:
    with rt.transaction() as tx:
        row = redactions.due(tx.session, now=tx.now)
        if row is not None:
            redactions.store(tx.session, [row.id], next_at=tx.now + _CLAIM)
            tx.session.refresh(row)
            tx.session.expunge(row)
        return row


def _carry_out(rt: Runtime, row: Redaction) -> None:
    if row.left is not None:
        _remove(rt, row, row.left)
    if row.recording_id is None:
        with rt.transaction() as tx:
            ticket_id = redactions.ticket_id_of(tx.session, row)
            if ticket_id is not None:
                indexing.index_again(rt, tx, ticket_id)
            redactions.store(tx.session, [row.id], next_at=None)
    elif row.done_at is None and row.undone_at is None and row.rewritten_at is not None:
        _rewrite(rt, row, row.recording_id)
    else:
        _settle(rt, row, {})


def _rewrite(rt: Runtime, row: Redaction, recording_id: int) -> None:
    """Write a recording anew, if nobody else is about to fetch or delete it. Raises `StoreFault`, `SealBroken`, `CannotCut`."""
    with rt.reading() as session:
        recording = session.get_one(Recording, recording_id)
        key = recordings.key_of(session, recording)
        decided = redactions.of_item(session, Item.of(row), rewritten=True)
    if key is None or recording.state not in KEPT or recording.stored_as is None:  # it was wiped: nothing is left to rewrite
        _settle(rt, row, {"done_at": rt.clock()})
        return
    if recording.next_attempt_at is not None:  # its copy is still at the gateway: it would be fetched once more, for the file has changed
        return
    before = StoredAudio(rt.store, recording.stored_as, recording.size_bytes or 0, key)
    stretches = [Span(one.starts, one.ends) for one in decided]
    name = f"{secrets.token_hex(16)}.{before.ending}{sealedaudio.SEALED}"
    content = sealedaudio.seal(key, name, b"".join(silence.heard(before, 0, before.size_bytes, stretches)))
    with rt.transaction() as tx:
        redactions.store(tx.session, [row.id], left=name)
    rt.store.save(name, io.BytesIO(content))
    if _put(rt, row, [one.id for one in decided], recording, _New(key, name, content)):
        logger().info("a recording was written anew", recording_id=recording_id, size_bytes=len(content))
        _remove(rt, row, recording.stored_as)
        _settle(rt, row, {})
    else:
        rt.store.remove(name)


def _put(rt: Runtime, row: Redaction, ids: list[int], before: Recording, new: _New) -> bool:
    """Name the new file in the row of its recording, and the old one in the redaction. False if either is another by now."""
    with rt.transaction() as tx:
        try:
            is_same = recordings.needed_key(tx.session, before) == new.key
        except Erased:
            is_same = False
        now = recordings.locked(tx.session, before.id)
        is_same = is_same and (now.stored_as, now.state, now.next_attempt_at) == (before.stored_as, before.state, None)
        is_same = is_same and redactions.again(tx.session, row.id).left == new.name  # else a worker that came later removes this file
        if is_same:
            changes: RecordingChanges = {
                "stored_as": new.name,
                "size_bytes": len(new.content),
                "sha256": hashlib.sha256(new.content).hexdigest(),
            }
            recordings.store(tx.session, before.id, **changes)
            redactions.store(tx.session, ids, done_at=tx.now)
            redactions.store(tx.session, [row.id], left=before.stored_as)
            redactions.flag(tx.session, Item.of(row))
        return is_same


def _remove(rt: Runtime, row: Redaction, name: str) -> None:
    """Remove a file that is not the recording's, or not any more. Raises `StoreFault`."""
    with rt.transaction() as tx:
        is_in_place = recordings.is_stored_as(tx.session, name)
    if not is_in_place:
        rt.store.remove(name)
    with rt.transaction() as tx:
        if redactions.again(tx.session, row.id).left == name:
            redactions.store(tx.session, [row.id], left=None)


def _settle(rt: Runtime, row: Redaction, done: RedactionChanges) -> None:
    """Nothing is left to do."""
    with rt.transaction() as tx:
        done["next_at"] = None
        redactions.store(tx.session, [row.id], **done)
        redactions.flag(tx.session, Item.of(row))
