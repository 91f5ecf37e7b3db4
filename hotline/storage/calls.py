"""Calls: where each is in the menu, which are still open, and which left no ticket."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Unpack

from sqlalchemy import and_, bindparam, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hotline.domain.call import OURS, TO_VOLUNTEERS, CallDirection, CallReason
from hotline.domain.phone import SenderKind
from hotline.domain.walk import Consent, Step, Walk
from hotline.storage.base import NO_TICKET
from hotline.storage.callmodels import CALL_OPEN, CALLED_BACK, Call
from hotline.storage.db import Insert, execute, ids_here, is_sqlite, table
from hotline.storage.models import Contact
from hotline.storage.rows import CallChanges, CallRow, NewCall

_CALLS = table(Call)
_KEEP = Insert(lambda insert: insert(_CALLS).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]).returning(_CALLS.c.id))
_STORE = _CALLS.update().where(_CALLS.c.id == bindparam("row_id"))
_FROM_OUTSIDE = Call.direction.not_in(OURS)
# Built once: at each step a caller waits while it runs.
_DUTY_LINE = 0x6475_7479
"""The key of PostgreSQL's lock for a choice among the phones of the duty line: any number that stands for nothing else."""
_BY_GATEWAY_ID = (Call.gateway == bindparam("gateway"), Call.gateway_id == bindparam("gateway_id"))
_LOCKED = select(Call).where(*_BY_GATEWAY_ID).with_for_update()
_LOCKED_WITH_CONTACT = select(Call, Contact).join(Contact, Contact.id == Call.contact_id).where(*_BY_GATEWAY_ID).with_for_update()


def keep(session: Session, *, now: datetime, **values: Unpack[NewCall]) -> int | None:
    """Store a new call. Returns its id, or None if the gateway has told us of the call before."""
    row: CallRow = {
        "ticket_id": None,
        "turn": 0,
        "consent": None,
        "call_consent": None,
        "lookups": 0,
        "danger_at": None,
        "duty_taken": False,
        "reason": None,
        "ended_at": None,
        "duration_s": None,
        "started_at": now,
        "stepped_at": now,
        **values,
    }
    kept = _KEEP.put(session, row)
    return kept[0] if kept else None


def known(session: Session, gateway: str, gateway_ids: Collection[str], *, of_citizens: bool = False) -> set[str]:
    """Those of the gateway's ids of calls that are here. `of_citizens`: without the calls that rang volunteers."""
    whose = (Call.direction.not_in(TO_VOLUNTEERS),) if of_citizens else ()
    return ids_here(session, Call.gateway_id, gateway_ids, Call.gateway == gateway, *whose)


def locked(session: Session, gateway: str, gateway_id: str) -> Call | None:
    """The call with a gateway's id, locked until the commit, so that its steps are answered one after the other."""
    key = {"gateway": gateway, "gateway_id": gateway_id}
    return session.scalars(_LOCKED, key, execution_options={"populate_existing": True}).one_or_none()


def locked_with_contact(session: Session, gateway: str, gateway_id: str) -> tuple[Call, Contact] | None:
    """The call with a gateway's id and its contact, both locked until the commit, in one round trip to the database."""
    key = {"gateway": gateway, "gateway_id": gateway_id}
    found = session.execute(_LOCKED_WITH_CONTACT, key, execution_options={"populate_existing": True}).one_or_none()
    return (found[0], found[1]) if found is not None else None


def locked_by_id(session: Session, call_id: int) -> Call | None:
    """The call with that id of our own, locked until the commit."""
    statement = select(Call).where(Call.id == call_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def by_id(session: Session, call_id: int) -> Call | None:
    """The call with that id of our own."""
    return session.get(Call, call_id)


def store(session: Session, call: Call, **values: Unpack[CallChanges]) -> None:
    """Store changes of a call, and set them on `call`."""
    execute(session, _STORE, {"row_id": call.id, **values})
    for name, value in values.items():
        set_committed_value(call, name, value)


def count_lookups(session: Session, contact_id: int, *, since: datetime) -> int:
    """How many references that are unknown or belong to another phone a contact has keyed in calls begun after `since`."""
    statement = select(func.coalesce(func.sum(Call.lookups), 0)).where(Call.contact_id == contact_id, Call.started_at > since)
    return int(session.scalar(statement) or 0)


def count_withheld_lookups(session: Session, *, since: datetime) -> int:
    """How many references that are unknown or belong to another phone were keyed in calls from numbers we do not know.

    Counted are all such calls that went on after `since`. The gateway is still to be asked about each: so they are few, and an index has
    them.
    """
    statement = (
        select(func.coalesce(func.sum(Call.lookups), 0))
        .join(Contact, Contact.id == Call.contact_id)
        .where(CALL_OPEN, Call.next_attempt_at > since, Call.stepped_at > since, Contact.kind != SenderKind.PHONE)
    )
    return int(session.scalar(statement) or 0)


def at_duty_line(
    session: Session, *, rung_since: datetime, talked_since: datetime, chooses: bool = True
) -> Sequence[tuple[Walk, datetime]]:
    """The calls for which a phone of the duty line rings, or is talked to, and since when; the latest last. Where somebody
    `chooses` a phone by that, nobody else does until the commit.

    A phone that was rung before `rung_since` and taken by nobody does not count, nor a phone rung before `talked_since`: the end of
    the call was lost.
    """
    if chooses and not is_sqlite(
        session
    ):  # two callers at once would both find the same phone free; SQLite has one writer at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_DUTY_LINE)))
    is_recent = or_(Call.stepped_at > rung_since, and_(Call.duty_taken, Call.stepped_at > talked_since))
    statement = select(Call.walk, Call.stepped_at).where(CALL_OPEN, Call.ended_at.is_(None), Call.danger_at.is_not(None), is_recent)
    found = [(Walk.from_row(row[0]), row[1]) for row in session.execute(statement.order_by(Call.stepped_at))]
    return [(walk, rung_at) for walk, rung_at in found if walk.step is Step.DUTY]


def count_backs(session: Session, contact_id: int | None, *, since: datetime) -> int:
    """How many calls back, made or still due, were begun after `since`: to a contact, or with None to all contacts."""
    statement = select(func.count()).where(CALLED_BACK, Call.started_at > since)
    if contact_id is not None:
        statement = statement.where(Call.contact_id == contact_id)
    return session.scalar(statement) or 0


def is_called_back(session: Session, contact_id: int) -> bool:
    """Whether a call back to a contact is due or under way."""
    statement = select(Call.id).where(Call.contact_id == contact_id, CALLED_BACK, Call.ended_at.is_(None), CALL_OPEN)
    return session.scalar(statement.limit(1)) is not None


def has_alarm(session: Session, contact_id: int, *, since: datetime, now: datetime) -> bool:
    """Whether a call to a phone for an alarm, made or still due, was begun after `since`. By a clock that was ahead none counts."""
    statement = select(Call.id).where(Call.contact_id == contact_id, Call.direction == CallDirection.ALARM)
    return session.scalar(statement.where(Call.started_at > since, Call.started_at <= now).limit(1)) is not None


def rings_now(session: Session, contact_id: int, *, since: datetime, waiting: bool = True) -> frozenset[str]:
    """The directions of the calls of ours that ring a phone now, talk to it, or, if `waiting`, wait to be placed to it.

    The call of an alarm or of a test that went no further since `since` does not count: its end was lost. What comes in does not count
    either: a caller's number can be forged.
    """
    waits = and_(CALL_OPEN, Call.gateway_id.is_(None), Call.reason.is_(None))
    is_short = Call.direction.in_((CallDirection.ALARM, CallDirection.TEST))
    goes_on = or_(Call.stepped_at > since, and_(CALL_OPEN, ~is_short))
    counts = or_(waits, goes_on) if waiting else and_(~waits, goes_on)
    ours = select(Call.direction).where(Call.contact_id == contact_id, Call.direction.in_(OURS), Call.ended_at.is_(None), counts)
    return frozenset(session.scalars(ours))


def serve_missed(session: Session, contact_id: int, *, since: datetime) -> None:
    """Mark a contact's missed calls from `since` on as needing nobody: the caller was called back and pressed a key.

    Missed calls that came while we were calling back are included.
    """
    _mark_missed(session, contact_id, since, CallReason.SERVED, of=(CallReason.UNDER_WAY, CallReason.LOST))


def doubt_back(session: Session, contact_id: int, *, since: datetime) -> None:
    """Mark a contact's missed calls from `since` on: nobody knows whether the caller was called back."""
    _mark_missed(session, contact_id, since, CallReason.LOST, of=(CallReason.UNDER_WAY,))


def _mark_missed(session: Session, contact_id: int, since: datetime, reason: CallReason, *, of: Collection[CallReason]) -> None:
    is_waiting = or_(Call.reason.is_(None), Call.reason.in_(of))
    missed = update(Call).where(Call.contact_id == contact_id, Call.direction == CallDirection.MISSED, Call.started_at >= since, is_waiting)
    session.execute(missed.values(reason=reason))


def to_place(session: Session, *, now: datetime) -> tuple[Call, Contact] | None:
    """The oldest call of ours to place now, or a call that was being placed and is lost, locked until the commit. Rows that another worker
    has locked are left out."""
    statement = (
        select(Call, Contact)
        .join(Contact, Contact.id == Call.contact_id)
        .where(CALL_OPEN, Call.next_attempt_at <= now, Call.gateway_id.is_(None))
        .order_by(Call.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Call)
    )
    found = session.execute(statement, execution_options={"populate_existing": True}).first()
    return (found[0], found[1]) if found is not None else None


def give_up_waiting(session: Session, *, now: datetime) -> int:
    """End the calls of ours that were not placed yet: the database is from a backup, and they may have been since. Returns how many."""
    waits = (CALL_OPEN, Call.gateway_id.is_(None))
    values = {"reason": CallReason.TOO_LATE, "ended_at": now, "next_attempt_at": None}
    return len(session.scalars(update(Call).where(*waits).values(values).returning(Call.id)).all())


def unsettled(session: Session, gateway: str, *, now: datetime) -> Call | None:
    """A call to ask this gateway about now, locked: the gateway has not told us that it ended, or it may have left a recording."""
    statement = (
        select(Call)
        .where(CALL_OPEN, Call.next_attempt_at <= now, Call.gateway == gateway, Call.gateway_id.is_not(None))
        .order_by(Call.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).first()


def left(session: Session, gateways: Collection[str], *, before: datetime) -> Call | None:
    """A call from before then, of another gateway than these, that nobody has settled, locked."""
    statement = (
        select(Call)
        .where(CALL_OPEN, Call.started_at <= before, Call.gateway_id.is_not(None), Call.gateway.not_in(gateways))
        .order_by(Call.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).first()


def of_ticket(session: Session, ticket_id: int) -> Call | None:
    """The call that opened a ticket."""
    return session.scalar(select(Call).where(Call.ticket_id == ticket_id))


def of_tickets(session: Session, ticket_ids: Sequence[int]) -> dict[int, Call]:
    """Ticket id → the call that opened it."""
    found = session.scalars(select(Call).where(Call.ticket_id.in_(ticket_ids)))
    return {call.ticket_id: call for call in found if call.ticket_id is not None}


def allow(session: Session, contact_id: int, *, texts: bool, calls: bool) -> None:
    """A person takes back every "no" that was keyed on a contact's calls, to texts or to calls about what they left.

    That is no yes of the citizen's: a volunteer calls back only who agreed to it.
    """
    ours = update(Call).where(Call.contact_id == contact_id)
    if texts:
        session.execute(ours.where(Call.consent == Consent.NO).values(consent=Consent.YES))
    if calls:
        session.execute(ours.where(Call.call_consent == Consent.NO).values(call_consent=None))


def book(session: Session, *, before: tuple[datetime, str] | None, limit: int) -> Sequence[tuple[Call, Contact]]:
    """A page of the book of missed calls: calls to us that ended, left no ticket and still need somebody, newest first.

    `before` is the start and the gateway's id of the last call of the page before (None: the first page).
    """
    statement = (
        select(Call, Contact)
        .join(Contact, Contact.id == Call.contact_id)
        .where(NO_TICKET, _FROM_OUTSIDE, Call.ended_at.is_not(None), or_(Call.reason.is_(None), Call.reason != CallReason.SERVED))
        .order_by(Call.started_at.desc(), Call.gateway_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(
            tuple_(Call.started_at, Call.gateway_id) < tuple_(literal(before[0], Call.started_at.type), literal(before[1]))
        )
    return [(row[0], row[1]) for row in session.execute(statement)]


def tick_off(session: Session, gateway_id: str) -> None:
    """Take a call off the book of missed calls: it needs nobody any more."""
    ended = update(Call).where(NO_TICKET, Call.gateway_id == gateway_id, _FROM_OUTSIDE, Call.ended_at.is_not(None))
    session.execute(ended.values(reason=CallReason.SERVED))
