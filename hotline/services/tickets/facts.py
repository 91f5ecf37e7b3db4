"""What is known of a ticket, and who may see it. Each function is one thing a volunteer does, by the version she saw, and one event.

Anybody who sees a ticket may make it safer: raise, hold, seal. Making it less so is its lead's, with a note.
"""

from datetime import datetime

from hotline.domain import area as areas
from hotline.domain.category import Category, sealed_teams
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets.handback import taken_back
from hotline.storage import events, people, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team, Volunteer


class NoSuchChoice(Exception):
    """A category, area, person or team that is not on the list."""


class InThePast(Exception):
    """Nobody can promise to act by an instant that is over."""


def describe(
    rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, category: str, area: str | None, wants_woman: bool
) -> None:
    """What it is about, where it happened, whether she asks for a woman. A sealed kind seals, one on hold holds; never the other way."""
    kind = next((c for c in rt.categories if c.code == category), None)
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if (kind is None and category != ticket.category) or (area not in (None, ticket.area) and areas.named(rt.areas, area) is None):
            raise NoSuchChoice
        wanted: dict[str, object] = {"category": category, "area": area, "wants_woman": wants_woman}
        changes = {fact: value for fact, value in wanted.items() if getattr(ticket, fact) != value}
        for fact, value in changes.items():
            _told(tx, ticket, volunteer, fact, old=getattr(ticket, fact), new=value)
        if kind is not None and "category" in changes:
            changes |= _of_kind(tx, ticket, volunteer, kind)
        _store(tx, ticket, changes)


def _of_kind(tx: Transaction, ticket: Ticket, volunteer: Volunteer, kind: Category) -> dict[str, object]:
    changes: dict[str, object] = {}
    if kind.hold and not ticket.hold:
        changes |= {"hold": True}
        happened(tx.session, ticket.id, EventKind.HELD, now=tx.now, volunteer_id=volunteer.id)
    if kind.sealed and not ticket.sealed:
        changes |= {"sealed": True, **taken_back(ticket, team_id=None)}
        happened(tx.session, ticket.id, EventKind.SEALED, now=tx.now, volunteer_id=volunteer.id)
    return changes


def set_priority(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, to: Priority, note: str) -> None:
    """More pressing: anybody. Less: a lead, with a note."""
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        ticket = way.ticket
        changes: dict[str, object] = {"priority": to}
        if to > ticket.priority:
            way.require(Act.EASE, note)
        elif to < ticket.priority:
            changes |= {"routed_at": None}  # whoever has it is told
        else:
            return
        _told(tx, ticket, volunteer, "priority", old=ticket.priority, new=int(to), note=note)
        _store(tx, ticket, changes)


def promise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, by: datetime | None) -> None:
    """Until when somebody promised to act; None takes it back. Raises `InThePast`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if by is not None and by <= tx.now:
            raise InThePast
        if by == ticket.promised_at:
            return
        _told(tx, ticket, volunteer, "promised_at", old=_instant(ticket.promised_at), new=_instant(by))
        _store(tx, ticket, {"promised_at": by, "on_time": True})


def hold(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, on: bool, note: str) -> None:
    """Nothing leaves by machine: anybody. Again it may: a lead, with a note."""
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        ticket = way.ticket
        if on == ticket.hold:
            return
        if not on:
            way.require(Act.EASE, note)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        kind = EventKind.HELD if on else EventKind.UNHELD
        happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        _store(tx, ticket, {"hold": on})


def seal(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, kind: str, note: str) -> None:
    """Seen by one team only: that of a sealed `kind`, or with none named the team it has, if sealed tickets go to that: into such a team
    nobody comes without two people and a second factor. Whoever had it and is not of that team has it no more."""
    sealing = next((c for c in rt.categories if c.code == kind and c.sealed), None)
    if kind and sealing is None:
        raise NoSuchChoice
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if ticket.sealed:
            return
        if sealing is None and not may_keep_team(rt, tx.session, ticket):
            raise NoSuchChoice
        changes: dict[str, object] = {"sealed": True}
        if sealing is not None:
            changes |= {"category": sealing.code, "hold": ticket.hold or sealing.hold, **taken_back(ticket, team_id=None)}
        elif not _is_of_team(tx, ticket):
            changes |= taken_back(ticket, team_id=ticket.team_id)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        happened(tx.session, ticket.id, EventKind.SEALED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        _store(tx, ticket, changes)


def may_keep_team(rt: Runtime, session: Reading, ticket: Ticket) -> bool:
    """Whether a ticket can be sealed to the team it has."""
    team = session.get(Team, ticket.team_id) if ticket.team_id is not None else None
    return team is not None and team.code in sealed_teams(rt.categories)


def unseal(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Seen by others again: its team's lead only, with a note."""
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
    """Somebody who is named in it, or knows whom it names, must not see it; or may again. The lead's of its team, or the head's."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, Act.SHUT_OUT, version=version).ticket
        if whom == volunteer.id or people.volunteer(tx.session, whom) is None:
            raise NoSuchChoice
        if out and not shutouts.put(tx.session, ticket.id, whom, made_by=volunteer.id, now=tx.now):
            return
        if not out:
            shutouts.lift(tx.session, ticket.id, whom)
        changes = taken_back(ticket, team_id=ticket.team_id) if out and ticket.assignee_id == whom else {}
        kind = EventKind.SHUT_OUT if out else EventKind.LET_IN
        happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, to=whom)
        _store(tx, ticket, changes, always=True)


def _is_of_team(tx: Transaction, ticket: Ticket) -> bool:
    """Whether whoever has it may go on seeing it once its team alone does."""
    if ticket.team_id is None or ticket.assignee_id is None:
        return False
    return ticket.team_id in people.rights(tx.session, tx.session.get_one(Volunteer, ticket.assignee_id)).teams


def _told(tx: Transaction, ticket: Ticket, volunteer: Volunteer, fact: str, *, old: object, new: object, note: str = "") -> None:
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    happened(tx.session, ticket.id, EventKind.CHANGED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, fact=fact, old=old, new=new)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _store(tx: Transaction, ticket: Ticket, changes: dict[str, object], *, always: bool = False) -> None:
    if not changes and not always:
        return
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    if "routed_at" in changes:
        tx.ring(Job.ROUTE_DUE)
