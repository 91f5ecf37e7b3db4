"""The tables of volunteers: their teams, shifts, log-ins and rights."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, LargeBinary, SmallInteger, String, Time, UniqueConstraint, and_, false, true
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import Base, Id


class Team(Base):
    """Volunteers who answer the same kinds of tickets."""

    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    names: Mapped[dict[str, str] | None]  # language → its name there; null: `name` in every language

    def called(self, language: str) -> str:
        """The team's name for a reader of that language."""
        return (self.names or {}).get(language, self.name)


class Volunteer(Base):
    """A person of the hotline. The head also sees sealed tickets that have no team."""

    __tablename__ = "volunteers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_by_link: Mapped[bool] = mapped_column(server_default=false())  # it was chosen by a link that another person made
    page_language: Mapped[str] = mapped_column(String(8))
    languages: Mapped[list[str]]  # codes of the languages that the volunteer speaks
    is_head: Mapped[bool]
    active: Mapped[bool]
    confirmed: Mapped[bool] = mapped_column(server_default=true())  # else the account has no right: a second person says who uses it
    role: Mapped[str] = mapped_column(String(16), server_default="volunteer")  # a `domain.rights.Role`
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))  # their own phone, for alarms; never shown to a citizen
    takes_women: Mapped[bool] = mapped_column(server_default=false())  # takes citizens who ask for a woman
    keeps_pauses: Mapped[bool] = mapped_column(server_default=true())  # is not on duty in the hours that the configuration calls pauses
    shows_numbers: Mapped[bool] = mapped_column(server_default=false())  # may have a citizen's number shown
    totp_seed: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed for the staff; not confirmed while totp_step is null
    totp_step: Mapped[int | None] = mapped_column(BigInteger)  # the time step of the last code accepted: no code is accepted twice


AT_WORK = and_(Volunteer.active, Volunteer.confirmed)
"""Whether a person has the rights of the account: it is open, and somebody has confirmed who uses it."""


class Membership(Base):
    """A volunteer in a team. Its lead gets the tickets that nobody on duty can take."""

    __tablename__ = "memberships"
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True, index=True)
    is_lead: Mapped[bool]


class ShiftRow(Base):
    """A weekly shift in local time. If `ends` is not after `starts`, it runs past midnight."""

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
    """A shift on one day to which something happened: its volunteer was asked to confirm, a colleague stands in, or it was handed over.

    Its key is the team, the volunteer, the day and the planned start (local time), and not a weekly shift, which may be planned anew.
    """

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
    yes_code: Mapped[str | None] = mapped_column(String(2))  # two digits that the question showed: sent back, they say yes
    no_code: Mapped[str | None] = mapped_column(String(2))
    comes: Mapped[bool | None]  # the volunteer's answer; null: none
    answered_at: Mapped[datetime | None]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # the colleague who was asked to come instead
    agreed_at: Mapped[datetime | None]  # when the colleague agreed
    came_at: Mapped[datetime | None]  # when a page of the volunteer on duty was first open during it
    lead_told_at: Mapped[datetime | None]
    note: Mapped[bytes | None] = mapped_column(LargeBinary)  # to the next shift; sealed for the staff
    handed_over_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """Wrong passwords or codes counted under one name, and when the next try under it is allowed."""

    __tablename__ = "login_throttles"
    login: Mapped[str] = mapped_column(String(64), primary_key=True)  # or a word in capitals and what is counted: no login has them
    failures: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(index=True)


class Invitation(Base):
    """A one-time link to choose a password, and to set up a second factor where the volunteer's rights need one."""

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: from the command line
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Login(Base):
    """A volunteer's log-in on one browser. The volunteer can see and end it."""

    __tablename__ = "logins"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of the key in the cookie
    browser: Mapped[str] = mapped_column(String(120))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]  # when the second factor was shown
    ended_at: Mapped[datetime | None]
    sought: Mapped[bytes | None] = mapped_column(LargeBinary)  # what was last searched for by words; sealed for the staff


class Grant(Base):
    """A request for a right for a volunteer. A second person decides it, and the head is told."""

    __tablename__ = "grants"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    what: Mapped[str] = mapped_column(String(60))  # such as administrator, lead:street, team:integrity, numbers
    asked_by: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    decided_at: Mapped[datetime | None]
    given: Mapped[bool | None]


class PeopleEvent(Base):
    """What happened to volunteers, their rights and shifts; append-only. `data` holds codes and days, never a name or a phone number."""

    __tablename__ = "people_events"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    happened_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: the command line or the machine
    about_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    data: Mapped[dict[str, Any]]
