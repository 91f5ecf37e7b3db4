"""Who holds a ticket: it is given to a volunteer, taken back to be routed anew, and handed back by a volunteer who cannot keep it."""

from hotline.domain.ticket import Status
from hotline.jobs import Job
from hotline.runtime import Transaction
from hotline.services.access import NotAllowed
from hotline.storage import people, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.rows import TicketChanges


def given_to(tx: Transaction, ticket: Ticket, volunteer_id: int) -> TicketChanges:
    """What changes where a ticket is given to a volunteer, who is locked until the commit: nobody leaves with a ticket in hand.

    Raises `NotAllowed` if the volunteer has left meanwhile.
    """
    people.lock(tx.session, volunteer_id)
    if people.volunteer(tx.session, volunteer_id) is None:
        raise NotAllowed
    changes: TicketChanges = {"assignee_id": volunteer_id, "unattended": False}
    return changes | {"status": Status.ASSIGNED} if ticket.status == Status.NEW else changes


def taken_back(ticket: Ticket, *, team_id: int | None) -> TicketChanges:
    """What changes where a ticket is taken from its volunteer and routed anew: within a team, or with None wherever its category leads."""
    changes: TicketChanges = {"team_id": team_id, "assignee_id": None, "routed_at": None}
    return changes | {"status": Status.NEW} if ticket.status == Status.ASSIGNED else changes


def hand_back(tx: Transaction, volunteer_id: int, *, by: int | None, team_id: int | None = None) -> None:
    """Take a volunteer's open tickets back, all of them or those of one team; `by` is who caused it, None for the command line."""
    held = tickets.held_by(tx.session, volunteer_id, team_id)
    for ticket in held:
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **taken_back(ticket, team_id=ticket.team_id))
        happened(tx.session, ticket.id, EventKind.HANDED_BACK, now=tx.now, volunteer_id=by, before=volunteer_id)
    if held:
        tx.ring(Job.ROUTE_DUE)
