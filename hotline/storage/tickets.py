"""Tickets: opened, found, and changed by compare-and-set on their version."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Unpack

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import QuestionKind
from hotline.domain.rights import Role
from hotline.domain.ticket import OPEN, Status
from hotline.storage.db import Insert, table
from hotline.storage.models import ON_QUEUE, PROMISED, WAITS, Contact, Question, ShutOut, Ticket
from hotline.storage.peoplemodels import Membership, Volunteer
from hotline.storage.rows import NewTicket, TicketChanges, TicketRow


class TicketMoved(Exception):
    """Somebody was first: the ticket is no longer what the change was made from. `args[0]` is its id."""


_TICKETS = table(Ticket)
_PUT = Insert(lambda insert: insert(_TICKETS).on_conflict_do_nothing(index_elements=["reference"]).returning(_TICKETS.c.id))


def new(**values: Unpack[NewTicket]) -> TicketRow:
    """The row of a new ticket."""
    return {"status": Status.NEW, "unread": True, "unattended": False, "version": 1, **values}


def insert(session: Session, **values: Unpack[TicketRow]) -> int | None:
    """Store such a row; its id, or None if the reference is taken."""
    opened = _PUT.put(session, values)
    return opened[0] if opened else None


def change(session: Session, ticket_id: int, version: int, *, now: datetime, **values: Unpack[TicketChanges]) -> int:
    """Compare-and-set: the new version. Raises `TicketMoved` if the ticket is not at `version` any more. What is resolved or closed is
    promised no longer, and late no longer."""
    if values.get("status") in (Status.RESOLVED, Status.CLOSED):
        values |= {"promised_at": None, "on_time": True}
    changed: int | None = session.scalar(
        update(Ticket)
        .where(Ticket.id == ticket_id, Ticket.version == version)
        .values(version=version + 1, changed_at=now, **values)
        .returning(Ticket.version)
    )
    if changed is None:
        raise TicketMoved(ticket_id)
    return changed


def looked_at(session: Session, ticket_id: int, *, now: datetime) -> None:
    """It was routed and stays as it was, its version too: whoever raised it a second ago goes on with her page."""
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(routed_at=now))


def by_reference(session: Session, references: Sequence[str]) -> Sequence[Ticket]:
    """The tickets that have one of these references."""
    return session.scalars(select(Ticket).where(Ticket.reference.in_(references))).all()


def reference_of(session: Session, ticket_id: int) -> str:
    """The reference of a ticket."""
    return session.execute(select(Ticket.reference).where(Ticket.id == ticket_id)).scalar_one()


def has_held(session: Session, contact_id: int) -> bool:
    """Whether a contact has an open ticket on hold."""
    is_open = Ticket.status.not_in((Status.RESOLVED, Status.CLOSED))
    return session.scalar(select(Ticket.id).where(Ticket.contact_id == contact_id, Ticket.hold, is_open).limit(1)) is not None


def locked(session: Session, ticket_id: int) -> Ticket:
    """That ticket as it stands now, kept so until the commit: for changes that must not lose to another's."""
    statement = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def asking(session: Session, contact_id: int, *, closed_since: datetime) -> Sequence[Ticket]:
    """Her tickets with an open question: resolved, or closed since then. Locked: an answer must not meet another change."""
    return session.scalars(
        select(Ticket)
        .join(Question, Question.ticket_id == Ticket.id)
        .where(
            Question.contact_id == contact_id,
            Question.answered_at.is_(None),
            Question.kind == QuestionKind.SOLVED,
            or_(Ticket.status == Status.RESOLVED, and_(Ticket.status == Status.CLOSED, Question.asked_at >= closed_since)),
        )
        .order_by(Ticket.id)
        .with_for_update(of=Ticket),
        execution_options={"populate_existing": True},
    ).all()


def latest_open_id(session: Session, contact_id: int) -> int | None:
    """Her newest open ticket."""
    return session.scalar(
        select(Ticket.id).where(Ticket.contact_id == contact_id, Ticket.status.in_(OPEN)).order_by(Ticket.id.desc()).limit(1)
    )


def visible_to(volunteer: Volunteer) -> ColumnElement[bool]:
    """Which tickets a volunteer may know of: a sealed one only its own team, or the head while it has none; none that she is shut out
    of. An administrator may know of none by that, an auditor of those that are not sealed."""
    if volunteer.role == Role.ADMINISTRATOR:
        return false()
    let_in = Ticket.id.not_in(select(ShutOut.ticket_id).where(ShutOut.volunteer_id == volunteer.id))
    if volunteer.role == Role.AUDITOR:
        return and_(Ticket.sealed.is_(False), let_in)
    own_team = exists().where(Membership.team_id == Ticket.team_id, Membership.volunteer_id == volunteer.id)
    # Only once it was routed: until then its team may be seconds away.
    waits_for_head = and_(Ticket.team_id.is_(None), Ticket.routed_at.is_not(None), true() if volunteer.is_head else false())
    return and_(or_(Ticket.sealed.is_(False), own_team, waits_for_head), let_in)


def seen_by(session: Session, volunteer: Volunteer, reference: str) -> Ticket | None:
    """The ticket, if there is one and the volunteer may see it: the same None for both, so that nobody learns which."""
    return session.scalar(select(Ticket).where(Ticket.reference == reference, visible_to(volunteer)))


def of_number(session: Session, volunteer: Volunteer, address: str, *, limit: int) -> Sequence[Ticket]:
    """The newest tickets of a phone that the volunteer may see."""
    statement = select(Ticket).join(Contact, Contact.id == Ticket.contact_id).where(Contact.address == address, visible_to(volunteer))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def waiting(session: Session, team_ids: Sequence[int], categories: Sequence[str], limit: int) -> Iterable[Ticket]:
    """Routed tickets that nobody has though somebody of their team could take them now (`team_ids`), or that have no team though
    there is one for their category by now (`categories`); most pressing first."""
    if not team_ids and not categories:
        return ()
    could_go = or_(
        and_(Ticket.team_id.in_(team_ids), Ticket.unattended, Ticket.assignee_id.is_(None)),
        and_(Ticket.team_id.is_(None), Ticket.category.in_(categories)),
    )
    statement = select(Ticket).where(WAITS, Ticket.routed_at.is_not(None), ON_QUEUE, could_go)
    statement = statement.order_by(Ticket.priority, Ticket.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def overdue(session: Session, *, now: datetime, limit: int) -> Iterable[Ticket]:
    """Tickets that are not done though it was promised by now, and not marked late yet; rows another worker holds are left out."""
    statement = select(Ticket).where(PROMISED, Ticket.promised_at <= now).order_by(Ticket.promised_at).limit(limit)
    return session.scalars(statement.with_for_update(skip_locked=True), execution_options={"populate_existing": True}).all()


def unrouted(session: Session, limit: int) -> Iterable[Ticket]:
    """Tickets no worker has routed since they were opened or sealed, oldest first; rows another worker holds are left out."""
    statement = select(Ticket).where(Ticket.routed_at.is_(None)).order_by(Ticket.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def held_by(session: Session, volunteer_id: int, team_id: int | None) -> Sequence[Ticket]:
    """What she still has on the queue, or of one team; locked."""
    statement = select(Ticket).where(Ticket.assignee_id == volunteer_id, ON_QUEUE).order_by(Ticket.id).with_for_update()
    if team_id is not None:
        statement = statement.where(Ticket.team_id == team_id)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def sheet(session: Session, volunteer: Volunteer, team_id: int, *, limit: int) -> Sequence[Ticket]:
    """A team's open tickets that she may see, the most pressing first: what a shift hands to the next."""
    statement = select(Ticket).where(ON_QUEUE, Ticket.team_id == team_id, visible_to(volunteer))
    return session.scalars(statement.order_by(Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.id).limit(limit)).all()
