"""The table of photos that came with texts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

PHOTO_DUE = text("next_attempt_at IS NOT NULL")


class Photo(Base):
    """What came with a text: first at the gateway, then with us. The store finds our copy by `stored_as`.

    Its ticket and its look are those of its text.
    """

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id"),
        Index("ix_photos_due", "next_attempt_at", postgresql_where=PHOTO_DUE, sqlite_where=PHOTO_DUE),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    gateway_id: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(8))  # a `storage.photos.PhotoState`
    width: Mapped[int | None]  # of what is shown, in pixels; null: it is not shown
    height: Mapped[int | None]
    size_bytes: Mapped[int | None]  # of the sealed file, as the hash
    sha256: Mapped[str | None] = mapped_column(String(64))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    preview: Mapped[bytes | None] = mapped_column(LargeBinary)  # a small blurred JPEG, sealed under the key of the text's contact
    attempts: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str | None] = mapped_column(String(32))  # why the last attempt failed, or why it is not shown whole
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    masked_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    masked_at: Mapped[datetime | None]  # since when nobody is shown it; null: it is shown
