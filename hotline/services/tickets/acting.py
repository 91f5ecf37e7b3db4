"""A volunteer acts on danger in another way than by writing to the citizen, or says that they cannot, so that the next phone rings."""

from hotline.domain.danger import BroughtIn
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.tickets import casework
from hotline.services.tickets.danger import acted, is_ringing
from hotline.services.tickets.handback import given_to, taken_back
from hotline.storage import alarms, events, rings, tickets
from hotline.storage.events import Deed, EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges


def bring_in(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, whom: BroughtIn, note: str) -> None:
    """Somebody was brought in. A ticket that nobody holds is the volunteer's from now on.

    Nothing is done if nobody is in danger, or somebody has acted already. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        changes: TicketChanges = given_to(tx, ticket, volunteer.id) if ticket.assignee_id is None else {}
        _act(tx, ticket, volunteer, Deed.BROUGHT_IN, changes, note=note, whom=whom)


def nothing_to_do(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """A lead of its team says that nothing can be done, and why.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, and `NoteMissing` without a reason.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        way.require(access.Act.EASE, note)
        _act(tx, way.ticket, volunteer, Deed.NOTHING_TO_DO, {}, note=note)


def _act(
    tx: Transaction, ticket: Ticket, volunteer: Volunteer, deed: Deed, changes: TicketChanges, *, note: str, whom: BroughtIn | None = None
) -> None:
    if ticket.danger is None or ticket.acted_at is not None:
        return
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    changes |= acted(tx, ticket, volunteer.id, deed, whom=whom, note_id=note_id)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)


def cannot(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """The volunteer cannot act on a ticket in danger: the next phone rings at once. No reason is asked.

    A ticket that the volunteer has goes to somebody else. Whatever changed on it meanwhile, this is taken. Raises `NoSuchTicket`,
    `NotAllowed`.
    """
    with rt.transaction() as tx:
        ticket_id = access.enter(tx.session, volunteer, reference).ticket.id
        _cannot(tx, tickets.locked(tx.session, ticket_id), volunteer)


def cannot_answer(rt: Runtime, volunteer: Volunteer, alarm_id: int) -> None:
    """The same from an alarm of the volunteer's own, who may not know which ticket it is about. Raises `NotAllowed`."""
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        found = alarms.open_alarm(tx.session, alarm_id, volunteer.id)
        if found is None:
            return
        casework.settle_alarm(tx, volunteer.id, alarm_id, found.ticket_id)
        if found.ticket_id is not None:
            _cannot(tx, tickets.locked(tx.session, found.ticket_id), volunteer)


def _cannot(tx: Transaction, ticket: Ticket, volunteer: Volunteer) -> None:
    if not is_ringing(ticket):
        return
    happened(tx.session, ticket.id, EventKind.CANNOT, now=tx.now, volunteer_id=volunteer.id)
    if ticket.assignee_id == volunteer.id:
        back = taken_back(ticket, team_id=ticket.team_id)
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **back)
        tx.ring(Job.ROUTE_DUE)
    rings.at_once(tx.session, ticket.id, now=tx.now)
    tx.ring(Job.RING_DUE)
