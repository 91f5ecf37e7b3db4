"""Alarms: an alarm pages one volunteer, about a ticket or something else, and stays open until the volunteer acknowledges it."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from hotline.domain.ticket import Priority
from hotline.storage.base import NO_TICKET
from hotline.storage.db import upsert
from hotline.storage.models import ON_QUEUE, Alarm, ShutOut, Ticket
from hotline.storage.peoplemodels import AT_WORK, Volunteer
from hotline.storage.tickets import visible_to

_OPEN = Alarm.acknowledged_at.is_(None)
_URGENT = Ticket.priority == Priority.URGENT
_UNSEEN = Alarm.seen_at.is_(None)
_NOTICED = not_(_OPEN & _UNSEEN) | Alarm.answered_at.is_not(None)
_ANEW: dict[str, None] = {"acknowledged_at": None, "told_at": None, "seen_at": None, "code": None, "answered_at": None}


def raise_once(session: Session, ticket_id: int, kind: str, volunteer_id: int, *, now: datetime) -> bool:
    """Raise an alarm about a ticket. False if the volunteer has had an alarm of this kind about the ticket before."""
    statement = (
        upsert(session, Alarm)
        # The id is drawn at random: it stands on pages, and counted ids would tell of tickets that the volunteer may not know of.
        .values(id=secrets.randbits(62), ticket_id=ticket_id, kind=kind, volunteer_id=volunteer_id, raised_at=now)
        .on_conflict_do_nothing(index_elements=["ticket_id", "kind", "volunteer_id"])
    )
    return session.scalar(statement.returning(Alarm.id)) is not None


def raise_about_once(session: Session, about: str, kind: str, volunteer_id: int, *, now: datetime) -> bool:
    """Raise an alarm about something that is not a ticket. False if the volunteer has had an alarm of this kind about it before."""
    statement = (
        upsert(session, Alarm)
        .values(id=secrets.randbits(62), about=about, kind=kind, volunteer_id=volunteer_id, raised_at=now)
        .on_conflict_do_nothing(index_elements=["about", "kind", "volunteer_id"], index_where=NO_TICKET)
    )
    return session.scalar(statement.returning(Alarm.id)) is not None


def unseen(session: Session, *, raised_before: datetime, but: str) -> Sequence[int]:
    """Ids of the volunteers to be told of an alarm on their own phone.

    The alarm was raised at `raised_before` or earlier, is open and not of the kind `but`, and was neither seen nor told on the phone yet.
    """
    statement = (
        select(Alarm.volunteer_id)
        .join(Volunteer, Volunteer.id == Alarm.volunteer_id)
        .where(_OPEN, _UNSEEN, Alarm.told_at.is_(None), Alarm.raised_at <= raised_before, Alarm.kind != but)
        .where(AT_WORK, Volunteer.phone_id.is_not(None))
        .distinct()
        .order_by(Alarm.volunteer_id)
    )
    return session.scalars(statement).all()


def tell(session: Session, volunteer_id: int, *, but: str, code: str | None, now: datetime) -> bool:
    """Mark a volunteer's open, unseen alarms as told on the phone, those of the kind `but` excepted. `code` is what the text shows.

    False if the phone was told of all of them before.
    """
    untold = update(Alarm).where(Alarm.volunteer_id == volunteer_id, _OPEN, _UNSEEN, Alarm.told_at.is_(None), Alarm.kind != but)
    statement = untold.values(told_at=now, code=code).returning(Alarm.id)
    return bool(session.scalars(statement).all())


def told(session: Session, contact_id: int) -> Sequence[Alarm]:
    """The open alarms that a phone was told of, by ticket. If several volunteers have the phone, those of all of them."""
    statement = select(Alarm).join(Volunteer, Volunteer.id == Alarm.volunteer_id).where(Volunteer.phone_id == contact_id, Volunteer.active)
    return session.scalars(statement.where(_OPEN, Alarm.told_at.is_not(None)).order_by(Alarm.ticket_id, Alarm.id)).all()


def answer(session: Session, alarm_id: int, *, now: datetime) -> bool:
    """Note that the code of an open alarm was texted. False if that was noted before. The alarm stays open until it is seen on a page."""
    statement = update(Alarm).where(Alarm.id == alarm_id, _OPEN, Alarm.answered_at.is_(None)).values(answered_at=now).returning(Alarm.id)
    return session.scalar(statement) is not None


def unopened(session: Session, kinds: Collection[str], *, but: str, raised_before: datetime) -> Sequence[tuple[int, int | None]]:
    """Up to 200 urgent tickets on the queue that volunteers were paged about and nobody has opened, as (ticket id, team id).

    Somebody was paged if an alarm of these kinds was raised at `raised_before` or earlier and is open and not seen. Nobody has opened
    the ticket if no alarm about it was seen or acknowledged. Tickets with an alarm of the kind `but` are left out.
    """
    other = aliased(Alarm)
    paged = select(Alarm.ticket_id).where(Alarm.kind.in_(kinds), _OPEN, _UNSEEN, Alarm.raised_at <= raised_before)
    was_opened = select(other.id).where(other.ticket_id == Ticket.id, other.seen_at.is_not(None) | other.acknowledged_at.is_not(None))
    was_raised = select(other.id).where(other.ticket_id == Ticket.id, other.kind == but)
    statement = select(Ticket.id, Ticket.team_id).where(Ticket.id.in_(paged), ON_QUEUE, _URGENT, ~was_opened.exists(), ~was_raised.exists())
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Ticket.id).limit(200))]


def waits_for(session: Session, volunteer_id: int, kinds: Collection[str]) -> bool:
    """Whether an urgent ticket waits for this volunteer, by an open alarm of these kinds that was not seen."""
    statement = select(Alarm.id).join(Ticket, Ticket.id == Alarm.ticket_id).where(Alarm.volunteer_id == volunteer_id, Alarm.kind.in_(kinds))
    return session.scalar(statement.where(_OPEN, _UNSEEN, ON_QUEUE, _URGENT).limit(1)) is not None


def is_unseen(session: Session, volunteer_id: int, ticket_id: int) -> bool:
    """Whether a volunteer has an open alarm about a ticket and has not opened the ticket since."""
    statement = select(Alarm.id).where(Alarm.volunteer_id == volunteer_id, Alarm.ticket_id == ticket_id, _OPEN, _UNSEEN)
    return session.scalar(statement.limit(1)) is not None


def see(session: Session, volunteer_id: int, ticket_id: int, *, now: datetime) -> None:
    """Mark a volunteer's open alarms about a ticket as seen: the volunteer has opened the ticket."""
    unseen_ones = update(Alarm).where(Alarm.volunteer_id == volunteer_id, Alarm.ticket_id == ticket_id, _OPEN, _UNSEEN)
    session.execute(unseen_ones.values(seen_at=now))


def reopen(session: Session, ticket_id: int, *, now: datetime) -> None:
    """Page again every volunteer who has acknowledged, answered or seen an alarm about a ticket."""
    noticed = update(Alarm).where(Alarm.ticket_id == ticket_id, _NOTICED)
    reopened = noticed.values(**_ANEW, raised_at=now)
    session.execute(reopened)


def reopen_about(session: Session, about: str, kind: str, volunteer_id: int, *, now: datetime) -> None:
    """Page a volunteer again about something that is not a ticket, if they have acknowledged or seen an alarm of this kind about it."""
    raised = update(Alarm).where(Alarm.about == about, Alarm.kind == kind, Alarm.volunteer_id == volunteer_id)
    reopened = raised.where(_NOTICED).values(**_ANEW, raised_at=now)
    session.execute(reopened)


def open_for(session: Session, volunteer: Volunteer) -> Sequence[tuple[Alarm, Ticket | None]]:
    """A volunteer's open alarms, newest first, at most 200, each with its ticket (None if it is about something else).

    Alarms about tickets that the volunteer may not see (any more) are left out. The head gets them all the same, with None for the
    ticket, unless shut out of it: the head is told that a ticket waits, but not which.
    """
    may_know = Ticket.id.is_not(None)
    if volunteer.is_head:
        may_know = Alarm.ticket_id.not_in(select(ShutOut.ticket_id).where(ShutOut.volunteer_id == volunteer.id))
    statement = (
        select(Alarm, Ticket)
        .outerjoin(Ticket, (Ticket.id == Alarm.ticket_id) & visible_to(volunteer))
        .where(Alarm.volunteer_id == volunteer.id, _OPEN, or_(Alarm.ticket_id.is_(None), may_know))
        .order_by(Alarm.raised_at.desc(), Alarm.id)
        .limit(200)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def open_alarm(session: Session, alarm_id: int, volunteer_id: int) -> tuple[int | None] | None:
    """The ticket id of a volunteer's open alarm, in a tuple: (None,) if the alarm is not about a ticket. None if there is no such alarm."""
    statement = select(Alarm.ticket_id).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, _OPEN)
    found = session.execute(statement).one_or_none()
    return (found.ticket_id,) if found is not None else None


def acknowledge(session: Session, alarm_id: int, volunteer_id: int, *, now: datetime) -> bool:
    """Acknowledge a volunteer's alarm. False if it is not that volunteer's, or was acknowledged before."""
    statement = (
        update(Alarm).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, _OPEN).values(acknowledged_at=now).returning(Alarm.id)
    )
    return session.scalar(statement) is not None
