"""A volunteer works a ticket: moves it, writes notes, reads, listens, writes down. Each change is made from the version that was seen."""

from datetime import timedelta

from hotline.domain import conversation
from hotline.domain.contact import held_back
from hotline.domain.conversation import MOVE_TEXTS, QuestionKind, ReadAs
from hotline.domain.message import Direction
from hotline.domain.ticket import Status, check_move
from hotline.domain.walk import Consent
from hotline.outbox import queue_text
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import meaning
from hotline.services.tickets.handback import given_to
from hotline.storage import alarms, calls, events, holds, messages, questions, tickets
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges

_LISTENING = timedelta(hours=1)
"""A player asks for a recording piece by piece: what it asks for within this time is one listening."""

_VIEWED = timedelta(minutes=10)
"""A sealed ticket that is shown again within this time is one view."""


def change_status(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, to: Status, note: str = "") -> None:
    """Move the ticket, and text the citizen where the move concerns the citizen. A ticket that nobody holds is the volunteer's from now on.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `MoveNotAllowed`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        check_move(Status(ticket.status), to)
        changes: TicketChanges = given_to(tx, ticket, volunteer.id) if ticket.assignee_id is None else {}
        changes |= {"status": to, "unread": False}
        tickets.change(tx.session, ticket.id, version, now=tx.now, **changes)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        happened(
            tx.session, ticket.id, EventKind.MOVED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, before=ticket.status, after=to
        )
        _ask(tx, ticket, to)
        if to in MOVE_TEXTS:
            contact = tx.session.get_one(Contact, ticket.contact_id)
            queue_text(rt, tx, MOVE_TEXTS[to], contact, ticket_id=ticket.id, ref=ticket.reference, answers_id=None)


def write_note(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Write a note for colleagues and leave the ticket as it is. An empty note changes nothing.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        if note_id is not None:
            tickets.change(tx.session, ticket.id, version, now=tx.now)
            happened(tx.session, ticket.id, EventKind.NOTED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def mark_read(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> None:
    """The volunteer has read what came in. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved` (more has come in by now)."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        tickets.change(tx.session, ticket.id, version, now=tx.now, unread=False)
        happened(tx.session, ticket.id, EventKind.READ, now=tx.now, volunteer_id=volunteer.id)


def listen(rt: Runtime, volunteer: Volunteer, reference: str, recording_id: int) -> None:
    """The volunteer listens to a recording of the ticket. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference).ticket
        about = (ticket.id, volunteer.id, recording_id)
        if events.has_listened(session, *about, since=rt.clock() - _LISTENING):
            return
    with rt.transaction() as tx:
        tickets.locked(tx.session, ticket.id)  # two pieces may be asked for at once
        if not events.has_listened(tx.session, *about, since=tx.now - _LISTENING):
            happened(tx.session, ticket.id, EventKind.LISTENED, now=tx.now, volunteer_id=volunteer.id, recording=recording_id)


def write_down(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, body: str) -> None:
    """Write down what was said on a call. The words are read for meaning like a text: they may seal the ticket, to the writer as well.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        message_id = messages.keep(
            tx.session,
            direction=Direction.IN,
            contact_id=ticket.contact_id,
            ticket_id=ticket.id,
            gateway="",
            gateway_id=None,
            body=body,
            created_at=tx.now,
            read_as=ReadAs.WRITTEN,
        )
        meant = meaning.read_words(rt, body, urgent=conversation.parse(body, rt.lexicon).cries)
        meaning.add(rt, tx, ticket, meant)
        happened(tx.session, ticket.id, EventKind.WRITTEN_DOWN, now=tx.now, volunteer_id=volunteer.id, message=message_id, hits=meant.hits)


def acknowledge(rt: Runtime, volunteer: Volunteer, alarm_id: int) -> None:
    """The volunteer has seen an alarm of their own. Acknowledging it twice, or somebody else's, does nothing. Raises `NotAllowed`."""
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        found = alarms.open_alarm(tx.session, alarm_id, volunteer.id)
        if found is not None:
            settle_alarm(tx, volunteer.id, alarm_id, found[0])


def settle_alarm(tx: Transaction, volunteer_id: int, alarm_id: int, ticket_id: int | None, *, by_text: bool = False) -> None:
    """Acknowledge a volunteer's alarm about that ticket, or about none. `by_text`: only note that it was answered; it stays open."""
    if ticket_id is not None:
        tickets.locked(tx.session, ticket_id)  # first the ticket, then its alarms: as routing does
    if by_text:
        is_news = alarms.answer(tx.session, alarm_id, now=tx.now)
    else:
        is_news = alarms.acknowledge(tx.session, alarm_id, volunteer_id, now=tx.now)
    if is_news and ticket_id is not None:
        told: EventData = {"alarm": alarm_id, "by": "phone"} if by_text else {"alarm": alarm_id}
        happened(tx.session, ticket_id, EventKind.ALARM_ACKNOWLEDGED, now=tx.now, volunteer_id=volunteer_id, **told)


def view(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """The volunteer reads a ticket's page: its team is told of it where the ticket is sealed. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference).ticket
        if not ticket.sealed or events.has_viewed(session, ticket.id, volunteer.id, since=rt.clock() - _VIEWED):
            return
    with rt.transaction() as tx:
        happened(tx.session, ticket.id, EventKind.VIEWED, now=tx.now, volunteer_id=volunteer.id)


def show_number(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """Note that the citizen's whole number is shown to the volunteer. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.SHOW_NUMBER).ticket
        happened(tx.session, ticket.id, EventKind.NUMBER_SHOWN, now=tx.now, volunteer_id=volunteer.id)


def _ask(tx: Transaction, ticket: Ticket, to: Status) -> None:
    """A ticket that is resolved or closed asks the citizen whether it is solved.

    Where nothing may be started by machine, a person asks that, on a safe call: a question that was never sent is not opened either.
    """
    call = calls.of_ticket(tx.session, ticket.id)
    contact = tx.session.get_one(Contact, ticket.contact_id)
    is_held_back = held_back(holds.of(tx.session, contact.id, ticket), by_machine=True) is not None
    # A citizen who hears nothing of it is asked nothing that could be answered.
    may_ask = not is_held_back and contact.times_seen > 0 and (call is None or call.consent == Consent.YES)
    if to in (Status.RESOLVED, Status.CLOSED) and may_ask:
        questions.ask(tx.session, QuestionKind.SOLVED, contact_id=ticket.contact_id, ticket_id=ticket.id, now=tx.now)
    else:
        questions.settle(tx.session, ticket.id, now=tx.now)
