"""The tables of what was wiped, of citizens who ask to be erased, and of what an erased phone asked for."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

ERASURE_OPEN = text("done_at IS NULL AND stopped_at IS NULL")
"""Erasures that are still to be agreed to or done. The condition of a partial index: it serves only a query that has it word for word."""

ERASURE_DUE = text("due_at IS NOT NULL AND done_at IS NULL AND stopped_at IS NULL")


TICKET, MESSAGE, NOTE = "ticket", "message", "note"
"""The `kind` of a wiping of a ticket, of a text and of a note (`storage.wiping.WipingKind`)."""


class Wiping(Base):
    """Words that were wiped, or a contact that was. A restored backup wipes them again."""

    __tablename__ = "wipings"
    __table_args__ = (UniqueConstraint("kind", "row_id"), UniqueConstraint("kind", "uid"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # a `storage.wiping.WipingKind`
    row_id: Mapped[int | None] = mapped_column(BigInteger)  # of the ticket, the text …
    uid: Mapped[bytes | None] = mapped_column(LargeBinary(16))  # of the contact
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(12))  # a `storage.wiping.Why`


class Erasure(Base):
    """A citizen asks to be erased. A volunteer says that the citizen was reached safely, a second person agrees, then it waits."""

    __tablename__ = "erasures"
    __table_args__ = (
        Index("uq_erasures_open", "contact_id", unique=True, postgresql_where=ERASURE_OPEN, sqlite_where=ERASURE_OPEN),
        Index("ix_erasures_due", "due_at", postgresql_where=ERASURE_DUE, sqlite_where=ERASURE_DUE),
        Index("ix_erasures_contact_id", "contact_id", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))  # on whose page it was asked
    how: Mapped[str] = mapped_column(String(8))  # a `domain.erasure.How`
    older: Mapped[bool] = mapped_column(server_default=false())  # what the number's last owner may have left goes too
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))  # how the citizen was reached
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    due_at: Mapped[datetime | None]  # the end of the days of grace; later while something waits
    done_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))


class Suppressed(Base):
    """What an erased phone asked for, and what volunteers marked it with: a phone on hold must not be textable as new the day after."""

    __tablename__ = "suppressed"
    mark: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)  # of its number, under a key of its own
    asked: Mapped[int] = mapped_column(SmallInteger)  # `storage.suppressed.Asked`
