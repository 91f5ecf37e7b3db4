"""A recording comes to us: it is fetched, checked and stored, and only then deleted at the gateway. A claim is committed, and lapses:
if a worker dies on the way, the next one does the same again, under the same name."""

import hashlib
import io
import random
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.delivery import retry_delay
from hotline.gateways.base import CallGateway, GatewayError, IncomingCall
from hotline.log import logger
from hotline.media.audio import NotAudio, length_s
from hotline.media.store import StoreFault
from hotline.runtime import Runtime, Transaction
from hotline.services.calls.leavings import receive_recording
from hotline.storage import calls, people, recordings, shiftdays, tickets
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.recordings import RecordingState
from hotline.workdays import calendar

_CLAIM = timedelta(seconds=60)

_BYTES_PER_S = 32_000
"""Bytes a second of the largest audio that makes sense: two channels of 16 bits, 8,000 times a second."""

_LIMIT_SLACK_S = 60

_MAY_DIFFER_S = 2.0
"""How far the audio's length may be from what the gateway said: that is in whole seconds, and perhaps from before trimming."""

_ABSENT_FOR = timedelta(hours=1)
"""How long the gateway may say that it has no such recording, or only a part of it, before it is believed."""

_ABSENT = frozenset({"404", "410", "too_large"})
"""The gateway's codes about the recording. Any other is about us, our password or the gateway's health, and can be mended."""

_AWAY_FOR = timedelta(days=3)
"""How long the gateway or our own store may be out of reach before the recording is given up."""

_DELETE_FOR = timedelta(days=30)
"""How long we try to delete the gateway's copy."""


@dataclass(frozen=True)
class _Fetched:
    """Audio as it will be stored. `fault`: what is wrong with it. It is stored all the same: a part of the words is better than none."""

    audio: io.BytesIO
    size_bytes: int
    sha256: str
    duration_s: float
    fault: str | None = None


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


def fetch_due(rt: Runtime, gateway: CallGateway, *, for_s: float = 15) -> bool:
    """Fetch recordings, and delete them at the gateway once we have them, for about `for_s` seconds; True if there may be more."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        claimed = _claim(rt)
        if claimed is None:
            return False
        if claimed.state == RecordingState.AWAITED:
            _bring(rt, gateway, claimed)
        else:
            _delete_copy(rt, gateway, claimed)
    return True


def _claim(rt: Runtime) -> Recording | None:
    """The next recording that is due, or None. It gets its name here, so that a second try replaces what a first one left."""
    with rt.transaction() as tx:
        recording = recordings.due(tx.session, now=tx.now)
        if recording is None:
            return None
        name = recording.stored_as or f"{secrets.token_hex(16)}.wav"
        attempts = min(recording.attempts + 1, 9999)
        recordings.store(tx.session, recording.id, stored_as=name, attempts=attempts, next_attempt_at=tx.now + _CLAIM)
        recording.stored_as, recording.attempts = name, attempts
        tx.session.expunge(recording)
        return recording


def _bring(rt: Runtime, gateway: CallGateway, claimed: Recording) -> None:
    try:
        fetched = _fetch(rt, gateway, claimed)
        _save(rt, claimed, fetched)
    except _NotYet as fault:
        _try_later(rt, claimed, fault)
    else:
        _store(rt, claimed, fetched)


def _fetch(rt: Runtime, gateway: CallGateway, claimed: Recording) -> _Fetched:
    """The audio, checked. It stays in memory until it is saved in its place. Raises `_NotYet`."""
    audio = io.BytesIO()
    limit_bytes = (rt.config.voice.recording_s + _LIMIT_SLACK_S) * _BYTES_PER_S
    try:
        size_bytes = gateway.fetch_recording(claimed.gateway_id, audio, limit_bytes=limit_bytes)
        audio.seek(0)
        duration_s = length_s(audio)
    except GatewayError as fault:
        raise _NotYet(fault.code, away=fault.code not in _ABSENT) from fault
    except NotAudio as fault:
        raise _NotYet("not_audio", away=False) from fault
    differs = claimed.promised_s is not None and abs(duration_s - claimed.promised_s) > _MAY_DIFFER_S
    if differs and rt.clock() - claimed.created_at < _ABSENT_FOR:
        raise _NotYet("wrong_length", away=False)
    digest = hashlib.sha256(audio.getbuffer()).hexdigest()
    audio.seek(0)
    return _Fetched(audio, size_bytes, digest, duration_s, "wrong_length" if differs else None)


def _save(rt: Runtime, claimed: Recording, fetched: _Fetched) -> None:
    try:
        rt.store.save(claimed.stored_as or "", fetched.audio)
    except StoreFault as fault:
        logger().error("a recording could not be stored", recording_id=claimed.id, fault=str(fault))
        raise _NotYet("store", away=True) from fault


def _store(rt: Runtime, claimed: Recording, fetched: _Fetched) -> None:
    """Note that we have the recording. From now on the gateway's copy may be deleted; it stays if something is wrong with ours."""
    with rt.transaction() as tx:
        if recordings.locked(tx.session, claimed.id).state != RecordingState.AWAITED:  # another worker was first
            return
        recordings.store(
            tx.session,
            claimed.id,
            state=RecordingState.STORED,
            size_bytes=fetched.size_bytes,
            sha256=fetched.sha256,
            duration_s=fetched.duration_s,
            reason=fetched.fault,
            attempts=0,
            stored_at=tx.now,
            next_attempt_at=tx.now if fetched.fault is None else None,
        )
        _tell(rt, tx, claimed, EventKind.RECORDED, lost=fetched.fault is not None)
    logger().info("a recording was stored", recording_id=claimed.id, size_bytes=fetched.size_bytes, fault=fetched.fault)


def _try_later(rt: Runtime, claimed: Recording, why: _NotYet) -> None:
    with rt.transaction() as tx:
        if recordings.locked(tx.session, claimed.id).state != RecordingState.AWAITED:
            return
        logger().warning("a recording did not come", recording_id=claimed.id, reason=why.reason, attempt=claimed.attempts)
        if tx.now - claimed.created_at < (_AWAY_FOR if why.away else _ABSENT_FOR):
            recordings.store(tx.session, claimed.id, reason=why.reason, next_attempt_at=_again(tx, claimed))
            return
        recordings.store(tx.session, claimed.id, state=RecordingState.LOST, reason=why.reason, next_attempt_at=None)
        _tell(rt, tx, claimed, EventKind.RECORDING_LOST, lost=True)
    logger().error("a recording was given up", recording_id=claimed.id, reason=why.reason)


def _delete_copy(rt: Runtime, gateway: CallGateway, claimed: Recording) -> None:
    """Delete the gateway's copy if ours is where it should be; if not, have it fetched once more."""
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
        if state is RecordingState.AWAITED or (state is RecordingState.STORED and tx.now - claimed.created_at < _DELETE_FOR):
            again = _again(tx, claimed)
        recordings.store(tx.session, claimed.id, state=state, reason=reason, next_attempt_at=again)
    if reason is not None:
        logger().warning("the gateway still has a recording", recording_id=claimed.id, reason=reason, given_up=again is None)


def _again(tx: Transaction, claimed: Recording) -> datetime:
    return tx.now + retry_delay(claimed.attempts) * random.uniform(1, 1.25)  # noqa: S311 - jitter, no secret


def _tell(rt: Runtime, tx: Transaction, claimed: Recording, kind: EventKind, *, lost: bool) -> None:
    """Note the recording on its ticket, which becomes unread. If something is lost, raise alarms."""
    ticket_id = recordings.ticket_id_of(tx.session, claimed.id)
    if ticket_id is None:  # silence, on a call that left no ticket
        return
    ticket = tickets.locked(tx.session, ticket_id)
    happened(tx.session, ticket_id, kind, now=tx.now, recording=claimed.id)
    tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, unread=True)
    if lost:
        for volunteer_id in _answerable(rt, tx, ticket):
            raise_alarm(tx, ticket_id, AlarmKind.RECORDING_LOST, volunteer_id)


def _answerable(rt: Runtime, tx: Transaction, ticket: Ticket) -> set[int]:
    """Ids of the volunteers to alarm: the assignee if on duty; else the first of these groups that is not empty: the team on duty, its
    leads, the heads."""
    heads = set(people.heads(tx.session))
    if ticket.team_id is None:
        return heads
    present = shiftdays.present(tx.session, ticket.team_id, tx.now.astimezone(rt.config.zone), calendar(rt.config))
    return (present & {ticket.assignee_id}) or present or set(people.leads(tx.session, ticket.team_id)) or heads
