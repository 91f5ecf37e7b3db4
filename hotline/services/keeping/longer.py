"""A lead keeps the words of a ticket for longer, and sees which words go soon."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hotline.domain.keeping import LONGEST_DAYS
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Act, NotAllowed
from hotline.services.keeping.retention import terms
from hotline.storage import events, retention, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved


def keep_longer(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, days: int, note: str) -> None:
    """Keep the words of a ticket that has ended for so many days after the day on which they would go; the note says why.

    It can be done any number of times. Raises `NoSuchTicket`, `NotAllowed` (it takes the lead of its team or the head; more than
    `LONGEST_DAYS` at once), `NoteMissing`, `TicketMoved` (also where it was opened again, or its words have gone).
    """
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference, version=version)
        entered.require(Act.KEEP, note)
        if not 1 <= days <= LONGEST_DAYS:
            raise NotAllowed
        ticket = retention.locked_ticket(tx.session, entered.ticket.id)  # a worker may be wiping it
        goes = goes_at(rt, ticket) if ticket is not None else None
        if ticket is None or goes is None:
            raise TicketMoved(entered.ticket.id)
        until = max(goes, tx.now) + timedelta(days=days)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        tickets.change(tx.session, ticket.id, version, now=tx.now, keep_until=until, goes_at=None)
        happened(tx.session, ticket.id, EventKind.KEPT_LONGER, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, days=days)


def goes_at(rt: Runtime, ticket: Ticket) -> datetime | None:
    """When the words of a ticket go; None while it is open, or if they have gone."""
    if ticket.kept_from is None:
        return None
    due = terms(rt).goes_at(ticket.category, sealed=ticket.sealed, kept_from=ticket.kept_from, keep_until=ticket.keep_until)
    return due if ticket.goes_at is None else max(due, ticket.goes_at)


def going(rt: Runtime, session: Reading, volunteer: Volunteer) -> Sequence[Ticket]:
    """The tickets whose words go within a week, the first to go first, for the person who leads their team. Raises `NotAllowed`."""
    rights = access.working(session, volunteer)
    if not rights.leads_any:
        raise NotAllowed
    return retention.on_list(session, volunteer, rights, limit=rt.config.web.page_rows)
