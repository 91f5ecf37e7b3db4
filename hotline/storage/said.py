"""What was said on the tickets of a list: the first words of each citizen, and who spoke last.

A page of any list costs the same few queries. Each looks at the first and the newest texts of a ticket only (`_NEAR`), by the index of its
texts, so that a ticket of thousands of texts costs no more than one of twenty.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy.orm import Session

from hotline.domain.conversation import ReadAs
from hotline.domain.message import Direction
from hotline.storage import sealed
from hotline.storage.bridgemodels import Bridge
from hotline.storage.events import EventKind
from hotline.storage.models import CARD_PUT, Contact, Event, Message, Ticket

_NEAR: ColumnElement[int] = literal_column("20")
_WORDS = (ReadAs.OPENED, ReadAs.CRY, ReadAs.JOINED, ReadAs.ADDED, ReadAs.WRITTEN)
"""Texts that say what a complaint is about; others ask for its stage or answer a question of ours."""


@dataclass(frozen=True)
class Said:
    """What was said on one ticket.

    `words` are the citizen's first, cut; None: there are none, as of a call. `looked_at`: a person has looked at them. `hits` are the codes
    of the categories whose words were found when it opened, `cards` those of the protocol cards that were put to it. The citizen wrote
    last at `citizen_at`, and one of us wrote or spoke to the citizen last at `heard_at`; a text of the machine is nobody's word.
    """

    language: str
    words: str | None = None
    looked_at: bool = True
    hits: frozenset[str] = frozenset()
    cards: frozenset[str] = frozenset()
    citizen_at: datetime | None = None
    heard_at: datetime | None = None


def of_tickets(session: Session, ticket_ids: Collection[int], *, longest: int) -> dict[int, Said]:
    """Ticket id → what was said on it, with up to `longest` characters of its first words. The rest of these is not even read."""
    if not ticket_ids:
        return {}
    oldest, newest = _near(Message.id), _near(Message.id.desc())
    is_citizens, is_ours = _in, and_(newest.c.direction == Direction.OUT, newest.c.volunteer_id.is_not(None))
    first = select(oldest.c.id).where(_in(oldest), oldest.c.read_as.in_(_WORDS)).order_by(oldest.c.id).limit(1)
    opened = select(Event.data).where(Event.ticket_id == Ticket.id, Event.kind == EventKind.OPENED).order_by(Event.id).limit(1)
    joined = select(func.max(Bridge.joined_at)).where(Bridge.ticket_id == Ticket.id)
    statement = select(
        Ticket.id,
        Contact.language,
        first.scalar_subquery(),
        opened.scalar_subquery(),
        select(func.max(newest.c.created_at)).where(is_citizens(newest)).scalar_subquery(),
        select(func.max(newest.c.created_at)).where(is_ours).scalar_subquery(),
        joined.scalar_subquery(),
    ).join(Contact, Contact.id == Ticket.contact_id)
    found = session.execute(statement.where(Ticket.id.in_(ticket_ids))).all()
    words = _words(session, [row[2] for row in found if row[2] is not None], longest)
    cards = _cards(session, ticket_ids)
    said = {}
    for ticket_id, language, first_id, data, citizen_at, written_at, joined_at in found:
        body, looked_at = words.get(first_id, (None, True))
        said[ticket_id] = Said(
            language,
            words=body,
            looked_at=looked_at,
            hits=frozenset((data or {}).get("hits", ())),
            cards=cards.get(ticket_id, frozenset()),
            citizen_at=citizen_at,
            heard_at=max((at for at in (written_at, joined_at) if at is not None), default=None),
        )
    return said


def _near(order: Any) -> Any:
    """The oldest or the newest texts of a ticket of the query around it."""
    columns = (Message.id, Message.direction, Message.read_as, Message.volunteer_id, Message.created_at)
    return select(*columns).where(Message.ticket_id == Ticket.id).correlate(Ticket).order_by(order).limit(_NEAR).subquery()


def _in(texts: Any) -> Any:
    return texts.c.direction == Direction.IN


def _words(session: Session, ids: Collection[int], longest: int) -> dict[int, tuple[str, bool]]:
    found = session.scalars(select(Message).where(Message.id.in_(ids)), execution_options={"populate_existing": True}).all()
    sealed.load(session, (message.contact_id for message in found))
    return {message.id: (sealed.shown_body_of(session, message)[:longest], message.look is None) for message in found}


def _cards(session: Session, ticket_ids: Collection[int]) -> dict[int, frozenset[str]]:
    statement = select(Event.ticket_id, Event.data).where(CARD_PUT, Event.ticket_id.in_(ticket_ids))
    put: dict[int, set[str]] = {}
    for ticket_id, data in session.execute(statement):
        put.setdefault(ticket_id, set()).add(data["protocol"])
    return {ticket_id: frozenset(codes) for ticket_id, codes in put.items()}
