"""What an auditor sees: what was read and done, and by which volunteer; never the content of texts, notes and recordings."""

from http import HTTPStatus

from flask import Blueprint, abort, g, render_template, request

from hotline.domain.grant import parse as read_right
from hotline.domain.rights import Role
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.storage import events, people, peopleevents
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.before_request
def refuse_others() -> None:
    """Answer 404 to everybody except auditors: nobody else may learn that something happened to a sealed ticket."""
    if volunteer().role != Role.AUDITOR:
        abort(HTTPStatus.NOT_FOUND)


@blueprint.get("")
def book() -> str:
    """The events of all tickets, newest first; those of sealed tickets without the reference."""
    rows, before = runtime().config.web.page_rows, _before()
    with runtime().reading() as session:
        shown = events.newest(session, volunteer(), before=before, limit=rows + 1)
        return render_template(
            "audit.html",
            happened=shown[:rows],
            names=people.names(session, (event.volunteer_id for event, _ in shown)),
            before=shown[rows - 1][0].id if len(shown) > rows else None,
            is_first=before is None,
        )


@blueprint.get("/people")
def people_book() -> str:
    """The events of people, their rights and shifts, newest first."""
    rows, before = runtime().config.web.page_rows, _before()
    with runtime().reading() as session:
        shown = peopleevents.newest(session, before=before, limit=rows + 1)
        return render_template(
            "auditpeople.html",
            happened=[(event, read_right(event.data.get("right", ""))) for event in shown[:rows]],
            names=people.names(session, (i for event in shown for i in (event.by_id, event.about_id))),
            teams={key: team.called(g.language) for code, team in people.teams(session).items() for key in (team.id, code)},
            before=shown[rows - 1].id if len(shown) > rows else None,
            is_first=before is None,
        )


def _before() -> int | None:
    before = request.args.get("before", type=int)
    return before if before is not None and 0 <= before < 10**18 else None


def audited(session: Reading, ticket: Ticket) -> str:
    """The page of a ticket for an auditor: facts and events. Texts, notes, recordings and numbers are not even read."""
    rows, before = runtime().config.web.page_rows, _before()
    happened = events.without_notes(session, ticket.id, before=before, limit=rows + 1)
    team = session.get(Team, ticket.team_id) if ticket.team_id else None
    names = people.names(session, (ticket.assignee_id, *(event.volunteer_id for event in happened)))
    categories = {category.code: category.names for category in runtime().categories}
    return render_template(
        "audited.html",
        ticket=ticket,
        team=team,
        happened=happened[:rows],
        names=names,
        categories=categories,
        before=happened[rows - 1].id if len(happened) > rows else None,
        is_first=before is None,
    )
