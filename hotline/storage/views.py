"""The views that volunteers have saved: lists of the queue with their filters, each volunteer's own. Their names are sealed."""

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hotline.domain.folding import match_key
from hotline.sealing import mark
from hotline.storage import sealed
from hotline.storage.db import upsert
from hotline.storage.viewmodels import View

_NAME = "views.sealed"
_PLAIN = View.sealed.is_(None)


class SavedView(NamedTuple):
    """A view under its name; `query`: as in the address of the list."""

    id: int
    name: str
    query: str


def of(session: Session, volunteer_id: int, *, most: int) -> Sequence[SavedView]:
    """A volunteer's views by name."""
    rows = session.scalars(select(View).where(View.volunteer_id == volunteer_id)).all()
    found = [SavedView(row.id, _name_of(session, row), row.query) for row in rows]
    return sorted(found, key=lambda view: (match_key(view.name), view.id))[:most]


def count_others(session: Session, volunteer_id: int, name: str) -> int:
    """How many views of other names a volunteer has."""
    others = (View.volunteer_id == volunteer_id, View.folded != _folded(session, volunteer_id, name))
    return session.scalar(select(func.count()).where(*others)) or 0


def put(session: Session, volunteer_id: int, name: str, query: str) -> None:
    """Store a view in place of the volunteer's view of the same name, however it is written."""
    row = {"id": secrets.randbits(62), "volunteer_id": volunteer_id, "folded": _folded(session, volunteer_id, name)}
    changes = {"name": "", "query": query, "sealed": sealed.seal_for_staff(session, _NAME, name, volunteer_id, row["folded"])}
    statement = upsert(session, View).values({**row, **changes})
    session.execute(statement.on_conflict_do_update(index_elements=["volunteer_id", "folded"], set_=changes))


def seal_plain(session: Session) -> None:
    """Seal the names that stand in plain words. Of two that are the same by now one stays."""
    statement = select(View.id, View.volunteer_id, View.name, View.query).where(_PLAIN).order_by(View.id).with_for_update(skip_locked=True)
    for view_id, volunteer_id, name, query in session.execute(statement).all():
        remove(session, volunteer_id, view_id)
        put(session, volunteer_id, name, query)


def is_plain(session: Session) -> bool:
    """Whether a name still stands in plain words."""
    return session.scalar(select(View.id).where(_PLAIN).limit(1)) is not None


def _name_of(session: Session, row: View) -> str:
    if row.sealed is None:
        return row.name
    return sealed.open_for_staff(session, _NAME, row.sealed, row.volunteer_id, row.folded) or sealed.UNREADABLE


def _folded(session: Session, volunteer_id: int, name: str) -> str:
    return mark(sealed.keys_of(session), f"{volunteer_id} {match_key(name)}").hex()


def remove(session: Session, volunteer_id: int, view_id: int) -> None:
    """Delete a view, if it is the volunteer's."""
    session.execute(delete(View).where(View.id == view_id, View.volunteer_id == volunteer_id))
