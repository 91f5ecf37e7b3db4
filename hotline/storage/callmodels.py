"""The tables of calls and of what they recorded."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import NO_TICKET, Base, Id

CALL_OPEN = text("next_attempt_at IS NOT NULL")
CALLED_BACK = text("direction = 'back'")
RECORDING_DUE = text("next_attempt_at IS NOT NULL")


class Call(Base):
    """One phone call: where it is in the menu, and what was keyed on the way. A missed call and the one that answers it are two rows."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id"),
        Index("ix_calls_contact_id", "contact_id", "id"),
        Index("ix_calls_open", "next_attempt_at", postgresql_where=CALL_OPEN, sqlite_where=CALL_OPEN),
        Index("ix_calls_back", "started_at", postgresql_where=CALLED_BACK, sqlite_where=CALLED_BACK),
        Index("ix_calls_without_ticket", "started_at", postgresql_where=NO_TICKET, sqlite_where=NO_TICKET),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))  # `domain.call.CallDirection`
    gateway: Mapped[str] = mapped_column(String(16))  # empty until an alarm is placed
    gateway_id: Mapped[str | None] = mapped_column(String(64))  # null until a call of ours is placed
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), unique=True)  # the one it opened
    turn: Mapped[int]  # how often a step was answered; an answer to an earlier turn changes nothing
    walk: Mapped[dict[str, Any]]  # where it is in the menu (`domain.walk.Walk`)
    consent: Mapped[str | None] = mapped_column(String(8))  # yes, no, silent; null: never asked
    lookups: Mapped[int] = mapped_column(SmallInteger)  # unknown or other people's references keyed
    danger_at: Mapped[datetime | None]  # when she said so; from when the duty line is rung, if it is
    duty_taken: Mapped[bool]  # somebody of the duty line keyed 1
    reason: Mapped[str | None] = mapped_column(String(16))  # a `domain.call.CallReason`, or the gateway's error code
    started_at: Mapped[datetime]
    stepped_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    duration_s: Mapped[int | None]
    next_attempt_at: Mapped[datetime | None]  # when to place it, or to ask the gateway what became of it; null: nothing is open


class Recording(Base):
    """What a call left: audio at the gateway, then with us. Where it is with us is `media`'s to say, by `stored_as`."""

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id"),
        Index("ix_recordings_due", "next_attempt_at", postgresql_where=RECORDING_DUE, sqlite_where=RECORDING_DUE),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    gateway_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8))  # awaited, stored, done (and deleted at the gateway), lost
    promised_s: Mapped[int | None]  # the gateway's word
    duration_s: Mapped[float | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str | None] = mapped_column(String(32))  # why the last attempt failed
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
