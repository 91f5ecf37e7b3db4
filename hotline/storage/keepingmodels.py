"""The tables of what is kept, and where else: backups, and what of ours still lies at a gateway."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class Backup(Base):
    """A backup that was made. What was committed before `covers_until` is in it."""

    __tablename__ = "backups"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    made_at: Mapped[datetime]
    covers_until: Mapped[datetime]
    data_sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of the data file, as it was written
    verified_at: Mapped[datetime | None]  # when it was restored into a scratch place and counted; null: never


class GatewayCopy(Base):
    """A text, call or recording that is to be deleted at the gateway. Once that is done the row goes too.

    The rows are made by a worker, when what they name is old enough, or at once for an erased contact. What is younger than the worker's
    mark has no row yet, and lies at the gateway.
    """

    __tablename__ = "gateway_copies"
    __table_args__ = (UniqueConstraint("gateway", "gateway_id"), Index("ix_gateway_copies_next_attempt_at", "next_attempt_at"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(9))  # a `storage.gatewaycopies.CopyKind`
    gateway: Mapped[str] = mapped_column(String(16))
    gateway_id: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    settled_at: Mapped[datetime]  # when it began, or, once that is known, since when nothing about it changes any more
    asked: Mapped[bool] = mapped_column(Boolean)  # for an erased contact: neither days nor a backup are waited for
    attempts: Mapped[int] = mapped_column(SmallInteger)
    next_attempt_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(16))  # why the last attempt failed: the gateway's code, or our own word
