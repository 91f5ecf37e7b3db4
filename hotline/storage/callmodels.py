"""The tables of calls and of their recordings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import NO_TICKET, Base, Id

CALL_OPEN = text("next_attempt_at IS NOT NULL")
CALLED_BACK = text("direction = 'back'")
RECORDING_DUE = text("next_attempt_at IS NOT NULL")
LOOK = text("look IS NOT NULL")
"""Recordings that nobody has looked at yet."""


class Call(Base):
    """One phone call: where it is in the menu, and what the caller keyed. A missed call and the call back that answers it are two rows."""

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
    gateway: Mapped[str] = mapped_column(String(16))  # empty until the gateway is asked to place the call of an alarm
    gateway_id: Mapped[str | None] = mapped_column(String(64))  # null for a call of ours until it is placed
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), unique=True)  # the ticket that the call opened
    turn: Mapped[int]  # how many steps were answered; an answer to an earlier turn changes nothing
    walk: Mapped[dict[str, Any]]  # where it is in the menu (`domain.walk.Walk`)
    consent: Mapped[str | None] = mapped_column(String(8))  # `domain.walk.Consent`: may we text this phone; null: never asked
    call_consent: Mapped[str | None] = mapped_column(String(8))  # the same: may we ring it
    lookups: Mapped[int] = mapped_column(SmallInteger)  # how many keyed references were unknown or belong to another phone
    danger_at: Mapped[datetime | None]  # when the caller reported danger, or later, when the duty line was rung for it
    duty_taken: Mapped[bool]  # a volunteer on the duty line keyed 1 to take the call
    reason: Mapped[str | None] = mapped_column(String(16))  # a `domain.call.CallReason`, or the gateway's error code
    started_at: Mapped[datetime]
    stepped_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    duration_s: Mapped[int | None]
    next_attempt_at: Mapped[datetime | None]  # when to place it, or to ask the gateway how it ended; null: nothing is left to do


class Recording(Base):
    """Audio that a call left: first at the gateway, then with us. `media` finds our copy by `stored_as`."""

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id"),
        Index("ix_recordings_due", "next_attempt_at", postgresql_where=RECORDING_DUE, sqlite_where=RECORDING_DUE),
        Index("ix_recordings_look", "look", "id", postgresql_where=LOOK, sqlite_where=LOOK),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    gateway_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8))  # a `storage.recordings.RecordingState`
    promised_s: Mapped[int | None]  # the length that the gateway tells
    duration_s: Mapped[float | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    masked: Mapped[bool | None]  # true: stretches of it are heard as silence (`redactions`)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str | None] = mapped_column(String(32))  # why the last attempt to fetch it failed
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    look: Mapped[int | None] = mapped_column(SmallInteger)  # `domain.look.Look`: how soon a person hears it; null: somebody has
