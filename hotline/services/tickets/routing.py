"""A ticket finds its team and a volunteer who is on duty."""

from hotline import spool
from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain import category, duty
from hotline.domain.ticket import Priority, Status
from hotline.domain.walk import Walk
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import reading
from hotline.storage import calls, events, messages, people, shiftdays, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Team
from hotline.storage.rows import TicketChanges
from hotline.workdays import calendar

BATCH = 100
_BESIDE_BACKLOG = 10
"""How many texts that were taken in late, and whose words tell of no danger, are read at a time while more wait on the disk: on SQLite,
where one process writes at a time, to read and route what was stored would hold up what was not."""

_NEWEST = 20
"""Of so many texts that joined a ticket it is asked what they tell of."""


def route_due(rt: Runtime, *, limit: int = BATCH) -> int:
    """Read texts that wait for it; then route tickets that no worker has looked at yet, and those that waited for a volunteer to come on
    duty. A ticket is read before it is routed.

    How many there were of the larger kind, at most `limit`: then there may be more.
    """
    read = reading.read_due(rt, limit=limit, late=_BESIDE_BACKLOG if spool.is_long(rt.config.data_dir) else limit)
    with rt.transaction() as tx:
        teams = people.teams(tx.session)
        roster = _Roster(rt, tx)
        waiting = tickets.unrouted(tx.session, limit)
        for ticket in waiting:
            _route(rt, tx, ticket, teams, roster)
            _let_in(rt, tx, ticket, teams)
            if ticket.next_ring_at is not None:
                tx.ring(Job.RING_DUE)
        codes = [c.code for c in rt.categories if c.team in teams]
        # Who is on duty is asked of few teams: on most runs nothing waits.
        attended = [team_id for team_id in tickets.teams_that_wait(tx.session) if roster.has_anybody(team_id)]
        waited = list(tickets.waiting(tx.session, attended, codes, limit))
        for ticket in waited:
            _route(rt, tx, ticket, teams, roster)
    if waiting or waited:
        logger().info("tickets routed", rows=len(waiting) + len(waited))
    return min(limit, max(read, len(waiting), len(waited)))


class _Roster:
    """Who could take a ticket of each team now, worked out once for a batch."""

    def __init__(self, rt: Runtime, tx: Transaction) -> None:
        self._tx = tx
        self._calendar = calendar(rt.config)
        self._local = tx.now.astimezone(rt.config.zone)
        self._teams: dict[int, tuple[dict[int, duty.Candidate], dict[int, duty.Candidate]]] = {}

    def has_anybody(self, team_id: int) -> bool:
        """Whether anybody could take a ticket of the team now."""
        return any(self._of(team_id))

    def is_on_duty(self, team_id: int, volunteer_id: int) -> bool:
        """Whether the volunteer is on duty in the team now."""
        return volunteer_id in self._of(team_id)[0]

    def _of(self, team_id: int) -> tuple[dict[int, duty.Candidate], dict[int, duty.Candidate]]:
        if team_id not in self._teams:
            now = shiftdays.present(self._tx.session, team_id, self._local, self._calendar)
            leads = people.leads(self._tx.session, team_id)
            self._teams[team_id] = people.candidates(self._tx.session, now), people.candidates(self._tx.session, leads)
        return self._teams[team_id]

    def take(self, team_id: int, ticket: Ticket) -> tuple[int | None, bool]:
        """The volunteer of the team who takes the ticket, and whether the volunteer is on duty (else a lead). None: nobody can."""
        (language, then), out = _languages(self._tx, ticket), _not_for(self._tx, ticket)
        present, leads = self._of(team_id)
        for people_, on_duty in ((present, True), (leads, False)):
            could = (one for one in people_.values() if one.volunteer_id not in out)
            chosen = duty.choose(could, language, then=then, wants_woman=ticket.wants_woman)
            if chosen is not None:
                people_.update(duty.add_load(people_, chosen))
                return chosen, on_duty
        return None, False


def _route(rt: Runtime, tx: Transaction, ticket: Ticket, teams: dict[str, Team], roster: _Roster) -> None:
    team = _team(rt, tx, ticket, teams)
    if ticket.assignee_id is not None and (ticket.team_id is not None or not ticket.sealed):
        _keep(tx, ticket, ticket.assignee_id, ticket.team_id or (team.id if team else None), roster)
        return
    chosen, present = (None, False) if team is None else roster.take(team.id, ticket)
    if chosen is None and ticket.routed_at is not None and ticket.unattended and ticket.team_id == (team.id if team else None):
        return  # it waited, and still does: who is on duty now passed it on, or must not see it
    if chosen is None and ticket.unattended and ticket.routed_at is not None and team is not None and ticket.team_id == team.id:
        return  # those who are there now passed it on, cannot act on it or are shut out: it waits on, and nothing is noted again
    is_new = ticket.status == Status.NEW
    changes: TicketChanges = {
        "routed_at": tx.now,
        "team_id": team.id if team else None,
        "assignee_id": chosen,
        "unattended": chosen is None,
    }
    if chosen is not None and is_new:
        changes["status"] = Status.ASSIGNED
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    happened(tx.session, ticket.id, EventKind.ROUTED, now=tx.now, team=team.id if team else None, to=chosen, on_duty=present)
    if chosen is None:
        happened(tx.session, ticket.id, EventKind.UNATTENDED, now=tx.now)
    _alarm(tx, ticket, chosen, present=present)


def _let_in(rt: Runtime, tx: Transaction, ticket: Ticket, teams: dict[str, Team]) -> None:
    """Danger outranks the seal: where a sealed ticket tells of danger that another team works on, its leads are alarmed and let in.

    Not while it has no team: then the head sees it.
    """
    if not ticket.sealed or ticket.danger is None:
        return
    if tickets.locked(tx.session, ticket.id).team_id is None:  # as it was routed a moment ago
        return
    heard = events.heard(tx.session, ticket.id, limit=_NEWEST)
    codes = {c.team for c in rt.categories if c.danger is not None and not c.sealed and c.code in heard}
    for team in (teams[code] for code in sorted(codes & teams.keys())):
        for lead in people.leads(tx.session, team.id) if team.id != ticket.team_id else ():
            raise_alarm(tx, ticket.id, AlarmKind.BESIDE, lead)


def _team(rt: Runtime, tx: Transaction, ticket: Ticket, teams: dict[str, Team]) -> Team | None:
    """The team that has the ticket or was passed it; else the team of its category."""
    if ticket.team_id is not None:
        own = next((team for team in teams.values() if team.id == ticket.team_id), None)
        return _who_may_see(rt, tx, ticket, own, teams) if ticket.sealed else own
    fallback = category.fallback(rt.categories).team
    own = teams.get(next((c.team for c in rt.categories if c.code == ticket.category), fallback))
    # A sealed ticket never falls to another team: while its own is missing, it waits and the head alone sees it.
    return _who_may_see(rt, tx, ticket, own, teams) if ticket.sealed else own or teams.get(fallback)


def _who_may_see(rt: Runtime, tx: Transaction, ticket: Ticket, own: Team | None, teams: dict[str, Team]) -> Team | None:
    """The team of a sealed ticket: its own. If the ticket is shut to all of them it goes to the head (None), and if it is shut to every
    head too, to a team of which somebody may see it, those for sealed tickets first: no complaint is seen by nobody."""
    out = _shut_out(tx, ticket)
    if not out:
        return own

    def sees(team: Team) -> bool:
        return any(one.id not in out for one in people.team_mates(tx.session, team.id))

    if (own is not None and sees(own)) or {*people.heads(tx.session)} - out:
        return own if own is not None and sees(own) else None
    sealed = category.sealed_teams(rt.categories)
    others = sorted(teams.values(), key=lambda team: (team.code not in sealed, team.code))
    return next((team for team in others if sees(team)), own)


def _keep(tx: Transaction, ticket: Ticket, has_it: int, team_id: int | None, roster: _Roster) -> None:
    """Route a ticket that a volunteer holds: it was raised meanwhile, or claimed before it had a team. The volunteer keeps it.

    If it is urgent the volunteer is alarmed, and if the volunteer is off duty, somebody else is too.
    """
    on_duty = team_id is not None and roster.is_on_duty(team_id, has_it)
    if team_id == ticket.team_id:
        tickets.looked_at(tx.session, ticket.id, now=tx.now)
    else:
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, routed_at=tx.now, team_id=team_id)
        happened(tx.session, ticket.id, EventKind.ROUTED, now=tx.now, team=team_id, to=has_it, on_duty=on_duty)
    _alarm_if_urgent(tx, ticket, has_it)
    if ticket.priority == Priority.URGENT and not on_duty:
        stands_in = roster.take(team_id, ticket)[0] if team_id is not None else None
        for other in people.heads(tx.session) if stands_in is None else [stands_in]:
            if other != has_it:
                raise_alarm(tx, ticket.id, AlarmKind.OFF_DUTY, other)


def _alarm(tx: Transaction, ticket: Ticket, chosen: int | None, *, present: bool) -> None:
    if ticket.sealed and not present:
        for head in people.heads(tx.session):
            raise_alarm(tx, ticket.id, AlarmKind.SEALED_WAITS, head)
    elif chosen is None:
        for head in people.heads(tx.session):
            raise_alarm(tx, ticket.id, AlarmKind.UNATTENDED, head)
    if chosen is not None and not present:
        raise_alarm(tx, ticket.id, AlarmKind.NOBODY_ON_DUTY, chosen)
    elif chosen is not None:
        _alarm_if_urgent(tx, ticket, chosen)


def _alarm_if_urgent(tx: Transaction, ticket: Ticket, volunteer_id: int) -> None:
    if ticket.priority == Priority.URGENT:
        raise_alarm(tx, ticket.id, AlarmKind.URGENT, volunteer_id)


def _not_for(tx: Transaction, ticket: Ticket) -> frozenset[int]:
    """Ids of those whom routing leaves out: those who passed the ticket on or cannot act on it, and those who are shut out of it."""
    if ticket.version == 1:  # nobody can have passed it on yet
        return frozenset()
    return events.passed_on_by(tx.session, ticket.id) | events.declined_by(tx.session, ticket.id) | _shut_out(tx, ticket)


def _shut_out(tx: Transaction, ticket: Ticket) -> frozenset[int]:
    # To shut a ticket changes it, so that it has another version than the first.
    return frozenset(shutouts.of_ticket(tx.session, ticket.id)) if ticket.version > 1 else frozenset()


def _languages(tx: Transaction, ticket: Ticket) -> tuple[str, str]:
    """The language that the citizen speaks, and the language of our answers."""
    answered = tx.session.get_one(Contact, ticket.contact_id).language
    call = calls.of_ticket(tx.session, ticket.id)
    if call is not None:
        return (duty.ANOTHER if Walk.from_row(call.walk).other_language else answered), answered
    return messages.spoken_in(tx.session, ticket.id) or answered, answered
