"""Drafts: what a volunteer has begun to write to a citizen, one for each ticket and volunteer."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import Draft


def keep(session: Session, ticket_id: int, volunteer_id: int, body: str, *, now: datetime) -> None:
    """Store a draft in place of the one before. A blank body deletes it."""
    if not body.strip():
        forget(session, ticket_id, volunteer_id)
        return
    values = {"ticket_id": ticket_id, "volunteer_id": volunteer_id, "body": body, "saved_at": now}
    session.execute(upsert(session, Draft).values(values).on_conflict_do_update(index_elements=["ticket_id", "volunteer_id"], set_=values))


def forget(session: Session, ticket_id: int, volunteer_id: int) -> None:
    """Delete a draft: it was sent or given up."""
    session.execute(delete(Draft).where(Draft.ticket_id == ticket_id, Draft.volunteer_id == volunteer_id))


def of(session: Session, ticket_id: int, volunteer_id: int) -> str:
    """The draft's body; empty if there is none."""
    return session.scalar(select(Draft.body).where(Draft.ticket_id == ticket_id, Draft.volunteer_id == volunteer_id)) or ""
