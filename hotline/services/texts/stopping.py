"""A person has a gateway carry nothing, and lets it carry again."""

from hotline.domain.rights import Role
from hotline.gateways.registry import GATEWAYS
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Reading, Runtime
from hotline.services.access import NotAllowed
from hotline.storage import gatewaystates, people
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import Volunteer

WHY_LENGTH = 300
"""The most characters of a reason."""


class NoSuchGateway(Exception):
    """No gateway of that name is set up."""


class CallsOnly(Exception):
    """That gateway carries no texts: it has no stop."""


def operator(session: Reading, volunteer_id: int) -> Volunteer:
    """A person who runs the hotline: an administrator or the head, as they are now. Raises `NotAllowed`."""
    person = people.volunteer(session, volunteer_id)
    if person is None or not person.confirmed or not (person.role == Role.ADMINISTRATOR or people.rights(session, person).is_head):
        raise NotAllowed
    return person


def stop(rt: Runtime, by: int | None, name: str, why: str = "") -> bool:
    """Have a gateway carry nothing until it is started. What it has of ours already may still leave; what comes in is taken in.

    `by`: a volunteer's id; None: the command line. False if it is stopped already. Raises `NotAllowed`, `NoSuchGateway`, `CallsOnly`.
    """
    with rt.transaction() as tx:
        _check(rt, tx.session, by, name)
        if not gatewaystates.stop(tx.session, name, by, tx.now, why=why.replace("\0", "").strip()[:WHY_LENGTH]):
            return False
        happened(tx.session, PeopleEventKind.GATEWAY_STOPPED, now=tx.now, by=by, gateway=name)
    logger().warning("a gateway is stopped", gateway=name, by=by)
    return True


def start(rt: Runtime, by: int | None, name: str) -> bool:
    """Let a gateway carry again that was stopped. False if it was not. Raises `NotAllowed`, `NoSuchGateway`, `CallsOnly`."""
    with rt.transaction() as tx:
        _check(rt, tx.session, by, name)
        if not gatewaystates.start(tx.session, name):
            return False
        happened(tx.session, PeopleEventKind.GATEWAY_STARTED, now=tx.now, by=by, gateway=name)
        tx.ring(Job.SEND_DUE)
    logger().warning("a gateway is started", gateway=name, by=by)
    return True


def _check(rt: Runtime, session: Reading, by: int | None, name: str) -> None:
    if by is not None:
        operator(session, by)
    if name not in rt.config.gateways or not rt.config.gateways[name].is_set:
        raise NoSuchGateway(name)
    if GATEWAYS[rt.config.gateways[name].kind].texts is None:
        raise CallsOnly(name)
