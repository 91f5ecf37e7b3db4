"""The table of who asked to be shown the number of a ticket, and what was said."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

ASKED = text("decided_at IS NULL")
"""Requests that nobody has decided. The condition of a partial index: it serves only a query that has it word for word."""


class NumberRelease(Base):
    """One person asked to be shown the numbers of one ticket, or broke the glass. The reason is a note on the ticket.

    `team_id` and `sealed` are the ticket's when it was decided: a release ends where the ticket goes elsewhere or is sealed.
    """

    __tablename__ = "number_releases"
    __table_args__ = (
        Index("ix_number_releases_ticket_id_reader_id", "ticket_id", "reader_id"),
        Index("uq_number_releases_asked", "ticket_id", "reader_id", unique=True, postgresql_where=ASKED, sqlite_where=ASKED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    reader_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null beside `decided_at`: nobody decided in time
    decided_at: Mapped[datetime | None]
    yes: Mapped[bool | None]
    until: Mapped[datetime | None]  # the reader may have the numbers shown until then
    broken_glass: Mapped[bool] = mapped_column(server_default=false())  # shown at once, without another person's yes
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    sealed: Mapped[bool | None]
