"""The tables of how gateways are, how far their logs were read, and what they carried, in all and in each hour of the last weeks."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base


class GatewayState(Base):
    """A gateway that rests or was stopped, now or before. A gateway that never did either has no row."""

    __tablename__ = "gateway_states"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime]  # when it began to rest the last time
    until: Mapped[datetime]  # it carries nothing before
    reason: Mapped[str] = mapped_column(String(16))  # why: the gateway's code, or our own word; "" if it never had to rest
    times: Mapped[int] = mapped_column(SmallInteger)  # how often in a row it had to rest: each time longer
    ill_since: Mapped[datetime | None]  # when the first of these rests began
    stopped_at: Mapped[datetime | None]  # since when a person has it carry nothing; null: nobody does
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: the command line
    why: Mapped[bytes | None] = mapped_column(LargeBinary)  # what that person wrote; sealed for the staff


class GatewayLog(Base):
    """How far the log of a gateway was read (`domain.catchup.Walk`). One that was never read has no row."""

    __tablename__ = "gateway_logs"

    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    what: Mapped[str] = mapped_column(String(12), primary_key=True)  # texts, calls or recordings
    taken_until: Mapped[datetime]  # all that came before is here
    walked_at: Mapped[datetime | None]  # when it was last read to its end; null: never yet
    since: Mapped[datetime | None]  # the span that is being read; null: none is
    until: Mapped[datetime | None]  # null: the last span, which has no end
    began_at: Mapped[datetime | None]  # when that span was first asked for
    page: Mapped[str | None] = mapped_column(String(500))  # its next page, as the gateway names it; null: the first
    held_at: Mapped[datetime | None]  # when the first came of what could not be taken in


class GatewayLoad(Base):
    """What was claimed for one line of a gateway in one minute. A text counts in the minute in which it leaves us."""

    __tablename__ = "gateway_loads"
    __table_args__ = (Index("ix_gateway_loads_minute", "minute"),)
    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    line: Mapped[str] = mapped_column(String(16), primary_key=True)  # one of the gateway's `sims`; "" if it has one line
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    texts: Mapped[int]
    units: Mapped[int]  # texts or segments: what the gateway's limits count
    cost: Mapped[int] = mapped_column(BigInteger)  # in ten-thousandths of the currency
    missed: Mapped[int] = mapped_column(server_default="0")  # texts that it did not take: they are not counted in the others


class GatewayHour(Base):
    """What became of the texts by a gateway that were written, or came, in one hour."""

    __tablename__ = "gateway_hours"
    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)  # its beginning
    came_in: Mapped[int]
    sent: Mapped[int]  # the gateway had them, whatever came of them
    delivered: Mapped[int]
    failed: Mapped[int]


class GatewaySign(Base):
    """The signs of life of a gateway: what a phone last told of itself, and whether it hears. One that gave none yet has no row."""

    __tablename__ = "gateway_signs"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    pinged_at: Mapped[datetime | None]  # when the phone told last how it is
    battery: Mapped[int | None] = mapped_column(SmallInteger)  # percent
    charging: Mapped[bool | None]
    online: Mapped[bool | None]  # whether the phone has a connection to the internet
    canary_at: Mapped[datetime | None]  # when the last canary text was sent to it; null: it did not leave
    heard_at: Mapped[datetime | None]  # when a canary text last came in by it
    deaf_since: Mapped[datetime | None]  # since when canary texts do not come in; null: they do, or none was sent
