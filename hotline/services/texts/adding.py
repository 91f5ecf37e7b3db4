"""A text is added to the ticket that it joins."""

from hotline.domain.conversation import SOLVED_STATUSES
from hotline.domain.ticket import Status
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import meaning, naming
from hotline.services.tickets.meaning import Meaning
from hotline.storage import questions, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.rows import TicketChanges


def add(rt: Runtime, tx: Transaction, ticket_id: int, body: str, meant: Meaning, *, again_of: int | None = None) -> None:
    """Add what a text means to the ticket that it joins. Danger opens a ticket again that was done with: somebody works on it then.

    `again_of`: the id of the text on the ticket whose words came once more.
    """
    ticket = tickets.locked(tx.session, ticket_id)
    changes: TicketChanges = {"unread": True, **naming.shut(rt, tx, ticket, body)}
    if meant.danger is not None and ticket.status in SOLVED_STATUSES:
        changes |= {"status": Status.REOPENED}
        happened(tx.session, ticket_id, EventKind.MOVED, now=tx.now, before=ticket.status, after=Status.REOPENED, by="citizen")
        questions.settle(tx.session, ticket_id, now=tx.now)
    meaning.add(rt, tx, ticket, meant, **changes)
    if again_of is not None:
        happened(tx.session, ticket_id, EventKind.CAME_AGAIN, now=tx.now, message=again_of)
    else:
        happened(tx.session, ticket_id, EventKind.ADDED, now=tx.now, hits=meant.hits)
