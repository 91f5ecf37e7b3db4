"""The tables of call backs: what makes a call to a citizen safe, and each bridge between a volunteer and a citizen."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id

TO_MAKE = text("wanted_at IS NOT NULL AND made_at IS NULL")
"""Promised calls that nobody has made yet. The condition of a partial index: it serves only a query that has it word for word."""

OPEN_BRIDGE = text("ended_at IS NULL")


class CallPlan(Base):
    """What is known of a call to the citizen of a ticket: how it is safe, whether the citizen agreed, whether it was promised."""

    __tablename__ = "call_plans"
    __table_args__ = (Index("ix_call_plans_to_make", "wanted_at", postgresql_where=TO_MAKE, sqlite_where=TO_MAKE),)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    code_word: Mapped[bytes | None] = mapped_column(LargeBinary)  # the citizen named it; the volunteer says it first. Sealed
    agreed_at: Mapped[datetime | None]  # when a volunteer recorded that the citizen wrote that we may call
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    agreed_in: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # the text in which it stands
    urged_at: Mapped[datetime | None]  # when the first of two people recorded why silence is deadlier
    urged_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    urged_note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    seconded_at: Mapped[datetime | None]  # when the second did
    wanted_at: Mapped[datetime | None]  # when a call was promised
    made_at: Mapped[datetime | None]  # when it was made, or somebody said why it is not; null: it is to be made


class Bridge(Base):
    """One call back: the volunteer's phone is rung, then the citizen's, and the two are joined. At most one is open for a phone."""

    __tablename__ = "bridges"
    __table_args__ = (
        Index("uq_bridges_open", "contact_id", unique=True, postgresql_where=OPEN_BRIDGE, sqlite_where=OPEN_BRIDGE),
        Index("ix_bridges_contact_id", "contact_id", "id"),
        Index("ix_bridges_ticket_id", "ticket_id", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))  # the citizen's phone
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)  # our call to the volunteer's phone
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]  # when the volunteer pressed 1: from then on the citizen's phone counts as rung
    rung_at: Mapped[datetime | None]  # when the gateway said that it rings
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended: Mapped[str | None] = mapped_column(String(12))  # a `domain.bridge.End`
    duration_s: Mapped[int | None]
    came: Mapped[str | None] = mapped_column(String(12))  # a `domain.bridge.Came`, by the volunteer
