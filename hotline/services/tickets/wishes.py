"""A citizen asks to be left alone, or for a woman, by a text, by a key, or in words that a volunteer writes down."""

from hotline.domain.wishes import Wishes
from hotline.runtime import Transaction
from hotline.storage import contacts, tickets
from hotline.storage.events import EventKind, happened


def heed(tx: Transaction, wishes: Wishes, *, contact_id: int, ticket_id: int | None, volunteer_id: int | None = None) -> None:
    """Heed what words ask of how we answer. `ticket_id`: the ticket they stand on; `volunteer_id`: who wrote them down, None for a text."""
    if wishes.unsafe:
        refuse(tx, contact_id, ticket_id=ticket_id, by="citizen", volunteer_id=volunteer_id)
    if wishes.woman and ticket_id is not None:
        ask_for_woman(tx, ticket_id, volunteer_id=volunteer_id)


def refuse(
    tx: Transaction,
    contact_id: int,
    *,
    texts: bool = True,
    calls: bool = True,
    ticket_id: int | None,
    by: str,
    volunteer_id: int | None = None,
) -> None:
    """The citizen says that texts or calls of ours are not safe: only a person takes that back (`reach.reach`). The contact must be locked.

    It holds for every ticket of the phone, so each of them tells it the first time; the ticket on which it was said, each time.
    """
    is_news = contacts.refuse(tx.session, contact_id, texts=texts, calls=calls, now=tx.now)
    open_ids = tickets.unclosed_ids(tx.session, contact_id, besides=ticket_id or 0) if is_news else [ticket_id or 0]
    for about in open_ids:
        if about:
            happened(tx.session, about, EventKind.UNSAFE, now=tx.now, volunteer_id=volunteer_id, by=by)


def ask_for_woman(tx: Transaction, ticket_id: int, *, volunteer_id: int | None = None) -> None:
    """The citizen asks for a woman. Asked again, it changes nothing."""
    ticket = tickets.locked(tx.session, ticket_id)
    if not ticket.wants_woman:
        tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, wants_woman=True)
        happened(tx.session, ticket_id, EventKind.CHANGED, now=tx.now, volunteer_id=volunteer_id, fact="wants_woman", old=False, new=True)
