"""Texts and recordings that wait for a person to look at them, and what people said of them.

`look` in the row of a text or a recording says that it waits. What one person was shown and said is a row of `looks`.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.look import SECOND_LOOK, Look, LookAnswer
from hotline.sealing import OVERHEAD
from hotline.storage import sealed
from hotline.storage.base import other
from hotline.storage.callmodels import LOOK as RECORDING_WAITS
from hotline.storage.callmodels import Call, Recording
from hotline.storage.db import upsert
from hotline.storage.lookmodels import WAITS_FOR_SECOND, LookRow
from hotline.storage.models import LOOK as TEXT_WAITS
from hotline.storage.models import Message, ShutOut, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to


@dataclass(frozen=True)
class Item:
    """A text or a recording, by its id: one of the two is None."""

    message_id: int | None = None
    recording_id: int | None = None

    @classmethod
    def of(cls, row: LookRow) -> Self:
        """What a person was shown."""
        return cls(row.message_id, row.recording_id)


@dataclass(frozen=True)
class Waiting:
    """A text or a recording that waits for a look, and its ticket, if there is one."""

    item: Item
    look: Look
    since: datetime
    ticket: Ticket | None
    lapsed: bool  # one person has answered, and no second one within the hour


@dataclass(frozen=True)
class Goals:
    """When a look is late: what came in at these times or earlier."""

    now: datetime
    first: datetime  # what may be danger
    next: datetime

    def is_late(self, waiting: Waiting) -> bool:
        """Whether it waits for too long."""
        return waiting.lapsed or waiting.since <= (self.first if waiting.look is Look.FIRST else self.next)


def waiting(session: Session, volunteer: Volunteer, *, now: datetime, limit: int, free_since: datetime | None = None) -> list[Waiting]:
    """What waits for this volunteer: what a second person should have looked at, then what may be danger, then the rest by age.

    What the volunteer answered within the hour is left to others, and with `free_since` what a colleague was shown since then.
    """
    found: list[Waiting] = []
    for kind in _KINDS:
        mine = kind.rows().where(kind.waits, kind.seen_by(volunteer), ~kind.answered_by(volunteer.id, since=now - SECOND_LOOK))
        if free_since is not None:
            mine = mine.where(~kind.shown_to_others(volunteer.id, since=free_since))
        lapsed = mine.join(LookRow, kind.link == kind.id).where(WAITS_FOR_SECOND, LookRow.answered_at <= now - SECOND_LOOK)
        over = _read(session, kind, lapsed.order_by(LookRow.answered_at), limit, lapsed=True)
        known = {one.item for one in over}
        found += over + [one for one in _read(session, kind, mine.order_by(kind.look, kind.id), limit) if one.item not in known]
    return sorted(dict.fromkeys(found), key=lambda one: (not one.lapsed, one.look, one.since))[:limit]


def count(session: Session, volunteer: Volunteer, *, now: datetime, most: int) -> int:
    """How many texts and recordings wait for this volunteer; counting stops at `most`."""
    found = 0
    for kind in _KINDS:
        mine = kind.ids().where(kind.waits, kind.seen_by(volunteer), ~kind.answered_by(volunteer.id, since=now - SECOND_LOOK))
        found += session.scalar(select(func.count()).select_from(mine.limit(most).subquery())) or 0
    return min(found, most)


def unseen_among(session: Session, ticket_ids: Collection[int]) -> frozenset[int]:
    """The ids of those of the tickets on which a text or a recording waits for a look."""
    if not ticket_ids:
        return frozenset()
    texts = select(Message.ticket_id).where(TEXT_WAITS, Message.ticket_id.in_(ticket_ids))
    calls = select(Call.ticket_id).join(Recording, Recording.call_id == Call.id).where(RECORDING_WAITS, Call.ticket_id.in_(ticket_ids))
    return frozenset(i for i in session.scalars(texts.union(calls)) if i is not None)


def late(session: Session, goals: Goals, *, limit: int, reader: Volunteer | None = None) -> list[Waiting]:
    """What waits for too long, up to `limit` of each kind; with `reader` only what that volunteer can look at now.

    What one person has answered is not late while the second has time.
    """
    found: list[Waiting] = []
    since = goals.now - SECOND_LOOK
    for kind in _KINDS:
        # One walk along the index for each: the oldest of a kind of look come first, so that each stops early.
        for look, before in ((Look.FIRST, goals.first), (Look.NEXT, goals.next)):
            old = kind.rows().where(kind.waits, kind.look == look, kind.since <= before, ~kind.asks_since(since))
            if reader is not None:
                old = old.where(kind.seen_by(reader), ~kind.answered_by(reader.id, since=since))
            found += _read(session, kind, old.order_by(kind.look, kind.id), limit)
    return found


def show(session: Session, volunteer_id: int, item: Item, *, now: datetime) -> int:
    """Note that a person is shown a text or a recording; returns the id of that look. An earlier answer of theirs that is over is gone."""
    key = "message_id" if item.message_id is not None else "recording_id"
    values: dict[str, Any] = {"answer": None, "answered_at": None, "asks": False, "shown_at": now}
    row = {"id": secrets.randbits(62), "message_id": item.message_id, "recording_id": item.recording_id, "volunteer_id": volunteer_id}
    statement = upsert(session, LookRow).values(**row, **values).on_conflict_do_update(index_elements=[key, "volunteer_id"], set_=values)
    return session.execute(statement.returning(LookRow.id)).scalar_one()


def own(session: Session, look_id: int, volunteer_id: int) -> LookRow | None:
    """A person's look; None if there is none of that id, or it is somebody else's."""
    return session.scalar(select(LookRow).where(LookRow.id == look_id, LookRow.volunteer_id == volunteer_id))


def hear(session: Session, look_id: int, *, now: datetime) -> None:
    """Note that the recording of a look is played."""
    session.execute(update(LookRow).where(LookRow.id == look_id).values(heard_at=now))


def answer(session: Session, look_id: int, given: LookAnswer, *, asks: bool, now: datetime) -> None:
    """Store what a person says. `asks`: it counts once a second person says the same."""
    session.execute(update(LookRow).where(LookRow.id == look_id).values(answer=given, answered_at=now, asks=asks))


def was_said(session: Session, item: Item, given: LookAnswer, *, besides: int, since: datetime) -> bool:
    """Whether another person than `besides` has said the same after `since`, and waits for the second."""
    said = select(LookRow.id).where(_about(item), LookRow.answer == given, LookRow.asks, LookRow.answered_at > since)
    return session.scalar(said.where(LookRow.volunteer_id != besides).limit(1)) is not None


def is_asked(session: Session, item: Item) -> bool:
    """Whether a person has said what counts once a second person says the same."""
    return session.scalar(select(LookRow.id).where(_about(item), LookRow.asks).limit(1)) is not None


def settle(session: Session, item: Item) -> bool:
    """A person has looked: the text or the recording waits no longer. False if a colleague was first."""
    model, row_id = (Message, item.message_id) if item.message_id is not None else (Recording, item.recording_id)
    settled = session.scalar(update(model).where(model.id == row_id, model.look.is_not(None)).values(look=None).returning(model.id))
    session.execute(update(LookRow).where(_about(item), LookRow.asks).values(asks=False))
    return settled is not None


def texts_that_wait(session: Session, ticket_id: int, *, until: datetime, longest: int, limit: int) -> Sequence[tuple[int, datetime]]:
    """The id and the time of the newest texts of a ticket that wait for a look, came until a time and are no longer than `longest`."""
    statement = select(Message).where(Message.ticket_id == ticket_id, Message.look.is_not(None), Message.created_at <= until)
    # A sealed text may be short enough though it has more bytes: a letter takes up to four. How many characters is known once it is open.
    short = or_(Message.sealed.is_(None), func.length(Message.sealed) <= OVERHEAD + 4 * longest)
    newest = statement.where(short).order_by(Message.id.desc()).limit(limit)
    found = session.scalars(newest, execution_options={"populate_existing": True}).all()
    return [(message.id, message.created_at) for message in found if len(sealed.body_of(session, message)) <= longest]


def recordings_that_wait(session: Session, ticket_id: int, heard: Collection[int]) -> Sequence[int]:
    """Ids of the recordings of a ticket that wait for a look and are among those that were `heard`, locked.

    A recording that a worker has locked is left out: workers lock the recording before the ticket.
    """
    statement = select(Recording.id).join(Call, Call.id == Recording.call_id).where(Call.ticket_id == ticket_id)
    statement = statement.where(Recording.look.is_not(None), Recording.id.in_(heard))
    return session.scalars(statement.with_for_update(skip_locked=True, of=Recording)).all()


def texts_besides(session: Session, ticket_id: int, message_id: int, *, limit: int) -> Sequence[tuple[str, int | None]]:
    """The citizen's other texts of a ticket, newest first, each with how soon it is to be looked at; None if it waits no longer.

    Those of which a person has said that they are ordinary or not ours are left out.
    """
    harmless = exists().where(
        LookRow.message_id == Message.id,
        LookRow.answer.in_((LookAnswer.ORDINARY, LookAnswer.NOT_OURS)),
        Message.look.is_(None),
    )
    statement = select(Message).where(Message.ticket_id == ticket_id, Message.direction == "in")
    statement = statement.where(Message.id != message_id, ~harmless).order_by(Message.id.desc()).limit(limit)
    found = session.scalars(statement, execution_options={"populate_existing": True}).all()
    return [(sealed.body_of(session, message), message.look) for message in found]


def _about(item: Item) -> ColumnElement[bool]:
    return LookRow.message_id == item.message_id if item.message_id is not None else LookRow.recording_id == item.recording_id


_THEIRS, _SAID, _SHOWN, _ASKED = other(Ticket), other(LookRow), other(LookRow), other(LookRow)
"""Of `_Kind`. Made once: an alias takes longer to make than the rest of a statement."""


class _Kind:
    """What waits: texts, or recordings. Both have an id, a time and a look; the ticket and the contact of a recording are its call's."""

    def __init__(self, model: Any, waits: Any, link: Any, contact_id: Any) -> None:
        self.id, self.look, self.since = model.id, model.look, model.created_at
        self.waits, self.link, self._model, self._contact_id = waits, link, model, contact_id

    def ids(self) -> Select[Any]:
        return self._joined(select(self.id))

    def rows(self) -> Select[Any]:
        return self._joined(select(self.id, self.look, self.since, Ticket))

    def _joined(self, columns: Select[Any]) -> Select[Any]:
        if self._model is Message:
            return columns.outerjoin(Ticket, Ticket.id == Message.ticket_id)
        return columns.select_from(Recording).join(Call, Call.id == Recording.call_id).outerjoin(Ticket, Ticket.id == Call.ticket_id)

    def seen_by(self, volunteer: Volunteer) -> ColumnElement[bool]:
        """Whether a volunteer may see it. What is on no ticket everybody may, except who is shut out of a ticket of that phone."""
        out = exists().where(_THEIRS.contact_id == self._contact_id, ShutOut.ticket_id == _THEIRS.id, ShutOut.volunteer_id == volunteer.id)
        # The condition of `visible_to` is about a row of tickets: without one it must not be asked.
        return case((Ticket.id.is_(None), ~out), else_=visible_to(volunteer))

    def answered_by(self, volunteer_id: int, *, since: datetime) -> ColumnElement[bool]:
        return exists().where(self._of(_SAID), _SAID.volunteer_id == volunteer_id, _SAID.answered_at > since)

    def shown_to_others(self, volunteer_id: int, *, since: datetime) -> ColumnElement[bool]:
        return exists().where(self._of(_SHOWN), _SHOWN.volunteer_id != volunteer_id, _SHOWN.answer.is_(None), _SHOWN.shown_at > since)

    def asks_since(self, since: datetime) -> ColumnElement[bool]:
        return exists().where(self._of(_ASKED), _ASKED.asks, _ASKED.answered_at > since)

    def _of(self, row: Any) -> ColumnElement[bool]:
        link: ColumnElement[Any] = row.message_id if self._model is Message else row.recording_id
        is_of: ColumnElement[bool] = link == self.id
        return is_of

    def item(self, row_id: int) -> Item:
        return Item(message_id=row_id) if self._model is Message else Item(recording_id=row_id)


_KINDS = (
    _Kind(Message, TEXT_WAITS, LookRow.message_id, Message.contact_id),
    _Kind(Recording, RECORDING_WAITS, LookRow.recording_id, Call.contact_id),
)


def _read(session: Session, kind: _Kind, statement: Select[Any], limit: int, *, lapsed: bool = False) -> list[Waiting]:
    return [Waiting(kind.item(row[0]), Look(row[1]), row[2], row[3], lapsed) for row in session.execute(statement.limit(limit))]


def is_known(session: Session, volunteer: Volunteer, item: Item) -> bool:
    """Whether a volunteer may see a text or a recording now."""
    kind, row_id = (_KINDS[0], item.message_id) if item.message_id is not None else (_KINDS[1], item.recording_id)
    return session.scalar(kind.ids().where(kind.id == row_id, kind.seen_by(volunteer))) is not None
