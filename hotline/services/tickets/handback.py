"""Tickets go back when whoever has them cannot have them any more: nobody's, and routed again."""

from hotline.domain.ticket import Status
from hotline.jobs import Job
from hotline.runtime import Transaction
from hotline.storage import grants, invitations, logins, peopleevents, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.peopleevents import PeopleEventKind


def hand_back(tx: Transaction, volunteer_id: int, *, by: int | None, team_id: int | None = None) -> None:
    """Her open tickets go back, or those of one team."""
    held = tickets.held_by(tx.session, volunteer_id, team_id)
    for ticket in held:
        status = Status.NEW if ticket.status == Status.ASSIGNED else ticket.status
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, assignee_id=None, routed_at=None, status=status)
        happened(tx.session, ticket.id, EventKind.HANDED_BACK, now=tx.now, volunteer_id=by, before=volunteer_id)
    if held:
        tx.ring(Job.ROUTE_DUE)


def leave(tx: Transaction, volunteer_id: int, *, by: int | None) -> None:
    """She is not here any more: her log-ins and links end, nothing is asked for her, her tickets go back."""
    logins.end_all(tx.session, volunteer_id, now=tx.now)
    invitations.void(tx.session, volunteer_id, now=tx.now)
    grants.drop(tx.session, volunteer_id, decided_by=by, now=tx.now)
    peopleevents.happened(tx.session, PeopleEventKind.DEACTIVATED, now=tx.now, by=by, about=volunteer_id)
    hand_back(tx, volunteer_id, by=by)
