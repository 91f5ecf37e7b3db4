"""Volunteers, their teams and shifts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import time
from typing import Unpack

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.duty import Candidate, Shift
from hotline.domain.languages import SOURCE, VOLUNTEERS_SPEAK
from hotline.domain.names import Person
from hotline.domain.rights import Rights, Role
from hotline.storage.db import upsert
from hotline.storage.models import ON_QUEUE, Ticket
from hotline.storage.peoplemodels import AT_WORK, Membership, ShiftRow, Team, Volunteer
from hotline.storage.rows import NewShift


def volunteer(session: Session, volunteer_id: int) -> Volunteer | None:
    """A volunteer by id who is active and whose account is confirmed: no other may do anything but log in and out."""
    return session.scalar(select(Volunteer).where(Volunteer.id == volunteer_id, AT_WORK))


def lock(session: Session, volunteer_id: int) -> None:
    """Lock a volunteer's row until the commit, before requests about the volunteer: so no two changes wait for each other."""
    session.execute(select(Volunteer.id).where(Volunteer.id == volunteer_id).with_for_update(key_share=True))


def lock_heads(session: Session) -> None:
    """Lock the rows of all heads until the commit."""
    session.execute(select(Volunteer.id).where(Volunteer.is_head).order_by(Volunteer.id).with_for_update(key_share=True))


def active(session: Session, volunteer_id: int) -> Volunteer | None:
    """An active volunteer by id, confirmed or not."""
    return session.scalar(select(Volunteer).where(Volunteer.id == volunteer_id, Volunteer.active))


def rights(session: Session, volunteer: Volunteer) -> Rights:
    """What a volunteer may do now."""
    memberships = session.execute(select(Membership.team_id, Membership.is_lead).where(Membership.volunteer_id == volunteer.id)).all()
    return rights_with(volunteer, (team_id for team_id, _ in memberships), (team_id for team_id, is_lead in memberships if is_lead))


def rights_with(volunteer: Volunteer, teams: Iterable[int], leads: Iterable[int]) -> Rights:
    """What a volunteer may do who is in these teams and leads those."""
    return Rights(Role(volunteer.role), volunteer.is_head, frozenset(teams), frozenset(leads), volunteer.shows_numbers)


def add(session: Session, login: str, name: str, *, password_hash: str | None, confirmed: bool = True) -> int | None:
    """Add a volunteer, who is in no team yet. Returns the id, or None if the login is taken."""
    values = {"login": login, "name": name, "password_hash": password_hash, "page_language": SOURCE, "languages": [*VOLUNTEERS_SPEAK]}
    statement = upsert(session, Volunteer).values(**values, is_head=False, active=True, confirmed=confirmed)
    return session.scalar(statement.on_conflict_do_nothing(index_elements=["login"]).returning(Volunteer.id))


def by_phone(session: Session, contact_id: int) -> Sequence[Volunteer]:
    """The volunteers at work who have that contact as their own phone."""
    return session.scalars(select(Volunteer).where(Volunteer.phone_id == contact_id, AT_WORK).order_by(Volunteer.id)).all()


def has_phone(session: Session, contact_id: int) -> bool:
    """Whether a contact is the own phone of some volunteer at work."""
    return session.scalar(select(Volunteer.id).where(Volunteer.phone_id == contact_id, AT_WORK).limit(1)) is not None


def by_login(session: Session, login: str) -> Volunteer | None:
    """A volunteer by login, active or not."""
    return session.scalar(select(Volunteer).where(Volunteer.login == login))


def locked_by_login(session: Session, login: str) -> Volunteer | None:
    """A volunteer by login, active or not, locked until the commit as `lock` does."""
    statement = select(Volunteer).where(Volunteer.login == login).with_for_update(key_share=True)
    return session.scalar(statement, execution_options={"populate_existing": True})


def names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name of these volunteers."""
    wanted = {i for i in ids if i is not None}
    return (
        {row.id: row.name for row in session.execute(select(Volunteer.id, Volunteer.name).where(Volunteer.id.in_(wanted)))}
        if wanted
        else {}
    )


def all_names(session: Session) -> Sequence[str]:
    """The names of all active volunteers."""
    return session.scalars(select(Volunteer.name).where(Volunteer.active)).all()


def logins(session: Session) -> Sequence[str]:
    """The logins of all active volunteers, whatever their role."""
    return session.scalars(select(Volunteer.login).where(Volunteer.active).order_by(Volunteer.login)).all()


def named(session: Session) -> Sequence[Person]:
    """The people who may have a ticket or see one as a volunteer does, by id: active, confirmed or not."""
    statement = select(Volunteer.id, Volunteer.login, Volunteer.name).where(Volunteer.active, Volunteer.role == Role.VOLUNTEER)
    return [Person(*row) for row in session.execute(statement.order_by(Volunteer.id))]


def colleagues(session: Session) -> Sequence[Volunteer]:
    """The volunteers who work tickets now, by name."""
    return session.scalars(select(Volunteer).where(AT_WORK, Volunteer.role == Role.VOLUNTEER).order_by(Volunteer.name)).all()


def members(session: Session, team_id: int | None) -> frozenset[int]:
    """Ids of a team's members, active or not."""
    return frozenset(session.scalars(select(Membership.volunteer_id).where(Membership.team_id == team_id)))


def teams(session: Session) -> dict[str, Team]:
    """Code → team."""
    return {team.code: team for team in session.scalars(select(Team))}


def team(session: Session, code: str, name: str, names: Mapping[str, str] | None = None) -> Team:
    """The team with that code, made if there is none. Its name is set to `name`, and in the languages of `names` to those."""
    found = session.scalar(select(Team).where(Team.code == code))
    if found is None:
        found = Team(code=code, name=name)
        session.add(found)
    found.names = dict(names or {})
    found.name = name
    return found


def join_teams(session: Session, volunteer_id: int, leads: Mapping[int, bool]) -> None:
    """Put a volunteer into these teams and no others. `leads`: team id → whether the volunteer leads it."""
    session.execute(delete(Membership).where(Membership.volunteer_id == volunteer_id))
    session.add_all(Membership(team_id=t, volunteer_id=volunteer_id, is_lead=is_lead) for t, is_lead in leads.items())


Plan = Mapping[tuple[int, int, int, time], tuple[time, bool | None]]
"""Weekly shifts: (volunteer id, team id, weekday, start) → end, and whether it is for holidays too (None: as it was)."""


def plan(session: Session, team_ids: Iterable[int], planned: Plan) -> None:
    """Replace the weekly shifts of these teams."""
    theirs = ShiftRow.team_id.in_(set(team_ids))
    before = {(s.volunteer_id, s.team_id, s.weekday, s.starts): s.on_holidays for s in session.scalars(select(ShiftRow).where(theirs))}
    session.execute(delete(ShiftRow).where(theirs))
    for key, (ends, on_holidays) in planned.items():
        v, t, day, starts = key
        works = on_holidays if on_holidays is not None else before.get(key, True)
        session.add(ShiftRow(volunteer_id=v, team_id=t, weekday=day, starts=starts, ends=ends, on_holidays=works))
    session.flush()


def keeps_password(session: Session, volunteer_id: int, password_hash: str | None) -> bool:
    """Whether that is still the hash of the volunteer's password (None: there is none). It stays so until the commit."""
    lock(session, volunteer_id)
    return session.scalar(select(Volunteer.password_hash).where(Volunteer.id == volunteer_id)) == password_hash


def rehash(session: Session, volunteer_id: int, password_hash: str) -> None:
    """Store a new hash of a volunteer's password, which stays the same."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(password_hash=password_hash))


def choose_password(session: Session, volunteer_id: int, password_hash: str) -> None:
    """Store the hash of a password that the volunteer chose while logged in."""
    values = {"password_hash": password_hash, "password_by_link": False}
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(values))


def read_in(session: Session, volunteer_id: int, language: str) -> None:
    """Store the language of a volunteer's pages."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(page_language=language))


def shifts(session: Session, team_ids: Collection[int]) -> Sequence[Shift]:
    """The weekly shifts of these teams' members who work now."""
    statement = (
        select(ShiftRow)
        .join(Volunteer, Volunteer.id == ShiftRow.volunteer_id)
        .join(Membership, (Membership.volunteer_id == ShiftRow.volunteer_id) & (Membership.team_id == ShiftRow.team_id))
        .where(ShiftRow.team_id.in_(team_ids), AT_WORK)
    )
    return [Shift(s.volunteer_id, s.team_id, s.weekday, s.starts, s.ends, s.on_holidays) for s in session.scalars(statement)]


def work_through(session: Session) -> frozenset[int]:
    """Ids of the volunteers who work through pauses."""
    return frozenset(session.scalars(select(Volunteer.id).where(~Volunteer.keeps_pauses)))


def weekly(session: Session, team_id: int) -> Sequence[ShiftRow]:
    """The rows of a team's weekly shifts, from Monday on."""
    statement = select(ShiftRow).where(ShiftRow.team_id == team_id)
    return session.scalars(statement.order_by(ShiftRow.weekday, ShiftRow.starts, ShiftRow.id)).all()


def add_shift(session: Session, **values: Unpack[NewShift]) -> ShiftRow | None:
    """Plan a weekly shift. None if the volunteer has one in that team with the same day and start: it stays as it was."""
    key = ["volunteer_id", "team_id", "weekday", "starts"]
    statement = upsert(session, ShiftRow).values(**values).on_conflict_do_nothing(index_elements=key)
    return session.scalar(statement.returning(ShiftRow))


def remove_shift(session: Session, team_id: int, shift_id: int) -> ShiftRow | None:
    """Take a weekly shift out of a team's plan. Returns it, or None if it is not there."""
    statement = delete(ShiftRow).where(ShiftRow.id == shift_id, ShiftRow.team_id == team_id).returning(ShiftRow)
    return session.scalar(statement)


def team_mates(session: Session, team_id: int) -> Sequence[Volunteer]:
    """A team's members who work now, by name."""
    statement = select(Volunteer).join(Membership, Membership.volunteer_id == Volunteer.id)
    return session.scalars(statement.where(Membership.team_id == team_id, AT_WORK).order_by(Volunteer.name, Volunteer.id)).all()


def leads(session: Session, team_id: int) -> Sequence[int]:
    """Ids of a team's leads who work now."""
    statement = (
        select(Volunteer.id)
        .join(Membership, Membership.volunteer_id == Volunteer.id)
        .where(Membership.team_id == team_id, Membership.is_lead, AT_WORK)
        .order_by(Volunteer.id)
    )
    return session.scalars(statement).all()


def all_leads(session: Session) -> Sequence[int]:
    """Ids of the leads of all teams who work now."""
    statement = select(Membership.volunteer_id).join(Volunteer, Membership.volunteer_id == Volunteer.id).where(Membership.is_lead, AT_WORK)
    return session.scalars(statement.distinct().order_by(Membership.volunteer_id)).all()


def phones(session: Session, ids: Iterable[int]) -> frozenset[int]:
    """Ids of the contacts that are these volunteers' own phones."""
    wanted = set(ids)
    found = session.scalars(select(Volunteer.phone_id).where(Volunteer.id.in_(wanted), Volunteer.phone_id.is_not(None))) if wanted else ()
    return frozenset(i for i in found if i is not None)


def heads(session: Session) -> Sequence[int]:
    """Ids of the active heads. One whose account waits to be confirmed finds the alarms afterwards."""
    return session.scalars(select(Volunteer.id).where(Volunteer.is_head, Volunteer.active).order_by(Volunteer.id)).all()


def auditors_and_heads(session: Session) -> Sequence[Volunteer]:
    """The auditors and heads at work, in the order of their ids."""
    statement = select(Volunteer).where(AT_WORK, or_(Volunteer.is_head, Volunteer.role == Role.AUDITOR))
    return session.scalars(statement.order_by(Volunteer.id)).all()


def candidates(session: Session, ids: Iterable[int]) -> dict[int, Candidate]:
    """Volunteer id → what decides who gets a ticket: languages, open tickets, and whether they take citizens who ask for a woman."""
    wanted = set(ids)
    if not wanted:
        return {}
    load = (
        select(Ticket.assignee_id, func.count().label("held")).where(ON_QUEUE, Ticket.assignee_id.in_(wanted)).group_by(Ticket.assignee_id)
    )
    held: dict[int, int] = {row.assignee_id: row.held for row in session.execute(load)}
    people = session.execute(select(Volunteer.id, Volunteer.languages, Volunteer.takes_women).where(Volunteer.id.in_(wanted)))
    return {row.id: Candidate(row.id, frozenset(row.languages), held.get(row.id, 0), row.takes_women) for row in people}


def everybody(session: Session) -> Sequence[Volunteer]:
    """All volunteers: the active ones first, then by name."""
    return session.scalars(select(Volunteer).order_by(Volunteer.active.desc(), Volunteer.name, Volunteer.id)).all()


def memberships(session: Session) -> Sequence[tuple[int, Team, bool]]:
    """All memberships: volunteer id, team, whether the volunteer leads it."""
    statement = select(Membership.volunteer_id, Team, Membership.is_lead).join(Team, Team.id == Membership.team_id).order_by(Team.name)
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def join(session: Session, volunteer_id: int, team_id: int, *, is_lead: bool) -> None:
    """Put a volunteer into a team. A volunteer who leads it already goes on leading it."""
    statement = upsert(session, Membership).values(team_id=team_id, volunteer_id=volunteer_id, is_lead=is_lead)
    statement = statement.on_conflict_do_update(
        index_elements=["team_id", "volunteer_id"], set_={"is_lead": or_(Membership.is_lead, statement.excluded.is_lead)}
    )
    session.execute(statement)


def lead_no_more(session: Session, volunteer_id: int, team_id: int) -> bool:
    """Make a team's lead an ordinary member, whose shifts stay planned. False if the volunteer does not lead the team."""
    statement = update(Membership).where(Membership.team_id == team_id, Membership.volunteer_id == volunteer_id, Membership.is_lead)
    statement = statement.values(is_lead=False)
    return session.scalar(statement.returning(Membership.team_id)) is not None


def leave(session: Session, volunteer_id: int, team_id: int) -> bool:
    """Take a volunteer out of a team and its weekly plan. False if the volunteer is not a member."""
    session.execute(delete(ShiftRow).where(ShiftRow.team_id == team_id, ShiftRow.volunteer_id == volunteer_id))
    gone = delete(Membership).where(Membership.team_id == team_id, Membership.volunteer_id == volunteer_id)
    return session.scalar(gone.returning(Membership.team_id)) is not None


def teams_of(session: Session, volunteer_id: int) -> Sequence[tuple[int, str]]:
    """Ids and codes of a volunteer's teams."""
    statement = select(Team.id, Team.code).join(Membership, Membership.team_id == Team.id).where(Membership.volunteer_id == volunteer_id)
    return [(row.id, row.code) for row in session.execute(statement)]


def bring_back(session: Session, volunteer_id: int) -> bool:
    """Make a volunteer active again, with the rights of an ordinary volunteer, no shifts, and no password until a link was used.

    Until then, and until somebody has confirmed who uses the account, it has no right. False if the volunteer is active.
    """
    values = {"active": True, "confirmed": False, "role": Role.VOLUNTEER, "is_head": False, "shows_numbers": False}
    statement = update(Volunteer).where(Volunteer.id == volunteer_id, ~Volunteer.active).values(**values).returning(Volunteer.id)
    if session.scalar(statement) is None:
        return False
    begin_anew(session, volunteer_id, None)
    # No ticket may go to the volunteer before the volunteer has logged in and a lead has planned new shifts.
    session.execute(delete(ShiftRow).where(ShiftRow.volunteer_id == volunteer_id))
    no_lead = update(Membership).where(Membership.volunteer_id == volunteer_id).values(is_lead=False)
    session.execute(no_lead)
    return True


def begin_anew(session: Session, volunteer_id: int, password_hash: str | None, *, by_link: bool = False) -> None:
    """Store a new password hash (None: no password) and remove the second factor, as when the volunteer uses a link.

    `by_link`: the password was chosen by a link that another person made.
    """
    values = {"password_hash": password_hash, "password_by_link": by_link, "totp_seed": None, "totp_step": None}
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(values))


def confirm(session: Session, volunteer_id: int, *, confirmed: bool) -> None:
    """Store whether somebody has confirmed who uses an account. While nobody has, it has no right."""
    session.execute(update(Volunteer).where(Volunteer.id == volunteer_id).values(confirmed=confirmed))
