"""The tables of volunteers: their teams, shifts, log-ins and rights."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, String, Text, Time, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class Team(Base):
    """Volunteers who answer the same kinds of tickets."""

    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))


class Volunteer(Base):
    """Somebody who answers. The head sees what is sealed and has no team to go to."""

    __tablename__ = "volunteers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    page_language: Mapped[str] = mapped_column(String(8))
    languages: Mapped[list[str]]  # codes she speaks
    is_head: Mapped[bool]
    active: Mapped[bool]
    role: Mapped[str] = mapped_column(String(16), server_default="volunteer")  # volunteer, administrator or auditor; leads lead a team
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))  # her own, for alarms; never shown to a citizen
    takes_women: Mapped[bool] = mapped_column(server_default=false())  # takes citizens who ask for a woman
    keeps_pauses: Mapped[bool] = mapped_column(server_default=true())  # is not on duty in the hours that the configuration calls pauses
    shows_numbers: Mapped[bool] = mapped_column(server_default=false())  # may have a citizen's number shown
    totp_seed: Mapped[str | None] = mapped_column(String(64))  # of her second factor's secret; not yet hers while totp_step is null
    totp_step: Mapped[int | None] = mapped_column(BigInteger)  # of the last code that was taken: none is taken twice


class Membership(Base):
    """A volunteer in a team; its lead takes what nobody on duty can."""

    __tablename__ = "memberships"
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True, index=True)
    is_lead: Mapped[bool]


class ShiftRow(Base):
    """A weekly shift in local time; one that ends at or before its start runs past midnight."""

    __tablename__ = "shifts"
    __table_args__ = (UniqueConstraint("volunteer_id", "team_id", "weekday", "starts"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)  # Monday 0
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    on_holidays: Mapped[bool] = mapped_column(server_default=true())


class ShiftDay(Base):
    """One day's shift to which something happened: she was asked whether she comes, somebody stands in for her, it was handed over. By
    whose it is, of which team, and when it begins, local time: the week's plan may be laid anew meanwhile."""

    __tablename__ = "shift_days"
    __table_args__ = (
        UniqueConstraint("team_id", "volunteer_id", "on_date", "starts"),
        Index("ix_shift_days_date", "on_date"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    on_date: Mapped[date] = mapped_column(Date)
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    asked_at: Mapped[datetime | None]
    comes: Mapped[bool | None]  # what she answered; null: nothing
    answered_at: Mapped[datetime | None]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # who was asked to come instead
    agreed_at: Mapped[datetime | None]  # and said yes
    came_at: Mapped[datetime | None]  # when her page was first open in it
    lead_told_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)  # to whoever comes after
    handed_over_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """Wrong passwords for one login, known or not, and when the next try is heard."""

    __tablename__ = "login_throttles"
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    next_try_at: Mapped[datetime]


class Invitation(Base):
    """A one-time link by which somebody comes in: she chooses a password, and a second factor where her rights need one."""

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: from the command line
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Login(Base):
    """A log-in on one browser, which she can see and end."""

    __tablename__ = "logins"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of what stands in the cookie
    browser: Mapped[str] = mapped_column(String(120))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]  # when the second factor was shown
    ended_at: Mapped[datetime | None]


class Grant(Base):
    """A right that somebody asked for, for somebody; it takes a second person to give it, and the head is told."""

    __tablename__ = "grants"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    what: Mapped[str] = mapped_column(String(60))  # as administrator, lead:street, team:integrity, numbers
    asked_by: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    decided_at: Mapped[datetime | None]
    given: Mapped[bool | None]


class PeopleEvent(Base):
    """What happened to people, their rights and shifts; append-only. `data` holds codes and days, never a name or a number."""

    __tablename__ = "people_events"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    happened_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: from the command line
    about_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    data: Mapped[dict[str, Any]]
