"""The table of redactions: which parts of texts, notes and recordings are not shown."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

DUE = text("next_at IS NOT NULL")


class Redaction(Base):
    """A part of a text, a note or a recording that is not shown: masked, and perhaps undone, or rewritten for good.

    Its place is that in the words as they are stored. Once it is gone from them, it is where the part stood just before.
    """

    __tablename__ = "redactions"
    __table_args__ = (
        Index("ix_redactions_message_id", "message_id"),
        Index("ix_redactions_note_id", "note_id"),
        Index("ix_redactions_recording_id", "recording_id"),
        Index("ix_redactions_due", "next_at", postgresql_where=DUE, sqlite_where=DUE),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # drawn at random: it stands on pages
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # one of the three
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    recording_id: Mapped[int | None] = mapped_column(ForeignKey("recordings.id"))
    starts: Mapped[int]  # in characters; of a recording in milliseconds
    ends: Mapped[int]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: made again in a database that was put back
    made_at: Mapped[datetime]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    undone_at: Mapped[datetime | None]
    rewritten_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # never who masked it
    rewritten_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]  # when the part was gone from what is stored
    next_at: Mapped[datetime | None]  # when a worker has something left to do; null: nothing
    left: Mapped[str | None] = mapped_column(String(120))  # a file in the store that is not the recording's any more, or not yet
