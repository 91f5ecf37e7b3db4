"""What people have said of texts since a machine read them, from the events of their tickets.

An answer to a look is said of its text. What is said of a whole ticket is said of its text where it had only one by then: of several,
nobody knows which one was meant, nor what of it was said on a call. The last word counts.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hotline.domain.category import Category, categories_in
from hotline.domain.correction import NO_COMPLAINT, Correction, model_kind
from hotline.domain.danger import Danger
from hotline.domain.look import LookAnswer
from hotline.domain.reading import Intent
from hotline.storage import readings, sealed
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket
from hotline.storage.prankmodels import Prank
from hotline.storage.readingmodels import ReadingRow

_AT_ONCE = 500
"""Texts that are fetched by one statement."""

_MOVED = (EventKind.MOVED_IN, EventKind.MOVED_OUT)
_HEARD = (EventKind.LOOKED, EventKind.CHANGED, EventKind.KIND_UNDONE, EventKind.SEALED, EventKind.UNSEALED, EventKind.DANGER, *_MOVED)

_DANGER = {LookAnswer.DANGER: True, LookAnswer.ORDINARY: False, LookAnswer.NOT_OURS: False}

Deed = tuple[int | None, datetime]
"""Who did something and when: the events of one step share both."""


class _What(Enum):
    KIND = "kind"  # the code of a category, or NO_COMPLAINT
    DANGER = "danger"
    AGAINST = "against"
    PLACE = "place"  # the codes of the areas before and after
    LEFT = "left"  # the code of the category that stood there when somebody called the text ordinary


@dataclass(frozen=True)
class _Word:
    """One thing that a person said. `message_id`: of which text; None: of the whole ticket."""

    deed: Deed
    message_id: int | None
    what: _What
    value: Any


def texts_read(session: Session, *, since: datetime | None = None) -> int:
    """How many texts were read after `since`."""
    statement = select(func.count()).select_from(ReadingRow)
    return session.scalar(statement if since is None else statement.where(ReadingRow.read_at > since)) or 0


def corrections(session: Session, categories: tuple[Category, ...], *, since: datetime | None = None) -> Sequence[Correction]:
    """The texts read after `since` of which a person has said anything, the oldest first.

    Left out are texts that are erased, those of a phone that two people marked because of pranks, and those of a ticket whose kind is, or
    ever was, or whose words tell of, a category without a kind of the model: an accusation of faith.
    """
    words, never = _words(session, categories)
    said = _by_text(session, words)
    found = list[Correction]()
    ids = sorted(said)
    for start in range(0, len(ids), _AT_ONCE):
        statement = (
            select(ReadingRow, Message, Ticket)
            .join(Message, Message.id == ReadingRow.message_id)
            .join(Ticket, Ticket.id == Message.ticket_id)
            .where(ReadingRow.message_id.in_(ids[start : start + _AT_ONCE]), Ticket.id.not_in(_pranks()))
            .order_by(ReadingRow.message_id)
        )
        if since is not None:
            statement = statement.where(ReadingRow.read_at > since)
        rows = session.execute(statement).all()
        sealed.load(session, (message.contact_id for _, message, _ in rows))
        for row, message, ticket in rows:
            body = sealed.shown_body_of(session, message)
            if not body:
                continue
            codes = {ticket.category, *(one.code for one in categories_in(body, categories))}
            if ticket.id not in never and all(model_kind(categories, code) for code in codes):
                found.append(_correction(row, body, readings.reasons_of(session, row), ticket, said[row.message_id], categories=categories))
    return found


def _pranks() -> Any:
    """The ids of the tickets with a text of a phone that two people marked, and of those that it opened."""
    marked = select(Prank.contact_id).where(Prank.confirmed_at.is_not(None))
    texted = select(Message.ticket_id).where(Message.ticket_id.is_not(None), Message.contact_id.in_(marked))
    return select(Ticket.id).where(or_(Ticket.contact_id.in_(marked), Ticket.id.in_(texted)))


def _correction(
    row: ReadingRow,
    body: str,
    reasons: Mapping[str, Sequence[str]],
    ticket: Ticket,
    said: Mapping[_What, Any],
    *,
    categories: tuple[Category, ...],
) -> Correction:
    kind = said.get(_What.KIND)
    kind = model_kind(categories, kind) if kind else kind
    left = said.get(_What.LEFT)
    # A complaint about the hotline is sealed as well, and is none of officials.
    is_ours = "ours" in (kind, model_kind(categories, ticket.category))
    return Correction(
        ticket_id=ticket.id,
        text=body,
        intent=Intent(row.intent),
        kinds=tuple(row.kinds),
        object=row.object,
        reasons=reasons,
        sealed=ticket.sealed,
        kind=kind,
        danger=said.get(_What.DANGER),
        against=None if is_ours else said.get(_What.AGAINST),
        place=said.get(_What.PLACE),
        left=kind is None and left is not None and row.kinds[:1] == [model_kind(categories, left)],
    )


def _words(session: Session, categories: tuple[Category, ...]) -> tuple[Mapping[int, list[_Word]], set[int]]:
    """Ticket id → what people said on it, in turn; and the tickets from which nothing is learnt, whatever is said later."""
    statement = select(Event.ticket_id, Event.kind, Event.happened_at, Event.volunteer_id, Event.data)
    heard = session.execute(statement.where(Event.kind.in_(_HEARD), Event.volunteer_id.is_not(None)).order_by(Event.id))
    words: dict[int, list[_Word]] = {}
    looks: dict[int, tuple[Deed, int | None]] = {}
    never = set[int]()
    for ticket_id, kind, at, volunteer_id, data in heard:
        deed, own = (volunteer_id, at), words.setdefault(ticket_id, [])
        if any(model_kind(categories, code) is None for code in _codes(data)):
            never.add(ticket_id)
        if kind in _MOVED:  # what was said of all texts together is said of none of those that are there now
            own[:] = [word for word in own if word.message_id is not None]
        elif kind == EventKind.KIND_UNDONE:
            named = next((word.deed for word in reversed(own) if word.what is _What.KIND and word.value != NO_COMPLAINT), None)
            own[:] = [word for word in own if word.deed != named or word.what is _What.PLACE]
        elif kind == EventKind.LOOKED:
            looks[ticket_id] = deed, data.get("message")
            if "recording" not in data and not data.get("second"):
                own += [_Word(deed, message_id, what, value) for message_id, what, value in _answered(data)]
        elif looks.get(ticket_id, (None, None))[0] != deed:
            own += [_Word(deed, None, what, value) for what, value in _said(EventKind(kind), data, categories)]
        elif (message_id := looks[ticket_id][1]) is not None:  # the look of a text did it
            own += [_Word(deed, message_id, what, value) for what, value in _said(EventKind(kind), data, categories)]
    return words, never


def _codes(data: Mapping[str, Any]) -> Iterator[str]:
    """The categories that an event names."""
    if "category" in data:
        yield data["category"]
    if data.get("fact") == "category":
        yield from (data["old"], data["new"])


def _answered(data: Mapping[str, Any]) -> Iterator[tuple[int | None, _What, Any]]:
    """What the answer to a look says, of which text. Without a text it is said of the whole ticket."""
    answer, message_id = LookAnswer(data["answer"]), data.get("message")
    if answer in _DANGER:
        yield message_id, _What.DANGER, _DANGER[answer]
    if answer is LookAnswer.NOT_OURS:
        yield message_id, _What.KIND, NO_COMPLAINT
    if (
        answer is LookAnswer.KIND and not data.get("sealed") and "category" in data
    ):  # the kind that stood there, unless the event that follows names another
        yield message_id, _What.KIND, data["category"]
    if answer is LookAnswer.ORDINARY and "category" in data:
        yield None, _What.LEFT, data["category"]


def _said(kind: EventKind, data: Mapping[str, Any], categories: tuple[Category, ...]) -> Iterator[tuple[_What, Any]]:
    """What another event says."""
    if kind == EventKind.CHANGED and data["fact"] == "category":
        yield _What.KIND, data["new"]
        if model_kind(categories, data["new"]) == "police":
            yield _What.AGAINST, True
    elif kind == EventKind.CHANGED and data["fact"] == "area":
        yield _What.PLACE, (data["old"], data["new"])
    elif kind == EventKind.DANGER and data.get("danger") == Danger.PERSON:
        yield _What.DANGER, True
    elif kind in (EventKind.SEALED, EventKind.UNSEALED):
        yield _What.AGAINST, kind == EventKind.SEALED


def _by_text(session: Session, words: Mapping[int, list[_Word]]) -> Mapping[int, Mapping[_What, Any]]:
    """Text id → the last word on each thing."""
    came: dict[int, list[tuple[datetime, int]]] = {}
    called = select(Call.ticket_id).where(Call.ticket_id.is_not(None))
    read = select(Message.ticket_id, Message.created_at, Message.id).join(ReadingRow, ReadingRow.message_id == Message.id)
    for own_id, at, message_id in session.execute(read.where(Message.ticket_id.not_in(called)).order_by(Message.created_at, Message.id)):
        came.setdefault(own_id or 0, []).append((at, message_id))
    said: dict[int, dict[_What, Any]] = {}
    for ticket_id, own in words.items():
        texts = came.get(ticket_id, [])
        for word in own:
            about = word.message_id
            if about is None and bisect_right(texts, word.deed[1], key=lambda text: text[0]) == 1:
                about = texts[0][1]
            if about is not None:
                said.setdefault(about, {})[word.what] = word.value
    return said
