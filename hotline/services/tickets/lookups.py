"""A phone asks about a reference, by text or by call: what it may be told, and how often it may ask."""

from datetime import timedelta

from hotline.domain.conversation import NamedTicket
from hotline.domain.ticket import Status
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import otherphones, telling
from hotline.storage import calls, messages, tickets, typedphones
from hotline.storage.models import Ticket

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


def left(rt: Runtime, tx: Transaction, contact_id: int) -> int:
    """How many unknown references, or references of other contacts, this contact may still ask about today, by text and call together."""
    limit, since = rt.config.conversation.lookups_per_day, tx.now - _DAY
    texted = messages.count_lookups(tx.session, contact_id, since=since, limit=limit)
    return limit - texted - calls.count_lookups(tx.session, contact_id, since=since)


def left_to_withheld(rt: Runtime, tx: Transaction) -> int:
    """How many such references all callers together whose number we do not know may still ask about in this minute.

    Each of their calls is a new contact, so that the limit of a day never reaches them.
    """
    return rt.config.voice.withheld_lookups_per_minute - calls.count_withheld_lookups(tx.session, since=tx.now - _MINUTE)


def named(rt: Runtime, tx: Transaction, ticket: Ticket, contact_id: int, *, asking: bool = False) -> NamedTicket:
    """What the decision about a named ticket needs to know; `asking`: the contact was asked whether it is solved.

    A phone of the citizen's that was met counts as the citizen's own, as long as the ticket allows it. One that was silent for long since
    the ticket does not.
    """
    is_theirs = ticket.contact_id == contact_id
    own = is_theirs and tickets.is_of_owner(tx.session, ticket.id)
    # Asked before what the ticket allows: an answer takes as long for every kind of complaint.
    is_another = not is_theirs and typedphones.is_another(tx.session, ticket.id, contact_id)
    return NamedTicket(
        id=ticket.id,
        reference=ticket.reference,
        status=Status(ticket.status),
        own=own or (is_another and otherphones.allowed(ticket)),
        asking=asking,
        by_person=telling.is_by_person(rt, ticket),
    )
