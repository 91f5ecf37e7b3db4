"""Abusive and prank callers: their phone is marked by two people, answered seldom, not called back, and its ordinary tickets come last.

No phone is blocked, and none is told. Danger counts from a marked phone as from any other: a child may borrow it, and a person who lied
before may be in danger one day. A ticket in danger, on hold or sealed is no ordinary one."""

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.access import NotAllowed, NoteMissing
from hotline.storage import events, pranks, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved


def mark(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Say that the phone of a ticket abuses us or plays pranks. Until a second person confirms it, nothing changes.

    Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, `TicketMoved` (also where the mark is not as the page showed it).
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not note.strip():
            raise NoteMissing
        if not pranks.mark(tx.session, ticket.contact_id, volunteer.id, now=tx.now):
            raise TicketMoved(ticket.id)
        _changed(tx, ticket, volunteer, EventKind.PRANK_MARKED, note)


def confirm(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int) -> None:
    """Confirm the mark, as a second person: from now on the phone's ordinary tickets come last, those that are open too.

    Raises `NoSuchTicket`, `NotAllowed` (the first person), `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        marked = pranks.locked(tx.session, ticket.contact_id)
        if marked is None or marked.confirmed_at is not None:
            raise TicketMoved(ticket.id)
        if marked.marked_by == volunteer.id:
            raise NotAllowed
        pranks.confirm(tx.session, ticket.contact_id, volunteer.id, now=tx.now)
        _changed(tx, ticket, volunteer, EventKind.PRANK_CONFIRMED)
        pranks.put_looks(tx.session, ticket.contact_id, last=True)
        for one in pranks.ordinary(tx.session, ticket.contact_id, volunteer):
            _rank(tx, one, volunteer, Priority.LAST)


def unmark(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Take the mark off, with a reason: it makes a citizen safer, so anybody may who works on the ticket.

    Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, `TicketMoved` (also where the mark is not as the page showed it).
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not note.strip():
            raise NoteMissing
        if pranks.locked(tx.session, ticket.contact_id) is None:
            raise TicketMoved(ticket.id)
        pranks.unmark(tx.session, ticket.contact_id)
        _changed(tx, ticket, volunteer, EventKind.PRANK_UNMARKED, note)
        pranks.put_looks(tx.session, ticket.contact_id, last=False)
        priorities = {one.code: max(one.priority, Priority.HIGH) for one in rt.categories}
        for one in pranks.last(tx.session, ticket.contact_id):
            _rank(tx, one, volunteer, priorities.get(one.category, Priority.NORMAL))


def _changed(tx: Transaction, ticket: Ticket, volunteer: Volunteer, kind: EventKind, note: str = "") -> None:
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)
    happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def _rank(tx: Transaction, ticket: Ticket, volunteer: Volunteer, to: Priority) -> None:
    """Give a ticket another priority; its row is locked and as it is now."""
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, priority=to)
    happened(
        tx.session, ticket.id, EventKind.CHANGED, now=tx.now, volunteer_id=volunteer.id, fact="priority", old=ticket.priority, new=int(to)
    )
