"""Citizens who ask to be erased: what was asked, agreed to, stopped and done, and what stands against it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, and_, exists, or_, select, true, union, update
from sqlalchemy.orm import Session

from hotline.domain.delivery import Delivery
from hotline.domain.erasure import Bar, How
from hotline.domain.message import Direction
from hotline.domain.ticket import Priority, Status
from hotline.storage.base import other
from hotline.storage.bridgemodels import OPEN_BRIDGE, Bridge
from hotline.storage.callmodels import Call, Recording
from hotline.storage.db import upsert
from hotline.storage.erasuremodels import ERASURE_DUE, ERASURE_OPEN, Erasure
from hotline.storage.models import Contact, Message, ShutOut, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.recordings import RecordingState
from hotline.storage.tickets import visible_to

_TICKET, _TEXT = other(Ticket), other(Message)


def locked_contact(session: Session, contact_id: int) -> Contact:
    """A contact, locked until the commit so that nothing is sealed for it meanwhile: intake waits, and so do the workers."""
    statement = select(Contact).where(Contact.id == contact_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def open_of(session: Session, contact_id: int) -> Erasure | None:
    """The erasure of a contact that is still to be agreed to or done; None if there is none."""
    statement = select(Erasure).where(Erasure.contact_id == contact_id, ERASURE_OPEN)
    return session.scalar(statement, execution_options={"populate_existing": True})


def ask(
    session: Session, contact_id: int, *, ticket_id: int, how: How, older: bool, asked_by: int, note_id: int, now: datetime
) -> int | None:
    """Store that a volunteer confirmed what a citizen asks for. Returns its id, or None if another is open."""
    values = {"contact_id": contact_id, "ticket_id": ticket_id, "how": how, "older": older}
    statement = upsert(session, Erasure).values(**values, asked_by=asked_by, asked_at=now, note_id=note_id)
    return session.scalar(statement.on_conflict_do_nothing(index_elements=["contact_id"], index_where=ERASURE_OPEN).returning(Erasure.id))


def agree(session: Session, erasure_id: int, volunteer_id: int, *, due_at: datetime, now: datetime) -> bool:
    """Store that a second person agreed; False if somebody did before, or it was stopped."""
    waits = (Erasure.id == erasure_id, Erasure.agreed_at.is_(None), ERASURE_OPEN)
    values = {"agreed_by": volunteer_id, "agreed_at": now, "due_at": due_at}
    return session.scalar(update(Erasure).where(*waits).values(**values).returning(Erasure.id)) is not None


def stop(session: Session, erasure_id: int, volunteer_id: int, *, now: datetime) -> bool:
    """Store that somebody stopped it; False if it was stopped or done before."""
    statement = update(Erasure).where(Erasure.id == erasure_id, ERASURE_OPEN).values(stopped_at=now, stopped_by=volunteer_id)
    return session.scalar(statement.returning(Erasure.id)) is not None


def ask_again(session: Session) -> None:
    """Let a second person agree once more to what is not done yet: the database is from a backup, and it may have been stopped since."""
    session.execute(update(Erasure).where(ERASURE_OPEN).values(agreed_by=None, agreed_at=None, due_at=None))


def due_ids(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Ids of the erasures whose days of grace are over, the oldest first."""
    return session.scalars(select(Erasure.id).where(ERASURE_DUE, Erasure.due_at <= now).order_by(Erasure.due_at).limit(limit)).all()


def contact_of(session: Session, erasure_id: int) -> int:
    """The id of the contact of an erasure."""
    return session.scalars(select(Erasure.contact_id).where(Erasure.id == erasure_id)).one()


def locked_due(session: Session, erasure_id: int, *, now: datetime) -> Erasure | None:
    """An erasure, locked until the commit; None if it is not due any more. The contact must be locked first."""
    statement = select(Erasure).where(Erasure.id == erasure_id, ERASURE_DUE, Erasure.due_at <= now).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})


def postpone(session: Session, erasure_id: int, *, until: datetime) -> None:
    """Look at an erasure again later: something still stands against it."""
    session.execute(update(Erasure).where(Erasure.id == erasure_id).values(due_at=until))


def done(session: Session, erasure_id: int, *, now: datetime) -> None:
    """Store that the contact was erased."""
    session.execute(update(Erasure).where(Erasure.id == erasure_id).values(done_at=now))


def bars(session: Session, contact_id: int, reader: Volunteer | None = None) -> frozenset[Bar]:
    """What stands against erasing a contact; for a `reader` only what comes from tickets that this person may see.

    A ticket of another phone that holds texts of the contact counts like one of its own: it would lose them.
    """
    own = and_(Ticket.id.in_(_touched(contact_id)), visible_to(reader) if reader is not None else true())
    shown = select(Ticket.id).where(own)
    may_see = or_(Message.ticket_id.is_(None), Message.ticket_id.in_(shown)) if reader is not None else true()
    may_hear = or_(Call.ticket_id.is_(None), Call.ticket_id.in_(shown)) if reader is not None else true()
    grave = or_(Ticket.sealed, Ticket.priority == Priority.URGENT, Ticket.danger.is_not(None))
    ended = or_(Ticket.status == Status.CLOSED, and_(Ticket.status == Status.RESOLVED, ~grave))
    is_open = exists().where(own, or_(~ended, Ticket.unread, Ticket.to_read))
    waits = exists().where(Message.contact_id == contact_id, or_(Message.look.is_not(None), Message.to_read.is_(True)), may_see)
    unheard = exists().where(Call.contact_id == contact_id, Recording.call_id == Call.id, Recording.look.is_not(None), may_hear)
    found = {
        Bar.OPEN: or_(is_open, waits, unheard),
        Bar.HELD: exists().where(own, Ticket.hold),
        Bar.STAFF: exists().where(Volunteer.phone_id == contact_id),
    }
    row = session.execute(select(*found.values())).one()
    return frozenset(bar for bar, holds in zip(found, row, strict=True) if holds)


def _touched(contact_id: int) -> CompoundSelect[Any]:
    """Ids of the tickets that lose words with a contact: its own, and those of other phones that hold texts of it."""
    texts = (_TEXT.contact_id == contact_id, _TEXT.direction == Direction.IN)
    # Two look-ups by an index; with an OR the database would look at every ticket.
    return union(select(_TICKET.id).where(_TICKET.contact_id == contact_id), select(_TEXT.ticket_id).where(*texts))


def is_busy(session: Session, contact_id: int) -> bool:
    """Whether something of a contact is under way: a text that may have left, a call, a recording that is still to come."""
    leaving = exists().where(Message.contact_id == contact_id, Message.delivery.in_((Delivery.SENDING, Delivery.UNKNOWN)))
    calling = exists().where(Call.contact_id == contact_id, Call.next_attempt_at.is_not(None))
    joined = exists().where(Bridge.contact_id == contact_id, OPEN_BRIDGE)
    coming = exists().where(Call.contact_id == contact_id, Recording.call_id == Call.id, Recording.state == RecordingState.AWAITED)
    return bool(session.scalar(select(or_(leaving, calling, joined, coming))))


def tickets_of(session: Session, contact_id: int, *, since: datetime | None) -> Sequence[int]:
    """Ids of a contact's tickets, opened at `since` or later."""
    statement = select(Ticket.id).where(Ticket.contact_id == contact_id)
    return session.scalars(statement.where(Ticket.opened_at >= since) if since is not None else statement).all()


def others_with_texts(session: Session, contact_id: int, *, since: datetime | None) -> Sequence[int]:
    """Ids of the tickets that hold texts of a contact and stay when it is erased: of other phones, or opened before `since`."""
    its = select(Message.ticket_id).where(Message.contact_id == contact_id)
    stays = Ticket.contact_id != contact_id
    if since is not None:
        its, stays = its.where(Message.created_at >= since), or_(stays, Ticket.opened_at < since)
    return session.scalars(select(Ticket.id).where(Ticket.id.in_(its), stays).order_by(Ticket.id)).all()


def hidden(session: Session, volunteer: Volunteer, contact_id: int) -> Sequence[Ticket]:
    """The tickets that lose words with a contact and that a volunteer may not see."""
    return session.scalars(select(Ticket).where(Ticket.id.in_(_touched(contact_id)), ~visible_to(volunteer)).order_by(Ticket.id)).all()


def sees(session: Session, volunteer: Volunteer, row: Erasure) -> bool:
    """Whether a volunteer may see the ticket on whose page it was asked."""
    return session.scalar(select(Ticket.id).where(Ticket.id == row.ticket_id, visible_to(volunteer))) is not None


def is_shut_out(session: Session, volunteer_id: int, contact_id: int) -> bool:
    """Whether a volunteer is shut out of a ticket that loses words with a contact: it may complain of that volunteer."""
    shut = exists().where(ShutOut.volunteer_id == volunteer_id, ShutOut.ticket_id.in_(_touched(contact_id)))
    return bool(session.scalar(select(shut)))
