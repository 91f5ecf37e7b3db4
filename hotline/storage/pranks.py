"""Phones that two people marked because they call or text to abuse or for fun."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hotline.domain.look import Look
from hotline.domain.ticket import Priority, Status
from hotline.storage.callmodels import Call, Recording
from hotline.storage.db import upsert
from hotline.storage.models import Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.prankmodels import Prank
from hotline.storage.rows import TicketFacts
from hotline.storage.tickets import visible_to


def of(session: Session, contact_id: int) -> Prank | None:
    """The mark on a phone, confirmed or not."""
    return session.scalar(select(Prank).where(Prank.contact_id == contact_id), execution_options={"populate_existing": True})


def locked(session: Session, contact_id: int) -> Prank | None:
    """The same, locked until the commit: of two people who change it, one waits before either has locked a ticket."""
    statement = select(Prank).where(Prank.contact_id == contact_id).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})


def is_marked(session: Session, contact_id: int) -> bool:
    """Whether two people marked a phone."""
    statement = select(Prank.contact_id).where(Prank.contact_id == contact_id, Prank.confirmed_at.is_not(None))
    return session.scalar(statement) is not None


def comes_last(session: Session, ticket: TicketFacts, *, marked: bool | None) -> bool:
    """Whether a new ticket is an ordinary one (no danger, hold or seal) of a phone that two people marked.

    `marked`: whether they did; None: not known yet. A text knows it from its contact, and asking again would cost it a quarter of its time.
    """
    is_ordinary = ticket.get("danger") is None and ticket["priority"] != Priority.URGENT and not (ticket["hold"] or ticket["sealed"])
    return is_ordinary and (is_marked(session, ticket["contact_id"]) if marked is None else marked)


def mark(session: Session, contact_id: int, volunteer_id: int, *, now: datetime) -> bool:
    """Store the mark of the first person. False if there is one: then nothing changes."""
    statement = upsert(session, Prank).values(contact_id=contact_id, marked_by=volunteer_id, marked_at=now)
    return session.scalar(statement.on_conflict_do_nothing(index_elements=["contact_id"]).returning(Prank.contact_id)) is not None


def confirm(session: Session, contact_id: int, volunteer_id: int, *, now: datetime) -> None:
    """Store that a second person confirmed the mark."""
    session.execute(update(Prank).where(Prank.contact_id == contact_id).values(confirmed_by=volunteer_id, confirmed_at=now))


def unmark(session: Session, contact_id: int) -> None:
    """Take the mark off."""
    session.execute(delete(Prank).where(Prank.contact_id == contact_id))


def ordinary(session: Session, contact_id: int, volunteer: Volunteer) -> Sequence[Ticket]:
    """The ordinary tickets of a phone that are not closed, locked: no danger, hold or seal, and the volunteer may know of them."""
    statement = select(Ticket).where(
        Ticket.contact_id == contact_id,
        Ticket.status != Status.CLOSED,
        Ticket.danger.is_(None),
        Ticket.priority.not_in((Priority.URGENT, Priority.LAST)),
        ~Ticket.hold,
        ~Ticket.sealed,
        visible_to(volunteer),
    )
    return session.scalars(statement.order_by(Ticket.id).with_for_update(), execution_options={"populate_existing": True}).all()


def put_looks(session: Session, contact_id: int, *, last: bool) -> None:
    """Have the ordinary texts and recordings of a phone that wait for a look looked at last, or in their turn again."""
    before, after = (Look.NEXT, Look.LAST) if last else (Look.LAST, Look.NEXT)
    session.execute(update(Message).where(Message.contact_id == contact_id, Message.look == before).values(look=after))
    calls = select(Call.id).where(Call.contact_id == contact_id)
    session.execute(update(Recording).where(Recording.call_id.in_(calls), Recording.look == before).values(look=after))


def last(session: Session, contact_id: int) -> Sequence[Ticket]:
    """The tickets of a phone that come last, locked."""
    statement = select(Ticket).where(Ticket.contact_id == contact_id, Ticket.priority == Priority.LAST)
    return session.scalars(statement.order_by(Ticket.id).with_for_update(), execution_options={"populate_existing": True}).all()
