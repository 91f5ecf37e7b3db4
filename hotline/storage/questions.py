"""Questions that we asked contacts about their tickets."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import QuestionKind
from hotline.storage.models import Question


def ask(session: Session, kind: QuestionKind, *, contact_id: int, ticket_id: int, now: datetime) -> None:
    """Store a question about a ticket. Older questions about the ticket are settled."""
    settle(session, ticket_id, now=now)
    session.execute(insert(Question).values(kind=kind, contact_id=contact_id, ticket_id=ticket_id, asked_at=now))


def settle(session: Session, ticket_id: int, *, now: datetime) -> None:
    """Mark every open question about a ticket as answered."""
    session.execute(update(Question).where(Question.ticket_id == ticket_id, Question.answered_at.is_(None)).values(answered_at=now))
