"""Another phone of the citizen's, for a citizen whose own was snatched. A volunteer types its number in, a lead confirms it, and it must
give us the reference itself. From then on it is told of this ticket what the citizen's own phone is told, if it asks; we start no text or
call to it."""

from hotline.domain import phone
from hotline.domain.phone import TypedAs
from hotline.domain.ticket import Priority
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act, NotAllowed, NoteMissing
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.walkin import NoPhone
from hotline.storage import events, tickets, typedphones
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer


class NoOtherPhone(Exception):
    """The ticket is on hold, sealed or urgent: no other phone may learn of it."""


def allowed(ticket: Ticket) -> bool:
    """Whether another phone may learn of this ticket now. Where a text could do the most harm, no phone but the citizen's own does."""
    return not (ticket.sealed or ticket.hold or ticket.priority == Priority.URGENT)


def add(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, number: str, note: str) -> None:
    """Type in the number of another phone, with the reason. Known and unknown numbers are taken alike.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoOtherPhone`, `NoteMissing`, `NoPhone`.
    """
    address = phone.read_typed(number, rt.config.numbers.region)
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not allowed(ticket):
            raise NoOtherPhone
        if not note.strip():
            raise NoteMissing
        if address is None:
            raise NoPhone
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        phone_id = typedphones.add(tx.session, ticket.id, address, kind=TypedAs.ANOTHER, made_by=volunteer.id, note_id=note_id, now=tx.now)
        _changed(tx, ticket, volunteer, EventKind.PHONE_ADDED, phone_id, note_id=note_id)


def confirm(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, phone_id: int) -> None:
    """Confirm that it is the citizen's. It takes a lead of the ticket's team or a head, and not the volunteer who typed it in.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoOtherPhone`, `NoSuchChoice`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.CONFIRM, version=version).ticket
        typed = typedphones.another(tx.session, ticket.id, phone_id)
        if typed is None:
            raise NoSuchChoice
        if typed.made_by == volunteer.id:
            raise NotAllowed
        if not allowed(ticket):
            raise NoOtherPhone
        if typed.confirmed_at is None:
            typedphones.confirm(tx.session, typed.id, now=tx.now)
            _changed(tx, ticket, volunteer, EventKind.PHONE_CONFIRMED, typed.id)


def take_away(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, phone_id: int) -> None:
    """Take another phone away again: it hears what a stranger hears. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchChoice`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        typed = typedphones.another(tx.session, ticket.id, phone_id)
        if typed is None:
            raise NoSuchChoice
        typedphones.forget(tx.session, typed.id)
        _changed(tx, ticket, volunteer, EventKind.PHONE_TAKEN_AWAY, typed.id)


def _changed(tx: Transaction, ticket: Ticket, volunteer: Volunteer, kind: EventKind, phone_id: int, *, note_id: int | None = None) -> None:
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)
    happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, phone=phone_id)
