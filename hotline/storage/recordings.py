"""Recordings of calls: awaited from the gateway, stored with us, then deleted at the gateway."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.look import Look
from hotline.sealing import ContactKey
from hotline.storage import sealed
from hotline.storage.callmodels import RECORDING_DUE, Call, Recording
from hotline.storage.contacts import ERASED
from hotline.storage.db import Insert, ids_here, table
from hotline.storage.models import Contact


class RecordingState(StrEnum):
    """How far a recording has come."""

    AWAITED = "awaited"  # at the gateway, or on its way there
    STORED = "stored"  # with us, and still at the gateway
    DONE = "done"  # with us alone
    LOST = "lost"  # given up, or wiped
    GOING = "going"  # wiped; its file and the copy at the gateway are to be removed


WIPED = "erased"
"""The `reason` of a recording that was wiped."""

KEPT = frozenset({RecordingState.STORED, RecordingState.DONE})
"""The states in which a recording can be listened to."""


HAS_FILE = and_(Recording.stored_as.is_not(None), Recording.state != RecordingState.LOST)
"""Whether a file of a recording lies in the store, or is on its way there. Lost recordings from before may still have a name."""


class RecordingChanges(TypedDict, total=False):
    """Changes of a recording."""

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
    look: Look | None


_RECORDINGS = table(Recording)
# The end of the name says whether it is sealed (`media.sealedaudio`).
_PLAIN = and_(Recording.size_bytes.is_not(None), Recording.stored_as.not_like("%.sealed"))
_NOTE = Insert(
    lambda insert: insert(_RECORDINGS).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]).returning(_RECORDINGS.c.id)
)


def note(session: Session, *, call_id: int, gateway: str, gateway_id: str, promised_s: int | None, look: Look, now: datetime) -> bool:
    """Store what the gateway told of a recording. Returns whether the recording is now to be fetched.

    The last length that the gateway tells is the right one: an earlier one may be from before silence was trimmed off. A recording that
    was given up is awaited again: the gateway has it after all. A wiped recording stays so.
    """
    row = {
        "call_id": call_id,
        "gateway": gateway,
        "gateway_id": gateway_id,
        "state": RecordingState.AWAITED,
        "promised_s": promised_s,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
        "look": look,
    }
    if _NOTE.put(session, row) is not None:
        return True
    # A row that a worker has locked is left alone: workers lock the recording before the ticket, steps of a call after it.
    same = select(Recording).where(Recording.gateway == gateway, Recording.gateway_id == gateway_id).with_for_update(skip_locked=True)
    known = session.scalar(same, execution_options={"populate_existing": True})
    if known is None or known.state in KEPT or known.reason == WIPED:
        return False
    if promised_s is not None:
        store(session, known.id, promised_s=promised_s)
    if known.state != RecordingState.LOST:
        return False
    store(session, known.id, state=RecordingState.AWAITED, attempts=0, next_attempt_at=now, created_at=now, look=look)
    return True


def known(session: Session, gateway: str, gateway_ids: Collection[str]) -> set[str]:
    """Those of the gateway's ids of recordings that we know of, also of those that were wiped or given up."""
    return ids_here(session, Recording.gateway_id, gateway_ids, Recording.gateway == gateway)


def has_any(session: Session, call_id: int) -> bool:
    """Whether a call has recorded anything, silence too."""
    is_some = or_(Recording.promised_s.is_(None), Recording.promised_s > 0)
    return session.scalar(select(Recording.id).where(Recording.call_id == call_id, is_some).limit(1)) is not None


def due(session: Session, gateway: str, *, now: datetime) -> Recording | None:
    """The next recording to fetch, or to delete, at this gateway, locked. Rows that another worker has locked are left out."""
    statement = (
        select(Recording)
        .where(RECORDING_DUE, Recording.next_attempt_at <= now, Recording.gateway == gateway)
        .order_by(Recording.next_attempt_at, Recording.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(statement, execution_options={"populate_existing": True})


def unsettled(session: Session) -> dict[str, int]:
    """Name of a gateway → how many recordings are still to be fetched, or deleted there."""
    statement = select(Recording.gateway, func.count()).where(RECORDING_DUE).group_by(Recording.gateway)
    return {row[0]: row[1] for row in session.execute(statement)}


def locked(session: Session, recording_id: int) -> Recording:
    """A recording as it is now, locked until the commit."""
    statement = select(Recording).where(Recording.id == recording_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def store(session: Session, recording_id: int, **values: Unpack[RecordingChanges]) -> None:
    """Store changes of a recording."""
    session.execute(update(Recording).where(Recording.id == recording_id).values(**values))


def sooner(session: Session, call_id: int) -> None:
    """The recordings of a call that nobody has heard yet are heard first: the call may be danger."""
    statement = update(Recording).where(Recording.call_id == call_id, Recording.look.is_not(None))
    session.execute(statement.values(look=Look.FIRST))


def ticket_id_of(session: Session, recording_id: int) -> int | None:
    """The id of the ticket that the recording's call opened; None if it opened none."""
    return session.scalar(select(Call.ticket_id).join(Recording, Recording.call_id == Call.id).where(Recording.id == recording_id))


def key_of(session: Session, recording: Recording) -> ContactKey | None:
    """The key of the caller, which seals the recording; None if the caller was erased."""
    return sealed.key_of(session, _contact_id_of(session, recording))


def is_wiped(session: Session, recording: Recording) -> bool:
    """Whether a recording was wiped, or came after its caller was erased (whose key may still open what an earlier owner left)."""
    if recording.state in KEPT:
        return False
    erased = select(Contact.id).where(Contact.id == _contact_id_of(session, recording), Contact.kind == ERASED)
    return recording.reason == WIPED or session.scalar(erased) is not None


def needed_key(session: Session, recording: Recording) -> ContactKey:
    """The key of the caller, which stays the same until the commit. Raises `Erased`."""
    return sealed.needed_key(session, _contact_id_of(session, recording))


def next_plain(session: Session, *, after_id: int) -> Recording | None:
    """The next recording with us that is not sealed. One that may still be replaced by a better one waits until that is settled."""
    statement = select(Recording).where(_PLAIN, Recording.state.in_(KEPT), Recording.id > after_id).order_by(Recording.id).limit(1)
    return session.scalar(statement)


def is_plain(session: Session) -> bool:
    """Whether a recording with us is not sealed."""
    return session.scalar(select(Recording.id).where(_PLAIN).limit(1)) is not None


def names(session: Session) -> list[str]:
    """The names under which recordings lie with us."""
    found = session.scalars(
        select(Recording.stored_as).where(Recording.stored_as.is_not(None), Recording.state.in_(KEPT)).order_by(Recording.id)
    )
    return list(dict.fromkeys(name for name in found if name is not None))


def of_contact(session: Session, contact_id: int) -> Sequence[Recording]:
    """The recordings of a contact of which a file lies in the store, sealed, or is on its way there; not those that were wiped."""
    of_calls = select(Recording).join(Call, Call.id == Recording.call_id).where(Call.contact_id == contact_id)
    kept = (HAS_FILE, func.coalesce(Recording.reason, "") != WIPED)
    return session.scalars(of_calls.where(*kept).order_by(Recording.id)).all()


def is_stored_as(session: Session, name: str) -> bool:
    """Whether a recording lies under this name."""
    return session.scalar(select(Recording.id).where(Recording.stored_as == name).limit(1)) is not None


def _contact_id_of(session: Session, recording: Recording) -> int:
    return session.scalars(select(Call.contact_id).where(Call.id == recording.call_id)).one()


def of_ticket(session: Session, ticket_id: int) -> Sequence[Recording]:
    """The recordings of the call that opened a ticket, oldest first."""
    statement = select(Recording).join(Call, Call.id == Recording.call_id).where(Call.ticket_id == ticket_id).order_by(Recording.id)
    return session.scalars(statement).all()
