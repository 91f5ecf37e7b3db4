"""All that a database holds of texts, tickets, calls and acts, for the books of a rehearsal, with pretend words and numbers opened."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hotline.domain.danger import RINGS
from hotline.domain.delivery import Delivery
from hotline.domain.message import Direction
from hotline.keys import KeyFile
from hotline.storage import sealed
from hotline.storage.callmodels import Call, Recording
from hotline.storage.db import make_engine
from hotline.storage.models import Alarm, Contact, Event, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.recordings import KEPT, RecordingState


@dataclass(frozen=True)
class TextIn:
    id: int
    number: str
    words: str
    ticket_id: int | None
    read_as: str | None
    late: bool = False


@dataclass(frozen=True)
class TextOut:
    id: int
    number: str
    words: str
    key: str | None
    ticket_id: int | None
    answers_id: int | None
    delivery: str | None
    reason: str | None
    sent_at: datetime | None


@dataclass(frozen=True)
class TicketLeft:
    """`refuses`: its phone asks for no texts. `must_ring`: it is in danger that phones ring for, until somebody acts. `rings`: a phone is
    rung for it, or soon is. `alarms`: how many were raised about it."""

    id: int
    reference: str
    in_danger: bool
    must_ring: bool
    acted: bool
    rings: bool
    alarms: int
    refuses: bool = False


@dataclass(frozen=True)
class CallLeft:
    """`asks`: the gateway is still to be asked how it ended, some minutes after its end was not reported. `recordings`: ids of the
    recordings that are with us."""

    id: int
    gateway_id: str | None
    ticket_id: int | None
    ended: bool
    asks: bool = False
    recordings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Everything:
    """`acts`: (login, reference, kind of event) → how often it is there."""

    came_in: tuple[TextIn, ...] = ()
    went_out: tuple[TextOut, ...] = ()
    tickets: tuple[TicketLeft, ...] = ()
    calls: tuple[CallLeft, ...] = ()
    acts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)


@contextlib.contextmanager
def opened(url: str, keys_file: Path) -> Iterator[Session]:
    """A session of a hotline's database from outside of it, which only reads."""
    engine = make_engine(url, pool_size=1)
    try:
        with Session(engine, info={sealed.KEYS: KeyFile(keys_file)}) as session:
            yield session
    finally:
        engine.dispose()


def everything(session: Session) -> Everything:
    """All of it."""
    contacts = {contact.id: contact for contact in session.scalars(select(Contact))}
    sealed.load(session, contacts)
    keys = sealed.keys_of(session)
    numbers = {one.id: sealed.number_of(keys, one) or "" for one in contacts.values()}
    messages = session.scalars(select(Message).order_by(Message.id)).all()
    alarms = Counter(session.scalars(select(Alarm.ticket_id).where(Alarm.ticket_id.is_not(None))))
    acts = session.execute(
        select(Volunteer.login, Ticket.reference, Event.kind, func.count())
        .join(Event, Event.volunteer_id == Volunteer.id)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .group_by(Volunteer.login, Ticket.reference, Event.kind)
    )
    return Everything(
        tuple(_text_in(session, one, numbers) for one in messages if one.direction == Direction.IN),
        tuple(_text_out(session, one, numbers) for one in messages if one.direction == Direction.OUT),
        tuple(_ticket(one, alarms, contacts) for one in session.scalars(select(Ticket))),
        tuple(_calls(session)),
        {(login, reference, kind): count for login, reference, kind, count in acts},
    )


def _text_in(session: Session, one: Message, numbers: Mapping[int, str]) -> TextIn:
    return TextIn(one.id, numbers[one.contact_id], sealed.body_of(session, one), one.ticket_id, one.read_as, one.late)


def _text_out(session: Session, one: Message, numbers: Mapping[int, str]) -> TextOut:
    return TextOut(
        id=one.id,
        number=numbers[one.contact_id],
        words=sealed.body_of(session, one),
        key=one.text_key,
        ticket_id=one.ticket_id,
        answers_id=one.answers_id,
        delivery=one.delivery,
        reason=one.reason,
        sent_at=one.sent_at,
    )


def _ticket(one: Ticket, alarms: Counter[int | None], contacts: Mapping[int, Contact]) -> TicketLeft:
    contact = contacts[one.contact_id]
    return TicketLeft(
        id=one.id,
        reference=one.reference,
        in_danger=one.danger is not None,
        must_ring=one.danger in RINGS,
        acted=one.acted_at is not None,
        rings=one.next_ring_at is not None,
        alarms=alarms[one.id],
        refuses=contact.wants_no_texts or not contact.may_text,
    )


def _calls(session: Session) -> Iterator[CallLeft]:
    recordings: dict[int, set[str]] = defaultdict(set)
    for call_id, gateway_id in session.execute(select(Recording.call_id, Recording.gateway_id).where(Recording.state.in_(KEPT))):
        recordings[call_id].add(gateway_id)
    for one in session.scalars(select(Call)):
        yield CallLeft(
            id=one.id,
            gateway_id=one.gateway_id,
            ticket_id=one.ticket_id,
            ended=one.ended_at is not None,
            asks=one.next_attempt_at is not None,
            recordings=frozenset(recordings[one.id]),
        )


def unsettled(session: Session) -> dict[str, int]:
    """What a worker still has to do, by what it is; nothing is left out that a rehearsal waits for."""
    found = {
        "texts to send": select(func.count()).where(Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING))),
        "texts to look up": select(func.count()).where(Message.delivery == Delivery.UNKNOWN, Message.next_attempt_at.is_not(None)),
        "texts to read": select(func.count()).where(Message.to_read.is_(True)),
        "tickets to route": select(func.count()).where(Ticket.routed_at.is_(None)),
        "recordings to fetch": select(func.count()).where(
            or_(Recording.next_attempt_at.is_not(None), Recording.state == RecordingState.AWAITED)
        ),
    }
    counted = {what: session.scalar(statement) or 0 for what, statement in found.items()}
    return {what: count for what, count in counted.items() if count}
