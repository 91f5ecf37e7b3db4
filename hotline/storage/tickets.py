"""Tickets: opened, found, and changed by compare-and-set on their version."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Unpack

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import SOLVED_TEXTS, QuestionKind
from hotline.domain.delivery import Delivery
from hotline.domain.rights import Role
from hotline.domain.ticket import ENDED, OPEN, Status
from hotline.sealing import mark
from hotline.storage import sealed
from hotline.storage.base import other
from hotline.storage.db import Insert, execute, table
from hotline.storage.models import ON_QUEUE, PROMISED, WAITS, Alarm, Contact, Message, Question, ShutOut, Ticket, TypedPhone
from hotline.storage.peoplemodels import Membership, Volunteer
from hotline.storage.ringmodels import SealBreak
from hotline.storage.rows import NewTicket, TicketChanges, TicketRow

UNREAD_FOR = timedelta(seconds=60)
"""So long a new ticket waits for a worker to read it. After that heads and leads see it all the same."""


class TicketMoved(Exception):
    """The ticket has changed since the version from which a change was to be made. `args[0]` is its id."""


_TICKETS = table(Ticket)
_PUT = Insert(lambda insert: insert(_TICKETS).on_conflict_do_nothing(index_elements=["reference"]).returning(_TICKETS.c.id))
_MOVE = _TICKETS.update().where(_TICKETS.c.id == bindparam("row_id"), _TICKETS.c.version == bindparam("seen")).returning(_TICKETS.c.id)
# A change that leaves a ticket as open or ended as it is: what is written after the words of an ended one have gone is kept anew.
_CHANGE = _MOVE.values(
    kept_from=case(
        (
            or_(*(_TICKETS.c.status == status for status in sorted(ENDED))),
            func.coalesce(_TICKETS.c.kept_from, bindparam("now", type_=_TICKETS.c.kept_from.type)),
        )
    )
)
_LOCKED = select(Ticket).where(Ticket.id == bindparam("ticket_id")).with_for_update().execution_options(populate_existing=True)


OF_OWNER = ~exists().where(Contact.id == Ticket.contact_id, Contact.owner_since > Ticket.opened_at)
"""Tickets that their phone may still call its own: the number has not been silent for long since (docs/adr/0031-…)."""


def new(**values: Unpack[NewTicket]) -> TicketRow:
    """The row of a new ticket."""
    return {"status": Status.NEW, "unread": True, "unattended": False, "version": 1, **values}


def insert(session: Session, **values: Unpack[TicketRow]) -> int | None:
    """Store a new ticket, given as a whole row. Returns its id, or None if the reference is taken."""
    opened = _PUT.put(session, values)
    return opened[0] if opened else None


def change(session: Session, ticket_id: int, version: int, *, now: datetime, **values: Unpack[TicketChanges]) -> int:
    """Change a ticket that is still at `version`. Returns the new version.

    A ticket that becomes resolved or closed loses its promised time, and is not late any more; from then on the days count for which its
    words are kept. Raises `TicketMoved`.
    """
    row = {"row_id": ticket_id, "seen": version, "version": version + 1, "changed_at": now, **values}
    if "status" not in values:
        changed = execute(session, _CHANGE, {**row, "now": now})
    elif values["status"] in ENDED:
        ended = {"kept_from": now, "goes_at": None, "promised_at": None, "on_time": True}
        changed = execute(session, _MOVE, {**row, **ended})
    else:
        changed = execute(session, _MOVE, {**row, "kept_from": None, "goes_at": None})
    if changed is None:
        raise TicketMoved(ticket_id)
    return version + 1


def looked_at(session: Session, ticket_id: int, *, now: datetime) -> None:
    """Mark a ticket as routed that routing left as it was.

    Its version stays too, so that a volunteer who changed it a second ago can go on with the open page.
    """
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(routed_at=now))


def act(session: Session, ticket_id: int, *, told_at: datetime | None, now: datetime) -> bool:
    """Note that somebody acted on the danger told of at `told_at`. False if somebody has, or danger was told of anew.

    The version stays: nobody's form is refused because a text has left.
    """
    is_open = (Ticket.id == ticket_id, Ticket.danger.is_not(None), Ticket.danger_at == told_at, Ticket.acted_at.is_(None))
    changes = {"acted_at": now, "next_ring_at": None, "head_told_at": None}
    return session.scalar(update(Ticket).where(*is_open).values(**changes).returning(Ticket.id)) is not None


def by_reference(session: Session, references: Sequence[str]) -> Sequence[Ticket]:
    """The tickets that have one of these references."""
    return session.scalars(select(Ticket).where(Ticket.reference.in_(references))).all()


def reference_of(session: Session, ticket_id: int) -> str:
    """The reference of a ticket."""
    return session.execute(select(Ticket.reference).where(Ticket.id == ticket_id)).scalar_one()


def locked(session: Session, ticket_id: int) -> Ticket:
    """A ticket as it is now, locked until the commit, for a change that must not fail because of another one."""
    return session.scalars(_LOCKED, {"ticket_id": ticket_id}).one()


def asking(session: Session, contact_id: int, *, since: datetime) -> Sequence[Ticket]:
    """A contact's tickets with an open question whether the complaint is solved, asked at `since` or later, the oldest first.

    Only those of which a text took the question to the phone: only then may a digit answer it. They are resolved or closed, and locked,
    so that nothing else changes them meanwhile.
    """
    took_it = exists().where(
        Message.ticket_id == Ticket.id,
        Message.contact_id == contact_id,
        Message.text_key.in_(SOLVED_TEXTS),
        Message.created_at >= Question.asked_at,
        # While a text is leaving, the phone may have it before we know.
        or_(Message.sent_at.is_not(None), Message.delivery.in_((Delivery.SENDING, Delivery.UNKNOWN))),
    )
    return session.scalars(
        select(Ticket)
        .join(Question, Question.ticket_id == Ticket.id)
        .where(
            Question.contact_id == contact_id,
            Question.answered_at.is_(None),
            Question.kind == QuestionKind.SOLVED,
            Question.asked_at >= since,
            Ticket.status.in_((Status.RESOLVED, Status.CLOSED)),
            OF_OWNER,
            took_it,
        )
        .order_by(Ticket.id)
        .with_for_update(of=Ticket),
        execution_options={"populate_existing": True},
    ).all()


def latest_open_id(session: Session, contact_id: int) -> int | None:
    """The id of a contact's newest open ticket; None if there is none."""
    return session.scalar(
        select(Ticket.id).where(Ticket.contact_id == contact_id, Ticket.status.in_(OPEN), OF_OWNER).order_by(Ticket.id.desc()).limit(1)
    )


def in_danger(session: Session, contact_id: int, *, since: datetime) -> int | None:
    """The id of a contact's ticket that is not closed and of which danger was told at `since` or later, the last told of; None if none."""
    told = (Ticket.contact_id == contact_id, Ticket.danger.is_not(None), Ticket.danger_at >= since, Ticket.status != Status.CLOSED)
    return session.scalar(select(Ticket.id).where(*told, OF_OWNER).order_by(Ticket.danger_at.desc(), Ticket.id.desc()).limit(1))


def is_of_owner(session: Session, ticket_id: int) -> bool:
    """Whether the phone of a ticket may still call it its own."""
    return session.scalar(select(Ticket.id).where(Ticket.id == ticket_id, OF_OWNER)) is not None


def unclosed_ids(session: Session, contact_id: int, *, besides: int) -> Sequence[int]:
    """The ids of a contact's tickets that are not closed, after that of the ticket `besides`."""
    others = select(Ticket.id).where(Ticket.contact_id == contact_id, Ticket.status != Status.CLOSED, Ticket.id != besides)
    return [besides, *session.scalars(others.order_by(Ticket.id).limit(50))]


_LEADS, _ALARM = other(Membership), other(Alarm)
"""Of `visible_to`, which may stand in a query that reads the same tables for another purpose. Made once: an alias takes longer to make than
the rest of the condition."""

BESIDE = "beside"
"""The alarm of a lead of another team about the danger that a sealed ticket tells of (`hotline.alarms.AlarmKind.BESIDE`)."""


class Reader(Protocol):
    """What `visible_to` needs to know of a volunteer. The id may be a parameter of the query."""

    @property
    def id(self) -> Any:
        """The volunteer's id."""

    @property
    def role(self) -> str:
        """The volunteer's `Role`."""

    @property
    def is_head(self) -> bool:
        """Whether the volunteer is a head."""

    @property
    def confirmed(self) -> bool:
        """Whether somebody has confirmed who uses the account."""


def visible_to(volunteer: Reader) -> ColumnElement[bool]:
    """Whether a volunteer may know of a ticket.

    Only its own team may know of a sealed ticket, the head while it has no team, a lead who broke its seal, and while it is in danger
    a lead who was alarmed for that danger. A volunteer who is shut out of a ticket may not.
    An administrator may know of no ticket, an auditor of no sealed one, and nobody of any while it is not confirmed who uses the account.
    """
    if volunteer.role == Role.ADMINISTRATOR or not volunteer.confirmed:
        return false()
    let_in = and_(_is_read(volunteer), Ticket.id.not_in(select(ShutOut.ticket_id).where(ShutOut.volunteer_id == volunteer.id)))
    if volunteer.role == Role.AUDITOR:
        return and_(Ticket.sealed.is_(False), let_in)
    own_team = exists().where(Membership.team_id == Ticket.team_id, Membership.volunteer_id == volunteer.id)
    broke_seal = Ticket.id.in_(select(SealBreak.ticket_id).where(SealBreak.volunteer_id == volunteer.id))
    alarmed = exists().where(_ALARM.ticket_id == Ticket.id, _ALARM.kind == BESIDE, _ALARM.volunteer_id == volunteer.id)
    # Only once it was routed: until then it may get its team within seconds.
    waits_for_head = and_(Ticket.team_id.is_(None), Ticket.routed_at.is_not(None), true() if volunteer.is_head else false())
    beside = and_(Ticket.danger.is_not(None), alarmed, _leads(volunteer))
    return and_(or_(Ticket.sealed.is_(False), own_team, waits_for_head, broke_seal, beside), let_in)


def _leads(volunteer: Reader) -> ColumnElement[bool]:
    """Whether a volunteer leads a team now."""
    return exists().where(_LEADS.volunteer_id == volunteer.id, _LEADS.is_lead)


def references_seen(session: Session, volunteer: Volunteer, ids: Collection[int]) -> dict[int, str]:
    """Ticket's id → reference, of those of the tickets that the volunteer may know of and works on."""
    if Role(volunteer.role) is not Role.VOLUNTEER:
        return {}
    statement = select(Ticket.id, Ticket.reference).where(Ticket.id.in_(ids), visible_to(volunteer))
    return {row[0]: row[1] for row in session.execute(statement)}


def _is_read(volunteer: Reader) -> ColumnElement[bool]:
    """Whether the machine has read a ticket: until then it may turn out that the volunteer must not see it. A ticket that waits for
    too long is shown to heads and leads, who would have to ask why."""
    waits = Ticket.opened_at <= bindparam("unread_before", callable_=_unread_before, type_=Ticket.opened_at.type)
    return or_(Ticket.to_read.is_(False), waits if volunteer.is_head else and_(waits, _leads(volunteer)))


def _unread_before() -> datetime:
    # The clock of this machine: a statement is shared by sessions, and none of them has a time of its own.
    return datetime.now(UTC) - UNREAD_FOR


def seen_by(session: Session, volunteer: Volunteer, reference: str) -> Ticket | None:
    """The ticket with that reference. None if there is none or the volunteer may not see it: the answer does not tell which."""
    return session.scalar(select(Ticket).where(Ticket.reference == reference, visible_to(volunteer)))


def let_in_beside(session: Session, ticket_id: int) -> Sequence[int]:
    """Ids of the people who were alarmed for the danger that a sealed ticket tells of besides, and still lead a team."""
    statement = select(Alarm.volunteer_id).where(Alarm.ticket_id == ticket_id, Alarm.kind == BESIDE)
    leads = select(Membership.volunteer_id).where(Membership.is_lead)
    return session.scalars(statement.where(Alarm.volunteer_id.in_(leads)).order_by(Alarm.volunteer_id)).all()


def is_shut_to(session: Session, ticket_id: int, volunteer_id: int) -> bool:
    """Whether a volunteer is shut out of a ticket."""
    statement = select(ShutOut.ticket_id).where(ShutOut.ticket_id == ticket_id, ShutOut.volunteer_id == volunteer_id)
    return session.scalar(statement) is not None


def of_number(session: Session, volunteer: Volunteer, address: str, *, limit: int) -> Sequence[Ticket]:
    """The tickets of a phone that the volunteer may see, and those on which its number was typed in, newest first."""
    of_phone = mark(sealed.keys_of(session), address)
    own = select(Ticket.id).join(Contact, Contact.id == Ticket.contact_id).where(Contact.mark == of_phone)
    typed = select(TypedPhone.ticket_id).where(TypedPhone.mark == of_phone)
    statement = select(Ticket).where(Ticket.id.in_(own.union_all(typed)), visible_to(volunteer))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def visible_among(session: Session, volunteer: Volunteer, ids: Collection[int]) -> dict[int, str]:
    """Id → reference of those of the tickets that the volunteer may see."""
    if not ids:
        return {}
    return {
        row.id: row.reference
        for row in session.execute(select(Ticket.id, Ticket.reference).where(Ticket.id.in_(ids), visible_to(volunteer)))
    }


def of_contact(session: Session, volunteer: Volunteer, contact_id: int, *, besides: int | None, limit: int) -> Sequence[Ticket]:
    """A contact's tickets that the volunteer may see and that are not closed, but for the ticket `besides`, newest first."""
    statement = select(Ticket).where(Ticket.contact_id == contact_id, Ticket.status != Status.CLOSED, visible_to(volunteer))
    if besides is not None:
        statement = statement.where(Ticket.id != besides)
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def newest_of_contact(session: Session, volunteer: Volunteer, contact_id: int, *, besides: int, limit: int) -> Sequence[Ticket]:
    """A contact's tickets that the volunteer may see, closed ones too, but for the ticket `besides`, newest first."""
    statement = select(Ticket).where(Ticket.contact_id == contact_id, Ticket.id != besides, visible_to(volunteer))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


_FOR_SOMEBODY = and_(Ticket.unattended, Ticket.assignee_id.is_(None))
"""Tickets that nobody could be found for in their team."""


def teams_that_wait(session: Session) -> Sequence[int]:
    """Ids of the teams in which a routed ticket waits for somebody."""
    statement = select(Ticket.team_id).where(WAITS, Ticket.routed_at.is_not(None), ON_QUEUE, _FOR_SOMEBODY)
    return [i for i in session.scalars(statement.distinct()) if i is not None]


def waiting(session: Session, team_ids: Sequence[int], categories: Sequence[str], limit: int) -> Iterable[Ticket]:
    """Routed tickets that can be given to somebody by now, the most pressing first, locked. Rows that others have locked are left out.

    In the teams `team_ids` somebody is there now for tickets that were unattended. For `categories` there is a team now: theirs are the
    tickets without a team.
    """
    if not team_ids and not categories:
        return ()
    could_go = or_(
        and_(Ticket.team_id.in_(team_ids), _FOR_SOMEBODY),
        and_(Ticket.team_id.is_(None), Ticket.category.in_(categories)),
    )
    statement = select(Ticket).where(WAITS, Ticket.routed_at.is_not(None), ON_QUEUE, could_go)
    statement = statement.order_by(Ticket.priority, Ticket.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def overdue(session: Session, *, now: datetime, limit: int) -> Iterable[Ticket]:
    """Tickets whose promised time has passed and that are not marked late yet, locked. Rows that others have locked are left out."""
    statement = select(Ticket).where(PROMISED, Ticket.promised_at <= now).order_by(Ticket.promised_at).limit(limit)
    return session.scalars(statement.with_for_update(skip_locked=True), execution_options={"populate_existing": True}).all()


def unrouted(session: Session, limit: int) -> Sequence[Ticket]:
    """Tickets that have been read and are still to be routed, the most pressing first and of these the oldest, locked. Rows that another
    worker has locked are left out."""
    statement = select(Ticket).where(Ticket.routed_at.is_(None), Ticket.to_read.is_(False)).order_by(Ticket.priority, Ticket.id)
    locked = statement.limit(limit).with_for_update(skip_locked=True)
    return session.scalars(locked, execution_options={"populate_existing": True}).all()


def held_by(session: Session, volunteer_id: int, team_id: int | None) -> Sequence[Ticket]:
    """The tickets on the queue that a volunteer has, in one team or with None in all, locked."""
    statement = select(Ticket).where(Ticket.assignee_id == volunteer_id, ON_QUEUE).order_by(Ticket.id).with_for_update()
    if team_id is not None:
        statement = statement.where(Ticket.team_id == team_id)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def sheet(session: Session, volunteer: Volunteer, team_id: int, *, limit: int) -> Sequence[Ticket]:
    """A team's tickets on the queue that the volunteer may see, the most pressing first: what a shift hands over to the next."""
    statement = select(Ticket).where(ON_QUEUE, Ticket.team_id == team_id, visible_to(volunteer))
    return session.scalars(statement.order_by(Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.id).limit(limit)).all()
