"""What of ours still lies at a gateway, and is to be deleted there."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.delivery import Delivery
from hotline.domain.message import Direction
from hotline.keys import Keys
from hotline.storage import marks, photos, sealed
from hotline.storage.bridgemodels import Bridge
from hotline.storage.callmodels import Call, Recording
from hotline.storage.contacts import ERASED
from hotline.storage.db import upsert
from hotline.storage.keepingmodels import GatewayCopy
from hotline.storage.models import Contact, Message
from hotline.storage.recordings import RecordingState

REPORTS_FOR = timedelta(days=2)
"""How long after a text was sent its delivery may still be reported. A gateway gives a text up after some hours."""

_UNSETTLED_FOR = timedelta(days=60)
"""How old what is not settled must be for the worker's mark to pass it: it does not keep younger ones at the gateway for ever."""

_UNDER_WAY = frozenset({Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN})


_HASHED = "h:"
"""How the hash begins that stands for the id of a wiped text (`hashed`)."""


class CopyKind(StrEnum):
    """What lies at a gateway."""

    TEXT = "text"
    CALL = "call"
    RECORDING = "recording"


class _Table(NamedTuple):
    """Where the rows of a kind stand. `left`: they lie at the gateway. `waits`: they are not settled yet."""

    model: Any
    began: Any
    contact_id: Any
    left: ColumnElement[bool]
    waits: ColumnElement[bool]


# A recording is fetched, and mostly deleted at the gateway, by the job that fetches recordings. What that job has given up deleting, and
# what is kept there because it came not whole, is left for us. One that never came is left there: there is no other.
_TABLES = {
    CopyKind.TEXT: _Table(
        Message,
        Message.created_at,
        Message.contact_id,
        # What a volunteer wrote down has a form's token as its id; a hash stands for what was deleted at the gateway.
        Message.gateway_id.is_not(None) & (Message.gateway != "") & Message.gateway_id.not_like(f"{_HASHED}%"),
        Message.delivery.in_(sorted(_UNDER_WAY)),
    ),
    CopyKind.CALL: _Table(Call, Call.started_at, Call.contact_id, Call.gateway_id.is_not(None), Call.next_attempt_at.is_not(None)),
    CopyKind.RECORDING: _Table(
        Recording,
        Recording.created_at,
        select(Call.contact_id).where(Call.id == Recording.call_id).scalar_subquery(),
        Recording.state == RecordingState.STORED,
        Recording.next_attempt_at.is_not(None),
    ),
}


def hashed(keys: Keys, gateway_id: str) -> str:
    """What stands for the gateway's id of a wiped text, once the gateway has deleted it: so a second delivery is known."""
    digest = hashlib.blake2b(gateway_id.encode("utf-8", "surrogatepass"), digest_size=16, key=keys.suppression, person=b"gateway_id")
    return f"{_HASHED}{digest.hexdigest()}"


def note_attempt(session: Session, message_id: int, gateway: str, gateway_id: str, *, now: datetime) -> None:
    """Note a copy that a given-up attempt to send a text has left: the text's row will have, or has, the id of a later attempt."""
    contact_id = session.scalar(select(Message.contact_id).where(Message.id == message_id, Message.direction == Direction.OUT))
    if contact_id is not None and gateway_id:
        row = {"kind": CopyKind.TEXT, "gateway": gateway, "gateway_id": gateway_id, "contact_id": contact_id, "settled_at": now}
        is_erased = session.scalar(select(Contact.kind).where(Contact.id == contact_id)) == ERASED
        _put(session, [row], now=now, asked=is_erased)


def _put(session: Session, rows: Sequence[dict[str, Any]], *, now: datetime, asked: bool = False) -> None:
    """Store copies to delete. `asked`: those that are known already are due at once too."""
    values = [{**row, "asked": asked, "attempts": 0, "next_attempt_at": now} for row in rows]
    for start in range(0, len(values), 500):
        statement = upsert(session, GatewayCopy).values(values[start : start + 500])
        key = ["gateway", "gateway_id"]
        if asked:
            at_once = {"asked": True, "settled_at": now, "next_attempt_at": now}
            session.execute(statement.on_conflict_do_update(index_elements=key, set_=at_once))
        else:
            session.execute(statement.on_conflict_do_nothing(index_elements=key))


def gather(session: Session, kind: CopyKind, *, before: datetime, now: datetime, limit: int) -> int:
    """Store what began before `before` and lies at a gateway as copies to delete, in the order of the rows; returns how many it read.

    It stops at what is not settled: that is read again, unless it is so old that it must not keep the others.
    """
    found = _TABLES[kind]
    mark = f"forget_{kind}"
    after_id = marks.value(session, mark)
    model = found.model
    columns = (model.id, model.gateway, model.gateway_id, found.contact_id, found.began, found.left, found.waits)
    rows = session.execute(select(*columns).where(model.id > after_id).order_by(model.id).limit(limit)).all()
    copies, last = [], after_id
    for row_id, gateway, gateway_id, contact_id, began, left, waits in rows:
        if began > before or (waits and began > before - _UNSETTLED_FOR):
            break
        if left:
            copies.append({"kind": kind, "gateway": gateway, "gateway_id": gateway_id, "contact_id": contact_id, "settled_at": began})
        last = row_id
    if last == after_id:
        return 0
    _put(session, copies, now=now)
    marks.set_value(session, mark, last)
    return len(rows)


def ask(session: Session, contact_id: int, *, since: datetime | None, now: datetime) -> None:
    """Make all copies of a contact due at once, those of calls of ours in which it was joined too. `since`: only what began then or later.

    What was deleted at the gateway before is deleted once more: the gateway says that it is not there.
    """
    joined = select(Bridge.call_id).where(Bridge.contact_id == contact_id)
    whose = {CopyKind.TEXT: Message.contact_id == contact_id, CopyKind.CALL: or_(Call.contact_id == contact_id, Call.id.in_(joined))}
    for kind, is_of_contact in whose.items():
        found = _TABLES[kind]
        wanted = and_(is_of_contact, found.left, *([found.began >= since] if since is not None else []))
        _ask_for(session, kind, select(found.model.gateway, found.model.gateway_id, found.contact_id).where(wanted), now=now)
    mine = update(GatewayCopy).where(GatewayCopy.contact_id == contact_id)
    if since is not None:
        mine = mine.where(GatewayCopy.settled_at >= since)
    session.execute(mine.values(asked=True, settled_at=now, next_attempt_at=now))


def ask_for_erased(session: Session, *, now: datetime) -> None:
    """Make the copies of all erased contacts due at once: the database is from a backup, and some may not have been deleted yet."""
    erased = select(Contact.id, Contact.owner_since, Contact.wrapped_key).where(Contact.kind == ERASED)
    for contact_id, owner_since, wrapped_key in session.execute(erased).all():
        ask(session, contact_id, since=owner_since if wrapped_key is not None else None, now=now)


def ask_for_texts(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """Make the copies of these texts due at once: their words were wiped."""
    columns = select(Message.gateway, Message.gateway_id, Message.contact_id)
    _ask_for(session, CopyKind.TEXT, columns.where(Message.id.in_(ids), _TABLES[CopyKind.TEXT].left), now=now)


def _ask_for(session: Session, kind: CopyKind, statement: Select[*tuple[Any, ...]], *, now: datetime) -> None:
    rows = [
        {"kind": kind, "gateway": gateway, "gateway_id": gateway_id, "contact_id": contact_id, "settled_at": now}
        for gateway, gateway_id, contact_id in session.execute(statement)
    ]
    _put(session, rows, now=now, asked=True)


def due(session: Session, gateways: Collection[str], *, now: datetime, limit: int) -> Sequence[GatewayCopy]:
    """Copies at these gateways to delete now, locked, those that were asked for first. Rows that another worker has locked are left out."""
    statement = (
        select(GatewayCopy)
        .where(GatewayCopy.next_attempt_at <= now, GatewayCopy.gateway.in_(gateways))
        .order_by(GatewayCopy.asked.desc(), GatewayCopy.next_attempt_at, GatewayCopy.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def settled_at(session: Session, copy: GatewayCopy) -> datetime | None:
    """Since when nothing changes any more about what a copy is of; None if something may. It may be in the future.

    A text that no row has the id of is one of a given-up attempt.
    """
    match copy.kind:
        case CopyKind.TEXT:
            text = session.scalar(_row_of(Message, copy))
            if text is not None and photos.is_at_gateway(session, text.id):  # it is found there only through its text
                return None
            return copy.settled_at if text is None else _text_settled_at(text)
        case CopyKind.CALL:
            call = session.scalar(_row_of(Call, copy))
            if call is None:
                return copy.settled_at
            awaited = select(Recording.id).where(Recording.call_id == call.id, Recording.state == RecordingState.AWAITED)
            return call.ended_at if call.next_attempt_at is None and session.scalar(awaited.limit(1)) is None else None
        case _:
            recording = session.scalar(_row_of(Recording, copy))
            if recording is None:
                return copy.settled_at
            is_open = recording.next_attempt_at is not None or recording.state == RecordingState.AWAITED
            return None if is_open else recording.stored_at or recording.created_at


def _text_settled_at(text: Message) -> datetime | None:
    if text.direction == Direction.IN:
        return text.created_at
    if text.delivery in _UNDER_WAY:
        return None
    return text.delivered_at or (text.sent_at or text.created_at) + REPORTS_FOR


def _row_of(model: Any, copy: GatewayCopy) -> Any:
    same = select(model).where(model.gateway == copy.gateway, model.gateway_id == copy.gateway_id)
    return same.execution_options(populate_existing=True)


def put_off(session: Session, copy_id: int, until: datetime, *, attempts: int, reason: str | None) -> None:
    """A copy is due again at `until`; `reason`: why it is not deleted yet, if that failed."""
    values = {"next_attempt_at": until, "attempts": attempts, "reason": reason}
    session.execute(update(GatewayCopy).where(GatewayCopy.id == copy_id).values(values))


def gone(session: Session, copy: GatewayCopy) -> None:
    """Note that the gateway has deleted a copy. The id of a wiped text becomes a hash."""
    if copy.kind == CopyKind.TEXT:
        is_wiped = (Message.sealed.is_(None), Message.plain.is_(None))
        same = (Message.gateway == copy.gateway, Message.gateway_id == copy.gateway_id)
        instead = hashed(sealed.keys_of(session), copy.gateway_id)
        session.execute(update(Message).where(*same, *is_wiped).values(gateway_id=instead))
    elif copy.kind == CopyKind.RECORDING:
        left = (Recording.state == RecordingState.STORED, Recording.next_attempt_at.is_(None))
        same = (Recording.gateway == copy.gateway, Recording.gateway_id == copy.gateway_id)
        session.execute(update(Recording).where(*same, *left).values(state=RecordingState.DONE))
    session.execute(delete(GatewayCopy).where(GatewayCopy.id == copy.id))


class Failing(NamedTuple):
    """The copies that could not be deleted: how many, and why the last try of one of them failed."""

    rows: int
    reason: str | None


def failing(session: Session) -> Failing:
    """What could not be deleted so far."""
    failed = GatewayCopy.reason.is_not(None)
    count = session.scalar(select(func.count()).where(failed)) or 0
    last = select(GatewayCopy.reason).where(failed).order_by(GatewayCopy.attempts.desc(), GatewayCopy.id.desc()).limit(1)
    return Failing(count, session.scalar(last) if count else None)


def oldest(session: Session) -> datetime | None:
    """When the oldest began of what lies at a gateway and nobody has asked to be deleted; None if nothing lies there."""
    times = [session.scalar(select(func.min(GatewayCopy.settled_at)).where(GatewayCopy.asked.is_(False)))]
    for kind, found in _TABLES.items():
        beyond = found.model.id > marks.value(session, f"forget_{kind}")
        times.append(session.scalar(select(found.began).where(beyond, found.left).order_by(found.model.id).limit(1)))
    return min((at for at in times if at is not None), default=None)


def asked_since(session: Session) -> datetime | None:
    """Since when the oldest copy is to be deleted that somebody asked for; None if there is none."""
    return session.scalar(select(func.min(GatewayCopy.settled_at)).where(GatewayCopy.asked))
