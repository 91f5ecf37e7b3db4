"""Who works on a ticket has looked at what its page showed: nobody has to look at it twice."""

from hotline.domain.message import READ
from hotline.runtime import Runtime, Transaction
from hotline.storage import events, looks, messages
from hotline.storage.looks import Item
from hotline.storage.models import Ticket


def settle_shown(rt: Runtime, tx: Transaction, ticket: Ticket, volunteer_id: int) -> None:
    """Settle the looks of the texts that the page of a ticket showed, and of the recordings that the volunteer has listened to.

    The ticket is as it was before the change, at the version of the page. Left to wait: a text that came after that version, one that
    stood on an earlier page of the timeline, and one of which only the beginning was shown.
    """
    rows = rt.config.web.page_rows
    waiting = looks.texts_that_wait(tx.session, ticket.id, until=ticket.changed_at, longest=READ, limit=rows)
    if waiting:
        # A page has so many texts and events together. Where there are more, the older ones may not have been on it.
        ends = [messages.shown_since(tx.session, ticket.id, rows=rows // 2), events.shown_since(tx.session, ticket.id, rows=rows // 2)]
        since = max((at for at in ends if at is not None), default=None)
        for message_id, at in waiting:
            if since is None or at >= since:
                looks.settle(tx.session, Item(message_id=message_id))
    heard = events.listened_to(tx.session, ticket.id, volunteer_id)
    for recording_id in looks.recordings_that_wait(tx.session, ticket.id, heard) if heard else ():
        looks.settle(tx.session, Item(recording_id=recording_id))
