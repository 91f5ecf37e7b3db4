"""Words are wiped for good: of a text with its photos, a note, a recording, a ticket, or all that a contact left.

Each wiping is noted, so that a backup that is put back wipes the same rows again (`replay`). What stays names nobody: the ticket with its
category, area and status, the codes of its events, counts. Whether something may be wiped yet is asked by the services. These functions
may be called twice.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, delete, or_, select, true, update
from sqlalchemy.orm import Session

from hotline.domain.delivery import Delivery, Reason
from hotline.storage import erasuremodels, gatewaycopies, photos, recordings, sealed, ticketwords
from hotline.storage.bridgemodels import CallPlan
from hotline.storage.callmodels import Call, Recording
from hotline.storage.contacts import ERASED
from hotline.storage.db import upsert
from hotline.storage.erasuremodels import Wiping
from hotline.storage.models import Contact, Draft, Message, Note, Question, Ticket, TypedPhone
from hotline.storage.partmodels import SentPart
from hotline.storage.photomodels import Photo
from hotline.storage.photos import PhotoChanges, PhotoState
from hotline.storage.readingmodels import ReadingRow
from hotline.storage.recordings import RecordingState

_AT_ONCE = 500
_UNDER_WAY = (Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN)

_WHO = (
    *("mark", "number", "country", "safe_from", "safe_until", "heard_at"),
    *("stopped_at", "refused_texts_at", "refused_calls_at", "only", "interpreter"),
)
_MAY = ("may_text", "may_call", "deaf", "language_named")
"""Columns of a contact that become empty, and those that become false, when it is erased."""


class WipingKind(StrEnum):
    """What was wiped."""

    CONTACT = "contact"  # all that a contact left; found by its `uid`
    NUMBER = "number"  # a contact's number, while words of an earlier owner of the number stay; found by its `uid`
    TICKET = erasuremodels.TICKET
    MESSAGE = erasuremodels.MESSAGE
    NOTE = erasuremodels.NOTE
    RECORDING = "recording"
    PHOTO = "photo"
    PHONE = "phone"  # a number that was typed in


class Why(StrEnum):
    """Why it was wiped."""

    WISH = "wish"  # the citizen asked for it
    AGE = "age"  # it was kept for as long as it may be


class Wiped(NamedTuple):
    """A wiping as a backup carries it: `row_id` for rows, `uid` for contacts; `at`: when it was wiped."""

    kind: WipingKind
    row_id: int | None
    uid: bytes | None
    at: datetime
    why: Why


def wipe_message(session: Session, message_id: int, *, now: datetime, why: Why) -> None:
    """Wipe the words of a text. Its ticket leaves the index of the search: `indexing.index_again` puts back what is left of it."""
    _wipe_messages(session, [message_id], now=now, why=why)


def wipe_note(session: Session, note_id: int, *, now: datetime, why: Why) -> None:
    """Wipe the words of a note. Its ticket leaves the index, as with a text."""
    _wipe_notes(session, [note_id], now=now, why=why)


def wipe_recording(session: Session, recording_id: int, *, now: datetime, why: Why) -> str | None:
    """Wipe a recording: nobody can hear it any more. Returns the name of its file in the store; None if it has none.

    The row keeps the name until the file is removed, here and at the gateway: `Job.FETCH_RECORDINGS`, which is to be rung, does both.
    """
    recording = recordings.locked(session, recording_id)
    _note(session, WipingKind.RECORDING, [recording_id], now=now, why=why)
    if recording.reason == recordings.WIPED:
        return recording.stored_as
    values = {"state": RecordingState.GOING, "reason": recordings.WIPED, "sha256": None, "size_bytes": None, "duration_s": None}
    session.execute(
        update(Recording).where(Recording.id == recording_id).values(**values, look=None, attempts=0, promised_s=None, next_attempt_at=now)
    )
    return recording.stored_as


def wipe_photo(session: Session, photo_id: int, *, now: datetime, why: Why) -> None:
    """Wipe a photo: nobody is shown it any more. The row names its file until that is removed, as the copy at the gateway is:
    `Job.FETCH_PHOTOS`, which is to be rung, does both."""
    _wipe_photos(session, [photo_id], now=now)
    _note(session, WipingKind.PHOTO, [photo_id], now=now, why=why)


def wipe_ticket(session: Session, ticket_id: int, *, now: datetime, why: Why, until: datetime | None = None) -> None:
    """Wipe all words of a ticket, whichever phone they came from: texts, notes, drafts, recordings, typed numbers, the code word.

    `until`: only what was stored by then. What was told after the words had gone stays when a backup is put back.
    """

    def old(at: Any) -> ColumnElement[bool]:
        return at <= until if until is not None else true()

    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())  # who indexes its words holds a share of it
    texts = select(Message.id).where(Message.ticket_id == ticket_id, old(Message.created_at))
    _wipe_messages(session, _ids(session, texts), now=now, why=why)
    _wipe_notes(session, _ids(session, select(Note.id).where(Note.ticket_id == ticket_id, old(Note.written_at))), now=now, why=why)
    audio = select(Recording.id).join(Call, Call.id == Recording.call_id).where(Call.ticket_id == ticket_id, old(Recording.created_at))
    for recording_id in _ids(session, audio):
        wipe_recording(session, recording_id, now=now, why=why)
    typed = select(TypedPhone.id).where(TypedPhone.ticket_id == ticket_id, old(TypedPhone.made_at))
    _wipe_phones(session, _ids(session, typed), now=now, why=why)
    session.execute(delete(Draft).where(Draft.ticket_id == ticket_id, old(Draft.saved_at)))
    session.execute(delete(Question).where(Question.ticket_id == ticket_id, old(Question.asked_at)))
    session.execute(update(CallPlan).where(CallPlan.ticket_id == ticket_id).values(code_word=None))
    ticketwords.forget(session, ticket_id)
    kept = {"kept_from": None, "keep_until": None, "goes_at": None}
    session.execute(update(Ticket).where(Ticket.id == ticket_id, or_(Ticket.kept_from.is_(None), old(Ticket.kept_from))).values(kept))
    _note(session, WipingKind.TICKET, [ticket_id], now=now, why=why)


def wipe_contact(
    session: Session, contact_id: int, *, now: datetime, why: Why, since: datetime | None = None, until: datetime | None = None
) -> None:
    """Wipe a contact: its tickets, its texts and recordings without one, its number, and its key. Raises nothing for an erased one.

    `since`: only what is from that time on, and the number; the key stays, as it opens what an earlier owner of the number left.
    `until`: of its tickets only what was stored by then; others may have written on them since.
    """
    statement = select(Contact).where(Contact.id == contact_id).with_for_update()  # who seals for it holds a share: `needed_key`
    contact = session.scalars(statement, execution_options={"populate_existing": True}).one()
    own_tickets = select(Ticket.id).where(Ticket.contact_id == contact_id)
    own_texts = select(Message.id).where(Message.contact_id == contact_id)
    own_audio = select(Recording.id).join(Call, Call.id == Recording.call_id).where(Call.contact_id == contact_id)
    if since is not None:
        own_tickets = own_tickets.where(Ticket.opened_at >= since)
        own_texts = own_texts.where(Message.created_at >= since)
        own_audio = own_audio.where(Recording.created_at >= since)
    own, texts = _ids(session, own_tickets.order_by(Ticket.id)), _ids(session, own_texts)
    touched = set(own)
    for some in _parts(texts):
        touched |= {one for one in session.scalars(select(Message.ticket_id).where(Message.id.in_(some))) if one is not None}
    for some in _parts(sorted(touched)):  # in the order in which the indexer locks them, so that the two never wait for each other
        session.execute(select(Ticket.id).where(Ticket.id.in_(some)).order_by(Ticket.id).with_for_update())
    for ticket_id in own:
        wipe_ticket(session, ticket_id, now=now, why=why, until=until)
    _wipe_messages(session, texts, now=now, why=why)
    for recording_id in _ids(session, own_audio):
        wipe_recording(session, recording_id, now=now, why=why)
    if contact.mark is not None:  # on tickets of others
        _wipe_phones(session, _ids(session, select(TypedPhone.id).where(TypedPhone.mark == contact.mark)), now=now, why=why)
    _take_number(session, contact, with_key=since is None)
    kind = WipingKind.CONTACT if since is None else WipingKind.NUMBER
    _put(session, "uid", [{"kind": kind, "row_id": None, "uid": bytes(contact.uid), "at": now, "why": why}])


def wipe_emptied(session: Session, contact_id: int, *, now: datetime, why: Why) -> None:
    """Wipe a contact of whom nothing is left but its number and its key, as `wipe_contact` does. The contact must be locked."""
    contact = session.scalars(select(Contact).where(Contact.id == contact_id), execution_options={"populate_existing": True}).one()
    _take_number(session, contact, with_key=True)
    _put(session, "uid", [{"kind": WipingKind.CONTACT, "row_id": None, "uid": bytes(contact.uid), "at": now, "why": why}])


def _take_number(session: Session, contact: Contact, *, with_key: bool) -> None:
    """Forget who a contact is, and how it may be reached: it is never reached again."""
    values: dict[str, object] = {**dict.fromkeys(_WHO), "kind": ERASED, **dict.fromkeys(_MAY, False)}
    if with_key:
        values["wrapped_key"] = None
        sealed.forget(session, contact.id)
    session.execute(update(Contact).where(Contact.id == contact.id).values(**values))
    session.execute(delete(Question).where(Question.contact_id == contact.id))


def when(session: Session, ticket_id: int) -> tuple[datetime, Why] | None:
    """When the words of a ticket were wiped, and why; None if they were not."""
    row = session.execute(select(Wiping.at, Wiping.why).where(Wiping.kind == WipingKind.TICKET, Wiping.row_id == ticket_id)).first()
    return (row[0], Why(row[1])) if row is not None else None


def listed(session: Session) -> Sequence[Wiped]:
    """All that was wiped, oldest first: what a backup carries."""
    rows = session.scalars(select(Wiping).order_by(Wiping.id)).all()
    return [Wiped(WipingKind(one.kind), one.row_id, bytes(one.uid) if one.uid is not None else None, one.at, Why(one.why)) for one in rows]


def replay(session: Session, rows: Iterable[Wiped], *, now: datetime) -> int:
    """Wipe again in a restored database what was wiped since: the rows given, and every contact that has no key. Returns how many.

    A row that is younger than its wiping is another row under the same id, and stays. Recordings are then to be removed from the store
    (`Job.FETCH_RECORDINGS`).
    """
    done = sum(_again(session, row) for row in rows)
    lost = select(Contact.id).where(Contact.wrapped_key.is_(None), Contact.kind != ERASED)  # the others are among the rows
    for contact_id in _ids(session, lost):
        wipe_contact(session, contact_id, now=now, why=Why.WISH)
        done += 1
    return done


def _again(session: Session, row: Wiped) -> bool:
    born = {
        WipingKind.TICKET: (Ticket.id, Ticket.opened_at),
        WipingKind.MESSAGE: (Message.id, Message.created_at),
        WipingKind.NOTE: (Note.id, Note.written_at),
        WipingKind.RECORDING: (Recording.id, Recording.created_at),
        WipingKind.PHOTO: (Photo.id, Photo.created_at),
        WipingKind.PHONE: (TypedPhone.id, TypedPhone.made_at),
    }
    if row.kind in born:
        key, at = born[row.kind]
        if row.row_id is None or session.scalar(select(key).where(key == row.row_id, at <= row.at)) is None:
            return False
        _wipe_row(session, row, row.row_id)
        return True
    found = session.execute(select(Contact.id, Contact.owner_since).where(Contact.uid == row.uid)).one_or_none()
    if found is None:
        return False
    # What the last owner of the number left is named row by row.
    wipe_contact(session, found[0], now=row.at, why=row.why, since=row.at if row.kind is WipingKind.NUMBER else None, until=row.at)
    return True


def _wipe_row(session: Session, row: Wiped, row_id: int) -> None:
    match row.kind:
        case WipingKind.TICKET:
            wipe_ticket(session, row_id, now=row.at, why=row.why, until=row.at)
        case WipingKind.MESSAGE:
            wipe_message(session, row_id, now=row.at, why=row.why)
        case WipingKind.NOTE:
            wipe_note(session, row_id, now=row.at, why=row.why)
        case WipingKind.RECORDING:
            wipe_recording(session, row_id, now=row.at, why=row.why)
        case WipingKind.PHOTO:
            wipe_photo(session, row_id, now=row.at, why=row.why)
        case WipingKind.PHONE:
            _wipe_phones(session, [row_id], now=row.at, why=row.why)


def _wipe_messages(session: Session, ids: Sequence[int], *, now: datetime, why: Why) -> None:
    waits = Message.delivery.in_(_UNDER_WAY)
    values = {
        "sealed": None,
        "plain": None,
        "look": None,
        "to_read": None,
        "next_attempt_at": None,
        "reason": case((waits, Reason.ERASED), else_=Message.reason),
        "delivery": case((waits, Delivery.FAILED), else_=Message.delivery),
    }
    for some in _parts(ids):
        _forget_words(session, select(Message.ticket_id).where(Message.id.in_(some)))
        session.execute(update(Message).where(Message.id.in_(some)).values(**values), execution_options={"synchronize_session": False})
        session.execute(delete(ReadingRow).where(ReadingRow.message_id.in_(some)))  # it tells something of the words
        session.execute(delete(SentPart).where(SentPart.message_id.in_(some)))  # its mark of the number could be tried with the keys
        _wipe_photos(session, session.scalars(select(Photo.id).where(Photo.message_id.in_(some)).order_by(Photo.id)).all(), now=now)
        if why is Why.WISH:  # what is only old was deleted at the gateway long ago
            gatewaycopies.ask_for_texts(session, some, now=now)
    _note(session, WipingKind.MESSAGE, ids, now=now, why=why)


def _forget_words(session: Session, of: Select[Any]) -> None:
    """Take tickets out of the index. They are locked, before their texts and notes are: who indexes their words holds a share of them."""
    statement = select(Ticket.id).where(Ticket.id.in_(of)).order_by(Ticket.id).with_for_update()
    for ticket_id in session.scalars(statement).all():
        ticketwords.forget(session, ticket_id)


def _wipe_photos(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Wipe photos, but for those that were wiped before, or lie nowhere. They need not be noted: with their text they go again."""
    for photo_id in ids:
        if photos.locked(session, photo_id).reason not in (photos.WIPED, photos.NOT_BROUGHT):
            gone: PhotoChanges = {**photos.EMPTY, "state": PhotoState.GOING, "reason": photos.WIPED, "attempts": 0, "next_attempt_at": now}
            photos.store(session, photo_id, **gone)


def _wipe_notes(session: Session, ids: Sequence[int], *, now: datetime, why: Why) -> None:
    for some in _parts(ids):
        _forget_words(session, select(Note.ticket_id).where(Note.id.in_(some)))
        session.execute(update(Note).where(Note.id.in_(some)).values(sealed=None))
    _note(session, WipingKind.NOTE, ids, now=now, why=why)


def _wipe_phones(session: Session, ids: Sequence[int], *, now: datetime, why: Why) -> None:
    for some in _parts(ids):
        session.execute(update(TypedPhone).where(TypedPhone.id.in_(some)).values(mark=None, number=None))
    _note(session, WipingKind.PHONE, ids, now=now, why=why)


def _note(session: Session, kind: WipingKind, ids: Collection[int], *, now: datetime, why: Why) -> None:
    if ids:
        _put(session, "row_id", [{"kind": kind, "row_id": row_id, "uid": None, "at": now, "why": why} for row_id in ids])


def _put(session: Session, found_by: str, rows: Sequence[dict[str, object]]) -> None:
    """Note wipings. Where it was noted before, the last time counts, and a wish before age."""
    statement = upsert(session, Wiping)
    last = {"at": statement.excluded.at, "why": statement.excluded.why}
    session.execute(statement.on_conflict_do_update(index_elements=["kind", found_by], set_=last), rows)


def _ids(session: Session, statement: Select[int]) -> Sequence[int]:
    return session.scalars(statement).all()


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
