"""The tables of phones that ring because somebody is in danger, of broken seals, and of the daily tests that phones can be rung."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

UNANSWERED = text("answered_at IS NULL AND told_at IS NULL")
"""Tests that nobody has answered and no lead was told of. The condition of a partial index: it serves only a query that has it."""


class Ring(Base):
    """A phone of ours and a ticket in danger: when it was rung for it last, and until when it rests."""

    __tablename__ = "rings"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True, index=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # whose phone it is; null: one of the duty line
    rung_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]


class SealBreak(Base):
    """A lead who broke the seal of a ticket in danger: that lead sees it, and it stays sealed for everybody else."""

    __tablename__ = "seal_breaks"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True, index=True)
    broken_at: Mapped[datetime]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))  # why


class RingTest(Base):
    """The test of one phone on one day: a call, and a text where the phone is a volunteer's own."""

    __tablename__ = "ring_tests"
    __table_args__ = (
        UniqueConstraint("on_date", "contact_id"),
        Index("ix_ring_tests_unanswered", "begun_at", postgresql_where=UNANSWERED, sqlite_where=UNANSWERED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    on_date: Mapped[date] = mapped_column(Date)  # the local day
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    begun_at: Mapped[datetime]
    rung: Mapped[bool]  # a call to it was due; false: the phone may not be rung
    code: Mapped[str | None] = mapped_column(String(2))  # two digits that the text showed: sent back, they answer it; null: not texted
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(4))  # a `storage.ringtests.AnsweredBy`
    told_at: Mapped[datetime | None]  # when the lead was told that nobody answered
