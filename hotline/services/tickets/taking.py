"""A ticket becomes somebody's, by her own hand."""

from datetime import timedelta

from hotline.domain.ticket import Status
from hotline.runtime import Runtime, Transaction
from hotline.storage import people, pressing, shiftdays, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

_ONE_PRESS = timedelta(seconds=3)
"""Two presses within it are a double click: she is led to the one ticket, and has not two."""


def take_next(rt: Runtime, volunteer: Volunteer) -> str | None:
    """She takes the most pressing ticket: one that came to her and that she has not opened, or one that fits her languages and teams;
    its reference, None if there is none. Of many who press at once each gets another."""
    with rt.transaction() as tx:
        if not pressing.her_turn(tx.session, volunteer.id):
            return None
        if taken := pressing.just_taken(tx.session, volunteer.id, since=tx.now - _ONE_PRESS):
            return taken
        rights = people.rights(tx.session, volunteer)
        if not rights.works:
            return None
        local = tx.now.astimezone(rt.config.zone)
        days = calendar(rt.config)
        present = set[int]().union(*(shiftdays.present(tx.session, team_id, local, days) for team_id in rights.teams))
        holders = pressing.Holders(present, since=tx.now - timedelta(hours=rt.config.web.session_hours))
        ticket = pressing.most_pressing(tx.session, volunteer, rights, holders)
        if ticket is None:
            return None
        take(tx, ticket, volunteer, version=ticket.version)
        return ticket.reference


def take(tx: Transaction, ticket: Ticket, volunteer: Volunteer, *, version: int) -> None:
    """The ticket is hers. Raises `TicketMoved`."""
    before = ticket.assignee_id
    changes: dict[str, object] = {"assignee_id": volunteer.id, "unattended": False}
    if ticket.status == Status.NEW:
        changes["status"] = Status.ASSIGNED
    tickets.change(tx.session, ticket.id, version, now=tx.now, **changes)
    happened(tx.session, ticket.id, EventKind.CLAIMED, now=tx.now, volunteer_id=volunteer.id, before=before)
