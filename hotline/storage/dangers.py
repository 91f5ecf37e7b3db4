"""How often phones rang for danger, for nothing, and too late, as far as people have said."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.domain.danger import Danger
from hotline.domain.look import LookAnswer
from hotline.storage.events import EventKind
from hotline.storage.models import Event


@dataclass(frozen=True)
class Rang:
    """Numbers of tickets. `false`: phones rang, and who looked said that it is ordinary.

    `missed`: when a person called it danger, no phone had rung.
    """

    rang: int
    false: int
    missed: int


def count(session: Session, *, since: datetime) -> Rang:
    """Count tickets by what happened to them after `since`."""
    kinds = (EventKind.RANG, EventKind.DANGER, EventKind.LOOKED)
    statement = select(Event.ticket_id, Event.kind, Event.data).where(Event.kind.in_(kinds), Event.happened_at > since)
    rang, meant, ordinary, missed = set[int](), set[int](), set[int](), set[int]()
    for ticket_id, kind, data in session.execute(statement.order_by(Event.id)):
        if kind == EventKind.RANG:
            rang.add(ticket_id)
        elif kind == EventKind.LOOKED and data.get("answer") == LookAnswer.ORDINARY and not data.get("second"):
            ordinary.add(ticket_id)
        elif kind == EventKind.DANGER and data.get("danger") == Danger.PERSON:
            meant.add(ticket_id)
            if ticket_id not in rang:
                missed.add(ticket_id)
    return Rang(len(rang), len((rang & ordinary) - meant), len(missed))
