"""A volunteer takes a ticket."""

from datetime import timedelta

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.tickets.danger import taken
from hotline.services.tickets.handback import given_to
from hotline.storage import events, pressing, shiftdays, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

_DOUBLE_CLICK = timedelta(seconds=3)
"""Two presses within it count as one: the second leads to the ticket that the first took."""


def claim(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> None:
    """The volunteer takes this ticket. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.

    An urgent ticket is refused only where a colleague took it first: that more texts came must not keep a volunteer from it.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference)
        ticket = tickets.locked(tx.session, way.ticket.id)
        if ticket.priority != Priority.URGENT or events.claimed_by(tx.session, ticket.id) not in (None, volunteer.id):
            way.require_version(version)
        take(rt, tx, ticket, volunteer)


def take_next(rt: Runtime, volunteer: Volunteer) -> str | None:
    """The volunteer takes the most pressing ticket that was given to the volunteer and not opened yet, or that fits the
    volunteer's languages and teams. Its reference; None if there is no such ticket. Of many who press at once each gets another.

    Raises `NotAllowed`.
    """
    with rt.transaction() as tx:
        pressing.take_turn(tx.session, volunteer.id)
        rights = access.working(tx.session, volunteer)
        if taken := pressing.just_taken(tx.session, volunteer.id, since=tx.now - _DOUBLE_CLICK):
            return taken
        present = shiftdays.present_in(tx.session, rights.teams, tx.now.astimezone(rt.config.zone), calendar(rt.config))
        holders = pressing.Holders(present, since=tx.now - timedelta(hours=rt.config.web.session_hours))
        ticket = pressing.most_pressing(tx.session, volunteer, rights, holders)
        if ticket is None:
            return None
        take(rt, tx, ticket, volunteer)
        return ticket.reference


def take(rt: Runtime, tx: Transaction, ticket: Ticket, volunteer: Volunteer) -> None:
    """Give the ticket to the volunteer, who may see it. Raises `TicketMoved`, `NotAllowed`."""
    changes = given_to(tx, ticket, volunteer.id) | taken(rt, tx, ticket, volunteer.id)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    happened(tx.session, ticket.id, EventKind.CLAIMED, now=tx.now, volunteer_id=volunteer.id, before=ticket.assignee_id)
