"""Tickets go back when whoever has them cannot have them any more: nobody's, and routed again."""

from hotline.domain.ticket import Status
from hotline.jobs import Job
from hotline.runtime import Transaction
from hotline.storage import tickets
from hotline.storage.events import EventKind, happened


def hand_back(tx: Transaction, volunteer_id: int, *, by: int, team_id: int | None = None) -> int:
    """Her open tickets go back, or those of one team; how many there were."""
    held = tickets.held_by(tx.session, volunteer_id, team_id)
    for ticket in held:
        status = Status.NEW if ticket.status == Status.ASSIGNED else ticket.status
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, assignee_id=None, routed_at=None, status=status)
        happened(tx.session, ticket.id, EventKind.HANDED_BACK, now=tx.now, volunteer_id=by, before=volunteer_id)
    if held:
        tx.ring(Job.ROUTE_DUE)
    return len(held)
