"""A ticket goes on to a colleague or a team. Some tickets are too much for some people: no reason is asked."""

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services.tickets.facts import NoSuchChoice, begin
from hotline.services.tickets.meaning import taken_back
from hotline.storage import events, people, shiftdays, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.workdays import calendar


def pass_to(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, colleague_id: int, note: str) -> None:
    """To a colleague who may see it. Raises `NoSuchTicket`, `NotHers`, `TicketMoved`, `NoSuchChoice`."""
    with rt.transaction() as tx:
        ticket, _ = begin(tx, volunteer, reference, version)
        colleague = people.volunteer(tx.session, colleague_id)
        if colleague is None or not may_have(tx.session, ticket, colleague):
            raise NoSuchChoice
        if ticket.assignee_id == colleague.id:
            return
        changes: dict[str, object] = {"assignee_id": colleague.id, "unattended": False}
        changes |= {"status": Status.ASSIGNED} if ticket.status == Status.NEW else {}
        _passed(tx, ticket, volunteer, note, to=colleague.id)
        tickets.change(tx.session, ticket.id, version, now=tx.now, **changes)
        if ticket.priority == Priority.URGENT and colleague.id != volunteer.id:
            raise_alarm(tx, ticket.id, AlarmKind.URGENT, colleague.id)


def pass_to_team(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, code: str, note: str) -> None:
    """To a team: routed anew among its people, but not back to whoever passed it on. A sealed one stays with its team.

    Raises as `pass_to` does.
    """
    with rt.transaction() as tx:
        ticket, _ = begin(tx, volunteer, reference, version)
        team = people.teams(tx.session).get(code)
        if team is None or team not in teams_for(tx.session, ticket):
            raise NoSuchChoice
        _passed(tx, ticket, volunteer, note, team=team.id)
        tickets.change(tx.session, ticket.id, version, now=tx.now, **taken_back(ticket) | {"team_id": team.id})
        tx.ring(Job.ROUTE_DUE)


def may_have(session: Reading, ticket: Ticket, colleague: Volunteer) -> bool:
    """Whether a colleague can be given the ticket: she works, and may see it."""
    return colleague.role == Role.VOLUNTEER and tickets.seen_by(session, colleague, ticket.reference) is not None


def colleagues_for(session: Reading, ticket: Ticket) -> list[Volunteer]:
    """Who can be given the ticket: those of its team first."""
    outside = frozenset(shutouts.of_ticket(session, ticket.id))
    members = people.members(session, ticket.team_id)
    found = [one for one in people.colleagues(session) if one.id not in outside and (one.id in members or not ticket.sealed)]
    return sorted(found, key=lambda one: one.id not in members)


def on_duty(rt: Runtime, session: Reading) -> frozenset[int]:
    """Who is on duty now, in whichever team."""
    local, days = rt.clock().astimezone(rt.config.zone), calendar(rt.config)
    present = (shiftdays.present(session, team.id, local, days) for team in people.teams(session).values())
    return frozenset[int]().union(*present)


def teams_for(session: Reading, ticket: Ticket) -> list[Team]:
    """The teams it can go to."""
    teams = sorted(people.teams(session).values(), key=lambda team: team.name)
    return [team for team in teams if not ticket.sealed or team.id == ticket.team_id]


def _passed(tx: Transaction, ticket: Ticket, volunteer: Volunteer, note: str, **to: int) -> None:
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    happened(tx.session, ticket.id, EventKind.PASSED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, **to)
