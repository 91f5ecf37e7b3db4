"""A volunteer passes a ticket to a colleague or a team. No reason is asked: some tickets are too much for some people."""

from collections.abc import Collection, Iterable
from typing import Unpack

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.handback import given_to, taken_back
from hotline.storage import events, people, shiftdays, tickets
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.workdays import calendar


def pass_to(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, colleague_id: int, note: str) -> None:
    """Pass it to a colleague who may see it. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchChoice`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        give(tx, ticket, volunteer, colleague_id, note)


def pass_to_team(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, code: str, note: str) -> None:
    """Pass it to a team, which routes it among its people, but not back to the volunteer who passed it on. Sealed ones stay in their team.

    Raises as `pass_to` does.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        give_to_team(tx, ticket, volunteer, code, note)


def give(tx: Transaction, ticket: Ticket, volunteer: Volunteer, colleague_id: int, note: str = "") -> None:
    """Pass a ticket, as it was read, to a colleague. Raises `TicketMoved`, `NoSuchChoice`."""
    colleague = people.volunteer(tx.session, colleague_id)
    if colleague is None or access.sees(tx.session, colleague, ticket.reference) is None:
        raise NoSuchChoice
    if ticket.assignee_id == colleague.id:
        return
    _passed(tx, ticket, volunteer, note, to=colleague.id)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **given_to(tx, ticket, colleague.id))
    if ticket.priority == Priority.URGENT and colleague.id != volunteer.id:
        raise_alarm(tx, ticket.id, AlarmKind.URGENT, colleague.id)


def give_to_team(tx: Transaction, ticket: Ticket, volunteer: Volunteer, code: str, note: str = "") -> None:
    """Pass a ticket, as it was read, to a team. Raises `TicketMoved`, `NoSuchChoice`."""
    team = next((one for one in teams_for(ticket, people.teams(tx.session).values()) if one.code == code), None)
    if team is None:
        raise NoSuchChoice
    _passed(tx, ticket, volunteer, note, team=team.id)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **taken_back(ticket, team_id=team.id))
    tx.ring(Job.ROUTE_DUE)


def colleagues_for(session: Reading, ticket: Ticket, outside: Collection[int]) -> list[Volunteer]:
    """The colleagues who can be given the ticket, those of its team first. `outside`: ids of those who are shut out of it."""
    members = people.members(session, ticket.team_id)
    found = [one for one in people.colleagues(session) if one.id not in outside and (one.id in members or not ticket.sealed)]
    return sorted(found, key=lambda one: one.id not in members)


def on_duty(rt: Runtime, session: Reading, teams: Iterable[Team]) -> set[int]:
    """Ids of the volunteers who are on duty now in any of the teams."""
    return shiftdays.present_in(session, [team.id for team in teams], rt.clock().astimezone(rt.config.zone), calendar(rt.config))


def teams_for(ticket: Ticket, teams: Iterable[Team]) -> list[Team]:
    """Those of the teams that the ticket can be passed to, by name."""
    return sorted((team for team in teams if not ticket.sealed or team.id == ticket.team_id), key=lambda team: team.name)


def _passed(tx: Transaction, ticket: Ticket, volunteer: Volunteer, note: str, **to: Unpack[EventData]) -> None:
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    happened(tx.session, ticket.id, EventKind.PASSED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, **to)
