"""What is masked in texts, notes and recordings now: everything that shows words reads them through this module, so that none shows a
masked part."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from hotline.domain import redaction
from hotline.domain.redaction import Span
from hotline.storage.redactionmodels import Redaction

IN_FORCE: ColumnElement[bool] = and_(Redaction.undone_at.is_(None), Redaction.done_at.is_(None))
"""Parts that are masked and still stand in what is stored."""


def hide(session: Session, words: str, *, message_id: int | None = None, note_id: int | None = None) -> str:
    """The words of a text or a note with a block in the place of each part that is masked."""
    return redaction.masked(words, spans(session, message_id=message_id, note_id=note_id))


def spans(session: Session, *, message_id: int | None = None, note_id: int | None = None, recording_id: int | None = None) -> list[Span]:
    """The parts of a text, a note or a recording that are masked; exactly one of the three is given."""
    of = (
        Redaction.message_id == message_id
        if message_id is not None
        else Redaction.note_id == note_id
        if note_id is not None
        else Redaction.recording_id == recording_id
    )
    return [Span(*row) for row in session.execute(select(Redaction.starts, Redaction.ends).where(of, IN_FORCE))]
