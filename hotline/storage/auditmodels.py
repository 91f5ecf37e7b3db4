"""The tables of the book of looks, and of the pages that bind it and the events."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class Showing(Base):
    """A look at many tickets or at none; append-only. A look at one ticket is an event of that ticket."""

    __tablename__ = "showings"
    __table_args__ = (Index("ix_showings_volunteer", "volunteer_id", "kind", "shown_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # a `showings.ShowingKind`
    shown_at: Mapped[datetime]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: the command line
    what: Mapped[str] = mapped_column(String(40))  # the name of the page or the command


class ShownTicket(Base):
    """A ticket that a look showed."""

    __tablename__ = "shown_tickets"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    showing_id: Mapped[int] = mapped_column(ForeignKey("showings.id"), primary_key=True, index=True)


class BookPage(Base):
    """Rows of a book that are bound: none of them can be changed, taken out or put in unseen. They come after those of the page before.

    `digest` is keyed, and made of all columns but `marks` and the two of the removal, and of the digest of the page before.
    """

    __tablename__ = "book_pages"
    __table_args__ = (Index("ix_book_pages_bound", "book", "bound_at"),)
    book: Mapped[str] = mapped_column(String(16), primary_key=True)  # a `binding.Book`
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1
    first_id: Mapped[int] = mapped_column(Id)
    last_id: Mapped[int] = mapped_column(Id)
    count: Mapped[int]
    until: Mapped[datetime]  # the time of its newest row
    bound_at: Mapped[datetime]
    marks: Mapped[bytes | None] = mapped_column(LargeBinary)  # of each row its id and a keyed mark of what it says; null: removed
    rows_digest: Mapped[bytes] = mapped_column(LargeBinary(16))  # of `marks`
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    removed_at: Mapped[datetime | None]  # when retention removed its rows
    removal: Mapped[bytes | None] = mapped_column(LargeBinary(16))  # a keyed mark of that


class BookCode(Base):
    """The code of what was bound until the end of a day."""

    __tablename__ = "book_codes"
    day: Mapped[date] = mapped_column(Date, primary_key=True)  # local
    code: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when it was texted
