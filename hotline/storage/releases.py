"""Who asked to be shown the numbers of a ticket that takes two people, what was said, and until when they may be shown."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Note, Ticket
from hotline.storage.peoplemodels import AT_WORK, Membership, Volunteer
from hotline.storage.releasemodels import ASKED, NumberRelease
from hotline.storage.tickets import visible_to

_OF_THE_TICKET_NOW = NumberRelease.team_id.is_not_distinct_from(Ticket.team_id) & (NumberRelease.sealed == Ticket.sealed)
"""The ticket is with the team that it was with when the release was given, and as sealed."""


def in_force(session: Session, reader_id: int, ticket_ids: Collection[int], *, now: datetime) -> dict[int, datetime]:
    """Id of a ticket → until when the reader may have its numbers shown. Tickets without one are left out."""
    statement = (
        select(NumberRelease.ticket_id, NumberRelease.until)
        .join(Ticket, Ticket.id == NumberRelease.ticket_id)
        .where(NumberRelease.ticket_id.in_(ticket_ids), NumberRelease.reader_id == reader_id)
        .where(NumberRelease.yes.is_(True), NumberRelease.until > now, _OF_THE_TICKET_NOW)
    )
    return {row.ticket_id: row.until for row in session.execute(statement.order_by(NumberRelease.until))}


def guarded(session: Session, reader: Volunteer, contact_ids: Collection[int], ordinary: Collection[str]) -> frozenset[int]:
    """Those of the contacts that have a ticket, which the reader may see or has seen, whose number takes two people to show.

    `ordinary`: codes of the kinds whose numbers one person shows; a ticket of another kind takes two, whatever it is.
    """
    takes_two = or_(Ticket.sealed, Ticket.hold, Ticket.category.not_in(ordinary))
    # A reader could else lose sight of a ticket on purpose, by its kind, and have the same number shown on another.
    has_seen = exists().where(Event.ticket_id == Ticket.id, Event.volunteer_id == reader.id)
    knows = or_(visible_to(reader), has_seen)
    statement = select(Ticket.contact_id).where(Ticket.contact_id.in_(contact_ids), takes_two, knows).distinct()
    return frozenset(session.scalars(statement)) if contact_ids else frozenset()


def was_eased(session: Session, contact_id: int, reader_id: int, ordinary: Collection[str], *, since: datetime) -> bool:
    """Whether this reader has made a ticket of the contact, after `since`, one whose number a single person shows."""
    is_category = Event.data["fact"].as_string() == "category"
    from_kind = and_(Event.kind == EventKind.CHANGED, is_category, Event.data["old"].as_string().not_in(ordinary))
    undone = and_(Event.kind == EventKind.KIND_UNDONE, Event.data["whose"].as_integer() != reader_id)  # with the hold or seal of that kind
    eased = or_(Event.kind.in_((EventKind.UNSEALED, EventKind.UNHELD)), from_kind, undone)
    of_contact = select(Ticket.id).where(Ticket.contact_id == contact_id)
    own = (Event.ticket_id.in_(of_contact), Event.volunteer_id == reader_id, Event.happened_at > since)
    return session.scalar(select(Event.id).where(*own, eased).limit(1)) is not None


def ask(session: Session, ticket_id: int, reader_id: int, *, note_id: int | None, now: datetime) -> bool:
    """Store a request. False if a request of the reader waits already: then nothing changes."""
    statement = upsert(session, NumberRelease).values(ticket_id=ticket_id, reader_id=reader_id, note_id=note_id, asked_at=now)
    statement = statement.on_conflict_do_nothing(index_elements=["ticket_id", "reader_id"], index_where=ASKED)
    return session.scalar(statement.returning(NumberRelease.id)) is not None


def expire(session: Session, ticket_id: int, *, asked_before: datetime, now: datetime) -> None:
    """End the requests about a ticket that nobody has decided in time."""
    late = update(NumberRelease).where(NumberRelease.ticket_id == ticket_id, ASKED, NumberRelease.asked_at <= asked_before)
    session.execute(late.values(decided_at=now, yes=False))


def asked(session: Session, ticket_id: int, *, since: datetime) -> Sequence[tuple[NumberRelease, Note | None]]:
    """The requests about a ticket that wait, made after `since`, each with its reason; the oldest first."""
    statement = select(NumberRelease, Note).outerjoin(Note, Note.id == NumberRelease.note_id)
    statement = statement.where(NumberRelease.ticket_id == ticket_id, ASKED, NumberRelease.asked_at > since)
    found = session.execute(statement.order_by(NumberRelease.id), execution_options={"populate_existing": True})
    return [(row[0], row[1]) for row in found]


def decide(session: Session, release_id: int, decided_by: int, *, until: datetime | None, ticket: Ticket, now: datetime) -> bool:
    """Store what was said to a request that waits; `until` None: no. False if it was decided before."""
    statement = update(NumberRelease).where(NumberRelease.id == release_id, NumberRelease.ticket_id == ticket.id, ASKED)
    said = {"decided_by": decided_by, "decided_at": now, "yes": until is not None, "until": until}
    placed = {"team_id": ticket.team_id, "sealed": ticket.sealed}
    return session.scalar(statement.values(**said, **placed).returning(NumberRelease.id)) is not None


def break_glass(session: Session, ticket: Ticket, reader_id: int, *, note_id: int | None, until: datetime, now: datetime) -> None:
    """Store that a reader broke the glass. A request of the reader's that waits is over by it."""
    waits = update(NumberRelease).where(NumberRelease.ticket_id == ticket.id, NumberRelease.reader_id == reader_id, ASKED)
    session.execute(waits.values(decided_at=now, yes=False))
    session.add(
        NumberRelease(
            ticket_id=ticket.id,
            reader_id=reader_id,
            note_id=note_id,
            asked_at=now,
            decided_by=reader_id,
            decided_at=now,
            yes=True,
            until=until,
            broken_glass=True,
            team_id=ticket.team_id,
            sealed=ticket.sealed,
        )
    )
    session.flush()


def end(session: Session, ticket_id: int, reader_id: int, *, now: datetime) -> None:
    """End what a reader was given or asked for of a ticket: the reader must not see it any more."""
    own = update(NumberRelease).where(NumberRelease.ticket_id == ticket_id, NumberRelease.reader_id == reader_id)
    session.execute(own.where(ASKED).values(decided_at=now, yes=False))
    session.execute(own.where(NumberRelease.until > now).values(until=now))


def may_decide(session: Session, ticket: Ticket) -> Sequence[Volunteer]:
    """The people at work who may have a say about a ticket's number, if they may see the ticket: leads of its team, heads, and who may
    have numbers shown. Nobody is left out here who may not see it."""
    leads: ColumnElement[bool] = Volunteer.id.in_(
        select(Membership.volunteer_id).where(Membership.team_id == ticket.team_id, Membership.is_lead)
    )
    statement = select(Volunteer).where(AT_WORK, or_(Volunteer.is_head, Volunteer.shows_numbers, leads))
    return session.scalars(statement.order_by(Volunteer.id)).all()
