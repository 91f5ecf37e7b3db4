"""A ticket whose promise was not kept in time moves up the queue."""

from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import tickets
from hotline.storage.events import EventKind, happened

BATCH = 200


def mark_late(rt: Runtime, *, limit: int = BATCH) -> int:
    """Mark the tickets whose promised time has passed; how many were marked. With `limit` of them there may be more."""
    with rt.transaction() as tx:
        late = list(tickets.overdue(tx.session, now=tx.now, limit=limit))
        for ticket in late:
            tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, on_time=False)
            happened(tx.session, ticket.id, EventKind.LATE, now=tx.now)
    if late:
        logger().info("tickets are late", rows=len(late))
    return len(late)
