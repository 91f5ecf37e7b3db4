"""An administrator keeps the accounts: who is here, in which teams, with which languages."""

from hotline.domain.grant import Asked, Right
from hotline.domain.rights import Role
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services import grants
from hotline.services.grants import NotPossible, NotYours
from hotline.services.handback import hand_back
from hotline.services.invitations import invite, make_link
from hotline.services.login import sealed_teams
from hotline.services.organisation import LANGUAGES_SPOKEN, LOGIN, NAME_LENGTH
from hotline.storage import grants as asked_for
from hotline.storage import invitations, logins, people
from hotline.storage.peoplemodels import Volunteer


def bring_in(rt: Runtime, by: int, login: str, name: str) -> str:
    """A new account; the token of its link. Raises `NotYours`, `NotPossible` (that is no login, or no name), `LoginTaken`."""
    with rt.reading() as session:
        if not _keeps_accounts(people.volunteer(session, by)):
            raise NotYours
    login, name = login.strip().lower(), name.replace("\0", "").strip()
    if not LOGIN.fullmatch(login) or not 0 < len(name) <= NAME_LENGTH:
        raise NotPossible
    return invite(rt, login, name, made_by=by)


def new_link(rt: Runtime, by: int, login: str) -> str | None:
    """The token of a new link for somebody; None if it takes a second person, who was asked. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        if grants.has_such(rt, tx, subject):
            grants.put(tx, subject.id, Right(Asked.LINK), asked_by=by)
            return None
        return make_link(tx, subject.id, made_by=by)


def deactivate(rt: Runtime, by: int, login: str) -> int:
    """She is not here any more: her log-ins and links end, her tickets go back; how many. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        subject.active = False
        tx.session.flush()
        logins.end_all(tx.session, subject.id, now=tx.now)
        invitations.void(tx.session, subject.id, now=tx.now)
        asked_for.drop(tx.session, subject.id, decided_by=by, now=tx.now)
        handed_back = hand_back(tx, subject.id, by=by)
    logger().info("a volunteer was deactivated", volunteer_id=subject.id, by=by, rows=handed_back)
    return handed_back


def speak(rt: Runtime, by: int, login: str, languages: list[str]) -> None:
    """The languages she speaks, by their codes. Raises `NotYours`, `NotPossible`."""
    if not languages or not LANGUAGES_SPOKEN.issuperset(languages):
        raise NotPossible
    with rt.transaction() as tx:
        _other(tx, by, login).languages = sorted(set(languages))
        tx.session.flush()


def join(rt: Runtime, by: int, login: str, code: str) -> bool:
    """Put her into a team; False if that takes a second person, who was asked. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject, team = _other(tx, by, login), people.teams(tx.session).get(code)
        if team is None or subject.role != Role.VOLUNTEER:
            raise NotPossible
        if code in sealed_teams(rt):
            grants.put(tx, subject.id, Right(Asked.TEAM, code), asked_by=by)
            return False
        people.join(tx.session, subject.id, team.id, is_lead=False)
        return True


def take_away(rt: Runtime, by: int, login: str, right: Right) -> None:
    """Take a right from her, at once: that takes one person only. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        if right.what in (Asked.TEAM, Asked.LEAD):
            team = people.teams(tx.session).get(right.team)
            if team is None:
                raise NotPossible
            people.leave(tx.session, subject.id, team.id)
            if right.what is Asked.LEAD:
                people.join(tx.session, subject.id, team.id, is_lead=False)
            else:
                hand_back(tx, subject.id, by=by, team_id=team.id)
        elif right.what is Asked.NUMBERS:
            subject.shows_numbers = False
        elif subject.role == right.what:
            subject.role = Role.VOLUNTEER
        tx.session.flush()
    logger().info("a right was taken away", volunteer_id=subject.id, by=by)


def _keeps_accounts(volunteer: Volunteer | None) -> bool:
    return volunteer is not None and volunteer.role == Role.ADMINISTRATOR


def _other(tx: Transaction, by: int, login: str) -> Volunteer:
    """Whom an administrator means; nobody keeps her own account."""
    subject = people.by_login(tx.session, login)
    if not _keeps_accounts(people.volunteer(tx.session, by)) or (subject is not None and subject.id == by):
        raise NotYours
    if subject is None or not subject.active:
        raise NotPossible
    return subject
