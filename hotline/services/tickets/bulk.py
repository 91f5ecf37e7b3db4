"""Several tickets of a list are taken, passed on or closed at once. Each is a change of its own: some may go and others not."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline.domain.look import SECOND_LOOK, LookAnswer
from hotline.domain.ticket import MoveNotAllowed, Priority, Status
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import casework, passing, protocols, taking, telling
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.protocols import StepsMissing
from hotline.storage import events, looks, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved

Chosen = tuple[str, int]
"""The reference of a ticket, and its version on the list."""


class Outcome(StrEnum):
    """What became of one of the chosen tickets."""

    DONE = "done"
    SECOND = "second"  # a second person has to say so too
    MOVED = "moved"  # somebody was first
    GONE = "gone"  # there is no such ticket, or not for this person
    UNSEEN = "unseen"  # nobody has looked at something on it
    URGENT = "urgent"
    HELD = "held"
    SEALED = "sealed"
    BEGUN = "begun"  # somebody works on it, or it is closed
    BY_PERSON = "by_person"  # only a person tells the citizen of its end
    STEPS = "steps"  # steps of a protocol are missing
    BLIND = "blind"  # the colleague or team cannot have it


@dataclass(frozen=True)
class Result:
    """What became of one of the chosen tickets."""

    reference: str
    outcome: Outcome


_REFUSALS: Mapping[type[Exception], Outcome] = {
    TicketMoved: Outcome.MOVED,
    NoSuchTicket: Outcome.GONE,
    NoSuchChoice: Outcome.BLIND,
    StepsMissing: Outcome.STEPS,
    MoveNotAllowed: Outcome.BEGUN,
}
"""Why one of them is left as it is, where the service for a single ticket refuses it."""


def choosable(session: Reading, shown: Collection[Ticket]) -> frozenset[int]:
    """The ids of those of the tickets that can be chosen together with others: each of the others has to be looked at by itself."""
    unseen = looks.unseen_among(session, [ticket.id for ticket in shown])
    return frozenset(ticket.id for ticket in shown if ticket.id not in unseen and _by_itself(ticket) is None)


def take(rt: Runtime, volunteer: Volunteer, chosen: Sequence[Chosen]) -> list[Result]:
    """The volunteer takes these tickets. Raises `NotAllowed`."""

    def act(tx: Transaction, ticket: Ticket) -> Outcome:
        taking.take(rt, tx, ticket, volunteer)
        return Outcome.DONE

    return _each(rt, volunteer, chosen, act)


def pass_on(rt: Runtime, volunteer: Volunteer, chosen: Sequence[Chosen], *, team: str = "", colleague_id: int = 0) -> list[Result]:
    """Pass these tickets to a team, or to a colleague. Raises `NotAllowed`."""

    def act(tx: Transaction, ticket: Ticket) -> Outcome:
        if team:
            passing.give_to_team(tx, ticket, volunteer, team)
        else:
            passing.give(tx, ticket, volunteer, colleague_id)
        return Outcome.DONE

    return _each(rt, volunteer, chosen, act)


def close(rt: Runtime, volunteer: Volunteer, chosen: Sequence[Chosen]) -> list[Result]:
    """Close these tickets as not ours, once a second person has said the same within the hour: until then it is noted. Raises `NotAllowed`.

    Only those that nobody has begun to work on.
    """

    def act(tx: Transaction, ticket: Ticket) -> Outcome:
        if ticket.status not in (Status.NEW, Status.ASSIGNED):
            return Outcome.BEGUN
        if telling.is_by_person(rt, ticket):
            return Outcome.BY_PERSON
        entered = access.enter(tx.session, volunteer, ticket.reference)
        protocols.passed_over(rt, tx.session, entered, Status.CLOSED, without_steps=False, note="")
        said = events.said_not_ours(tx.session, ticket.id, since=tx.now - SECOND_LOOK)
        counts = bool(said - {volunteer.id})
        if counts or volunteer.id not in said:
            _note(tx, ticket, volunteer, second=not counts)
        if not counts:
            return Outcome.SECOND
        casework.move(rt, tx, ticket, volunteer, Status.CLOSED)
        return Outcome.DONE

    return _each(rt, volunteer, chosen, act)


def _note(tx: Transaction, ticket: Ticket, volunteer: Volunteer, *, second: bool) -> None:
    what = {"answer": LookAnswer.NOT_OURS, "category": ticket.category, "held": False, "sealed": False}
    if second:
        what |= {"second": True}
    happened(tx.session, ticket.id, EventKind.LOOKED, now=tx.now, volunteer_id=volunteer.id, **what)  # type: ignore[arg-type]


def _each(rt: Runtime, volunteer: Volunteer, chosen: Sequence[Chosen], act: Callable[[Transaction, Ticket], Outcome]) -> list[Result]:
    """Do it to each of the tickets in a transaction of its own, at most a page of them."""
    with rt.reading() as session:
        access.working(session, volunteer)
    some = list(dict(chosen).items())[: rt.config.web.page_rows]
    return [Result(reference, _one(rt, volunteer, reference, version, act)) for reference, version in some]


def _one(rt: Runtime, volunteer: Volunteer, reference: str, version: int, act: Callable[[Transaction, Ticket], Outcome]) -> Outcome:
    try:
        with rt.transaction() as tx:
            entered = access.enter(tx.session, volunteer, reference, version=version)
            ticket = tickets.locked(tx.session, entered.ticket.id)  # two people may say at the same instant that it is not ours
            entered.require_version(version)
            return _by_itself(ticket) or (Outcome.UNSEEN if looks.unseen_among(tx.session, [ticket.id]) else act(tx, ticket))
    except tuple(_REFUSALS) as refused:
        return _REFUSALS[type(refused)]


def _by_itself(ticket: Ticket) -> Outcome | None:
    """Why a ticket is worked on by itself, as far as its row tells; None if it can be chosen together with others."""
    if ticket.sealed:
        return Outcome.SEALED
    if ticket.priority == Priority.URGENT or ticket.danger is not None:
        return Outcome.URGENT
    return Outcome.HELD if ticket.hold else None
