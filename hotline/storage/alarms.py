"""Alarms: an alarm pages one volunteer, about a ticket or something else, and stays open until the volunteer acknowledges it."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, literal, not_, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.danger import RINGS
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
_NOT_RUNG = not_(exists().where(Ticket.id == Alarm.ticket_id, Ticket.danger.in_(sorted(RINGS))))
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


def unseen(session: Session, *, raised_before: datetime, but: Collection[str]) -> Sequence[int]:
    """Ids of the volunteers to be told of an alarm on their own phone.

    The alarm was raised at `raised_before` or earlier, is open, of none of the kinds `but` and about no ticket for which phones ring.
    It was neither seen nor told on the phone yet.
    """
    statement = (
        select(Alarm.volunteer_id)
        .join(Volunteer, Volunteer.id == Alarm.volunteer_id)
        .where(_OPEN, _UNSEEN, Alarm.told_at.is_(None), Alarm.raised_at <= raised_before, Alarm.kind.not_in(but), _NOT_RUNG)
        .where(AT_WORK, Volunteer.phone_id.is_not(None))
        .distinct()
        .order_by(Alarm.volunteer_id)
    )
    return session.scalars(statement).all()


def tell(session: Session, volunteer_id: int, *, but: Collection[str], code: str | None, now: datetime) -> bool:
    """Mark a volunteer's open, unseen alarms as told on the phone, those of the kinds `but` and of tickets for which phones ring excepted.

    `code` is what the text shows. False if the phone was told of all of them before.
    """
    untold = update(Alarm).where(
        Alarm.volunteer_id == volunteer_id, _OPEN, _UNSEEN, Alarm.told_at.is_(None), Alarm.kind.not_in(but), _NOT_RUNG
    )
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


def waits_for(session: Session, volunteer_id: int, kinds: Collection[str]) -> bool:
    """Whether an urgent ticket waits for this volunteer, by an open alarm of these kinds that was not seen."""
    statement = select(Alarm.id).join(Ticket, Ticket.id == Alarm.ticket_id).where(Alarm.volunteer_id == volunteer_id, Alarm.kind.in_(kinds))
    return session.scalar(statement.where(_OPEN, _UNSEEN, ON_QUEUE, _URGENT).limit(1)) is not None


def of_kind(session: Session, kind: str, volunteer_id: int, *, ticket_id: int | None, about: str | None) -> Alarm | None:
    """A volunteer's alarm of a kind, open or not, about a ticket or about something else."""
    statement = select(Alarm).where(Alarm.kind == kind, Alarm.volunteer_id == volunteer_id)
    subject = Alarm.ticket_id == ticket_id if ticket_id is not None else Alarm.about == about
    return session.scalar(statement.where(subject))


def ring(session: Session, alarm_id: int, *, code: str | None, now: datetime) -> None:
    """A phone rings for an alarm, which is open again if it was acknowledged or answered.

    `code`: what a text to the phone shows; None: no text goes, and an earlier code still answers, with the tries that are left.
    """
    told: dict[str, Any] = {"told_at": func.coalesce(Alarm.told_at, literal(now, Alarm.told_at.type))}
    if code is not None:
        told = {"told_at": now, "code": code}
    session.execute(update(Alarm).where(Alarm.id == alarm_id).values(acknowledged_at=None, answered_at=None, **told))


def settle(session: Session, ticket_id: int, kind: str, *, now: datetime) -> None:
    """Take the alarms of a kind about a ticket off all pages: they are over."""
    session.execute(update(Alarm).where(Alarm.ticket_id == ticket_id, Alarm.kind == kind, _OPEN).values(acknowledged_at=now))


def settle_about(session: Session, about: str, kind: str, *, now: datetime) -> None:
    """Take the alarms of a kind about something that is not a ticket off all pages."""
    session.execute(update(Alarm).where(Alarm.about == about, Alarm.kind == kind, _OPEN).values(acknowledged_at=now))


def is_unseen(session: Session, volunteer_id: int, reference: str) -> bool:
    """Whether a volunteer has an open alarm about the ticket with that reference and has not opened the ticket since."""
    of_ticket = select(Alarm.id).join(Ticket, Ticket.id == Alarm.ticket_id).where(Ticket.reference == reference)
    statement = of_ticket.where(Alarm.volunteer_id == volunteer_id, _OPEN, _UNSEEN)
    return session.scalar(statement.limit(1)) is not None


def see(session: Session, volunteer_id: int, ticket_id: int, *, now: datetime) -> None:
    """Mark a volunteer's open alarms about a ticket as seen: the volunteer has opened the ticket."""
    unseen_ones = update(Alarm).where(Alarm.volunteer_id == volunteer_id, Alarm.ticket_id == ticket_id, _OPEN, _UNSEEN)
    session.execute(unseen_ones.values(seen_at=now))


def end(session: Session, ticket_id: int, volunteer_id: int, *, now: datetime) -> None:
    """End a volunteer's open alarms about a ticket that the volunteer must not see any more: no phone may ring about it."""
    session.execute(
        update(Alarm).where(Alarm.volunteer_id == volunteer_id, Alarm.ticket_id == ticket_id, _OPEN).values(acknowledged_at=now)
    )


def reopen(session: Session, ticket_id: int, *, now: datetime) -> None:
    """Page again every volunteer who has acknowledged, answered or seen an alarm about a ticket, and is not shut out of it."""
    outside = select(ShutOut.volunteer_id).where(ShutOut.ticket_id == ticket_id)
    noticed = update(Alarm).where(Alarm.ticket_id == ticket_id, _NOTICED, Alarm.volunteer_id.not_in(outside))
    reopened = noticed.values(**_ANEW, raised_at=now)
    session.execute(reopened)


def reopen_one(session: Session, ticket_id: int, kind: str, volunteer_id: int, *, now: datetime) -> bool:
    """Page a volunteer again about a ticket. False if an alarm of this kind about it is open that the volunteer has not noticed."""
    raised = update(Alarm).where(Alarm.ticket_id == ticket_id, Alarm.kind == kind, Alarm.volunteer_id == volunteer_id)
    return session.scalar(raised.where(_NOTICED).values(**_ANEW, raised_at=now).returning(Alarm.id)) is not None


def reopen_about(session: Session, about: str, kind: str, volunteer_id: int, *, raised_before: datetime, now: datetime) -> None:
    """Page a volunteer again about something that is not a ticket, if they have acknowledged or seen an alarm of this kind about it that
    was raised at `raised_before` or earlier."""
    raised = update(Alarm).where(Alarm.about == about, Alarm.kind == kind, Alarm.volunteer_id == volunteer_id)
    raised = raised.where(Alarm.raised_at <= raised_before)
    reopened = raised.where(_NOTICED).values(**_ANEW, raised_at=now)
    session.execute(reopened)


def see_about(session: Session, volunteer_id: int, about: str, *, now: datetime) -> None:
    """Mark a volunteer's open alarms about something that is not a ticket as seen: the volunteer does what they ask for."""
    unseen_ones = update(Alarm).where(Alarm.volunteer_id == volunteer_id, Alarm.about == about, _OPEN, _UNSEEN)
    session.execute(unseen_ones.values(seen_at=now))


def is_about(session: Session, about: str) -> bool:
    """Whether there is any alarm about something that is not a ticket, acknowledged or not."""
    return session.scalar(select(Alarm.id).where(Alarm.about == about, NO_TICKET).limit(1)) is not None


def forget_about(session: Session, about: str) -> None:
    """Forget all alarms about something that is not a ticket: it is over, and what comes later is news."""
    session.execute(delete(Alarm).where(Alarm.about == about, NO_TICKET))


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


def open_alarm(session: Session, alarm_id: int, volunteer_id: int) -> Alarm | None:
    """A volunteer's open alarm; None if there is no such alarm."""
    return session.scalar(select(Alarm).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, _OPEN))


def acknowledge(session: Session, alarm_id: int, volunteer_id: int, *, now: datetime) -> bool:
    """Acknowledge a volunteer's alarm. False if it is not that volunteer's, or was acknowledged before."""
    statement = (
        update(Alarm).where(Alarm.id == alarm_id, Alarm.volunteer_id == volunteer_id, _OPEN).values(acknowledged_at=now).returning(Alarm.id)
    )
    return session.scalar(statement) is not None
