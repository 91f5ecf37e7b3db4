"""What an auditor sees: what was read and done, and by which volunteer; never the content of texts, notes and recordings."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, abort, g, render_template, request

from hotline.domain.bookpage import written_code
from hotline.domain.grant import parse as read_right
from hotline.domain.reference import find as find_references
from hotline.domain.rights import Role
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import access
from hotline.services import showings as looked
from hotline.services.access import Act, NoSuchTicket
from hotline.storage import codesofdays, events, people, peopleevents, showings
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Team
from hotline.storage.showings import Before, Look, ShowingKind

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

_LONGEST = 40
_DAYS = 62
"""Days whose codes are shown: two months."""


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


@blueprint.get("/who")
def who() -> str:
    """Who looked at what, newest first: at one ticket (`reference`), or one person's looks (`by`). Never a word and never a number."""
    rt, rows, before = runtime(), runtime().config.web.page_rows, _before_both()
    typed, by = request.args.get("reference", "").strip()[:_LONGEST], request.args.get("by", type=int)
    with rt.reading() as session:
        ticket = _audited_ticket(session, typed)
        found: list[Look] = []
        if ticket is not None or not typed:
            ticket_id = ticket.id if ticket is not None else None
            found = showings.newest(session, volunteer(), by=by, ticket_id=ticket_id, before=before, limit=rows + 1)
        shown = found[:rows]
        page = render_template(
            "auditwho.html",
            looks=shown,
            typed=typed,
            by=by,
            people=people.everybody(session),
            unknown=bool(typed) and ticket is None,
            names=people.names(session, (look.volunteer_id for look in shown)),
            before=_both(shown, before) if len(found) > rows else None,
            is_first=before == (None, None),
        )
    looked.note(rt, ShowingKind.AUDIT, volunteer_id=volunteer().id, tickets=[ticket.id] if ticket is not None else [], what="audit")
    return page


@blueprint.get("/codes")
def codes() -> str:
    """The codes of the last days, to be compared with those that were texted."""
    with runtime().reading() as session:
        newest = [(one.day, written_code(one.code), one.told_at) for one in codesofdays.newest(session, limit=_DAYS)]
        return render_template("auditcodes.html", codes=newest)


def _audited_ticket(session: Reading, typed: str) -> Ticket | None:
    """The ticket of a reference, if the auditor may know of it."""
    read = next((one.digits for one in find_references(typed) if one.valid), None)
    if read is None:
        return None
    try:
        return access.enter(session, volunteer(), read, Act.AUDIT).ticket
    except NoSuchTicket:
        return None


def _before() -> int | None:
    return _id(request.args.get("before", type=int))


def _before_both() -> Before:
    """The last event and the last look of the page before, as they stand in the address."""
    event_id, _, showing_id = request.args.get("before", "").partition("-")
    return _id(int(event_id) if _is_id(event_id) else None), _id(int(showing_id) if _is_id(showing_id) else None)


def _both(shown: Sequence[Look], before: Before) -> str:
    """What stands in the address of the next page."""
    event_id = next((look.event_id for look in reversed(shown) if look.event_id is not None), before[0])
    showing_id = next((look.showing_id for look in reversed(shown) if look.showing_id is not None), before[1])
    return f"{event_id or ''}-{showing_id or ''}"


def _is_id(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST


def _id(given: int | None) -> int | None:
    return given if given is not None and 0 <= given < 10**18 else None


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
