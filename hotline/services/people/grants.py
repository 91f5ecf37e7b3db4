"""Rights that take two people: one person asks, another gives or refuses. Every request alarms the heads."""

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain.category import sealed_teams
from hotline.domain.grant import Right, RightKind, may_decide
from hotline.domain.grant import parse as read_right
from hotline.domain.rights import Role
from hotline.runtime import Runtime, Transaction
from hotline.services.people.invitations import make_link
from hotline.services.tickets.handback import hand_back
from hotline.storage import grants, invitations, people
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import Volunteer


class NotYours(Exception):
    """The person may not do this: it takes another role, or it is about the person themselves."""


class NotPossible(Exception):
    """The person it is about is not active, or has a role that cannot have that right."""


class Decided(Exception):
    """The request was decided already."""


def may_ask(tx: Transaction, asker: Volunteer) -> bool:
    """Whether the person may ask for rights for colleagues."""
    return asker.role == Role.ADMINISTRATOR or people.rights(tx.session, asker).leads_any


def request(rt: Runtime, asker_id: int, login: str, right: Right) -> None:
    """Ask for a right for the volunteer `login`. A second request for the same right changes nothing. Raises `NotYours`, `NotPossible`."""
    with rt.transaction() as tx:
        asker, subject = people.volunteer(tx.session, asker_id), people.by_login(tx.session, login)
        if asker is None or not may_ask(tx, asker):
            raise NotYours
        if subject is None or not subject.active or (right.team and right.team not in people.teams(tx.session)):
            raise NotPossible
        if subject.id == asker.id:
            raise NotYours
        if right.what in (RightKind.LEAD, RightKind.TEAM, RightKind.NUMBERS) and subject.role != Role.VOLUNTEER:
            raise NotPossible
        keep_request(tx, subject.id, right, asked_by=asker.id)


def keep_request(tx: Transaction, subject_id: int, right: Right, *, asked_by: int) -> None:
    """Store a request for a right and alarm the heads, unless the same request is open."""
    grant_id = grants.request(tx.session, subject_id, str(right), asked_by=asked_by, now=tx.now)
    if grant_id is not None:
        happened(tx.session, PeopleEventKind.RIGHT_ASKED, now=tx.now, by=asked_by, about=subject_id, right=str(right))
        for head in people.heads(tx.session):
            raise_alarm_about(tx, f"grant:{grant_id}", AlarmKind.GRANT, head)


def decide(rt: Runtime, decider_id: int, grant_id: int, *, given: bool) -> str | None:
    """An administrator or a head gives or refuses what somebody else asked for.

    Returns the token of the link if a link was given; else None. Raises `NotYours`, `NotPossible`, `Decided`.
    """
    with rt.transaction() as tx:
        decider, grant = people.volunteer(tx.session, decider_id), grants.find(tx.session, grant_id)
        if decider is None or not (decider.role == Role.ADMINISTRATOR or decider.is_head):
            raise NotYours
        if grant is None:
            raise Decided
        if not may_decide(decider.id, asked_by=grant.asked_by, subject=grant.volunteer_id):
            raise NotYours
        if not grants.decide(tx.session, grant_id, given=given, decided_by=decider.id, now=tx.now):
            raise Decided
        subject, right = people.volunteer(tx.session, grant.volunteer_id), read_right(grant.what)
        if given and (subject is None or right is None):
            raise NotPossible
        token = _give(tx, subject, right, decider.id) if given and subject and right else None
        kind = PeopleEventKind.RIGHT_GIVEN if given else PeopleEventKind.RIGHT_REFUSED
        happened(tx.session, kind, now=tx.now, by=decider.id, about=grant.volunteer_id, right=grant.what)
    return token


def has_such(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> bool:
    """Whether the volunteer has any right that takes two people."""
    rights, teams = people.rights(tx.session, volunteer), people.teams(tx.session)
    sealed = {team.id for code, team in teams.items() if code in sealed_teams(rt.categories)}
    return bool(rights.role != Role.VOLUNTEER or rights.is_head or rights.leads or rights.shows_numbers or rights.teams & sealed)


def _give(tx: Transaction, subject: Volunteer, right: Right, decider_id: int) -> str | None:
    if right.what is RightKind.LINK:
        return make_link(tx, subject.id, made_by=decider_id)
    # One person alone may have made an open link of this account; with the link that person would get a right that takes two people.
    invitations.void(tx.session, subject.id, now=tx.now)
    if right.what is RightKind.NUMBERS:
        subject.shows_numbers = True
    elif right.what in (RightKind.ADMINISTRATOR, RightKind.AUDITOR):
        subject.role, subject.is_head, subject.shows_numbers = Role(right.what), False, False
        people.join_teams(tx.session, subject.id, {})
        hand_back(tx, subject.id, by=decider_id)
    elif subject.role != Role.VOLUNTEER:
        raise NotPossible
    else:
        team = people.teams(tx.session)[right.team]
        people.join(tx.session, subject.id, team.id, is_lead=right.what is RightKind.LEAD)
    tx.session.flush()
    return None
