"""Texts on their way out: queued, claimed by a worker, sent, and looked up at the gateway where nobody knows whether they were."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Unpack

from sqlalchemy import ColumnElement, and_, case, delete, literal_column, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.domain import texts
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.message import Direction
from hotline.domain.walk import Consent
from hotline.storage import holds, sealed
from hotline.storage.callmodels import Call
from hotline.storage.db import Insert, table
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.rows import NewText, TextChanges, TextOut, TextOutRow


def _literal(delivery: Delivery) -> Any:
    """The value as part of the SQL, not as a parameter: a partial index serves only a query that has its condition word for word."""
    return literal_column(f"'{delivery.value}'")


_UNDECIDED = (Message.delivery == _literal(Delivery.UNKNOWN), Message.next_attempt_at.is_(None), Message.reason == Reason.NEVER_KNOWN)
_UNDO_LONGEST = timedelta(minutes=1)
"""A text of a volunteer that is not due yet, and is within this, may still wait so that it can be taken back (`undo_s`)."""

_PUT = Insert(lambda insert: insert(table(Message)).inline())


def due_at_once(*, now: datetime, **values: Unpack[NewText]) -> TextOut:
    """The row of a text that is to leave now. `gateway` is empty until it is claimed."""
    return {
        "direction": Direction.OUT,
        "gateway": "",
        "created_at": now,
        "delivery": Delivery.QUEUED,
        "attempts": 0,
        "look_ups": 0,
        "next_attempt_at": now,
        **values,
    }


def queue(session: Session, **values: Unpack[TextOutRow]) -> None:
    """Store a text that is to leave, given as a whole row."""
    _PUT.put(session, sealed.row_of(session, values))


class Due(NamedTuple):
    """A text to send now. `ticket`: what it is about, if anything. `phone_held`: something else keeps its phone on hold (`holds`).
    `not_agreed`: its ticket was opened by a call in which the caller did not agree to be reached."""

    message: Message
    contact: Contact
    ticket: Ticket | None
    phone_held: bool
    not_agreed: bool


def due(session: Session, *, now: datetime, limit: int) -> Sequence[Due]:
    """Texts due now, locked: answers first, then the oldest. Rows that another worker has locked are left out."""
    not_agreed = and_(Call.id.is_not(None), Call.consent.is_distinct_from(Consent.YES))
    statement = (
        select(Message, Contact, Ticket, holds.phone_held(), not_agreed)
        .join(Contact, Contact.id == Message.contact_id)
        .outerjoin(Ticket, Ticket.id == Message.ticket_id)
        .outerjoin(Call, Call.ticket_id == Message.ticket_id)
        .where(Message.delivery == _literal(Delivery.QUEUED), Message.next_attempt_at <= now)
        .order_by(Message.rank, Message.next_attempt_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Message)
    )
    return [Due(row[0], row[1], row[2], bool(row[3]), bool(row[4])) for row in session.execute(statement)]


def abandoned(session: Session, *, claimed_before: datetime, limit: int) -> Sequence[tuple[int, bool]]:
    """The texts that were claimed before `claimed_before` and are still not sent, locked: their worker is gone. Of each its id, and whether
    the gateway may have it."""
    statement = (
        select(Message.id, Message.unhanded)
        .where(Message.delivery == _literal(Delivery.SENDING), Message.claimed_at < claimed_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, not row.unhanded) for row in session.execute(statement)]


def unknown(session: Session, *, now: datetime, limit: int) -> Sequence[tuple[Message, Contact]]:
    """Texts to look up now, each with its contact, locked: nobody knows whether they were sent."""
    statement = (
        select(Message, Contact)
        .join(Contact, Contact.id == Message.contact_id)
        .where(Message.delivery == _literal(Delivery.UNKNOWN), Message.next_attempt_at <= now)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Message)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def unreported(session: Session, *, now: datetime, but_of: Collection[str] = ()) -> Message | None:
    """The next text to ask about that a gateway, but not one of `but_of`, took and never reported, locked.

    Rows that another worker has locked are left out.
    """
    statement = (
        select(Message)
        .where(Message.delivery == _literal(Delivery.SENT), Message.next_attempt_at.is_not(None), Message.next_attempt_at <= now)
        .where(Message.gateway.not_in(but_of))
        .order_by(Message.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(statement, execution_options={"populate_existing": True})


def reported(
    session: Session, *, gateway: str, gateway_id: str, message_id: int | None, attempt: int | None, delivered: bool = False
) -> Message | None:
    """The text that a delivery report is about, locked; None if there is none. `delivered`: it says that the phone has the text.

    It is found by our own id and the attempt, which our callback addresses carry, else by the gateway's id. A report about an attempt
    that was given up finds nothing, unless the phone got that very attempt after all: then it must not be sent again. The text keeps that
    attempt's gateway id so that this is known, and that a look-up does not take it for the next one.
    """
    named = (
        and_(Message.gateway == gateway, Message.gateway_id == gateway_id)
        if message_id is None
        else and_(Message.id == message_id, Message.attempts == attempt, Message.gateway == gateway)
    )
    given_up = and_(Message.delivery == Delivery.QUEUED, Message.gateway_id.is_not(None))
    if delivered:
        given_up = and_(given_up, Message.gateway_id != gateway_id)
    statement = select(Message).where(Message.direction == Direction.OUT, named, not_(given_up)).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def never_known(session: Session, *, limit: int) -> Sequence[tuple[Message, Contact]]:
    """The newest texts of which nobody can ever tell whether they were sent, each with its contact: a person decides."""
    statement = (
        select(Message, Contact).join(Contact, Contact.id == Message.contact_id).where(*_UNDECIDED).order_by(Message.id.desc()).limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def undecided(session: Session, message_id: int) -> Message | None:
    """A text of which nobody can ever tell, locked; None if somebody has decided, or more is known of it by now."""
    statement = select(Message).where(Message.id == message_id, *_UNDECIDED).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})


def locked(session: Session, message_id: int) -> Message:
    """A text as it is now, locked until the commit."""
    statement = select(Message).where(Message.id == message_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def waiting_by(session: Session, ticket_id: int, volunteer_id: int, *, since: datetime) -> Message | None:
    """The newest text of a volunteer about a ticket that was written after `since` and that no worker has tried; None if there is none."""
    written = (Message.ticket_id == ticket_id, Message.volunteer_id == volunteer_id, Message.direction == Direction.OUT)
    return session.scalar(select(Message).where(*written, *_untried(since)).order_by(Message.id.desc()).limit(1))


def take_back(session: Session, message_id: int, *, since: datetime) -> bool:
    """Delete a text that was written after `since`; False if a worker has tried it, or it was taken back before."""
    return session.scalar(delete(Message).where(Message.id == message_id, *_untried(since)).returning(Message.id)) is not None


def _untried(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return Message.created_at > since, Message.delivery == Delivery.QUEUED, Message.attempts == 0


def store(session: Session, message_id: int, **values: Unpack[TextChanges]) -> None:
    """Store changes of a text."""
    session.execute(update(Message).where(Message.id == message_id).values(**values))


def store_under_new_id(session: Session, message_id: int, **values: Unpack[TextChanges]) -> bool:
    """Store changes of a text, the gateway's id among them. False, and nothing is stored, if another text has that id."""
    try:
        with session.begin_nested():
            store(session, message_id, **values)
    except IntegrityError:
        return False
    return True


def hurry(session: Session, ticket_id: int, rank: int, *, now: datetime, late_rank: int) -> None:
    """Give the texts about a ticket that wait that rank, where it is a lower one. Answers are due at once, whatever they were put off for:
    their claim asks anew whether they may go. Nothing else gains by it, as the ticket is on hold.

    `late_rank`: of answers to what was taken in late. They keep their hours, which their claim does not ask for.
    """
    waiting = (Message.ticket_id == ticket_id, Message.delivery == _literal(Delivery.QUEUED), Message.rank > rank)
    is_answer = or_(Message.answers_id.is_not(None), Message.text_key == texts.RECEIPT.key)
    is_late = and_(Message.attempts == 0, Message.volunteer_id.is_(None), Message.rank == late_rank)
    may_be_taken_back = and_(Message.attempts == 0, Message.volunteer_id.is_not(None), Message.next_attempt_at <= now + _UNDO_LONGEST)
    put_off = (Message.next_attempt_at > now, is_answer, not_(is_late), not_(may_be_taken_back))
    session.execute(update(Message).where(*waiting, *put_off).values(next_attempt_at=now))
    session.execute(update(Message).where(*waiting).values(rank=rank))


def crowded(session: Session, contact_ids: Collection[int], *, now: datetime) -> set[int]:
    """Those of the contacts that have texts which were put off because they were too many at once, and are not due yet."""
    crowded_ones = (Message.delivery == _literal(Delivery.QUEUED), Message.reason == Reason.CROWDED, Message.next_attempt_at > now)
    return set(session.scalars(select(Message.contact_id).where(Message.contact_id.in_(contact_ids), *crowded_ones).distinct()))


def crowd_of(session: Session, contact_id: int, *, now: datetime, above: int) -> Sequence[tuple[int, datetime]]:
    """The texts of a contact that are due, or were put off because they were too many, in their order: id, and when it is due. Of ranks
    above `above`."""
    waits = (Message.contact_id == contact_id, Message.delivery == _literal(Delivery.QUEUED), Message.rank > above)
    is_of_it = or_(Message.next_attempt_at <= now, Message.reason == Reason.CROWDED)
    statement = select(Message.id, Message.next_attempt_at).where(*waits, is_of_it)
    newcomers = case((Message.reason == Reason.CROWDED, 0), else_=1)
    ordered = statement.order_by(Message.rank, newcomers, Message.next_attempt_at, Message.id)
    return [(row[0], row[1] or now) for row in session.execute(ordered)]


def put_off(session: Session, due: Mapping[int, datetime]) -> None:
    """Put off texts of a contact that are too many at once. `due`: id → when each is due."""
    session.execute(update(Message), [{"id": id_, "next_attempt_at": at, "reason": Reason.CROWDED} for id_, at in due.items()])


def doubt_all(session: Session, *, now: datetime) -> int:
    """Make unknown what was on its way: the database is from a backup, and it may have left since. Returns how many texts."""
    on_its_way = Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING))
    tried = case((Message.attempts > 0, Message.attempts), else_=1)  # a look-up is of an attempt
    values = {"delivery": Delivery.UNKNOWN, "reason": "restored", "attempts": tried, "look_ups": 0, "next_attempt_at": now}
    return len(session.scalars(update(Message).where(on_its_way).values(values).returning(Message.id)).all())


def renew_claim(session: Session, message_id: int, attempt: int, *, now: datetime) -> bool:
    """Renew a worker's claim on a text, made for that attempt, as the gateway is given it next. False if the worker does not hold it any
    more. Once this is committed, the gateway may have the text."""
    statement = update(Message).where(Message.id == message_id, Message.attempts == attempt, Message.delivery == _literal(Delivery.SENDING))
    return session.scalar(statement.values(claimed_at=now, unhanded=None).returning(Message.id)) is not None


def known_ids(session: Session, contact_id: int) -> set[str]:
    """The gateway's ids, as far as known, of the newest 200 texts to a contact, those of given-up attempts included."""
    statement = select(Message.gateway_id).where(
        Message.contact_id == contact_id, Message.direction == Direction.OUT, Message.gateway_id.is_not(None)
    )
    return {i for i in session.scalars(statement.order_by(Message.id.desc()).limit(200)) if i is not None}


def is_leaving(session: Session, contact_id: int, body: str) -> bool:
    """Whether a worker is sending a text with that body to that contact now."""
    leaving = session.scalars(select(Message).where(Message.contact_id == contact_id, Message.delivery == _literal(Delivery.SENDING)))
    return any(sealed.body_of(session, message) == body for message in leaving)


def last_of(session: Session, contact_id: int, text_key: str, *, since: datetime, now: datetime) -> int | None:
    """The id of the last text of that key to a contact after `since`; None if there is none. By a clock that was ahead none counts."""
    statement = select(Message.id).where(Message.contact_id == contact_id, Message.text_key == text_key)
    return session.scalar(statement.where(Message.created_at > since, Message.created_at <= now).order_by(Message.id.desc()).limit(1))


def is_ours(session: Session, gateway: str, gateway_id: str) -> bool:
    """Whether a text of ours has this id of the gateway."""
    named = (Message.gateway == gateway, Message.gateway_id == gateway_id, Message.direction == Direction.OUT)
    return session.scalar(select(Message.id).where(*named)) is not None


def is_taken(session: Session, gateway: str, gateway_id: str, message_id: int) -> bool:
    """Whether a text other than `message_id` has this id of the gateway."""
    statement = select(Message.id).where(Message.gateway == gateway, Message.gateway_id == gateway_id, Message.id != message_id)
    return session.scalar(statement) is not None
