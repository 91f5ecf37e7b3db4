"""The table of readings: what the machine read in each text."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base


class ReadingRow(Base):
    """What one text was read as. It is a suggestion, kept as it was made: a later model may read the text otherwise."""

    __tablename__ = "readings"
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True, autoincrement=False)
    read_at: Mapped[datetime]
    intent: Mapped[str] = mapped_column(String(16))  # a `domain.reading.Intent`
    kinds: Mapped[list[str]]  # codes of the model's kinds, the likeliest first
    object: Mapped[str | None] = mapped_column(String(16))
    danger: Mapped[float] = mapped_column(Float)  # the probability, 0 to 1 in hundredths; so are the next two
    against: Mapped[float] = mapped_column(Float)
    quiet: Mapped[float] = mapped_column(Float)
    reasons: Mapped[bytes | None] = mapped_column(LargeBinary)  # the words that decided, by what they decided; sealed
