"""What is known of a ticket, and who may see it. Each function is one change by a volunteer, from the version the volunteer saw.

Everybody who works on a ticket may make it safer: raise it, hold it, seal it. To make it less safe takes the lead of its team and a note.
"""

from datetime import datetime

from hotline.domain import area as areas
from hotline.domain.category import sealed_teams
from hotline.domain.danger import Danger
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import kinds, looked
from hotline.services.tickets.danger import endangered, lowered
from hotline.services.tickets.handback import taken_back
from hotline.storage import events, people, shutouts, tickets
from hotline.storage.events import EventKind, Fact, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.storage.rows import TicketChanges


class NoSuchChoice(Exception):
    """The category, area, person or team is not one of those that can be chosen."""


class InThePast(Exception):
    """The promised time is over already."""


def describe(
    rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, category: str, area: str | None, wants_woman: bool
) -> None:
    """Set what it is about, where it happened, and whether the citizen asks for a woman.

    The category raises, holds and seals the ticket as words of it do (`kinds`), and lowers nothing. Raises `NoSuchChoice`.
    """
    kind = next((c for c in rt.categories if c.code == category), None)
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if (kind is None and category != ticket.category) or (area not in (None, ticket.area) and areas.named(rt.areas, area) is None):
            raise NoSuchChoice
        changes: TicketChanges = {}
        if kind is not None and category != ticket.category:
            changes |= kinds.put(rt, tx, ticket, volunteer.id, kind)
        facts: tuple[tuple[str, Fact, Fact], ...] = (("area", ticket.area, area), ("wants_woman", ticket.wants_woman, wants_woman))
        for fact, old, new in facts:
            if old != new:
                told(tx, ticket, volunteer, fact, old=old, new=new)
                changes |= {"area": area, "wants_woman": wants_woman}
        _store(tx, ticket, changes)
        if category != ticket.category:
            looked.settle_shown(rt, tx, ticket, volunteer.id)


def set_priority(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, to: Priority, note: str) -> None:
    """Set how pressing it is. To make it less pressing takes a lead, a note and the version that the volunteer saw.

    To make it more pressing does not ask for the version: a phone that texts without a pause must not keep a volunteer from it. Last are
    only tickets of a phone that two people marked (`pranks`): nobody makes another one so. Raises `NoSuchChoice`.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference)
        ticket = tickets.locked(tx.session, way.ticket.id)
        is_as_seen = ticket.version == version
        changes: TicketChanges = {"priority": to}
        if to is Priority.LAST and ticket.priority != to:
            raise NoSuchChoice
        if to > ticket.priority:
            way.require_version(version)
            way.require(Act.EASE, note)
            changes |= lowered(tx, ticket)
        elif to is Priority.URGENT and ticket.priority != to:
            changes |= endangered(tx, ticket, Danger.PERSON, by=volunteer.id)
        elif to < ticket.priority:
            changes |= {"routed_at": None}  # routed again, so that its volunteer is alarmed
        else:
            return
        told(tx, ticket, volunteer, "priority", old=ticket.priority, new=int(to), note=note)
        if is_as_seen:
            looked.settle_shown(rt, tx, ticket, volunteer.id)
        _store(tx, ticket, changes)


def promise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, by: datetime | None) -> None:
    """Set the time by which the volunteer promises to act; None takes the promise back. Raises `InThePast`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if by is not None and by <= tx.now:
            raise InThePast
        if by == ticket.promised_at:
            return
        told(tx, ticket, volunteer, "promised_at", old=_instant(ticket.promised_at), new=_instant(by))
        _store(tx, ticket, {"promised_at": by, "on_time": True})


def hold(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, on: bool, note: str) -> None:
    """Put the ticket on hold, so that no text leaves by machine, or lift the hold, which takes a lead, a note and the version.

    A person may ask for a hold that a machine has put there: from then on it is the person's. That asks for no version.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference)
        ticket = tickets.locked(tx.session, way.ticket.id)
        if not on:
            way.require_version(version)
        if on == ticket.hold and not (on and not is_held_by_person(rt, tx, ticket)):
            return
        if not on:
            way.require(Act.EASE, note)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        kind = EventKind.HELD if on else EventKind.UNHELD
        happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        _store(tx, ticket, {"hold": on})


def is_held_by_person(rt: Runtime, tx: Transaction, ticket: Ticket) -> bool:
    """Whether a person has asked for the hold of a ticket, or a caller by a key."""
    return events.is_held_by_person(tx.session, ticket.id, {c.code for c in rt.categories if c.hold})


def seal(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, kind: str, note: str) -> None:
    """Seal the ticket: from now on one team sees it, that of the sealed category `kind`, or the team it has if `kind` is empty.

    Only a team that sealed tickets go to can keep it: joining such a team takes two people and a second factor. A volunteer outside the
    team loses the ticket. It is done at whatever version the ticket is: a text that came meanwhile must not keep a volunteer from it.

    Raises `NoSuchChoice`.
    """
    sealing = next((c for c in rt.categories if c.code == kind and c.sealed), None)
    if kind and sealing is None:
        raise NoSuchChoice
    with rt.transaction() as tx:
        ticket = tickets.locked(tx.session, access.enter(tx.session, volunteer, reference).ticket.id)
        if ticket.sealed:
            return
        if sealing is None and not may_keep_team(rt, tx.session, ticket):
            raise NoSuchChoice
        changes: TicketChanges = {"sealed": True}
        if sealing is not None:
            if ticket.version == version:
                looked.settle_shown(rt, tx, ticket, volunteer.id)
            changes |= {"category": sealing.code, "hold": ticket.hold or sealing.quiet, **taken_back(ticket, team_id=None)}
        elif not _is_of_team(tx, ticket):
            changes |= taken_back(ticket, team_id=ticket.team_id)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        happened(tx.session, ticket.id, EventKind.SEALED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        _store(tx, ticket, changes)


def may_keep_team(rt: Runtime, session: Reading, ticket: Ticket) -> bool:
    """Whether the ticket can be sealed to the team it has."""
    team = session.get(Team, ticket.team_id) if ticket.team_id is not None else None
    return team is not None and team.code in sealed_teams(rt.categories)


def unseal(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Let others see the ticket again. It takes the lead of its team and a note."""
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        way.require(Act.EASE, note)
        ticket = way.ticket
        if not ticket.sealed:
            return
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        happened(tx.session, ticket.id, EventKind.UNSEALED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        _store(tx, ticket, {"sealed": False})


def shut_out(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, whom: int, out: bool) -> None:
    """Shut a colleague out who is named in the ticket, or knows a person it names; or let the colleague in again.

    It takes the lead of its team, or the head. Nobody is shut out who works no tickets: the auditor's book keeps all of them. Raises
    `NoSuchChoice`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.SHUT_OUT, version=version).ticket
        other = people.volunteer(tx.session, whom)
        if whom == volunteer.id or other is None or (out and other.role != Role.VOLUNTEER):
            raise NoSuchChoice
        if out and not shutouts.shut_out(tx.session, ticket.id, whom, made_by=volunteer.id, now=tx.now):
            return
        if not out:
            shutouts.lift(tx.session, ticket.id, whom)
        changes: TicketChanges = taken_back(ticket, team_id=ticket.team_id) if out and ticket.assignee_id == whom else {}
        kind = EventKind.SHUT_OUT if out else EventKind.LET_IN
        happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, to=whom)
        _store(tx, ticket, changes, always=True)


def _is_of_team(tx: Transaction, ticket: Ticket) -> bool:
    """Whether the volunteer who holds the ticket is of its team, and so keeps it when it is sealed."""
    if ticket.team_id is None or ticket.assignee_id is None:
        return False
    return ticket.team_id in people.rights(tx.session, tx.session.get_one(Volunteer, ticket.assignee_id)).teams


def told(tx: Transaction, ticket: Ticket, volunteer: Volunteer, fact: str, *, old: Fact, new: Fact, note: str = "") -> None:
    """Note on a ticket that a volunteer changed a fact of it."""
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    happened(tx.session, ticket.id, EventKind.CHANGED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, fact=fact, old=old, new=new)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _store(tx: Transaction, ticket: Ticket, changes: TicketChanges, *, always: bool = False) -> None:
    if not changes and not always:
        return
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    if "routed_at" in changes:
        tx.ring(Job.ROUTE_DUE)
