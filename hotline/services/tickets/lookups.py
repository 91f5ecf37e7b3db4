"""A phone asks about a reference, by text or by call: what it may be told, and how often it may ask."""

from datetime import timedelta

from hotline.domain.conversation import NamedTicket
from hotline.domain.ticket import Status
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import otherphones
from hotline.storage import calls, messages, typedphones
from hotline.storage.models import Ticket

_DAY = timedelta(days=1)


def left(rt: Runtime, tx: Transaction, contact_id: int) -> int:
    """How many unknown references, or references of other contacts, this contact may still ask about today, by text and call together."""
    limit, since = rt.config.conversation.lookups_per_day, tx.now - _DAY
    texted = messages.count_lookups(tx.session, contact_id, since=since, limit=limit)
    return limit - texted - calls.count_lookups(tx.session, contact_id, since=since)


def named(tx: Transaction, ticket: Ticket, contact_id: int, *, asking: bool = False) -> NamedTicket:
    """What the decision about a named ticket needs to know; `asking`: the contact was asked whether it is solved.

    A phone of the citizen's that was met counts as the citizen's own, as long as the ticket allows it.
    """
    own = ticket.contact_id == contact_id
    return NamedTicket(
        id=ticket.id,
        reference=ticket.reference,
        status=Status(ticket.status),
        own=own or (otherphones.allowed(ticket) and typedphones.is_another(tx.session, ticket.id, contact_id)),
        sealed=ticket.sealed,
        hold=ticket.hold,
        asking=asking and not ticket.hold,
    )
