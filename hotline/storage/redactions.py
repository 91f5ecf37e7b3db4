"""Masks on texts, notes and recordings: made, undone, and rewritten for good. Whose right it is, the services ask."""

import contextlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self, TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, insert, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain import redaction
from hotline.domain.delivery import Delivery
from hotline.domain.redaction import Span
from hotline.sealing import SealBroken
from hotline.storage import readings, sealed
from hotline.storage.callmodels import Call, Recording
from hotline.storage.masks import IN_FORCE
from hotline.storage.models import Message, Note
from hotline.storage.redactionmodels import Redaction

_MOST = 500
_AS_IT_IS = {"populate_existing": True}


class RedactionChanges(TypedDict, total=False):
    """Changes of a redaction."""

    starts: int
    ends: int
    undone_by: int | None
    undone_at: datetime | None
    rewritten_by: int | None
    rewritten_at: datetime | None
    done_at: datetime | None
    next_at: datetime | None
    left: str | None


@dataclass(frozen=True)
class Item:
    """A text, a note or a recording, by its id: two of the three are None."""

    message_id: int | None = None
    note_id: int | None = None
    recording_id: int | None = None

    @classmethod
    def of(cls, row: Redaction) -> Self:
        """What a part is masked of."""
        return cls(row.message_id, row.note_id, row.recording_id)

    @property
    def is_in(self) -> ColumnElement[bool]:
        """The condition that a redaction is of this one."""
        [(name, row_id)] = [(name, row_id) for name, row_id in asdict(self).items() if row_id is not None]
        is_of: ColumnElement[bool] = getattr(Redaction, name) == row_id
        return is_of


def found(session: Session, ticket_id: int, item: Item) -> Message | Note | Recording | None:
    """The row of a text, a note or a recording; None if it is not on that ticket."""
    row: Message | Note | Recording | None = session.scalars(_row(ticket_id, item), execution_options=_AS_IT_IS).one_or_none()
    return row


def locked(session: Session, ticket_id: int, item: Item) -> Message | Note | Recording | None:
    """As `found`, locked until the commit. None too if a worker has it just now: workers lock it before the ticket."""
    model = Message if item.message_id is not None else Note if item.note_id is not None else Recording
    statement = _row(ticket_id, item).with_for_update(skip_locked=True, of=model)
    row: Message | Note | Recording | None = session.scalars(statement, execution_options=_AS_IT_IS).one_or_none()
    return row


def _row(ticket_id: int, item: Item) -> Select[Any]:
    if item.message_id is not None:
        return select(Message).where(Message.id == item.message_id, Message.ticket_id == ticket_id)
    if item.note_id is not None:
        return select(Note).where(Note.id == item.note_id, Note.ticket_id == ticket_id)
    calls = select(Recording).join(Call, Call.id == Recording.call_id)
    return calls.where(Recording.id == item.recording_id, Call.ticket_id == ticket_id)


def words_of(session: Session, row: Message | Note) -> str:
    """All the words of a text or a note, what is masked too; "" if they were erased or do not open. For the work on masks only."""
    if isinstance(row, Message):
        return sealed.readable(f"text {row.id}", lambda: sealed.body_of(session, row), "")
    return sealed.readable(f"note {row.id}", lambda: sealed.note_of(sealed.key_of_ticket(session, row.ticket_id), row), "")


def mask(session: Session, item: Item, spans: Iterable[Span], *, made_by: int, now: datetime, next_at: datetime | None) -> None:
    """Mask parts of a text, a note or a recording. `next_at`: when a worker looks at it."""
    values = {**asdict(item), "made_by": made_by, "made_at": now, "next_at": next_at}
    for starts, ends in spans:
        session.execute(insert(Redaction).values(id=secrets.randbits(62), starts=starts, ends=ends, **values))
    flag(session, item)


def flag(session: Session, item: Item) -> None:
    """Store in the row of a text, a note or a recording whether anything of it is masked."""
    is_masked = session.scalar(select(Redaction.id).where(item.is_in, IN_FORCE).limit(1)) is not None
    model, row_id = next(
        (model, row_id)
        for model, row_id in ((Message, item.message_id), (Note, item.note_id), (Recording, item.recording_id))
        if row_id is not None
    )
    session.execute(update(model).where(model.id == row_id).values(masked=is_masked or None))


def of_ticket(session: Session, ticket_id: int) -> list[tuple[Redaction, datetime | None]]:
    """What is or was masked on a ticket and was not undone, the newest first, each with the time of its text, note or recording."""
    statement = select(Redaction).where(_on(ticket_id), Redaction.undone_at.is_(None))
    rows = session.scalars(statement.order_by(Redaction.made_at.desc(), Redaction.id).limit(_MOST)).all()
    born = {item: _born(session, item) for item in {Item.of(row) for row in rows}}
    return [(row, born[Item.of(row)]) for row in rows]


def in_force(session: Session, ticket_id: int, redaction_id: int) -> Redaction | None:
    """A mask of a ticket that was neither undone nor rewritten, locked; None if there is none."""
    statement = select(Redaction).where(
        Redaction.id == redaction_id, _on(ticket_id), Redaction.undone_at.is_(None), Redaction.rewritten_at.is_(None)
    )
    return session.scalar(statement.with_for_update(), execution_options=_AS_IT_IS)


def of_item(session: Session, item: Item, *, rewritten: bool) -> Sequence[Redaction]:
    """The masks of a text, a note or a recording that are in force, or of these only those that a second person has decided on."""
    statement = select(Redaction).where(item.is_in, IN_FORCE).order_by(Redaction.starts, Redaction.id)
    return session.scalars(statement.where(Redaction.rewritten_at.is_not(None)) if rewritten else statement).all()


def undo(session: Session, row: Redaction, *, by: int, now: datetime, next_at: datetime | None) -> None:
    """Show a masked part again."""
    store(session, [row.id], undone_by=by, undone_at=now, next_at=next_at)
    flag(session, Item.of(row))


def store(session: Session, ids: Collection[int], **values: Unpack[RedactionChanges]) -> None:
    """Store changes of redactions."""
    session.execute(update(Redaction).where(Redaction.id.in_(ids)).values(**values))


def rewrite_words(session: Session, row: Redaction, *, by: int | None, now: datetime) -> None:
    """Seal a text or a note anew with a block in the place of a masked part. Nothing brings the words back. Raises `Erased`, `SealBroken`.

    The other masks of it are moved to where their words stand now; a mask that lay within is done with.
    """
    item, cut = Item.of(row), Span(row.starts, row.ends)
    if row.message_id is not None:
        _cut_text(session, session.get_one(Message, row.message_id, populate_existing=True), cut)
    elif row.note_id is not None:
        _cut_note(session, session.get_one(Note, row.note_id, populate_existing=True), cut)
    for other in of_item(session, item, rewritten=False):
        if other.id == row.id:
            continue
        span = redaction.left_of(Span(other.starts, other.ends), cut)
        if span is None:
            store(session, [other.id], undone_by=by, undone_at=now)
        else:
            store(session, [other.id], starts=span.starts, ends=span.ends)
    store(session, [row.id], rewritten_by=by, rewritten_at=now, done_at=now)
    flag(session, item)


def _cut_text(session: Session, message: Message, cut: Span) -> None:
    if message.sealed is None and message.plain is None:  # its words were erased
        return
    key = sealed.needed_key(session, message.contact_id)
    words = redaction.masked(sealed.body_by(key, message), [cut])
    body = sealed.seal_body(key, words, direction=message.direction, created_at=message.created_at)
    session.execute(update(Message).where(Message.id == message.id).values(sealed=body, plain=None))
    readings.forget(session, message.id)


def _cut_note(session: Session, note: Note, cut: Span) -> None:
    if note.sealed is None:
        return
    key = sealed.needed_key_of_ticket(session, note.ticket_id)
    words = redaction.masked(sealed.note_of(key, note), [cut])
    session.execute(update(Note).where(Note.id == note.id).values(sealed=sealed.seal_note(key, words, written_at=note.written_at)))


def due(session: Session, *, now: datetime) -> Redaction | None:
    """The next redaction of which a worker has something left to do, locked. Rows that another worker has locked are left out."""
    statement = select(Redaction).where(Redaction.next_at.is_not(None), Redaction.next_at <= now).order_by(Redaction.next_at, Redaction.id)
    return session.scalar(statement.limit(1).with_for_update(skip_locked=True), execution_options=_AS_IT_IS)


def again(session: Session, redaction_id: int) -> Redaction:
    """A redaction as it is now, locked until the commit."""
    statement = select(Redaction).where(Redaction.id == redaction_id).with_for_update()
    return session.scalars(statement, execution_options=_AS_IT_IS).one()


def ticket_id_of(session: Session, row: Redaction) -> int | None:
    """The id of the ticket that a text or a note with a masked part is on now; None if it is on none."""
    if row.message_id is not None:
        return session.scalar(select(Message.ticket_id).where(Message.id == row.message_id))
    return session.scalar(select(Note.ticket_id).where(Note.id == row.note_id))


class Redacted(NamedTuple):
    """A part that was rewritten for good, as a backup carries it. `born`: when its text, note or recording was stored."""

    id: int
    item: Item
    born: datetime
    starts: int
    ends: int
    made_at: datetime
    rewritten_at: datetime

    def written(self) -> list[Any]:
        """As a list that JSON knows."""
        times = [at.isoformat() for at in (self.born, self.made_at, self.rewritten_at)]
        return [self.id, asdict(self.item), self.starts, self.ends, *times]

    @classmethod
    def read(cls, row: Sequence[Any]) -> Self:
        """What `written` gave."""
        row_id, item, starts, ends, *times = row
        born, made_at, rewritten_at = (datetime.fromisoformat(at) for at in times)
        return cls(row_id, Item(**item), born, starts, ends, made_at, rewritten_at)


def listed(session: Session) -> list[Redacted]:
    """All that was rewritten for good, in the order in which it was."""
    rows = session.scalars(select(Redaction).where(Redaction.rewritten_at.is_not(None)).order_by(Redaction.rewritten_at, Redaction.id))
    found = []
    for row in rows.all():
        item = Item.of(row)
        if (born := _born(session, item)) is not None and row.rewritten_at is not None:
            found.append(Redacted(row.id, item, born, row.starts, row.ends, row.made_at, row.rewritten_at))
    return found


def replay(session: Session, rows: Iterable[Redacted], *, now: datetime) -> int:
    """Rewrite again in a restored database what was rewritten since: the rows as `listed` gave them, in their order. Returns how many.

    What is rewritten there already, and another row under the same id, stays. A worker rewrites recordings (`Job.REDACT_DUE`).
    """
    done = 0
    for row in rows:
        known = session.get(Redaction, row.id, populate_existing=True)
        if _born(session, row.item) != row.born or (known is not None and known.rewritten_at is not None):
            continue
        values: RedactionChanges = {"starts": row.starts, "ends": row.ends, "undone_by": None, "undone_at": None}
        if known is None:
            session.execute(insert(Redaction).values(id=row.id, **asdict(row.item), made_at=row.made_at, **values))
        else:
            store(session, [row.id], **values)
        again = session.get_one(Redaction, row.id, populate_existing=True)
        if row.item.recording_id is not None:
            store(session, [row.id], rewritten_at=row.rewritten_at, next_at=now)
            flag(session, row.item)
        else:
            with contextlib.suppress(sealed.Erased, SealBroken):  # what does not open is counted when the keys are tried
                rewrite_words(session, again, by=None, now=row.rewritten_at)
            store(session, [row.id], next_at=now)
            # Nothing is rewritten that may still leave: it had left or failed by then, and would leave again with other words.
            on_its_way = (Message.id == row.item.message_id, Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN)))
            session.execute(update(Message).where(*on_its_way).values(delivery=Delivery.FAILED, reason="restored", next_attempt_at=None))
        done += 1
    return done


def _born(session: Session, item: Item) -> datetime | None:
    """When a text, a note or a recording was stored; None if it is not there."""
    if item.message_id is not None:
        return session.scalar(select(Message.created_at).where(Message.id == item.message_id))
    if item.note_id is not None:
        return session.scalar(select(Note.written_at).where(Note.id == item.note_id))
    return session.scalar(select(Recording.created_at).where(Recording.id == item.recording_id))


def _on(ticket_id: int) -> ColumnElement[bool]:
    return or_(
        Redaction.message_id.in_(select(Message.id).where(Message.ticket_id == ticket_id)),
        Redaction.note_id.in_(select(Note.id).where(Note.ticket_id == ticket_id)),
        Redaction.recording_id.in_(select(Recording.id).join(Call, Call.id == Recording.call_id).where(Call.ticket_id == ticket_id)),
    )
