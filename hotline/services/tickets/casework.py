"""A volunteer works a ticket. Each function is one thing she does, by the version she saw."""

from datetime import timedelta

from hotline.domain import conversation
from hotline.domain.conversation import MOVE_TEXTS, QuestionKind, ReadAs
from hotline.domain.rights import Rights
from hotline.domain.ticket import Status, check_move
from hotline.domain.walk import Consent
from hotline.outbox import queue_text
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import meaning, taking
from hotline.storage import alarms, calls, events, messages, people, questions, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved

_LISTENING = timedelta(hours=1)


_VIEWED = timedelta(minutes=10)


class NoSuchTicket(Exception):
    """There is no such ticket, or she may not see it: nobody learns which."""


class NotHers(Exception):
    """What she may not do with a ticket though she sees it: it is a lead's, or takes a right."""


def claim(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> None:
    """She takes the ticket. Raises `NoSuchTicket`, `TicketMoved`."""
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        taking.take(tx, ticket, volunteer, version=version)


def change_status(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, to: Status, note: str = "") -> None:
    """Move the ticket, and text the citizen where the move concerns her.

    Raises `NoSuchTicket`, `TicketMoved` (somebody was first) and `MoveNotAllowed`.
    """
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        if ticket.version != version:
            raise TicketMoved(ticket.id)
        check_move(Status(ticket.status), to)
        changes: dict[str, object] = {"status": to, "unread": False}
        if ticket.assignee_id is None:
            changes |= {"assignee_id": volunteer.id, "unattended": False}
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
    """She writes a note for her colleagues and leaves the ticket as it is; of nothing written there is none.

    Raises `NoSuchTicket`, `NotHers`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        working(tx, volunteer)
        if ticket.version != version:
            raise TicketMoved(ticket.id)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        if note_id is not None:
            tickets.change(tx.session, ticket.id, version, now=tx.now)
            happened(tx.session, ticket.id, EventKind.NOTED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def mark_read(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> None:
    """She has read what came in. Raises `NoSuchTicket`, `TicketMoved` (there is more by now)."""
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        tickets.change(tx.session, ticket.id, version, now=tx.now, unread=False)
        happened(tx.session, ticket.id, EventKind.READ, now=tx.now, volunteer_id=volunteer.id)


def listen(rt: Runtime, volunteer: Volunteer, ticket_id: int, recording_id: int) -> None:
    """She listens to a recording of a ticket she may see: told once an hour, though a player asks for it piece by piece."""
    about = (ticket_id, volunteer.id, recording_id)
    with rt.reading() as session:
        if events.has_listened(session, *about, since=rt.clock() - _LISTENING):
            return
    with rt.transaction() as tx:
        tickets.locked(tx.session, ticket_id)  # two pieces may be asked for at once
        if not events.has_listened(tx.session, *about, since=tx.now - _LISTENING):
            happened(tx.session, ticket_id, EventKind.LISTENED, now=tx.now, volunteer_id=volunteer.id, recording=recording_id)


def write_down(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, body: str) -> None:
    """She writes down what was said on a call. It is read for meaning like a text: what was said late may seal the ticket, to her as well.

    Raises `NoSuchTicket`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        if ticket.version != version:
            raise TicketMoved(ticket.id)
        message_id = messages.keep(
            tx.session,
            direction="in",
            contact_id=ticket.contact_id,
            ticket_id=ticket.id,
            gateway="",
            gateway_id=None,
            body=body,
            created_at=tx.now,
            read_as=ReadAs.WRITTEN,
        )
        meant = meaning.read(rt, body, urgent=conversation.ask(body, rt.lexicon).cries)
        meaning.add(rt, tx, ticket, meant)
        happened(tx.session, ticket.id, EventKind.WRITTEN_DOWN, now=tx.now, volunteer_id=volunteer.id, message=message_id, hits=meant.hits)


def acknowledge(rt: Runtime, volunteer: Volunteer, alarm_id: int) -> None:
    """She has seen an alarm of hers. Acknowledging it twice, or one that is not hers, does nothing."""
    with rt.transaction() as tx:
        found = alarms.open_alarm(tx.session, alarm_id, volunteer.id)
        if found is not None:
            settle_alarm(tx, volunteer.id, alarm_id, found[0])


def settle_alarm(tx: Transaction, volunteer_id: int, alarm_id: int, ticket_id: int | None) -> None:
    """An alarm of hers, about that ticket or none, is acknowledged."""
    if ticket_id is not None:
        tickets.locked(tx.session, ticket_id)  # first the ticket, then its alarms: as routing does
    if alarms.acknowledge(tx.session, alarm_id, volunteer_id, now=tx.now) and ticket_id is not None:
        happened(tx.session, ticket_id, EventKind.ALARM_ACKNOWLEDGED, now=tx.now, volunteer_id=volunteer_id, alarm=alarm_id)


def view(rt: Runtime, volunteer: Volunteer, ticket: Ticket) -> None:
    """She reads a sealed ticket's page: told to its team, once in ten minutes."""
    if not ticket.sealed:
        return
    with rt.reading() as session:
        if events.has_viewed(session, ticket.id, volunteer.id, since=rt.clock() - _VIEWED):
            return
    with rt.transaction() as tx:
        happened(tx.session, ticket.id, EventKind.VIEWED, now=tx.now, volunteer_id=volunteer.id)


def show_number(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """She has the citizen's number shown: a right, and an event. Raises `NoSuchTicket`, `NotHers`."""
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        if not working(tx, volunteer).shows_numbers:
            raise NotHers
        happened(tx.session, ticket.id, EventKind.NUMBER_SHOWN, now=tx.now, volunteer_id=volunteer.id)


def working(tx: Transaction, volunteer: Volunteer) -> Rights:
    """Her rights now, as they are stored. Raises `NotHers` if she works no tickets, or is not here any more."""
    her = people.volunteer(tx.session, volunteer.id)
    rights = people.rights(tx.session, her) if her is not None else None
    if rights is None or not rights.works:
        raise NotHers
    return rights


def seen(tx: Transaction, volunteer: Volunteer, reference: str) -> Ticket:
    """The ticket, if she may see it. Raises `NoSuchTicket`."""
    ticket = tickets.seen_by(tx.session, volunteer, reference)
    if ticket is None:
        raise NoSuchTicket(reference)
    return ticket


def _ask(tx: Transaction, ticket: Ticket, to: Status) -> None:
    """Resolved and closed ask whether it is solved; on hold that is asked by a person, on a safe call."""
    call = calls.of_ticket(tx.session, ticket.id)
    contact = tx.session.get_one(Contact, ticket.contact_id)
    # Else she is told of nothing she could answer.
    may_ask = not ticket.hold and contact.times_seen > 0 and (call is None or call.consent == Consent.YES)
    if to in (Status.RESOLVED, Status.CLOSED) and may_ask:
        questions.put(tx.session, QuestionKind.SOLVED, contact_id=ticket.contact_id, ticket_id=ticket.id, now=tx.now)
    else:
        questions.settle(tx.session, ticket.id, now=tx.now)
