"""The book of looks: who was shown words or numbers of many tickets, who searched, which command read them. Rows are added, never changed.

A look at one ticket is an event of that ticket (`models.LOOKS`): its page, a recording, its number.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice

from sqlalchemy import case, insert, select
from sqlalchemy.orm import Session

from hotline.storage.auditmodels import Showing, ShownTicket
from hotline.storage.db import table
from hotline.storage.models import LOOKS, Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


class ShowingKind(StrEnum):
    """How words or numbers were shown.

    On a ticket's own page this is an event of the ticket: `EventKind.VIEWED`, `LISTENED`, `PHOTO_SEEN`, `NUMBER_SHOWN`, `NUMBER_SOUGHT`.
    """

    LIST = "list"  # words or parts of numbers, in a list
    OPEN_PAGE = "open_page"  # a ticket's page that was open showed by itself what is new
    TEXT = "text"  # a text or recording that is on no ticket
    SEARCH = "search"  # somebody searched; never for what
    NUMBER = "number"  # a number was shown elsewhere than on its ticket
    EXPORT = "export"
    COMMAND = "command"  # a command read words or numbers
    KEY = "key"  # a command showed or changed keys
    AUDIT = "audit"  # somebody looked at who had looked


def add(
    session: Session, kind: ShowingKind, *, volunteer_id: int | None, tickets: Collection[int] = (), what: str = "", now: datetime
) -> int:
    """Add a look at these tickets, given by their ids; `volunteer_id` is None for the command line. Returns its id."""
    row = {"kind": kind, "shown_at": now, "volunteer_id": volunteer_id, "what": what}
    showing_id = session.execute(insert(table(Showing)).values(row).returning(Showing.id)).scalar_one()
    if tickets:
        session.execute(insert(table(ShownTicket)), [{"ticket_id": i, "showing_id": showing_id} for i in sorted(set(tickets))])
    return showing_id


def not_shown(session: Session, kind: ShowingKind, *, volunteer_id: int, tickets: Collection[int], since: datetime) -> frozenset[int]:
    """Those of the tickets that no look of this kind has shown to the volunteer after `since`."""
    statement = select(ShownTicket.ticket_id).join(Showing, Showing.id == ShownTicket.showing_id)
    shown = statement.where(Showing.volunteer_id == volunteer_id, Showing.kind == kind, Showing.shown_at > since)
    return frozenset(tickets) - set(session.scalars(shown))


def was_shown(session: Session, kind: ShowingKind, *, volunteer_id: int, what: str, since: datetime) -> bool:
    """Whether the volunteer has had a look of this kind on this page after `since`."""
    statement = select(Showing.id).where(Showing.volunteer_id == volunteer_id, Showing.kind == kind, Showing.shown_at > since)
    return session.scalar(statement.where(Showing.what == what).limit(1)) is not None


@dataclass(frozen=True)
class Look:
    """A look, from whichever book. `how` is an `EventKind` or a `ShowingKind`, `volunteer_id` None the command line.

    `references` are those of the tickets that the reader may see, `hidden` counts the others.
    """

    at: datetime
    volunteer_id: int | None
    how: str
    what: str
    references: tuple[str, ...]
    hidden: int
    event_id: int | None
    showing_id: int | None


Before = tuple[int | None, int | None]
"""The ids of the last event and of the last look that were shown; None: none was."""


def of_ticket(session: Session, ticket_id: int) -> list[tuple[datetime, int | None, str, str]]:
    """Every look at a ticket, the oldest first: (when, volunteer, how, what)."""
    at_it = select(Event.happened_at, Event.volunteer_id, Event.kind).where(LOOKS, Event.ticket_id == ticket_id)
    among = select(Showing.shown_at, Showing.volunteer_id, Showing.kind, Showing.what).join(
        ShownTicket, ShownTicket.showing_id == Showing.id
    )
    found = [(row[0], row[1], row[2], "") for row in session.execute(at_it)]
    found += [(row[0], row[1], row[2], row[3]) for row in session.execute(among.where(ShownTicket.ticket_id == ticket_id))]
    return sorted(found, key=lambda look: look[0])


def newest(session: Session, reader: Volunteer, *, by: int | None, ticket_id: int | None, before: Before, limit: int) -> list[Look]:
    """The newest looks, newest first; `by`: of one person, `ticket_id`: at one ticket. `reader` is who is shown them."""
    at_one = select(Event, case((visible_to(reader), Ticket.reference))).join(Ticket, Ticket.id == Event.ticket_id).where(LOOKS)
    at_many = select(Showing)
    if ticket_id is not None:
        at_one = at_one.where(Event.ticket_id == ticket_id)
        at_many = at_many.where(Showing.id.in_(select(ShownTicket.showing_id).where(ShownTicket.ticket_id == ticket_id)))
    if by is not None:
        at_one, at_many = at_one.where(Event.volunteer_id == by), at_many.where(Showing.volunteer_id == by)
    if before[0] is not None:
        at_one = at_one.where(Event.id < before[0])
    if before[1] is not None:
        at_many = at_many.where(Showing.id < before[1])
    events = session.execute(at_one.order_by(Event.id.desc()).limit(limit)).all()
    showings = session.scalars(at_many.order_by(Showing.id.desc()).limit(limit)).all()
    shown = _references(session, reader, [one.id for one in showings])
    at_ones = [_at_one(event, reference) for event, reference in events]
    at_manys = [_at_many(one, shown.get(one.id, ())) for one in showings]
    # Each book stays in the order of its ids, by which the next page goes on.
    return list(islice(merge(at_ones, at_manys, key=lambda look: look.at, reverse=True), limit))


def _at_one(event: Event, reference: str | None) -> Look:
    seen = (reference,) if reference is not None else ()
    return Look(event.happened_at, event.volunteer_id, event.kind, "", seen, 1 - len(seen), event.id, None)


def _at_many(one: Showing, shown: Sequence[str | None]) -> Look:
    seen = tuple(reference for reference in shown if reference is not None)
    return Look(one.shown_at, one.volunteer_id, one.kind, one.what, seen, len(shown) - len(seen), None, one.id)


def _references(session: Session, reader: Volunteer, showing_ids: Iterable[int]) -> dict[int, list[str | None]]:
    """Id of a look → the references of the tickets that it showed; None for each that the reader may not see."""
    statement = select(ShownTicket.showing_id, case((visible_to(reader), Ticket.reference))).join(
        Ticket, Ticket.id == ShownTicket.ticket_id
    )
    shown: dict[int, list[str | None]] = defaultdict(list)
    for showing_id, reference in session.execute(statement.where(ShownTicket.showing_id.in_(list(showing_ids))).order_by(Ticket.reference)):
        shown[showing_id].append(reference)
    return shown
