"""What came in and waits too long for a first look: one alarm for all of it, to who is on duty, then to the leads."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import passing
from hotline.services.tickets.looking import LATE, goals
from hotline.storage import alarms, looks, people, shutouts
from hotline.storage.looks import Goals, Waiting

_MOST = 200
"""How many late texts are read, and how many late recordings, the oldest first. An alarm does not say how many there are."""


def tell_of_late(rt: Runtime) -> int:
    """Alarm who is on duty about what waits too long, and the leads about what waits twice as long or nobody on duty may see.

    Returns how many are late, counted to a few hundred. Everybody has one alarm at most: it is raised again after as long as an
    ordinary text may wait, or once nothing was late in between.
    """
    with rt.reading() as session:
        if not looks.late(session, goals(rt, rt.clock()), limit=1) and not alarms.is_about(session, LATE):
            return 0
    with rt.transaction() as tx:
        late = looks.late(tx.session, goals(rt, tx.now), limit=_MOST)
        if not late:
            if alarms.is_about(tx.session, LATE):
                alarms.forget_about(tx.session, LATE)
            return 0
        present = _who_can(tx, goals(rt, tx.now), passing.on_duty(rt, tx.session, people.teams(tx.session).values()))
        seen = {one.item for found in present.values() for one in found}
        twice = _twice(goals(rt, tx.now))
        pressing = [one for one in late if twice.is_late(one) or one.item not in seen]
        leads = _leads(tx, pressing, nobody=not present) if pressing else set()
        for volunteer_id in sorted({who for who, found in present.items() if found} | leads):
            after = timedelta(minutes=rt.config.duty.first_look_minutes)
            raise_alarm_about(tx, LATE, AlarmKind.LOOK_LATE, volunteer_id, again=True, after=after)
    logger().info("first looks are late", rows=len(late))
    return len(late)


def _twice(once: Goals) -> Goals:
    """What has waited twice as long as it may."""
    return Goals(once.now, once.first - (once.now - once.first), once.next - (once.now - once.next))


def _who_can(tx: Transaction, late_at: Goals, ids: Iterable[int]) -> dict[int, list[Waiting]]:
    """Volunteer id → what is late and this volunteer can look at."""
    found = ((volunteer_id, people.volunteer(tx.session, volunteer_id)) for volunteer_id in ids)
    return {who: looks.late(tx.session, late_at, limit=_MOST, reader=reader) for who, reader in found if reader is not None}


def _leads(tx: Transaction, pressing: Sequence[Waiting], *, nobody: bool) -> set[int]:
    """Ids of the leads of the teams whose tickets wait; of all teams for what is on no ticket of a team. The heads where a team has no
    lead, and where `nobody` is on duty. Nobody is alarmed who is shut out of all that waits.
    """
    teams = {team.id for team in people.teams(tx.session).values()}
    whose = [one.ticket.team_id if one.ticket is not None else None for one in pressing]
    asked = teams if None in whose else {team_id for team_id in whose if team_id is not None}
    of_teams = {team_id: set(people.leads(tx.session, team_id)) for team_id in asked}
    found = set[int]().union(*of_teams.values())
    if nobody or not found or any(not leads for team_id, leads in of_teams.items() if team_id in whose):
        found |= set(people.heads(tx.session))
    ids = [one.ticket.id if one.ticket is not None else None for one in pressing]
    out = shutouts.of_tickets(tx.session, [ticket_id for ticket_id in ids if ticket_id is not None])
    return {who for who in found if any((ticket_id, who) not in out for ticket_id in ids)}
