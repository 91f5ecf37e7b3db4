"""The table of first looks: who was shown a text or a recording that waits for a person, and what that person said."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

WAITS_FOR_SECOND = text("asks")
"""Answers that count only once a second person has said the same. The condition of a partial index."""


class LookRow(Base):
    """One person's look at one text or one recording. The column `look` of the text or recording says whether it still waits."""

    __tablename__ = "looks"
    __table_args__ = (
        UniqueConstraint("message_id", "volunteer_id"),
        UniqueConstraint("recording_id", "volunteer_id"),
        Index("ix_looks_asks", "answered_at", postgresql_where=WAITS_FOR_SECOND, sqlite_where=WAITS_FOR_SECOND),
    )
    # Drawn at random: it stands in addresses, and counted ids would tell of texts that the volunteer may not know of.
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    recording_id: Mapped[int | None] = mapped_column(ForeignKey("recordings.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    shown_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]  # when the recording was played
    answer: Mapped[str | None] = mapped_column(String(16))  # a `domain.look.LookAnswer`; null: shown, and not answered yet
    answered_at: Mapped[datetime | None]
    asks: Mapped[bool] = mapped_column(server_default=false())  # it waits for a second person to say the same
