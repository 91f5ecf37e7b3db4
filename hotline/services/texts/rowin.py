"""The rows of a text that came in, and of the ticket that it opens."""

from datetime import datetime

from hotline.domain.conversation import Decision
from hotline.domain.lateness import Late
from hotline.domain.look import Look
from hotline.domain.message import Direction
from hotline.gateways.base import IncomingText
from hotline.services.tickets.meaning import Meaning
from hotline.storage.events import EventData
from hotline.storage.rows import TextIn, TicketFacts

_LINE = 16
"""The most characters of a line's name."""


def row_in(
    contact_id: int,
    gateway: str,
    text: IncomingText,
    decision: Decision,
    *,
    look: Look | None,
    now: datetime,
    came_at: datetime | None = None,
) -> TextIn:
    """The row of a text about which that was decided, with how it came, where the gateway says: on which line, and when the network took
    it. `came_at`: when it came, where it is taken in later."""
    row: TextIn = {
        "direction": Direction.IN,
        "contact_id": contact_id,
        "gateway": gateway,
        "gateway_id": text.gateway_id,
        "body": text.body,
        "created_at": now,
        "read_as": decision.read_as,
        "look": look,
        "to_read": decision.opens or decision.adds,
    }
    if decision.late is not Late.NOT:
        row["late"] = True
    if text.line is not None:
        row["line"] = text.line[:_LINE]
    if text.head is not None:
        row["head"] = text.head
    sent_at = text.received_at or came_at
    if sent_at is not None:
        row["sent_at"] = min(sent_at, now)  # a network's clock may be wrong; a text does not come from the future
    return row


def ticket_of(contact_id: int, meant: Meaning) -> TicketFacts:
    """What is known of the ticket that a text opens."""
    return {
        "contact_id": contact_id,
        "category": meant.category,
        "priority": meant.priority,
        "sealed": meant.sealed,
        "hold": meant.hold,
        "danger": meant.danger,
        "to_read": True,
    }


def details_of(meant: Meaning) -> EventData:
    """The data of its first event."""
    return {"category": meant.category, "hits": meant.hits}
