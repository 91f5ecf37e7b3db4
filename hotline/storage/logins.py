"""Log-ins: one on each browser, which she can see and end. The key in the cookie is not kept, only its hash."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.rights import Rights, Role
from hotline.storage.models import Installation
from hotline.storage.people import rights_of
from hotline.storage.peoplemodels import Login, Membership, Team, Volunteer


@dataclass(frozen=True)
class Found:
    """A log-in that has not ended, whose it is, whether her rights need a second factor, and whether she leads a team."""

    login: Login
    volunteer: Volunteer
    needs_factor: bool
    leads: bool


def needs_factor(sealed_teams: Collection[str]) -> ColumnElement[bool]:
    """Whose rights need a second factor: whoever leads, keeps accounts, audits, or may see what is sealed. The people of a demo are
    made up, and need none."""
    member = select(Membership.volunteer_id).join(Team, Team.id == Membership.team_id)
    member = member.where(Membership.volunteer_id == Volunteer.id, or_(Membership.is_lead, Team.code.in_(sealed_teams)))
    is_demo = exists().where(Installation.kind == "demo")
    return ~is_demo & or_(Volunteer.is_head, Volunteer.role != Role.VOLUNTEER, member.exists())


def begin(session: Session, volunteer_id: int, *, key_sha256: str, browser: str, now: datetime) -> None:
    """She is in, on that browser."""
    session.add(Login(volunteer_id=volunteer_id, key_sha256=key_sha256, browser=browser, began_at=now, seen_at=now))
    session.flush()


def of_key(session: Session, key_sha256: str, *, since: datetime, sealed_teams: Collection[str]) -> Found | None:
    """The log-in behind a cookie's key, if it began since then, has not ended, and she is still here."""
    leads = exists().where(Membership.volunteer_id == Volunteer.id, Membership.is_lead)
    statement = (
        select(Login, Volunteer, needs_factor(sealed_teams), leads)
        .join(Volunteer, Volunteer.id == Login.volunteer_id)
        .where(Login.key_sha256 == key_sha256, Login.ended_at.is_(None), Login.began_at > since, Volunteer.active)
    )
    row = session.execute(statement).first()
    return Found(row[0], row[1], bool(row[2]), bool(row[3])) if row is not None else None


@dataclass(frozen=True)
class Standing:
    """What the guards go by, of a log-in that has not ended: while it is the same, they say the same."""

    proved_at: datetime | None
    rights: Rights


def standings(session: Session, ids: Collection[int], *, since: datetime) -> dict[int, Standing]:
    """Those of these log-ins that have not ended, as `of_key` would find them."""
    people = select(Login.id, Login.proved_at, Volunteer).join(Volunteer, Volunteer.id == Login.volunteer_id)
    found = session.execute(people.where(Login.id.in_(ids), Login.ended_at.is_(None), Login.began_at > since, Volunteer.active)).all()
    theirs: dict[int, list[tuple[int, bool]]] = {volunteer.id: [] for _, _, volunteer in found}
    for row in session.execute(select(Membership).where(Membership.volunteer_id.in_(theirs))).scalars():
        theirs[row.volunteer_id].append((row.team_id, row.is_lead))
    known = {volunteer.id: rights_of(volunteer, theirs[volunteer.id]) for _, _, volunteer in found if volunteer.role in set(Role)}
    return {login_id: Standing(proved_at, known[her.id]) for login_id, proved_at, her in found if her.id in known}


def open_of(session: Session, volunteer_id: int, *, since: datetime) -> Sequence[Login]:
    """Her log-ins that began since then and have not ended, the one she used last first."""
    statement = select(Login).where(Login.volunteer_id == volunteer_id, Login.ended_at.is_(None), Login.began_at > since)
    return session.scalars(statement.order_by(Login.seen_at.desc(), Login.id.desc())).all()


def seen(session: Session, login_id: int, *, now: datetime) -> None:
    """A page was asked for under that log-in."""
    session.execute(update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(seen_at=now))


def prove(session: Session, login_id: int, *, now: datetime) -> None:
    """The second factor was shown."""
    session.execute(update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(proved_at=now))


def end(session: Session, volunteer_id: int, login_id: int, *, now: datetime) -> None:
    """End one log-in of hers."""
    _end(session, now, Login.volunteer_id == volunteer_id, Login.id == login_id)


def end_others(session: Session, volunteer_id: int, login_id: int, *, now: datetime) -> None:
    """End every log-in of hers but that one."""
    _end(session, now, Login.volunteer_id == volunteer_id, Login.id != login_id)


def end_all(session: Session, volunteer_id: int, *, now: datetime) -> None:
    """End every log-in of hers."""
    _end(session, now, Login.volunteer_id == volunteer_id)


def _end(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    statement = update(Login).where(*which, Login.ended_at.is_(None)).values(ended_at=now)
    session.execute(statement)
