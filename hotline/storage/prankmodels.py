"""The table of phones that were marked because they call or text to abuse or for fun."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base


class Prank(Base):
    """The mark on one phone. It changes nothing until a second person has confirmed it; taken off, its row is gone."""

    __tablename__ = "pranks"
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    marked_by: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    marked_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    confirmed_at: Mapped[datetime | None]
