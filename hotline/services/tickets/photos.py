"""A volunteer is shown a photo of a ticket, masks it, or has it removed for good, which takes a second person as rewriting does."""

from collections.abc import Sequence

from hotline.jobs import Job
from hotline.runtime import Reading, Runtime
from hotline.services import access, showings
from hotline.services.access import Act, NoSuchTicket
from hotline.services.showings import TOGETHER
from hotline.services.tickets.redaction import NoSuchMask, NothingToMask, SamePerson, StillLeaving
from hotline.storage import events, looks, photos, tickets, wiping
from hotline.storage.events import EventKind, happened
from hotline.storage.looks import Item
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.photomodels import Photo
from hotline.storage.photos import KEPT
from hotline.storage.showings import ShowingKind
from hotline.storage.wiping import Why


def numbered(session: Reading, ticket: Ticket) -> Sequence[tuple[int, Photo]]:
    """The photos of a ticket, each with its number, from 1."""
    return list(enumerate(photos.of_ticket(session, ticket.id), 1))


def to_see(session: Reading, volunteer: Volunteer, reference: str, number: int) -> Photo:
    """A photo of a ticket, by its number, that can be shown. Raises `NoSuchTicket`, `NotAllowed`."""
    ticket = access.enter(session, volunteer, reference).ticket
    found = next((one for n, one in numbered(session, ticket) if n == number), None)
    if found is None or not is_shown(found):
        raise NoSuchTicket(reference)
    return found


def is_shown(photo: Photo) -> bool:
    """Whether people can be shown a photo: it is here, it is one, and it is not masked."""
    return photo.state in KEPT and photo.width is not None and photo.masked_at is None


def see(rt: Runtime, volunteer: Volunteer, reference: str, photo_id: int) -> None:
    """The volunteer is shown a photo of the ticket; noted once in ten minutes. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference).ticket
        about = (ticket.id, volunteer.id, photo_id)
        if events.has_seen(session, *about, since=rt.clock() - TOGETHER):
            return
    with rt.transaction() as tx:
        tickets.locked(tx.session, ticket.id)  # it may be asked for twice at once
        if not events.has_seen(tx.session, *about, since=tx.now - TOGETHER):
            happened(tx.session, ticket.id, EventKind.PHOTO_SEEN, now=tx.now, volunteer_id=volunteer.id, photo=photo_id)


def to_see_in_look(session: Reading, volunteer: Volunteer, look_id: int, number: int) -> Photo:
    """A photo of the text of a look, by its place in the text, from 1. Raises `NotAllowed`, `NoSuchTicket`."""
    access.working(session, volunteer)
    row = looks.own(session, look_id, volunteer.id)
    if row is None or row.message_id is None or not looks.is_known(session, volunteer, Item.of(row)):
        raise NoSuchTicket(look_id)
    found = photos.of_message(session, row.message_id)[number - 1 : number]
    if not found or not is_shown(found[0]):
        raise NoSuchTicket(look_id)
    return found[0]


def see_in_look(rt: Runtime, volunteer: Volunteer, look_id: int, number: int) -> None:
    """A photo of the text of a look is shown to the volunteer. Raises as `to_see_in_look` does."""
    with rt.transaction() as tx:
        photo = to_see_in_look(tx.session, volunteer, look_id, number)
        looks.hear(tx.session, look_id, now=tx.now)
        ticket_id = photos.text_of(tx.session, photo).ticket_id
        if ticket_id is None:
            showings.record(tx, ShowingKind.TEXT, volunteer_id=volunteer.id, what="photo")
            return
        tickets.locked(tx.session, ticket_id)
        if not events.has_seen(tx.session, ticket_id, volunteer.id, photo.id, since=tx.now - TOGETHER):
            happened(tx.session, ticket_id, EventKind.PHOTO_SEEN, now=tx.now, volunteer_id=volunteer.id, photo=photo.id)


def mask(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, photo_id: int) -> None:
    """Have a photo shown to nobody. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NothingToMask`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
        tickets.change(tx.session, ticket.id, version, now=tx.now)
        found = _on(tx.session, ticket, photo_id)
        if found is None or found.state not in KEPT or found.masked_at is not None:
            raise NothingToMask
        photos.store(tx.session, photo_id, masked_by=volunteer.id, masked_at=tx.now)
        happened(tx.session, ticket.id, EventKind.MASKED, now=tx.now, volunteer_id=volunteer.id, photo=photo_id)


def unmask(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, photo_id: int) -> None:
    """Have a masked photo shown again. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchMask`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
        tickets.change(tx.session, ticket.id, version, now=tx.now)
        found = _on(tx.session, ticket, photo_id)
        if found is None or found.state not in KEPT or found.masked_at is None:
            raise NoSuchMask
        photos.store(tx.session, photo_id, masked_by=None, masked_at=None)
        happened(tx.session, ticket.id, EventKind.UNMASKED, now=tx.now, volunteer_id=volunteer.id, photo=photo_id)


def remove(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, photo_id: int) -> None:
    """Have a photo removed for good that somebody else has masked: its file, its preview, the gateway's copy. Nothing brings it back.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchMask`, `SamePerson`, `StillLeaving`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
        tickets.change(tx.session, ticket.id, version, now=tx.now)
        found = _on(tx.session, ticket, photo_id)
        if found is None or found.masked_at is None:
            raise NoSuchMask
        if found.state not in KEPT:  # a worker fetches it once more
            raise StillLeaving
        if found.masked_by == volunteer.id:
            raise SamePerson
        wiping.wipe_photo(tx.session, photo_id, now=tx.now, why=Why.WISH)
        happened(tx.session, ticket.id, EventKind.REWRITTEN, now=tx.now, volunteer_id=volunteer.id, photo=photo_id)
        tx.ring(Job.FETCH_PHOTOS)


def _on(session: Reading, ticket: Ticket, photo_id: int) -> Photo | None:
    """A photo of a ticket, locked until the commit; None if the ticket has no such photo."""
    if all(one.id != photo_id for one in photos.of_ticket(session, ticket.id)):
        return None
    return photos.locked(session, photo_id)
