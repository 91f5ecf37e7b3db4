"""A volunteer takes back what they have just sent: it waits for some seconds before a worker may take it."""

from datetime import datetime, timedelta

from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.tickets import indexing
from hotline.storage import bridges, drafts, events, outgoing, sealed, tickets
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.models import Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges


class HasLeft(Exception):
    """The text is on its way, or it was not this volunteer's."""


def to_take_back(rt: Runtime, session: Reading, volunteer: Volunteer, ticket: Ticket) -> Message | None:
    """The volunteer's text that can be taken back now; None if there is none."""
    return outgoing.waiting_by(session, ticket.id, volunteer.id, since=_since(rt, rt.clock()))


def take_back(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """Take back the volunteer's newest text, unless it has left: its words are in the draft again, before what was typed since.

    The ticket is as it was before the text, unless anything has changed it since. A second click does nothing more. Raises `NotAllowed`,
    `NoSuchTicket`, `HasLeft`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference).ticket
        text = to_take_back(rt, tx.session, volunteer, ticket)
        # First the text, then its ticket: as a worker does who claims it. One of the two has it.
        if text is None or not outgoing.take_back(tx.session, text.id, since=_since(rt, tx.now)):
            last = events.last_change(tx.session, ticket.id)
            if last is not None and (last.kind, last.volunteer_id) == (EventKind.UNSENT, volunteer.id):
                return
            raise HasLeft
        ticket = tickets.locked(tx.session, ticket.id)
        reply = events.reply_at(tx.session, ticket.id, volunteer.id, text.created_at)
        is_as_left = ticket.version == reply.data["version"] + 1
        changes = TicketChanges(**reply.data["was"]) if is_as_left else TicketChanges()  # type: ignore[typeddict-item]
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
        bridges.take_promise_back(tx.session, ticket.id, promised_at=text.created_at)
        body, typed = sealed.body_of(tx.session, text), drafts.of(tx.session, ticket.id, volunteer.id)
        drafts.keep(tx.session, ticket.id, volunteer.id, f"{body}\n{typed}" if typed else body, now=tx.now)
        indexing.index_again(rt, tx, ticket.id)  # nobody finds the ticket by words that were never sent
        told: EventData = {"agreed_by": text.agreed_by} if text.agreed_by is not None else {}
        happened(tx.session, ticket.id, EventKind.UNSENT, now=tx.now, volunteer_id=volunteer.id, **told)


def _since(rt: Runtime, now: datetime) -> datetime:
    """What was written after this has not been due yet."""
    return now - timedelta(seconds=rt.config.sending.undo_s)
