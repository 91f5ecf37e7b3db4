"""What a machine may tell a citizen of a ticket, and what only a person tells."""

from dataclasses import dataclass
from typing import Self

from hotline.domain.closing import by_person
from hotline.domain.contact import Held
from hotline.domain.needs import Only
from hotline.runtime import Reading, Runtime
from hotline.storage import calls, holds
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact, Ticket


@dataclass(frozen=True)
class Known:
    """What the database says of whether a text may go about a ticket. A page that asks for several verdicts reads it once."""

    call: Call | None  # that opened it
    phone_held: bool  # whether anything keeps the phone on hold

    @classmethod
    def of(cls, session: Reading, ticket: Ticket, contact: Contact) -> Self:
        """What is known now."""
        return cls(calls.of_ticket(session, ticket.id), holds.of(session, contact.id, ticket).phone_held)


def is_by_person(rt: Runtime, ticket: Ticket) -> bool:
    """Whether only a person tells the citizen of this ticket, and closes it."""
    return by_person(ticket, rt.categories)


def held(rt: Runtime, contact: Contact, ticket: Ticket | None, *, phone_held: bool, asks: bool) -> Held:
    """What holds back a text about that ticket, or about none. `phone_held`: whether anything keeps the phone on hold (`storage.holds`);
    `asks`: whether the text asks for a text back, which no machine asks of a citizen who can only be rung."""
    if ticket is None:
        return Held(phone_held=phone_held)
    person = is_by_person(rt, ticket) or (asks and contact.only == Only.CALLS)
    return Held(ticket.hold, ticket.sealed, phone_held, person)
