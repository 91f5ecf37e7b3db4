"""What the forms of a ticket's page need to know."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.domain.area import Area
from hotline.domain.category import Category
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.storage import people, shutouts
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team, Volunteer


@dataclass(frozen=True)
class Sheet:
    """Whom it can be passed to, what can be chosen, and what is hers to do."""

    works: bool
    leads: bool
    shows_numbers: bool
    everybody: Sequence[Volunteer]
    colleagues: Sequence[Volunteer]
    teams: Sequence[Team]
    shut_out: frozenset[int]
    categories: tuple[Category, ...]
    areas: tuple[Area, ...]
    area: Area | None
    today: str


def sheet(session: Reading, ticket: Ticket) -> Sheet:
    """For the reader of this ticket."""
    rt, rights = runtime(), people.rights(session, volunteer())
    everybody = people.colleagues(session) if rights.works else ()
    out = frozenset(shutouts.of_ticket(session, ticket.id))
    may_see = frozenset(people.members(session, ticket.team_id)) if ticket.sealed and ticket.team_id is not None else None
    return Sheet(
        works=rights.works,
        leads=rights.leads_team(ticket.team_id),
        shows_numbers=rights.works and rights.shows_numbers,
        everybody=everybody,
        colleagues=[one for one in everybody if one.id not in out and (may_see is None or one.id in may_see)],
        teams=[team for team in people.teams(session).values() if team.id != ticket.team_id],
        shut_out=out,
        categories=rt.categories,
        areas=rt.areas,
        area=next((area for area in rt.areas if area.code == ticket.area), None),
        today=rt.clock().astimezone(rt.config.zone).date().isoformat(),
    )
