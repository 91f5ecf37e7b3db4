"""Questions: what we asked a number and await."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from hotline.domain.conversation import QuestionKind
from hotline.storage.models import Question


def ask(session: Session, kind: QuestionKind, *, contact_id: int, ticket_id: int, now: datetime) -> None:
    """Ask; an older question about the ticket is settled by it."""
    settle(session, ticket_id, now=now)
    session.execute(insert(Question).values(kind=kind, contact_id=contact_id, ticket_id=ticket_id, asked_at=now))


def settle(session: Session, ticket_id: int, *, now: datetime) -> None:
    """Nothing is asked about the ticket any more."""
    session.execute(update(Question).where(Question.ticket_id == ticket_id, Question.answered_at.is_(None)).values(answered_at=now))
