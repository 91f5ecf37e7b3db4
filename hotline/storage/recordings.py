"""Recordings of calls: awaited from the gateway, stored with us, forgotten there."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage.callmodels import RECORDING_DUE, Call, Recording
from hotline.storage.db import Insert, table


class RecordingState(StrEnum):
    """How far a recording has come."""

    AWAITED = "awaited"  # at the gateway, or on its way there
    STORED = "stored"  # with us, and still at the gateway
    DONE = "done"  # with us alone
    LOST = "lost"  # given up


KEPT = frozenset({RecordingState.STORED, RecordingState.DONE})
"""What can be listened to."""


class RecordingChanges(TypedDict, total=False):
    """What becomes of a recording."""

    state: RecordingState
    promised_s: int | None
    duration_s: float | None
    size_bytes: int | None
    sha256: str | None
    stored_as: str | None
    attempts: int
    reason: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    stored_at: datetime | None


_RECORDINGS = table(Recording)
_NOTE = Insert(
    lambda insert: insert(_RECORDINGS).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]).returning(_RECORDINGS.c.id)
)


def note(session: Session, *, call_id: int, gateway: str, gateway_id: str, promised_s: int | None, now: datetime) -> bool:
    """The gateway told of a recording; True if it is to be fetched. The last length it tells is the right one: the first may be from
    before it was trimmed. One that was given up is awaited anew: the gateway has it after all."""
    row = {
        "call_id": call_id,
        "gateway": gateway,
        "gateway_id": gateway_id,
        "state": RecordingState.AWAITED,
        "promised_s": promised_s,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }
    if _NOTE.put(session, row) is not None:
        return True
    # One that a worker holds is left alone: it locks the ticket after the recording, a step of a call before it.
    told = select(Recording).where(Recording.gateway == gateway, Recording.gateway_id == gateway_id).with_for_update(skip_locked=True)
    known = session.scalar(told, execution_options={"populate_existing": True})
    if known is None or known.state in KEPT:
        return False
    if promised_s is not None:
        store(session, known.id, promised_s=promised_s)
    if known.state != RecordingState.LOST:
        return False
    store(session, known.id, state=RecordingState.AWAITED, attempts=0, next_attempt_at=now, created_at=now)
    return True


def due(session: Session, *, now: datetime) -> Recording | None:
    """The next recording to fetch, or to have forgotten at the gateway; rows another worker holds are left out."""
    statement = (
        select(Recording)
        .where(RECORDING_DUE, Recording.next_attempt_at <= now)
        .order_by(Recording.next_attempt_at, Recording.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(statement, execution_options={"populate_existing": True})


def locked(session: Session, recording_id: int) -> Recording:
    """A recording as it stands now, kept so until the commit."""
    statement = select(Recording).where(Recording.id == recording_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def store(session: Session, recording_id: int, **values: Unpack[RecordingChanges]) -> None:
    """Write what became of a recording."""
    session.execute(update(Recording).where(Recording.id == recording_id).values(**values))


def ticket_id_of(session: Session, recording_id: int) -> int | None:
    """The ticket its call opened."""
    return session.scalar(select(Call.ticket_id).join(Recording, Recording.call_id == Call.id).where(Recording.id == recording_id))


def of_ticket(session: Session, ticket_id: int) -> Sequence[Recording]:
    """What the call of a ticket left, oldest first."""
    statement = select(Recording).join(Call, Call.id == Recording.call_id).where(Call.ticket_id == ticket_id).order_by(Recording.id)
    return session.scalars(statement).all()
