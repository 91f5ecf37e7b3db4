"""The texts of contacts and tickets. Those that came in are stored here, those that leave in `outgoing`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Unpack

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import CARRIES_ON, LOOKUPS, ReadAs
from hotline.domain.delivery import Delivery
from hotline.domain.folding import match_key
from hotline.domain.language import spoken
from hotline.domain.message import READ, Direction
from hotline.domain.texts import RECEIPT
from hotline.domain.ticket import OPEN
from hotline.storage import sealed
from hotline.storage.db import Insert, execute, ids_here, table
from hotline.storage.models import Event, Message, Ticket
from hotline.storage.rows import TextInRow
from hotline.storage.tickets import OF_OWNER

CAME_FROM_PHONE = and_(Message.direction == Direction.IN, Message.read_as != ReadAs.WRITTEN)
"""Texts that came from the citizen's phone, and not those that a volunteer wrote down after a call or a visit."""

_MESSAGES = table(Message)
_KEEP = Insert(lambda insert: insert(_MESSAGES).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]).returning(_MESSAGES.c.id))
_RECENT_TICKET = (
    select(_MESSAGES.c.ticket_id)
    .join(Ticket, Ticket.id == _MESSAGES.c.ticket_id)
    .where(
        _MESSAGES.c.contact_id == bindparam("contact_id"),
        _MESSAGES.c.direction == Direction.IN,
        or_(*(_MESSAGES.c.read_as == read_as for read_as in sorted(CARRIES_ON))),
        _MESSAGES.c.created_at >= bindparam("since"),
        Ticket.contact_id == bindparam("contact_id"),
    )
    .order_by(_MESSAGES.c.id.desc())
    .limit(1)
)


def keep(session: Session, **values: Unpack[TextInRow]) -> int | None:
    """Store a text that came in. Returns its id, or None if the gateway has delivered it before (unique by gateway and its id)."""
    kept = _KEEP.put(session, sealed.row_of(session, values))
    return kept[0] if kept else None


def known(session: Session, gateway: str, gateway_ids: Collection[str]) -> set[str]:
    """Those of the gateway's ids under which a text came in."""
    return ids_here(session, Message.gateway_id, gateway_ids, Message.gateway == gateway, Message.direction == Direction.IN)


def under(session: Session, gateway: str, gateway_id: str) -> Message | None:
    """The text that came in under this id of the gateway; None if there is none."""
    named = (Message.gateway == gateway, Message.gateway_id == gateway_id, Message.direction == Direction.IN)
    return session.scalar(select(Message).where(*named))


def count_answers(session: Session, contact_id: int, *, since: datetime, limit: int) -> int:
    """How many answers, and receipts of calls, were queued for a contact after `since`; counting stops at `limit`."""
    recent = (
        select(Message.id)
        .where(
            Message.contact_id == contact_id,
            or_(Message.answers_id.is_not(None), Message.text_key == RECEIPT.key),
            Message.created_at > since,
        )
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return session.scalar(select(func.count()).select_from(recent.subquery())) or 0


def count_lookups(session: Session, contact_id: int, *, since: datetime, limit: int) -> int:
    """How many references that are unknown or belong to another phone a contact has asked about after `since`.

    Counting stops at `limit`.
    """
    recent = (
        select(Message.id)
        .where(Message.contact_id == contact_id, Message.read_as.in_(LOOKUPS), Message.created_at > since)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return session.scalar(select(func.count()).select_from(recent.subquery())) or 0


class HeardOn(NamedTuple):
    """The gateway by which a phone wrote last, and the line there."""

    gateway: str
    line: str | None


def heard_on(session: Session, contact_ids: Collection[int]) -> dict[int, HeardOn]:
    """Contact's id → by which gateway the contact wrote last; none for contacts who never wrote."""
    newest = select(func.max(Message.id)).where(Message.contact_id.in_(contact_ids), CAME_FROM_PHONE).group_by(Message.contact_id)
    statement = select(Message.contact_id, Message.gateway, Message.line).where(Message.id.in_(newest))
    return {row[0]: HeardOn(row[1], row[2]) for row in session.execute(statement)}


def last_in(session: Session, contact_id: int) -> Message | None:
    """The last text that came from a contact's phone; None if there is none."""
    return session.scalar(select(Message).where(Message.contact_id == contact_id, CAME_FROM_PHONE).order_by(Message.id.desc()).limit(1))


def recent_ticket_id(session: Session, contact_id: int, *, since: datetime) -> int | None:
    """The ticket id of a contact's last text that opened or added to a ticket of this contact, which may be closed by now.

    None if there is none from `since` on.
    """
    found = execute(session, _RECENT_TICKET, {"contact_id": contact_id, "since": since})
    return found[0] if found else None


class Written(NamedTuple):
    """The last text of ours to a contact about a ticket. `category`: what the ticket is about; `in_danger`: it tells of danger already;
    `by_person`: a volunteer wrote it."""

    ticket_id: int
    category: str
    in_danger: bool
    by_person: bool


def written_to(session: Session, contact_id: int, *, since: datetime) -> Written | None:
    """The last text that we sent to a contact about a ticket of the contact, from `since` on: the citizen's next text answers it.

    None if there is none. A text of the machine's counts once it has left, a volunteer's at once.
    """
    left = or_(Message.sent_at.is_not(None), Message.delivery.in_((Delivery.SENDING, Delivery.UNKNOWN)))
    row = session.execute(
        select(Ticket.id, Ticket.category, Ticket.danger, Message.volunteer_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.contact_id == contact_id, Message.direction == Direction.OUT, Message.created_at >= since)
        .where(or_(Message.volunteer_id.is_not(None), left), Ticket.contact_id == contact_id, OF_OWNER)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    return Written(row[0], row[1], row[2] is not None, row[3] is not None) if row is not None else None


def asked_status_of(message: Message | None) -> int | None:
    """The id of the ticket whose status a text asked for; None if it asked for none."""
    return message.ticket_id if message is not None and message.read_as == ReadAs.STATUS else None


def told_before(session: Session, contact_id: int, body: str, *, since: datetime) -> int | None:
    """The id of the contact's ticket that its last text, with the same words, opened or joined at `since` or later.

    None if its words were others, if the ticket is done with, or if a person has done more with it since than look at it.
    """
    last = last_in(session, contact_id)
    if (
        last is None
        or last.ticket_id is None
        or last.created_at < since
        or match_key(sealed.body_of(session, last)[:READ]) != match_key(body[:READ])
    ):
        return None
    acted = exists().where(
        Event.ticket_id == Ticket.id, Event.volunteer_id.is_not(None), Event.happened_at >= last.created_at, Event.kind != "viewed"
    )
    untouched = (Ticket.id == last.ticket_id, Ticket.contact_id == contact_id, Ticket.status.in_(OPEN), ~acted)
    return session.scalar(select(Ticket.id).where(*untouched))


def newest_of(session: Session, ticket_id: int, *, until: datetime | None, limit: int, longest: int) -> Sequence[tuple[Message, str]]:
    """The newest texts of a ticket until a time, newest first, each with its first `longest` characters."""
    statement = select(Message).where(Message.ticket_id == ticket_id)
    if until is not None:
        statement = statement.where(Message.created_at <= until)
    newest = session.scalars(statement.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)).all()
    return [(message, sealed.shown_body_of(session, message)[:longest]) for message in newest]


def first_in(session: Session, ticket_id: int, *, longest: int) -> tuple[Message, str] | None:
    """The first text that came in on a ticket, with its first `longest` characters; None if there is none."""
    came = select(Message).where(Message.ticket_id == ticket_id, Message.direction == Direction.IN)
    first = session.scalars(came.order_by(Message.id).limit(1)).one_or_none()
    return (first, sealed.shown_body_of(session, first)[:longest]) if first is not None else None


def spoken_in(session: Session, ticket_id: int) -> str | None:
    """The code of the language of the first text that came in on a ticket, if we do not write that language (`language.spoken`)."""
    first = first_in(session, ticket_id, longest=READ)
    return spoken(first[1]) if first is not None else None


def ids_in(session: Session, ticket_id: int) -> Sequence[int]:
    """Ids of the texts that came in on a ticket, oldest first."""
    came = (Message.ticket_id == ticket_id, Message.direction == Direction.IN)
    return session.scalars(select(Message.id).where(*came).order_by(Message.id)).all()


def came_in(session: Session, ticket_id: int, ids: Collection[int]) -> Sequence[Message]:
    """Those of the texts that came in on a ticket, from a phone or written down, oldest first."""
    chosen = (Message.ticket_id == ticket_id, Message.id.in_(ids), Message.direction == Direction.IN)
    return session.scalars(select(Message).where(*chosen).order_by(Message.id)).all()


def file(session: Session, ids: Collection[int], ticket_id: int) -> None:
    """Put texts on a ticket."""
    session.execute(update(Message).where(Message.id.in_(ids)).values(ticket_id=ticket_id))


def last_by(session: Session, ticket_id: int, volunteer_id: int) -> str | None:
    """The last text that a volunteer wrote to the citizen of a ticket; None if there is none."""
    statement = select(Message).where(Message.ticket_id == ticket_id, Message.volunteer_id == volunteer_id)
    last = session.scalar(statement.order_by(Message.id.desc()).limit(1))
    return sealed.body_of(session, last) if last is not None else None


def shown_since(session: Session, ticket_id: int, *, rows: int) -> datetime | None:
    """The time of the oldest of the newest `rows` texts of a ticket; None if there are fewer."""
    statement = select(Message.created_at).where(Message.ticket_id == ticket_id).order_by(Message.created_at.desc(), Message.id.desc())
    return session.scalar(statement.offset(rows - 1).limit(1))


def newest_unanswered(session: Session, ticket_id: int, contact_id: int, *, since: datetime) -> Message | None:
    """The newest text about a ticket that came from that phone after `since`; None if there is none or a volunteer has answered it."""
    statement = select(Message).where(Message.ticket_id == ticket_id, Message.contact_id == contact_id, CAME_FROM_PHONE)
    newest = session.scalar(statement.where(Message.created_at > since).order_by(Message.id.desc()).limit(1))
    if newest is None:
        return None
    answers = select(Message.id).where(Message.ticket_id == ticket_id, Message.answers_id == newest.id, Message.volunteer_id.is_not(None))
    return None if session.scalar(answers.limit(1)) is not None else newest


def came_at(session: Session, message_id: int) -> datetime:
    """When a text came in."""
    return session.scalars(select(Message.created_at).where(Message.id == message_id)).one()
