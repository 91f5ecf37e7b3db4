"""A ticket opens, for a text, a call or a walk-in, under a new reference."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hotline.domain import reference
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.runtime import Transaction
from hotline.services.tickets.danger import rung_from
from hotline.storage import arrivals, pranks, tickets
from hotline.storage.events import EventData, EventKind, NewEvent
from hotline.storage.rows import TextIn, TextOut, TicketFacts


@dataclass(frozen=True)
class Opened:
    """A new ticket. `message_id` is the id of the text it opened with; None: there was none, or the gateway had delivered it before."""

    ticket_id: int
    reference: str
    message_id: int | None


def open_ticket(
    tx: Transaction,
    details: EventData,
    *,
    ticket: TicketFacts,
    text: TextIn | None = None,
    receipt: Callable[[str], TextOut | None],
    volunteer_id: int | None = None,
    from_prankster: bool | None = None,
) -> Opened:
    """Open a ticket and have it routed.

    `details` are the data of its first event. `receipt` makes the row of the receipt for a reference, or None. `volunteer_id` is the
    volunteer who typed the ticket in. `from_prankster`: whether two people marked the phone, where that is known already.
    """
    event = opened(details, now=tx.now)
    if volunteer_id is not None:
        event["volunteer_id"] = volunteer_id
    tx.ring(Job.ROUTE_DUE)
    danger = ticket.get("danger")
    facts: TicketFacts = ticket if danger is None else {**ticket, "danger_at": tx.now, "next_ring_at": rung_from(danger, tx.now)}
    if pranks.comes_last(tx.session, facts, marked=from_prankster):
        facts = {**facts, "priority": Priority.LAST}
    ticket_id = None
    while ticket_id is None:  # drawn again if the reference is taken
        ref = reference.draw(secrets.randbelow)
        ticket_id, message_id = arrivals.store(
            tx.session,
            ticket=tickets.new(reference=ref, opened_at=tx.now, changed_at=tx.now, **facts),
            event=event,
            text=text,
            receipt=receipt(ref),
        )
    return Opened(ticket_id, ref, message_id)


def opened(details: EventData, *, now: datetime) -> NewEvent:
    """The first event of a ticket."""
    return {"kind": EventKind.OPENED, "happened_at": now, "data": details}
