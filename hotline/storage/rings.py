"""Which phones ring because somebody is in danger: whose turn it is, when each was rung, and until when it rests."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.danger import RINGS
from hotline.sealing import mark
from hotline.storage import sealed
from hotline.storage.db import is_sqlite, upsert
from hotline.storage.models import RINGING, Contact, Ticket
from hotline.storage.ringmodels import Ring

_TURN = 0x7269_6E67
"""The key of PostgreSQL's lock for a choice among phones: any number that stands for nothing else."""

_ROUTED_WITHIN = timedelta(minutes=1)
"""How long a ticket waits for its team before phones ring. A worker that routes needs seconds; without one the heads are rung."""

_RINGS = and_(Ticket.danger.in_(sorted(RINGS)), Ticket.acted_at.is_(None))


def take_turn(session: Session) -> None:
    """Nobody else chooses a phone to ring until the commit: two workers would both find the same phone free."""
    if not is_sqlite(session):  # SQLite has one writer at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def due(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Ids of the tickets for which the next phone is to be rung now, the longest due first."""
    can_tell_whose = or_(Ticket.routed_at.is_not(None), Ticket.next_ring_at <= now - _ROUTED_WITHIN)
    statement = select(Ticket.id).where(RINGING, Ticket.next_ring_at <= now, can_tell_whose)
    return session.scalars(statement.order_by(Ticket.next_ring_at, Ticket.id).limit(limit)).all()


def due_one(session: Session, ticket_id: int, *, now: datetime) -> Ticket | None:
    """That ticket, if the next phone is still to be rung for it now."""
    statement = select(Ticket).where(Ticket.id == ticket_id, RINGING, Ticket.next_ring_at <= now)
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def go_on(session: Session, ticket: Ticket, *, at: datetime | None, head_told_at: datetime | None) -> bool:
    """Store when the next phone is rung (None: none is). False if somebody changed that meanwhile.

    The version of the ticket stays, so that the volunteer who works on it can go on with the open page.
    """
    statement = update(Ticket).where(Ticket.id == ticket.id, Ticket.next_ring_at == ticket.next_ring_at)
    statement = statement.values(next_ring_at=at, head_told_at=head_told_at).returning(Ticket.id)
    return session.scalar(statement) is not None


def at_once(session: Session, ticket_id: int, *, now: datetime) -> None:
    """The next phone is rung now."""
    session.execute(update(Ticket).where(Ticket.id == ticket_id, RINGING).values(next_ring_at=now))


def of_ticket(session: Session, ticket_id: int) -> dict[int, Ring]:
    """Id of a phone's contact → when it was rung for the ticket, and until when it rests."""
    found = session.scalars(select(Ring).where(Ring.ticket_id == ticket_id), execution_options={"populate_existing": True})
    return {row.contact_id: row for row in found}


def rang(session: Session, ticket_id: int, contact_id: int, volunteer_id: int | None, *, now: datetime) -> None:
    """A phone is rung for a ticket."""
    _put(session, (ticket_id, contact_id, volunteer_id), {"rung_at": now, "quiet_until": None})


def quiet_one(session: Session, ticket_id: int, contact_id: int, volunteer_id: int, *, until: datetime) -> None:
    """A phone rests for one ticket, whether it was rung for it or not."""
    _put(session, (ticket_id, contact_id, volunteer_id), {"quiet_until": until})


def _put(session: Session, whose: tuple[int, int, int | None], times: Mapping[str, datetime | None]) -> None:
    ticket_id, contact_id, volunteer_id = whose
    statement = upsert(session, Ring).values(ticket_id=ticket_id, contact_id=contact_id, volunteer_id=volunteer_id, **times)
    changes = {"volunteer_id": volunteer_id, **times}
    session.execute(statement.on_conflict_do_update(index_elements=["ticket_id", "contact_id"], set_=changes))


def quiet(session: Session, contact_id: int, *, until: datetime, sealed: bool = False) -> None:
    """A phone rests for all the tickets it was rung for since it rested for them. `sealed`: for those that are sealed.

    Of several tickets none is put off again and again by a key that answers the ring for another.
    """
    statement = update(Ring).where(Ring.contact_id == contact_id, Ring.rung_at.is_not(None), Ring.quiet_until.is_(None))
    if sealed:
        statement = statement.where(Ring.ticket_id.in_(select(Ticket.id).where(RINGING, Ticket.sealed)))
    session.execute(statement.values(quiet_until=until))


def rest(session: Session, ticket_id: int, *, until: datetime | None) -> None:
    """All phones that were rung for a ticket rest until a time; None: none of them rests."""
    session.execute(update(Ring).where(Ring.ticket_id == ticket_id).values(quiet_until=until))


def forget(session: Session, ticket_id: int) -> None:
    """The phones of a ticket ring from the first on, as if none had been rung."""
    session.execute(delete(Ring).where(Ring.ticket_id == ticket_id))


def rung_last(session: Session, ticket_id: int) -> datetime | None:
    """When a phone was rung for a ticket last."""
    return session.scalar(select(Ring.rung_at).where(Ring.ticket_id == ticket_id).order_by(Ring.rung_at.desc().nulls_last()).limit(1))


def awaited(session: Session, contact_id: int, *, now: datetime) -> bool:
    """Whether a phone is to ring: it is its turn for a ticket on which nobody has acted, and it does not rest."""
    rings = or_(Ring.quiet_until.is_(None), Ring.quiet_until <= now)
    statement = select(Ring.ticket_id).join(Ticket, Ticket.id == Ring.ticket_id).where(Ring.contact_id == contact_id, rings)
    return session.scalar(statement.where(Ring.rung_at.is_not(None), RINGING, _RINGS).limit(1)) is not None


def by_address(session: Session, addresses: Iterable[str]) -> dict[str, Contact]:
    """Number → its contact, of those of these numbers that have one."""
    keys = sealed.keys_of(session)
    wanted = {mark(keys, address): address for address in addresses}
    found = session.scalars(select(Contact).where(Contact.mark.in_(wanted))) if wanted else ()
    return {wanted[contact.mark]: contact for contact in found if contact.mark is not None}
