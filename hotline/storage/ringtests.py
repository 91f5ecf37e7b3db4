"""The daily tests that phones of staff can be rung."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.storage import sealed
from hotline.storage.db import upsert
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.ringmodels import UNANSWERED, RingTest


class AnsweredBy(StrEnum):
    """How a test was answered."""

    CALL = "call"  # by the key
    TEXT = "text"  # by the code


def begin(session: Session, on_date: date, contact_id: int, *, rung: bool, now: datetime) -> bool:
    """Store the test of a phone on a day. False if there is one: then nothing changes."""
    statement = upsert(session, RingTest).values(on_date=on_date, contact_id=contact_id, begun_at=now, rung=rung)
    statement = statement.on_conflict_do_nothing(index_elements=["on_date", "contact_id"])
    return session.scalar(statement.returning(RingTest.id)) is not None


def show(session: Session, on_date: date, contact_id: int, code: str) -> None:
    """Store the code that the text about a test shows."""
    session.execute(update(RingTest).where(RingTest.on_date == on_date, RingTest.contact_id == contact_id).values(code=code))


def newest(session: Session, contact_id: int) -> RingTest | None:
    """The newest test of a phone."""
    return session.scalar(select(RingTest).where(RingTest.contact_id == contact_id).order_by(RingTest.on_date.desc()).limit(1))


def answer(session: Session, test_id: int, *, by: AnsweredBy, now: datetime) -> None:
    """Note that a test was answered. The first answer stays."""
    unanswered = update(RingTest).where(RingTest.id == test_id, RingTest.answered_at.is_(None))
    session.execute(unanswered.values(answered_at=now, answered_by=by))


def unanswered(session: Session, *, begun_before: datetime) -> Sequence[int]:
    """Ids of up to 200 tests begun at `begun_before` or earlier that nobody answered and no lead was told of, the oldest first."""
    statement = select(RingTest.id).where(UNANSWERED, RingTest.begun_at <= begun_before)
    return session.scalars(statement.order_by(RingTest.begun_at, RingTest.id).limit(200)).all()


def give_up(session: Session, test_id: int, *, now: datetime) -> tuple[date, int] | None:
    """Note that a lead is told of a test that nobody answered.

    Returns its day and its contact's id; None if that was done before, or the test was answered.
    """
    statement = update(RingTest).where(RingTest.id == test_id, UNANSWERED).values(told_at=now)
    found = session.execute(statement.returning(RingTest.on_date, RingTest.contact_id)).one_or_none()
    return (found[0], found[1]) if found is not None else None


def addresses(session: Session, on_date: date) -> frozenset[str]:
    """The addresses of the phones that were tested on a day."""
    statement = select(Contact).join(RingTest, RingTest.contact_id == Contact.id).where(RingTest.on_date == on_date)
    keys = sealed.keys_of(session)
    return frozenset(address for contact in session.scalars(statement) if (address := sealed.number_of(keys, contact)) is not None)


def since(session: Session, first: date) -> Sequence[tuple[RingTest, str]]:
    """The tests from day `first` on, each with the address of its phone: the newest day first."""
    statement = select(RingTest, Contact).join(Contact, Contact.id == RingTest.contact_id).where(RingTest.on_date >= first)
    found = session.execute(statement.order_by(RingTest.on_date.desc(), RingTest.id))
    return [(row[0], sealed.number_of(sealed.keys_of(session), row[1]) or "") for row in found]


def phones(session: Session, volunteer_ids: Collection[int]) -> dict[int, Contact]:
    """Volunteer id → the contact of the volunteer's own phone, for those of them who gave one."""
    statement = select(Volunteer.id, Contact).join(Contact, Contact.id == Volunteer.phone_id).where(Volunteer.id.in_(volunteer_ids))
    return {row[0]: row[1] for row in session.execute(statement)} if volunteer_ids else {}
