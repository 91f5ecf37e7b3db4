"""Who is told that something a citizen sent or said did not come to us."""

from hotline.runtime import Runtime, Transaction
from hotline.storage import people, shiftdays
from hotline.storage.models import Ticket
from hotline.workdays import calendar


def answerable(rt: Runtime, tx: Transaction, ticket: Ticket) -> set[int]:
    """Ids of the volunteers to alarm: the assignee if on duty; else the first of these groups that is not empty: the team on duty, its
    leads, the heads."""
    heads = set(people.heads(tx.session))
    if ticket.team_id is None:
        return heads
    present = shiftdays.present(tx.session, ticket.team_id, tx.now.astimezone(rt.config.zone), calendar(rt.config))
    return (present & {ticket.assignee_id}) or present or set(people.leads(tx.session, ticket.team_id)) or heads
