"""Drafts: what a volunteer has begun to write to a citizen, one for each ticket and volunteer."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hotline.sealing import ContactKey
from hotline.storage import sealed
from hotline.storage.db import upsert
from hotline.storage.models import Draft

_PLACE = "drafts.sealed"


def keep(session: Session, ticket_id: int, volunteer_id: int, body: str, *, now: datetime) -> None:
    """Store a draft in place of the one before. A blank body deletes it."""
    if not body.strip():
        forget(session, ticket_id, volunteer_id)
        return
    key = sealed.needed_key_of_ticket(session, ticket_id)
    values = {
        "ticket_id": ticket_id,
        "volunteer_id": volunteer_id,
        "sealed": key.seal(_PLACE, body, ticket_id, volunteer_id),
        "saved_at": now,
    }
    session.execute(upsert(session, Draft).values(values).on_conflict_do_update(index_elements=["ticket_id", "volunteer_id"], set_=values))


def forget(session: Session, ticket_id: int, volunteer_id: int) -> None:
    """Delete a draft: it was sent or given up."""
    session.execute(delete(Draft).where(Draft.ticket_id == ticket_id, Draft.volunteer_id == volunteer_id))


def of(session: Session, ticket_id: int, volunteer_id: int) -> str:
    """The draft's body; empty if there is none."""
    found = session.scalar(select(Draft.sealed).where(Draft.ticket_id == ticket_id, Draft.volunteer_id == volunteer_id))
    if found is None:
        return ""

    def opened() -> str:
        key = sealed.key_of_ticket(session, ticket_id)
        return key.open(_PLACE, found, ticket_id, volunteer_id) if key is not None else ""

    return sealed.readable(f"draft on ticket {ticket_id}", opened, "")


def seal_anew(session: Session, draft: Draft, before: ContactKey | None, after: ContactKey) -> None:
    """Seal a draft under the key of its ticket's other contact."""
    bound = draft.ticket_id, draft.volunteer_id
    words = before.open(_PLACE, draft.sealed, *bound) if before is not None else ""
    here = (Draft.ticket_id == draft.ticket_id, Draft.volunteer_id == draft.volunteer_id)
    session.execute(update(Draft).where(*here).values(sealed=after.seal(_PLACE, words, *bound)))
