"""Who works on a ticket has looked at what its page showed: nobody has to look at it twice."""

from collections.abc import Collection

from hotline.domain.message import READ
from hotline.runtime import Runtime, Transaction
from hotline.storage import events, looks, messages, photos
from hotline.storage.looks import Item
from hotline.storage.models import Ticket


def settle_shown(rt: Runtime, tx: Transaction, ticket: Ticket, volunteer_id: int) -> None:
    """Settle the looks of the texts that the page of a ticket showed, and of the recordings that the volunteer has listened to.

    The ticket is as it was before the change, at the version of the page. Left to wait: a text that came after that version, one that
    stood on an earlier page of the timeline, one shown only in part, and one with a photo that the volunteer has not seen.
    """
    rows = rt.config.web.page_rows
    waiting = looks.texts_that_wait(tx.session, ticket.id, until=ticket.changed_at, longest=READ, limit=rows)
    if waiting:
        # A page has so many texts and events together. Where there are more, the older ones may not have been on it.
        ends = [messages.shown_since(tx.session, ticket.id, rows=rows // 2), events.shown_since(tx.session, ticket.id, rows=rows // 2)]
        since = max((at for at in ends if at is not None), default=None)
        unseen = _unseen(tx, ticket, volunteer_id, [message_id for message_id, _ in waiting])
        for message_id, at in waiting:
            if (since is None or at >= since) and message_id not in unseen:
                looks.settle(tx.session, Item(message_id=message_id))
    heard = events.listened_to(tx.session, ticket.id, volunteer_id)
    for recording_id in looks.recordings_that_wait(tx.session, ticket.id, heard) if heard else ():
        looks.settle(tx.session, Item(recording_id=recording_id))


def _unseen(tx: Transaction, ticket: Ticket, volunteer_id: int, message_ids: Collection[int]) -> frozenset[int]:
    """Those of the texts that came with a photo which this volunteer was not shown."""
    to_see = photos.to_see(tx.session, message_ids)
    seen = events.photos_seen(tx.session, ticket.id, volunteer_id) if to_see else frozenset()
    return frozenset(message_id for message_id, photo_ids in to_see.items() if not seen.issuperset(photo_ids))
