"""A ticket opens, for a text or for a call, with a reference nobody else has."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hotline.domain import reference
from hotline.jobs import Job
from hotline.runtime import Transaction
from hotline.storage import arrivals, tickets
from hotline.storage.events import EventKind


@dataclass(frozen=True)
class Opened:
    """A new ticket; `message_id` is that of the text it opened with: None if there was none, or the gateway had delivered it before."""

    ticket_id: int
    reference: str
    message_id: int | None


def open_ticket(
    tx: Transaction,
    told: Mapping[str, Any],
    *,
    ticket: Mapping[str, Any],
    text: Mapping[str, Any] | None = None,
    receipt: Callable[[str], Mapping[str, Any] | None],
    volunteer_id: int | None = None,
) -> Opened:
    """Open a ticket and have it routed. `told` is what its first event tells; `receipt` composes the receipt, if one goes with it;
    `volunteer_id` is who typed it in."""
    event = {"kind": EventKind.OPENED, "happened_at": tx.now, "data": told}
    if volunteer_id is not None:
        event["volunteer_id"] = volunteer_id
    tx.ring(Job.ROUTE_DUE)
    ticket_id = None
    while ticket_id is None:  # a reference is drawn again if it is taken
        ref = reference.draw(secrets.randbelow)
        ticket_id, message_id = arrivals.store(
            tx.session,
            ticket=tickets.new(reference=ref, opened_at=tx.now, changed_at=tx.now, **ticket),
            event=event,
            text=text,
            receipt=receipt(ref),
        )
    return Opened(ticket_id, ref, message_id)
