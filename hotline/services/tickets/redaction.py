"""A part of what was said is masked, shown again, or rewritten for good: by the lead of the ticket's team or the head, who sees the ticket.

A mask can be undone by the same right; what is stored is whole until a second person has it rewritten. Nobody who masks a part also has it
rewritten. Until then the machine goes on with all the words; people, and the search, are shown a block in their place.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hotline.domain import redaction
from hotline.domain.delivery import Delivery
from hotline.domain.redaction import Span
from hotline.jobs import Job
from hotline.media import silence
from hotline.media.sealedaudio import StoredAudio
from hotline.media.silence import CannotCut
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import indexing
from hotline.storage import gatewaycopies, recordings, redactions, tickets
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.models import Message, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.recordings import KEPT
from hotline.storage.redactionmodels import Redaction
from hotline.storage.redactions import Item

INDEXED_AGAIN = timedelta(minutes=1)
"""After this a worker indexes the ticket once more: a worker that read the words before they were masked may have stored them after."""

_LEAVING = frozenset({Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN})


class NothingToMask(Exception):
    """No word and no stretch was chosen that is not masked yet, or there is no such text, note or recording on the ticket."""


class StillLeaving(Exception):
    """The text has not left for good, or a worker has it just now: it would be sent, or looked up, with other words."""


class NoSuchMask(Exception):
    """There is no such mask any more: it was undone, or rewritten."""


class SamePerson(Exception):
    """Who masked a part does not also have it rewritten."""


class Word(NamedTuple):
    """A word of a text as it may be chosen, by its place among them. `text` is None where it is masked."""

    place: int
    text: str | None
    is_number: bool


def words_on(rt: Runtime, volunteer: Volunteer, reference: str, item: Item) -> list[Word]:
    """The words of a text or a note, to choose from. Raises `NoSuchTicket`, `NotAllowed`, `NothingToMask`."""
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference, Act.REDACT).ticket
        row = redactions.found(session, ticket.id, item)
        if not isinstance(row, Message | Note):
            raise NothingToMask
        words, masks = redactions.words_of(session, row), redactions.of_item(session, item, rewritten=False)
    hidden = redaction.joined((Span(one.starts, one.ends) for one in masks), len(words))
    found = []
    for place, (span, is_number) in enumerate(redaction.tokens(words)):
        shown = None if any(one.starts < span.ends and span.starts < one.ends for one in hidden) else words[span.starts : span.ends]
        found.append(Word(place, shown, is_number))
    return found


def mask_words(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, item: Item, places: Collection[int]) -> None:
    """Mask words of a text or a note, by their places in `words_on`.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NothingToMask`, `StillLeaving`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
        row = _locked(tx, ticket.id, item)
        if not isinstance(row, Message | Note):
            raise NothingToMask
        words = redactions.words_of(tx.session, row)
        chosen = redaction.chosen(redaction.tokens(words), places)
        spans = [span for one in chosen if (span := redaction.widened(words, one)) is not None]
        _mask(tx, ticket, volunteer, item, spans)
        indexing.index_again(rt, tx, ticket.id)


def mask_stretch(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, recording_id: int, stretch: Span) -> None:
    """Mask a stretch of a recording, in milliseconds: it is heard as silence.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NothingToMask`, `StillLeaving`, `CannotCut`, `StoreFault`, `SealBroken`.
    """
    item = Item(recording_id=recording_id)
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference, Act.REDACT, version=version).ticket
        recording = redactions.found(session, ticket.id, item)
        if not isinstance(recording, Recording) or recording.state not in KEPT or recording.stored_as is None:
            raise NothingToMask
        key = recordings.key_of(session, recording)
    if recording.duration_s is None or key is None:
        raise CannotCut("nobody can play it")
    silence.samples_of(StoredAudio(rt.store, recording.stored_as, recording.size_bytes or 0, key))
    spans = redaction.joined([stretch], -(-round(recording.duration_s * 1_000_000) // 1000))
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
        if _locked(tx, ticket.id, item) is None:
            raise NothingToMask
        _mask(tx, ticket, volunteer, item, spans)


def undo(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, redaction_id: int) -> None:
    """Show a masked part again. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchMask`."""
    with rt.transaction() as tx:
        ticket, row = _mask_of(tx, volunteer, reference, version, redaction_id)
        redactions.undo(tx.session, row, by=volunteer.id, now=tx.now, next_at=_again(tx, Item.of(row)))
        tickets.change(tx.session, ticket, version, now=tx.now)
        happened(tx.session, ticket, EventKind.UNMASKED, now=tx.now, volunteer_id=volunteer.id, **_told(row))
        if row.recording_id is None:
            indexing.index_again(rt, tx, ticket)


def rewrite(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, redaction_id: int) -> None:
    """Have a text or a note rewritten without a masked part, at once; a recording by a worker, within a minute. Nothing brings it back.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchMask`, `SamePerson`, `StillLeaving`, `Erased`, `SealBroken`.
    """
    with rt.transaction() as tx:
        ticket, row = _mask_of(tx, volunteer, reference, version, redaction_id)
        if row.made_by == volunteer.id:
            raise SamePerson
        item = Item.of(row)
        _settled(rt, tx, _locked(tx, ticket, item))
        if item.recording_id is None:
            redactions.rewrite_words(tx.session, row, by=volunteer.id, now=tx.now)
            if item.message_id is not None:
                gatewaycopies.ask_for_texts(tx.session, [item.message_id], now=tx.now)
                tx.ring(Job.FORGET_DUE)
        else:
            redactions.store(tx.session, [row.id], rewritten_by=volunteer.id, rewritten_at=tx.now, next_at=tx.now)
            tx.ring(Job.REDACT_DUE)
        tickets.change(tx.session, ticket, version, now=tx.now)
        happened(tx.session, ticket, EventKind.REWRITTEN, now=tx.now, volunteer_id=volunteer.id, **_told(row))
        if item.recording_id is None:
            indexing.index_again(rt, tx, ticket)


def masked_on(rt: Runtime, volunteer: Volunteer, reference: str) -> list[tuple[Redaction, datetime | None]]:
    """What is masked on a ticket or was rewritten, the newest first, each with the time of what it is a part of.

    Raises `NoSuchTicket`, `NotAllowed`.
    """
    with rt.reading() as session:
        return redactions.of_ticket(session, access.enter(session, volunteer, reference, Act.REDACT).ticket.id)


def _mask_of(tx: Transaction, volunteer: Volunteer, reference: str, version: int, redaction_id: int) -> tuple[int, Redaction]:
    """The id of a ticket at that version, and a mask on it that is in force, locked."""
    ticket = access.enter(tx.session, volunteer, reference, Act.REDACT, version=version).ticket
    row = redactions.in_force(tx.session, ticket.id, redaction_id)
    if row is None:
        raise NoSuchMask
    return ticket.id, row


def _locked(tx: Transaction, ticket_id: int, item: Item) -> Message | Note | Recording | None:
    """What a mask is put on, locked before the ticket, as a worker does who sends a text or fetches a recording."""
    if redactions.found(tx.session, ticket_id, item) is None:
        return None
    row = redactions.locked(tx.session, ticket_id, item)
    if row is None or (isinstance(row, Message) and row.delivery == Delivery.QUEUED):  # it may be taken back, and is then deleted
        raise StillLeaving
    return row


def _settled(rt: Runtime, tx: Transaction, row: Message | Note | Recording | None) -> None:
    """Raise `StillLeaving` for a text that may yet be sent once more, or looked up by its words."""
    if not isinstance(row, Message) or row.delivery is None:
        return
    may_go_until = row.created_at + timedelta(hours=rt.config.sending.expires_hours)
    if row.delivery in _LEAVING or (row.delivery == Delivery.SENT and tx.now < may_go_until):
        raise StillLeaving


def _mask(tx: Transaction, ticket: Ticket, volunteer: Volunteer, item: Item, spans: Sequence[Span]) -> None:
    hidden = [Span(one.starts, one.ends) for one in redactions.of_item(tx.session, item, rewritten=False)]
    new = [span for span in spans if not any(one.starts <= span.starts and span.ends <= one.ends for one in hidden)]
    if not new:
        raise NothingToMask
    redactions.mask(tx.session, item, new, made_by=volunteer.id, now=tx.now, next_at=_again(tx, item))
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)
    for span in new:
        told: EventData = {**_of(item), "starts": span.starts, "ends": span.ends}
        happened(tx.session, ticket.id, EventKind.MASKED, now=tx.now, volunteer_id=volunteer.id, **told)


def _again(tx: Transaction, item: Item) -> datetime | None:
    return tx.now + INDEXED_AGAIN if item.recording_id is None else None


def _told(row: Redaction) -> EventData:
    return {**_of(Item.of(row)), "starts": row.starts, "ends": row.ends}


def _of(item: Item) -> EventData:
    if item.message_id is not None:
        return {"message": item.message_id}
    return {"of_note": item.note_id or 0} if item.note_id is not None else {"recording": item.recording_id or 0}
