"""Log-ins: one for each browser; a volunteer can see and end them. Only the hash of the cookie's key is stored."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, String, bindparam, cast, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from hotline.domain.rights import Rights, Role
from hotline.storage import people, sealed
from hotline.storage.models import Installation
from hotline.storage.peoplemodels import Login, Membership, Team, Volunteer

_SOUGHT = "logins.sought"


@dataclass(frozen=True)
class OpenLogin:
    """A log-in that has not ended, its volunteer, whether their rights need a second factor, and their rights."""

    login: Login
    volunteer: Volunteer
    needs_factor: bool
    rights: Rights


def needs_factor(sealed_teams: Collection[str] | BindParameter[str]) -> ColumnElement[bool]:
    """Whether a volunteer's rights need a second factor: so for leads, heads, administrators, auditors, members of a sealed team and
    who may see whole numbers.

    In a demo nobody needs one: its people are made up.
    """
    member = select(Membership.volunteer_id).join(Team, Team.id == Membership.team_id)
    member = member.where(Membership.volunteer_id == Volunteer.id, or_(Membership.is_lead, Team.code.in_(sealed_teams)))
    is_demo = exists().where(Installation.kind == "demo")
    return ~is_demo & or_(Volunteer.is_head, Volunteer.shows_numbers, Volunteer.role != Role.VOLUNTEER, member.exists())


def _team_ids(*which: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ScalarSelect[str]:
    """The ids of a volunteer's teams in one string, "1,2"; null if there are none."""
    ids = cast(Membership.team_id, String)
    return select(func.aggregate_strings(ids, ",")).where(Membership.volunteer_id == Volunteer.id, *which).scalar_subquery()


# Built once: it runs for each page, and for each poll of an open queue.
_OF_KEY = (
    select(
        Login,
        Volunteer,
        needs_factor(bindparam("sealed_teams", expanding=True)),
        _team_ids(),
        _team_ids(Membership.is_lead),
    )
    .join(Volunteer, Volunteer.id == Login.volunteer_id)
    .where(Login.key_sha256 == bindparam("key_sha256"), Login.ended_at.is_(None), Login.began_at > bindparam("since"), Volunteer.active)
)


def begin(session: Session, volunteer_id: int, *, key_sha256: str, browser: str, now: datetime) -> None:
    """Store a new log-in of a volunteer on a browser."""
    session.add(Login(volunteer_id=volunteer_id, key_sha256=key_sha256, browser=browser, began_at=now, seen_at=now))
    session.flush()


def of_key(session: Session, key_sha256: str, *, since: datetime, sealed_teams: Collection[str]) -> OpenLogin | None:
    """The log-in of a cookie's key; None unless it began after `since`, has not ended, and its volunteer is active."""
    row = session.execute(_OF_KEY, {"key_sha256": key_sha256, "since": since, "sealed_teams": list(sealed_teams)}).first()
    if row is None:
        return None
    login, volunteer, needs_second, teams, leads = row
    return OpenLogin(login, volunteer, bool(needs_second), people.rights_with(volunteer, _ids(teams), _ids(leads)))


def _ids(listed: str | None) -> Iterator[int]:
    return map(int, listed.split(",") if listed else ())


def open_of(session: Session, volunteer_id: int, *, since: datetime) -> Sequence[Login]:
    """A volunteer's log-ins that began after `since` and have not ended, the one used last first."""
    statement = select(Login).where(Login.volunteer_id == volunteer_id, Login.ended_at.is_(None), Login.began_at > since)
    return session.scalars(statement.order_by(Login.seen_at.desc(), Login.id.desc())).all()


def seen(session: Session, login_id: int, *, now: datetime) -> None:
    """Note when a log-in was last used."""
    session.execute(update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(seen_at=now))


def prove(session: Session, login_id: int, *, now: datetime) -> None:
    """Note that the second factor was shown under a log-in."""
    session.execute(update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(proved_at=now))


def seek(session: Session, login_id: int, typed: str) -> None:
    """Keep what was searched for last under a log-in, in place of what was before."""
    sought = sealed.seal_for_staff(session, _SOUGHT, typed, login_id)
    session.execute(update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(sought=sought))


def sought(session: Session, login: Login) -> str:
    """What was searched for last under a log-in; "" if nothing was."""
    return sealed.open_for_staff(session, _SOUGHT, login.sought, login.id) or ""


def end(session: Session, volunteer_id: int, login_id: int, *, now: datetime) -> None:
    """End one log-in of a volunteer."""
    _end(session, now, Login.volunteer_id == volunteer_id, Login.id == login_id)


def end_others(session: Session, volunteer_id: int, login_id: int, *, now: datetime) -> None:
    """End every log-in of a volunteer but `login_id`."""
    _end(session, now, Login.volunteer_id == volunteer_id, Login.id != login_id)


def end_all(session: Session, volunteer_id: int, *, now: datetime) -> None:
    """End every log-in of a volunteer."""
    _end(session, now, Login.volunteer_id == volunteer_id)


def _end(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    statement = update(Login).where(*which, Login.ended_at.is_(None)).values(ended_at=now, sought=None)
    session.execute(statement)
