"""The table of the views that volunteers have saved."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class View(Base):
    """A list of the queue with its filters, under a name that one volunteer gave it. Nobody else sees it."""

    __tablename__ = "views"
    __table_args__ = (UniqueConstraint("volunteer_id", "folded"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # drawn at random: it stands in addresses
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    name: Mapped[str] = mapped_column(String(40))  # from before names were sealed; a worker empties it
    folded: Mapped[str] = mapped_column(String(160))  # a keyed mark of the name, as names are compared
    query: Mapped[str] = mapped_column(Text)  # as in the address of the list
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # its name, for the staff: it may be a citizen's
