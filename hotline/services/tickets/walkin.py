"""A walk-in: a citizen stands before a volunteer, and the volunteer types the complaint in."""

from dataclasses import dataclass
from datetime import timedelta

from hotline.domain import conversation, phone
from hotline.domain.conversation import ReadAs
from hotline.domain.message import Direction
from hotline.domain.phone import Sender, SenderKind, TypedAs
from hotline.domain.wishes import read_wishes
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import meaning, naming, wishes
from hotline.services.tickets.opening import open_ticket
from hotline.storage import contacts, typedphones, walkins
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer

_SLIP_FOR = timedelta(hours=1)
_NAMELESS = Sender(SenderKind.WITHHELD, None)


@dataclass(frozen=True)
class Complaint:
    """What the volunteer typed in. `token` is the form's own. `number` is as written, empty if there is none. `category` is a code;
    None: the words decide."""

    token: str
    words: str
    language: str
    number: str = ""
    category: str | None = None
    wants_woman: bool = False


class NoPhone(Exception):
    """The number cannot be a phone's."""


class FormUsed(Exception):
    """This form has opened a ticket with other words. `args[0]` is its reference."""


class _SentBefore(Exception):
    """The form was sent twice: nothing is stored."""


def take_down(rt: Runtime, volunteer: Volunteer, complaint: Complaint) -> str:
    """Open the ticket; its reference. A form that is sent twice opens one ticket. Raises `NotAllowed`, `NoPhone`, `FormUsed`.

    Nothing is texted: the citizen hears the reference from the volunteer. A typed number may be anybody's, so it is a note on the ticket
    until that phone gives us the reference (`meeting.meet`).
    """
    address = phone.read_typed(complaint.number, rt.config.numbers.region) if complaint.number else None
    if complaint.number and address is None:
        raise NoPhone
    try:
        with rt.transaction() as tx:
            access.working(tx.session, volunteer)
            return _open(rt, tx, volunteer, complaint, address)
    except _SentBefore:
        with rt.reading() as session:
            ticket, words = walkins.of_form(session, complaint.token)
        if words != complaint.words:
            raise FormUsed(ticket.reference) from None
        return ticket.reference


def _open(rt: Runtime, tx: Transaction, volunteer: Volunteer, complaint: Complaint, address: str | None) -> str:
    named = next((c for c in rt.categories if c.code == complaint.category), None)
    meant = meaning.read_words(rt, complaint.words, said=conversation.parse(complaint.words, rt.lexicon).danger, named=named)
    contact = contacts.typed_in(tx.session, _NAMELESS, language=complaint.language, now=tx.now)
    opened = open_ticket(
        tx,
        {"category": meant.category, "hits": meant.hits, "by": "walk_in"},
        ticket={
            "contact_id": contact.id,
            "category": meant.category,
            "priority": meant.priority,
            "sealed": meant.sealed,
            "hold": meant.hold,
            "danger": meant.danger,
            "walk_in": True,
            "wants_woman": complaint.wants_woman,
        },
        text={
            "direction": Direction.IN,
            "contact_id": contact.id,
            "gateway": walkins.FORM,
            "gateway_id": complaint.token,
            "body": complaint.words,
            "created_at": tx.now,
            "read_as": ReadAs.WRITTEN,
            "to_read": True,
        },
        receipt=lambda _ref: None,
        volunteer_id=volunteer.id,
    )
    if opened.message_id is None:
        raise _SentBefore
    naming.shut_new(rt, tx, opened.ticket_id, complaint.words)
    wishes.heed(
        tx,
        read_wishes(complaint.words, rt.wishes, rt.lexicon),
        contact_id=contact.id,
        ticket_id=opened.ticket_id,
        volunteer_id=volunteer.id,
    )
    if address is not None:
        typedphones.add(tx.session, opened.ticket_id, address, kind=TypedAs.WALK_IN, made_by=volunteer.id, note_id=None, now=tx.now)
    return opened.reference


def slip(rt: Runtime, session: Reading, volunteer: Volunteer, reference: str) -> Ticket:
    """The walk-in ticket whose slip the volunteer may print: the volunteer sees it, or has just typed it in, even if it is sealed now.

    Raises `NotAllowed`, `NoSuchTicket`.
    """
    access.working(session, volunteer)
    found = access.sees(session, volunteer, reference)
    if found is None:
        found = walkins.typed_by(session, reference, volunteer.id, since=rt.clock() - _SLIP_FOR)
    if found is None or not found.walk_in:
        raise NoSuchTicket(reference)
    return found
