"""A phone whose number a volunteer typed in on a ticket gives us the ticket's reference: from now on the typed number counts as a phone
that has contacted us."""

from hotline.domain.phone import SenderKind, TypedAs
from hotline.runtime import Transaction
from hotline.services.tickets import otherphones
from hotline.services.tickets.reach import SafeContact
from hotline.storage import contacts, handing, tickets, typedphones
from hotline.storage.contacts import Met
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.rows import TicketChanges


def meet(tx: Transaction, ticket: Ticket, contact: Met | Contact, *, by: str, spoke: bool) -> None:
    """Meet a phone that gives the reference of this ticket, if its number was typed in there: a walk-in is this phone's own from now on.

    The contact must be locked; `ticket` is loaded anew if it changes. `by`: "citizen" for a text, "call" for a call. `spoke`: the phone
    has shown its language. For any other phone nothing changes.
    """
    if ticket.contact_id == contact.id:
        return
    typed = typedphones.waiting(tx.session, ticket.id, contact.id)
    if typed is None:
        return
    ticket = tickets.locked(tx.session, ticket.id)
    changes: TicketChanges = {}
    if typed.kind == TypedAs.WALK_IN:
        at_the_desk = tx.session.get_one(Contact, ticket.contact_id)
        if at_the_desk.kind != SenderKind.WITHHELD:
            return
        _take_over(tx, ticket, contact, at_the_desk, spoke=spoke)
        changes = {"contact_id": contact.id}
    elif not otherphones.allowed(ticket):
        return
    typedphones.meet(tx.session, typed.id, now=tx.now)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    happened(tx.session, ticket.id, EventKind.PHONE_MET, now=tx.now, by=by, phone=typed.id)
    tickets.locked(tx.session, ticket.id)


def _take_over(tx: Transaction, ticket: Ticket, contact: Met | Contact, at_the_desk: Contact, *, spoke: bool) -> None:
    """Give a walk-in's words to its phone, and what was said at the desk of the language and of how to reach the phone."""
    handing.hand_over(tx.session, ticket.id, before=at_the_desk.id, after=contact.id, now=tx.now)
    if contact.times_seen == 1 and not spoke:
        contacts.speak(tx.session, contact, at_the_desk.language, named=False)
    here = contacts.locked(tx.session, contact.id)
    marks = [SafeContact.of(one, phone_held=one.on_hold) for one in (here, at_the_desk)]
    safe = marks[0].stricter(marks[1])
    # It gives the reference, so that it is this person's since the desk at least.
    since = min(here.owner_since, ticket.opened_at) if here.owner_since is not None else None
    contacts.make_safe(tx.session, contact.id, **(safe.row(here, tx.now) | {"owner_since": since}))
