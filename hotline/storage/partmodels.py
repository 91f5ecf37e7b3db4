"""The tables of parts: those of texts that come in, and the ids of those that a gateway took."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class TextPart(Base):
    """A part that came in. Its words go once the text is taken in; the row stays for a day, so that it is known when it comes again."""

    __tablename__ = "text_parts"
    __table_args__ = (
        Index("ix_text_parts_mark", "mark"),
        Index("ix_text_parts_together", "together"),
        Index("ix_text_parts_arrived_at", "arrived_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(16))
    mark: Mapped[str] = mapped_column(String(40))  # a keyed hash of all that the part is
    together: Mapped[str] = mapped_column(String(40))  # a keyed hash, the same for all parts of a text
    number: Mapped[int] = mapped_column(SmallInteger)
    of: Mapped[int] = mapped_column(SmallInteger)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # sender, words and the rest, under the key of the staff
    arrived_at: Mapped[datetime]
    acknowledged: Mapped[bool] = mapped_column(Boolean)  # the gateway surely knows that we have it
    taken_at: Mapped[datetime | None]


class SentPart(Base):
    """The gateway's id of a part of a text of ours, and what it reported of it. A report may come before we know whose part it is."""

    __tablename__ = "sent_parts"
    __table_args__ = (
        Index("ix_sent_parts_message_id", "message_id"),
        Index("ix_sent_parts_phone", "phone"),
        Index("ix_sent_parts_noted_at", "noted_at"),
    )
    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    gateway_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    phone: Mapped[str] = mapped_column(String(40))  # a keyed hash of the number that it went to
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    attempt: Mapped[int | None] = mapped_column(SmallInteger)
    our_id: Mapped[str | None] = mapped_column(String(32))
    number: Mapped[int | None] = mapped_column(SmallInteger)
    of: Mapped[int | None] = mapped_column(SmallInteger)
    delivery: Mapped[str | None] = mapped_column(String(11))
    code: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(11))
    noted_at: Mapped[datetime]
