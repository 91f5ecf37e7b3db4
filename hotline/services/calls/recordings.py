"""A recording comes to us: it is fetched, checked and stored, and only then deleted at the gateway. A claim is committed, and lapses:
if a worker dies on the way, the next one does the same again, under the same name.

What came not whole, or in a form that nobody can play, is kept until better comes. If nothing better does, it stays, here and there.
It is sealed under the caller's key before it is stored: `size_bytes` and `sha256` are those of the sealed file. Of a caller who was erased
nothing is fetched any more, and the gateway's copy is deleted.
"""

import hashlib
import io
import random
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.delivery import retry_delay
from hotline.domain.look import Look, look_for_recording
from hotline.gateways.base import CallGateway, GatewayError, IncomingCall
from hotline.log import logger
from hotline.media import audio, sealedaudio
from hotline.media.audio import NotAudio
from hotline.media.store import StoreFault
from hotline.runtime import Runtime, Transaction
from hotline.sealing import ContactKey, SealBroken
from hotline.services.calls.leavings import receive_recording
from hotline.services.duty.answerable import answerable
from hotline.storage import calls, recordings, tickets
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind, happened
from hotline.storage.recordings import RecordingChanges, RecordingState
from hotline.storage.sealed import Erased

_CLAIM = timedelta(seconds=60)

_BYTES_PER_S = 32_000
"""Bytes a second of the largest audio that makes sense: two channels of 16 bits, 8,000 times a second."""

_LIMIT_SLACK_S = 60

_MAY_DIFFER_S = 2.0
"""How far the audio's length may be from what the gateway said: that is in whole seconds, and perhaps from before trimming."""

_ABSENT_FOR = timedelta(hours=1)
"""How long the gateway may say that it has no such recording, or give a part of it or no audio, before it is believed."""

_TOO_LARGE = "too_large"

_ABSENT = frozenset({"404", "410", _TOO_LARGE})
"""The gateway's codes about the recording. Any other is about us, our password or the gateway's health, and can be mended."""

_AWAY_FOR = timedelta(days=3)
"""How long the gateway or our own store may be out of reach before the recording is given up."""

_DELETE_FOR = timedelta(days=30)
"""How long we try to delete the gateway's copy."""


GONE: RecordingChanges = {
    "state": RecordingState.LOST,
    "reason": recordings.WIPED,
    "size_bytes": None,
    "sha256": None,
    "duration_s": None,
    "stored_as": None,
}
"""What the row says of a recording that was wiped, or whose caller was erased."""


class Keeper(Protocol):
    """What keeps recordings until we have fetched them: a `CallGateway`, or the stand-in of a gateway that was taken out."""

    name: str

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `CallGateway.fetch_recording`."""

    def delete_recording(self, gateway_id: str) -> None:
        """See `CallGateway.delete_recording`."""


_AS_IT_CAME = "bin"
"""The ending of the name of what nobody can play."""


@dataclass(frozen=True)
class _Fetched:
    """What came, as it will be stored. `duration_s`: None if nobody can play it. `fault`: why it is to be fetched again."""

    content: bytes
    ending: str
    duration_s: float | None
    fault: "_NotYet | None"

    def is_better_than(self, kept: Recording) -> bool:
        """Whether more can be heard in it than in what was kept of an earlier try."""
        kept_bytes = sealedaudio.audio_bytes(kept.stored_as or "", kept.size_bytes) if kept.size_bytes else 0
        return (self.duration_s or 0, len(self.content)) > (kept.duration_s or 0, kept_bytes)


class _NotYet(Exception):
    """The recording did not come, or not whole. `away`: the gateway or our store was out of reach, so it may still be there."""

    def __init__(self, reason: str, *, away: bool) -> None:
        super().__init__(reason)
        self.reason, self.away = reason[:32], away


def ask_recordings(rt: Runtime, gateway: CallGateway, call_id: int) -> None:
    """Ask the gateway what a call recorded, because its reports may have been lost. Raises `GatewayError`."""
    with rt.reading() as session:
        call = calls.by_id(session, call_id)
    if call is None or call.gateway_id is None:
        return
    for found in gateway.recordings_of(call.gateway_id):
        incoming = IncomingCall(
            gateway=call.gateway,
            gateway_id=call.gateway_id,
            caller="",
            line="",
            recording_id=found.gateway_id,
            recorded_s=found.duration_s,
        )
        receive_recording(rt, incoming)


def fetch_due(rt: Runtime, gateway: Keeper, *, for_s: float = 15) -> bool:
    """Fetch recordings, and delete them at the gateway once we have them, for about `for_s` seconds; True if there may be more."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        claimed = _claim(rt, gateway.name)
        if claimed is None:
            return False
        try:
            with rt.reading() as session:
                key = recordings.key_of(session, claimed)
                is_wiped = key is None or recordings.is_wiped(session, claimed)
        except SealBroken as fault:  # it stays at the gateway, and keeps no other from coming
            logger().error("a recording cannot be sealed", recording_id=claimed.id, fault=str(fault))
            continue
        if claimed.state == RecordingState.AWAITED and key is not None and not is_wiped:
            _bring(rt, gateway, claimed, key)
        else:
            _delete_copy(rt, gateway, claimed, is_erased=is_wiped)
    return True


def _claim(rt: Runtime, gateway: str) -> Recording | None:
    """The next recording that is due at this gateway, or None. One to be fetched gets its name here, so that a second try replaces what a
    first one left. The ending of the name is what came last (`_save`).
    """
    with rt.transaction() as tx:
        recording = recordings.due(tx.session, gateway, now=tx.now)
        if recording is None:
            return None
        name = recording.stored_as
        if name is None and recording.state == RecordingState.AWAITED:
            name = f"{secrets.token_hex(16)}.wav{sealedaudio.SEALED}"
        attempts = min(recording.attempts + 1, 9999)
        recordings.store(tx.session, recording.id, stored_as=name, attempts=attempts, next_attempt_at=tx.now + _CLAIM)
        recording.stored_as, recording.attempts = name, attempts
        tx.session.expunge(recording)
        return recording


def _bring(rt: Runtime, gateway: Keeper, claimed: Recording, key: ContactKey) -> None:
    kept: RecordingChanges = {}
    try:
        fetched = _fetch(rt, gateway, claimed)
        if fetched.fault is None or fetched.is_better_than(claimed):
            kept = _save(rt, claimed, fetched, key)
        wrong = fetched.fault
        in_place = _store(rt, claimed, kept, key) if wrong is None else _try_later(rt, claimed, wrong, kept, key)
    except _NotYet as fault:
        in_place = _try_later(rt, claimed, fault, {}, key)
    for name in {claimed.stored_as, kept.get("stored_as")} - {in_place, None}:
        _remove(rt, claimed, name or "")


def _fetch(rt: Runtime, gateway: Keeper, claimed: Recording) -> _Fetched:
    """What came, checked. It stays in memory until it is saved in its place. Raises `_NotYet`."""
    came, broke_off = io.BytesIO(), None
    limit_bytes = (rt.config.voice.recording_s + _LIMIT_SLACK_S) * _BYTES_PER_S
    try:
        gateway.fetch_recording(claimed.gateway_id, came, limit_bytes=limit_bytes)
    except GatewayError as fault:
        if not came.tell():
            raise _NotYet(fault.code, away=fault.code not in _ABSENT) from fault
        broke_off = _NotYet("wrong_length" if fault.code == _TOO_LARGE else fault.code, away=fault.code not in _ABSENT)
    content = came.getvalue()
    if not content:
        raise _NotYet("empty", away=False)
    try:
        sound = audio.heard(content)
    except NotAudio as fault:
        logger().warning("a recording is no audio that can be played", recording_id=claimed.id, fault=str(fault))
        return _Fetched(content, _AS_IT_CAME, None, broke_off if broke_off and broke_off.away else _NotYet("not_audio", away=False))
    differs = claimed.promised_s is not None and abs(sound.duration_s - claimed.promised_s) > _MAY_DIFFER_S
    wrong_length = _NotYet("wrong_length", away=False) if differs else None
    return _Fetched(sound.content, sound.ending, sound.duration_s, broke_off or wrong_length)


def _save(rt: Runtime, claimed: Recording, fetched: _Fetched, key: ContactKey) -> RecordingChanges:
    """Seal and save what came; returns what its row then says of it. Raises `_NotYet`.

    Each try that is not whole has a name of its own: a slow worker must not write over what another has brought meanwhile.
    """
    stem = re.split(r"[-.]", claimed.stored_as or "")[0]
    name = (f"{stem}.{fetched.ending}" if fetched.fault is None else f"{stem}-{claimed.attempts}.{fetched.ending}") + sealedaudio.SEALED
    content = sealedaudio.seal(key, name, fetched.content)
    try:
        rt.store.save(name, io.BytesIO(content))
    except StoreFault as fault:
        logger().error("a recording could not be stored", recording_id=claimed.id, fault=str(fault))
        raise _NotYet("store", away=True) from fault
    digest = hashlib.sha256(content).hexdigest()
    return {"stored_as": name, "size_bytes": len(content), "sha256": digest, "duration_s": fetched.duration_s}


def is_still_key(tx: Transaction, recording: Recording, key: ContactKey) -> bool:
    """Whether what was sealed under `key` may be stored: the caller has that key until the commit, and was not erased meanwhile."""
    try:
        return recordings.needed_key(tx.session, recording) == key
    except Erased:
        return False


def _remove(rt: Runtime, claimed: Recording, name: str) -> None:
    """Remove what a try left that is not in place."""
    try:
        rt.store.remove(name)
    except StoreFault as fault:
        logger().error("what a try left of a recording stays", recording_id=claimed.id, fault=str(fault))


def _store(rt: Runtime, claimed: Recording, kept: RecordingChanges, key: ContactKey) -> str | None:
    """Note that we have the recording. From now on the gateway's copy may be deleted. Returns the name of what is in place now.

    Raises `_NotYet` if the caller's key is another by now: it is fetched and sealed once more.
    """
    with rt.transaction() as tx:
        if not is_still_key(tx, claimed, key):
            raise _NotYet("key", away=True)
        recording = recordings.locked(tx.session, claimed.id)
        if recording.state != RecordingState.AWAITED:  # another worker was first
            return recording.stored_as
        done: RecordingChanges = {
            **kept,
            "state": RecordingState.STORED,
            "reason": None,
            "attempts": 0,
            "stored_at": tx.now,
            "next_attempt_at": tx.now,
        }
        done |= _sooner(recording, kept.get("duration_s"))
        recordings.store(tx.session, claimed.id, **done)
        _tell(rt, tx, claimed, EventKind.RECORDED, bad=False)
    logger().info("a recording was stored", recording_id=claimed.id, size_bytes=kept.get("size_bytes"))
    return kept.get("stored_as")


def _try_later(rt: Runtime, claimed: Recording, why: _NotYet, kept: RecordingChanges, key: ContactKey) -> str | None:
    """Note what was kept of this try. Try again, or give up: then what there is stays, with us and at the gateway.

    Returns the name of what is in place now. Raises `_NotYet` as `_store` does, if something was kept.
    """
    with rt.transaction() as tx:
        if kept and not is_still_key(tx, claimed, key):
            raise _NotYet("key", away=True)
        recording = recordings.locked(tx.session, claimed.id)
        if recording.state != RecordingState.AWAITED or recording.attempts != claimed.attempts:  # another worker has it by now
            return recording.stored_as
        in_place = kept.get("stored_as", recording.stored_as)
        logger().warning("a recording did not come", recording_id=claimed.id, reason=why.reason, attempt=claimed.attempts)
        if tx.now - claimed.created_at < (_AWAY_FOR if why.away else _ABSENT_FOR):
            again: RecordingChanges = {**kept, "reason": why.reason, "next_attempt_at": _again(tx, claimed)}
            recordings.store(tx.session, claimed.id, **again)
            return in_place
        size_bytes, duration_s = kept.get("size_bytes", recording.size_bytes), kept.get("duration_s", recording.duration_s)
        end: RecordingChanges = {**kept, "attempts": 0, "next_attempt_at": None}
        if size_bytes:
            end |= {"state": RecordingState.STORED, "reason": "not_audio" if duration_s is None else "wrong_length", "stored_at": tx.now}
        else:
            in_place = None  # a row that names a file keeps its caller's number
            end |= {"state": RecordingState.LOST, "reason": why.reason, "stored_as": None}
        end |= _sooner(recording, None)  # a person finds out what it was
        recordings.store(tx.session, claimed.id, **end)
        _tell(rt, tx, claimed, EventKind.RECORDED if size_bytes else EventKind.RECORDING_LOST, bad=True)
    logger().error("a recording was given up", recording_id=claimed.id, reason=why.reason)
    return in_place


def _sooner(recording: Recording, duration_s: float | None) -> RecordingChanges:
    """What changes where little or nothing can be heard in a recording that nobody has looked at yet: that is done first."""
    is_first = look_for_recording(danger=False, other_language=False, seconds=duration_s) is Look.FIRST
    return {"look": Look.FIRST} if is_first and recording.look is not None else {}


def _delete_copy(rt: Runtime, gateway: Keeper, claimed: Recording, *, is_erased: bool) -> None:
    """Delete the gateway's copy if ours is where it should be; if not, have it fetched once more. Of an erased caller both go."""
    if is_erased:
        _delete_both(rt, gateway, claimed)
        return
    again: datetime | None = None
    state, reason = RecordingState.DONE, None
    try:
        if rt.store.size(claimed.stored_as or "") == claimed.size_bytes:
            gateway.delete_recording(claimed.gateway_id)
        else:
            state, reason = RecordingState.AWAITED, "not_there"
    except GatewayError as fault:
        state, reason = RecordingState.STORED, fault.code[:32]
    except StoreFault:
        state, reason = RecordingState.STORED, "store"
    with rt.transaction() as tx:
        if not _is_as_claimed(tx, claimed):
            return
        if state is RecordingState.AWAITED or (state is RecordingState.STORED and tx.now - claimed.created_at < _DELETE_FOR):
            again = _again(tx, claimed)
        changes: RecordingChanges = {"state": state, "reason": reason, "next_attempt_at": again}
        if state is RecordingState.AWAITED:
            changes |= {"size_bytes": None, "sha256": None, "duration_s": None}
        recordings.store(tx.session, claimed.id, **changes)
    if reason is not None:
        logger().warning("the gateway still has a recording", recording_id=claimed.id, reason=reason, given_up=again is None)


def _delete_both(rt: Runtime, gateway: Keeper, claimed: Recording) -> None:
    """Remove what was wiped, with us and at the gateway. The row names our file until it is removed, whatever the gateway answers; this is
    never given up."""
    changes: RecordingChanges = {**GONE, "look": None}
    fault: str | None = None
    try:
        if claimed.stored_as is not None:
            rt.store.remove(claimed.stored_as)
    except StoreFault:
        changes |= {"state": RecordingState.GOING, "stored_as": claimed.stored_as}
        fault = "store"
    try:
        gateway.delete_recording(claimed.gateway_id)
    except GatewayError as refused:
        changes["state"], fault = RecordingState.GOING, refused.code
    with rt.transaction() as tx:
        if not _is_as_claimed(tx, claimed):
            return
        changes["next_attempt_at"] = _again(tx, claimed) if fault is not None else None
        recordings.store(tx.session, claimed.id, **changes)
    if fault is not None:
        logger().warning("what was wiped of a recording is still there", recording_id=claimed.id, reason=fault)


def _is_as_claimed(tx: Transaction, claimed: Recording) -> bool:
    """Lock the recording. False if it was wiped meanwhile, or another worker has it by now: what is noted of it then stays."""
    now = recordings.locked(tx.session, claimed.id)
    if (now.state, now.attempts) == (claimed.state, claimed.attempts):
        return True
    logger().info("a recording was wiped, or is another worker's by now", recording_id=claimed.id)
    return False


def _again(tx: Transaction, claimed: Recording) -> datetime:
    return tx.now + retry_delay(claimed.attempts) * random.uniform(1, 1.25)  # noqa: S311 - jitter, no secret


def _tell(rt: Runtime, tx: Transaction, claimed: Recording, kind: EventKind, *, bad: bool) -> None:
    """Note the recording on its ticket, which becomes unread. If it is not as it should be, raise alarms."""
    ticket_id = recordings.ticket_id_of(tx.session, claimed.id)
    if ticket_id is None:  # silence, on a call that left no ticket
        return
    ticket = tickets.locked(tx.session, ticket_id)
    happened(tx.session, ticket_id, kind, now=tx.now, recording=claimed.id)
    tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, unread=True)
    if bad:
        for volunteer_id in answerable(rt, tx, ticket):
            raise_alarm(tx, ticket_id, AlarmKind.RECORDING_LOST, volunteer_id)
