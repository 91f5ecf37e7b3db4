"""The views that volunteers have saved: lists of the queue with their filters, each volunteer's own."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.viewmodels import View


def of(session: Session, volunteer_id: int, *, most: int) -> Sequence[View]:
    """A volunteer's views by name."""
    return session.scalars(select(View).where(View.volunteer_id == volunteer_id).order_by(View.folded).limit(most)).all()


def count_others(session: Session, volunteer_id: int, folded: str) -> int:
    """How many views of other names a volunteer has."""
    return session.scalar(select(func.count()).where(View.volunteer_id == volunteer_id, View.folded != folded)) or 0


def put(session: Session, volunteer_id: int, name: str, folded: str, query: str) -> None:
    """Store a view in place of the volunteer's view of the same name."""
    row = {"id": secrets.randbits(62), "volunteer_id": volunteer_id, "folded": folded}
    changes = {"name": name, "query": query}
    statement = upsert(session, View).values({**row, **changes})
    session.execute(statement.on_conflict_do_update(index_elements=["volunteer_id", "folded"], set_=changes))


def remove(session: Session, volunteer_id: int, view_id: int) -> None:
    """Delete a view, if it is the volunteer's."""
    session.execute(delete(View).where(View.id == view_id, View.volunteer_id == volunteer_id))
