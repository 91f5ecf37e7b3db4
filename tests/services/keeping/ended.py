"""Tickets that have ended, for tests of how long they are kept."""

from datetime import timedelta

from sqlalchemy import select, update

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage import events
from hotline.storage import tickets as tickets_
from hotline.storage.models import Contact, Message, Ticket
from tests.services.colleagues import volunteer
from tests.support import HER, SNATCHED, Clock, hand_over, text_in, tickets

SECOND = timedelta(seconds=1)


def of(rt: Runtime, reference: str) -> Ticket:
    """A ticket as it is now."""
    return next(ticket for ticket in tickets(rt) if ticket.reference == reference)


def looked_at(rt: Runtime) -> None:
    """Nothing waits for a look or for its sending any more."""
    hand_over(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).values(look=None, to_read=None))
        tx.session.execute(update(Ticket).values(unread=False, to_read=False))


def ended(rt: Runtime, words: str = SNATCHED, *, sender: str = HER, who: str = "lead", to: Status = Status.CLOSED) -> Ticket:
    """A ticket that a citizen opened by text and a volunteer ended."""
    text_in(rt, words, sender=sender)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(to_read=False))
    route_due(rt)
    end(rt, tickets(rt)[-1].reference, who=who, to=to)
    return tickets(rt)[-1]


def end(rt: Runtime, reference: str, *, who: str = "lead", to: Status = Status.CLOSED) -> None:
    """A volunteer ends a ticket with a note, and all that came in was looked at."""
    ticket = of(rt, reference)
    with rt.transaction() as tx:
        tickets_.change(tx.session, ticket.id, ticket.version, now=tx.now, status=to, unread=False)
        events.note(tx.session, ticket.id, volunteer(rt, who).id, "mil gaya", now=tx.now)
    looked_at(rt)


def forward(clock: Clock, days: float) -> None:
    """Days go by."""
    clock.forward(days=days)


def words_of(rt: Runtime, reference: str) -> list[bool]:
    """Of each text of a ticket, whether its words are still there."""
    with rt.reading() as session:
        return [one.sealed is not None for one in session.scalars(select(Message).where(Message.ticket_id == of(rt, reference).id))]


def is_known(rt: Runtime, ticket: Ticket) -> bool:
    """Whether the number of the ticket's phone is still there."""
    with rt.reading() as session:
        return session.get_one(Contact, ticket.contact_id).number is not None
