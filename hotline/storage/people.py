"""Volunteers, their teams and shifts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from hotline.domain.duty import Candidate, Shift
from hotline.domain.rights import Rights, Role
from hotline.storage.models import ON_QUEUE, Ticket
from hotline.storage.peoplemodels import Membership, ShiftRow, Team, Volunteer


def volunteer(session: Session, volunteer_id: int) -> Volunteer | None:
    """An active volunteer by id."""
    return session.scalar(select(Volunteer).where(Volunteer.id == volunteer_id, Volunteer.active))


def rights(session: Session, volunteer: Volunteer) -> Rights:
    """What she may do now."""
    memberships = session.execute(select(Membership.team_id, Membership.is_lead).where(Membership.volunteer_id == volunteer.id)).all()
    return Rights(
        role=Role(volunteer.role),
        is_head=volunteer.is_head,
        teams=frozenset(row.team_id for row in memberships),
        leads=frozenset(row.team_id for row in memberships if row.is_lead),
        shows_numbers=volunteer.shows_numbers,
    )


def by_login(session: Session, login: str) -> Volunteer | None:
    """A volunteer by login, active or not."""
    return session.scalar(select(Volunteer).where(Volunteer.login == login))


def names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name, for those ids."""
    wanted = {i for i in ids if i is not None}
    return (
        {row.id: row.name for row in session.execute(select(Volunteer.id, Volunteer.name).where(Volunteer.id.in_(wanted)))}
        if wanted
        else {}
    )


def teams(session: Session) -> dict[str, Team]:
    """Code → team."""
    return {team.code: team for team in session.scalars(select(Team))}


def team(session: Session, code: str, name: str) -> Team:
    """The team of that code, made if there is none; it is called `name` from now on."""
    found = session.scalar(select(Team).where(Team.code == code))
    if found is None:
        found = Team(code=code, name=name)
        session.add(found)
    found.name = name
    return found


def join_teams(session: Session, volunteer_id: int, leads: Mapping[int, bool]) -> None:
    """Put her into these teams and no others: team id → whether she leads it."""
    session.execute(delete(Membership).where(Membership.volunteer_id == volunteer_id))
    session.add_all(Membership(team_id=t, volunteer_id=volunteer_id, is_lead=is_lead) for t, is_lead in leads.items())


def plan(session: Session, team_ids: Iterable[int], planned: Mapping[tuple[int, int, int, time], time]) -> None:
    """Replace the shifts of these teams: (volunteer, team, weekday, start) → end."""
    session.execute(delete(ShiftRow).where(ShiftRow.team_id.in_(set(team_ids))))
    session.add_all(
        ShiftRow(volunteer_id=v, team_id=t, weekday=day, starts=starts, ends=ends) for (v, t, day, starts), ends in planned.items()
    )
    session.flush()


def rehash(session: Session, volunteer_id: int, password_hash: str) -> None:
    """Her password, hashed anew."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(password_hash=password_hash))


def end_sessions(session: Session, volunteer_id: int, session_key: str) -> None:
    """A new session key: log-ins under the one before have ended."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(session_key=session_key))


def read_in(session: Session, volunteer_id: int, language: str) -> None:
    """The language her pages are in."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(page_language=language))


def members(session: Session, team_id: int) -> Sequence[int]:
    """Ids of a team's members."""
    return session.scalars(select(Membership.volunteer_id).where(Membership.team_id == team_id)).all()


def has_team(session: Session, team_id: int) -> bool:
    """Whether there is a team of that id."""
    return session.scalar(select(Team.id).where(Team.id == team_id)) is not None


def colleagues(session: Session) -> Sequence[Volunteer]:
    """All who work tickets, by name."""
    return session.scalars(select(Volunteer).where(Volunteer.active, Volunteer.role == Role.VOLUNTEER).order_by(Volunteer.name)).all()


def shifts(session: Session, team_id: int) -> Sequence[Shift]:
    """The week's shifts of a team's active members."""
    statement = (
        select(ShiftRow)
        .join(Volunteer, Volunteer.id == ShiftRow.volunteer_id)
        .join(Membership, (Membership.volunteer_id == ShiftRow.volunteer_id) & (Membership.team_id == ShiftRow.team_id))
        .where(ShiftRow.team_id == team_id, Volunteer.active)
    )
    return [Shift(s.volunteer_id, s.team_id, s.weekday, s.starts, s.ends) for s in session.scalars(statement)]


def leads(session: Session, team_id: int) -> Sequence[int]:
    """Ids of a team's active leads."""
    statement = (
        select(Volunteer.id)
        .join(Membership, Membership.volunteer_id == Volunteer.id)
        .where(Membership.team_id == team_id, Membership.is_lead, Volunteer.active)
        .order_by(Volunteer.id)
    )
    return session.scalars(statement).all()


def heads(session: Session) -> Sequence[int]:
    """Ids of the active heads."""
    return session.scalars(select(Volunteer.id).where(Volunteer.is_head, Volunteer.active).order_by(Volunteer.id)).all()


def candidates(session: Session, ids: Iterable[int]) -> dict[int, Candidate]:
    """Those volunteers with their languages and the number of tickets each still has to look at."""
    wanted = set(ids)
    if not wanted:
        return {}
    load = (
        select(Ticket.assignee_id, func.count().label("held")).where(ON_QUEUE, Ticket.assignee_id.in_(wanted)).group_by(Ticket.assignee_id)
    )
    held: dict[int, int] = {row.assignee_id: row.held for row in session.execute(load)}
    people = session.execute(select(Volunteer.id, Volunteer.languages).where(Volunteer.id.in_(wanted)))
    return {row.id: Candidate(row.id, frozenset(row.languages), held.get(row.id, 0)) for row in people}
