"""Rights that take two people: one person asks, another gives or refuses. Every request alarms the heads."""

from hotline.domain.category import sealed_teams
from hotline.domain.grant import NOT_ASKED, Right, RightKind, may_decide
from hotline.domain.grant import parse as read_right
from hotline.domain.rights import Role
from hotline.runtime import Runtime, Transaction
from hotline.services.people import confirming
from hotline.services.people.invitations import make_link
from hotline.services.people.requests import keep_request
from hotline.services.tickets.handback import hand_back
from hotline.storage import grants, people
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
        if right.what in NOT_ASKED or subject is None or not subject.active or (right.team and right.team not in people.teams(tx.session)):
            raise NotPossible
        if subject.id == asker.id:
            raise NotYours
        if right.what in (RightKind.LEAD, RightKind.TEAM, RightKind.NUMBERS) and subject.role != Role.VOLUNTEER:
            raise NotPossible
        keep_request(tx, subject.id, right, asked_by=asker.id)


def decide(rt: Runtime, decider_id: int, grant_id: int, *, given: bool) -> str | None:
    """An administrator or a head gives or refuses what somebody else asked for.

    Returns the token of a link if the account takes a new one; else None. Raises `NotYours`, `NotPossible`, `Decided`.
    """
    with rt.transaction() as tx:
        decider, grant = people.volunteer(tx.session, decider_id), grants.find(tx.session, grant_id)
        if decider is None or not (decider.role == Role.ADMINISTRATOR or decider.is_head):
            raise NotYours
        if grant is None:
            raise Decided
        if not may_decide(decider.id, asked_by=grant.asked_by, subject=grant.volunteer_id):
            raise NotYours
        people.lock(tx.session, grant.volunteer_id)  # before the request, as a person who comes by a link does
        if not grants.decide(tx.session, grant_id, given=given, decided_by=decider.id, now=tx.now):
            raise Decided
        subject, right = people.active(tx.session, grant.volunteer_id), read_right(grant.what)
        if subject is None or right is None:
            raise NotPossible
        token = _give(tx, subject, right, decider.id) if given else None
        if not given and right.what is RightKind.ACCOUNT:
            confirming.shut(tx, subject.id)  # somebody else came in
        kind = PeopleEventKind.RIGHT_GIVEN if given else PeopleEventKind.RIGHT_REFUSED
        happened(tx.session, kind, now=tx.now, by=decider.id, about=grant.volunteer_id, right=grant.what)
    return token


def taking_two(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> frozenset[str]:
    """The rights that take two people and that the volunteer has, each by a name of its own."""
    rights, sealed = people.rights(tx.session, volunteer), sealed_teams(rt.categories)
    found = {f"lead:{team_id}" for team_id in rights.leads}
    found |= {f"team:{code}" for _, code in people.teams_of(tx.session, volunteer.id) if code in sealed}
    found |= {"head"} if rights.is_head else set()
    found |= {"numbers"} if rights.shows_numbers else set()
    return frozenset(found | ({rights.role} if rights.role != Role.VOLUNTEER else set()))


def _give(tx: Transaction, subject: Volunteer, right: Right, decider_id: int) -> str | None:
    if right.what is RightKind.LINK:
        return make_link(tx, subject.id, made_by=decider_id)
    if right.what is RightKind.ACCOUNT:
        people.confirm(tx.session, subject.id, confirmed=True)
        return None
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
    # One person alone may know a way into this account: by it, that person would have a right that takes two.
    return make_link(tx, subject.id, made_by=decider_id) if confirming.end_old_ways(tx, subject.id) else None
