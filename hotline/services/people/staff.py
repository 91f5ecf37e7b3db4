"""What an administrator does with accounts: make, close and reopen them, set teams, languages and rights. Nobody changes their own."""

from hotline.domain.category import sealed_teams
from hotline.domain.grant import Right, RightKind
from hotline.domain.rights import Role
from hotline.runtime import Runtime, Transaction
from hotline.services.people import confirming, grants
from hotline.services.people.grants import NotPossible, NotYours
from hotline.services.people.invitations import invite, make_link
from hotline.services.people.leaving import leave
from hotline.services.people.organisation import LANGUAGES_SPOKEN, LOGIN, NAME_LENGTH
from hotline.services.people.requests import keep_request
from hotline.services.tickets.handback import hand_back
from hotline.storage import people
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import Volunteer


def bring_in(rt: Runtime, by: int, login: str, name: str) -> str:
    """Make an account; returns the token of its link. Raises `NotYours`, `NotPossible` (a bad login or name), `LoginTaken`."""
    with rt.reading() as session:
        if not _keeps_accounts(people.volunteer(session, by)):
            raise NotYours
    login, name = login.strip().lower(), name.replace("\0", "").strip()
    if not LOGIN.fullmatch(login) or not 0 < len(name) <= NAME_LENGTH:
        raise NotPossible
    return invite(rt, login, name, made_by=by)


def new_link(rt: Runtime, by: int, login: str) -> str | None:
    """Make a new link for a volunteer; returns its token. Raises `NotYours`, `NotPossible`.

    If the volunteer has rights that take two people, the link is only asked for: returns None.
    """
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        if grants.taking_two(rt, tx, subject):
            keep_request(tx, subject.id, Right(RightKind.LINK), asked_by=by)
            return None
        return make_link(tx, subject.id, made_by=by)


def deactivate(rt: Runtime, by: int, login: str) -> None:
    """Close an account: its log-ins and links end, its tickets are routed anew. Raises `NotYours`, `NotPossible` (the only head)."""
    with rt.transaction() as tx:
        people.lock_heads(tx.session)  # two heads may be closed at once
        subject = _other(tx, by, login)
        if list(people.heads(tx.session)) == [subject.id]:
            raise NotPossible  # one head must remain: alarms tell the heads what administrators do
        subject.active = False
        tx.session.flush()
        leave(tx, subject.id, by=by)


def bring_back(rt: Runtime, by: int, login: str) -> str:
    """Reopen the account of a volunteer who left; returns the token of a new link. Raises `NotYours`, `NotPossible`.

    Rights that take two people are not given back, and it takes a second person to confirm who uses the account.
    """
    with rt.transaction() as tx:
        subject = _other(tx, by, login, active=False)
        if not people.bring_back(tx.session, subject.id):
            raise NotPossible  # another administrator was first, and has the link
        for team_id, code in people.teams_of(tx.session, subject.id):
            if code in sealed_teams(rt.categories):
                people.leave(tx.session, subject.id, team_id)
        happened(tx.session, PeopleEventKind.BROUGHT_BACK, now=tx.now, by=by, about=subject.id)
        return make_link(tx, subject.id, made_by=by)


def speak(rt: Runtime, by: int, login: str, languages: list[str]) -> None:
    """Set the languages that a volunteer speaks, by their codes. Raises `NotYours`, `NotPossible`."""
    if not languages or not LANGUAGES_SPOKEN.issuperset(languages):
        raise NotPossible
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        if subject.languages == sorted(set(languages)):
            return
        subject.languages = sorted(set(languages))
        happened(tx.session, PeopleEventKind.LANGUAGES, now=tx.now, by=by, about=subject.id, languages=subject.languages)


def join(rt: Runtime, by: int, login: str, code: str) -> bool:
    """Put a volunteer into a team; False if it was only asked for: the team sees sealed tickets. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject, team = _other(tx, by, login), people.teams(tx.session).get(code)
        if team is None or subject.role != Role.VOLUNTEER:
            raise NotPossible
        if code in sealed_teams(rt.categories):
            keep_request(tx, subject.id, Right(RightKind.TEAM, code), asked_by=by)
            return False
        if (team.id, code) in people.teams_of(tx.session, subject.id):
            return True
        people.join(tx.session, subject.id, team.id, is_lead=False)
        happened(tx.session, PeopleEventKind.TEAM_JOINED, now=tx.now, by=by, about=subject.id, team_id=team.id)
        return True


def take_away(rt: Runtime, by: int, login: str, right: Right) -> None:
    """Take a right from a volunteer, at once: that takes no second person. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        subject = _other(tx, by, login)
        if _lose(tx, subject, right, by=by):
            happened(tx.session, PeopleEventKind.RIGHT_TAKEN, now=tx.now, by=by, about=subject.id, right=str(right))


def _lose(tx: Transaction, subject: Volunteer, right: Right, *, by: int) -> bool:
    """Take the right from the person; False if the person did not have it. A person without a role any more takes a new link.

    Raises `NotPossible`.
    """
    if right.what not in (RightKind.TEAM, RightKind.LEAD):
        had = subject.shows_numbers if right.what is RightKind.NUMBERS else subject.role == right.what
        if right.what is RightKind.NUMBERS:
            subject.shows_numbers = False
        elif had:
            # Now the account works tickets, which it could not before. So who uses it is asked, as for an account that was brought back.
            subject.role = Role.VOLUNTEER
            tx.session.flush()
            confirming.shut(tx, subject.id)
        return had
    team = people.teams(tx.session).get(right.team)
    if team is None:
        raise NotPossible
    if right.what is RightKind.LEAD:
        return people.lead_no_more(tx.session, subject.id, team.id)
    if not people.leave(tx.session, subject.id, team.id):
        return False
    hand_back(tx, subject.id, by=by, team_id=team.id)
    return True


def _keeps_accounts(volunteer: Volunteer | None) -> bool:
    return volunteer is not None and volunteer.role == Role.ADMINISTRATOR


def _other(tx: Transaction, by: int, login: str, *, active: bool = True) -> Volunteer:
    """The account `login`, active or not as asked for; locked. Raises `NotYours` (no administrator, or the own account), `NotPossible`."""
    subject = people.locked_by_login(tx.session, login)
    if not _keeps_accounts(people.volunteer(tx.session, by)) or (subject is not None and subject.id == by):
        raise NotYours
    if subject is None or subject.active != active:
        raise NotPossible
    return subject
