"""The people page: accounts, their teams and rights, and the requests that wait for a second person."""

from collections import defaultdict
from http import HTTPStatus

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain.category import sealed_teams
from hotline.domain.grant import Right, RightKind, may_decide
from hotline.domain.grant import parse as read_right
from hotline.domain.rights import Role
from hotline.guards import N_, runtime, volunteer
from hotline.services.people import grants as asking
from hotline.services.people import invitations, staff
from hotline.storage import grants, people
from hotline.storage import invitations as links
from hotline.web.words import DONE

blueprint = Blueprint("people", __name__, url_prefix="/people")

_BY_LEADS = frozenset({"people.everybody", "people.ask", "people.decide"})
"""Endpoints for heads and leads too; the others are for administrators only."""

_TAKEN = N_("Somebody has that login already. Choose another; if you have just invited that person, make a new link below.")
_ASKED = N_("That takes two people: it was asked for, and somebody else has to give it. The heads were told.")


@blueprint.before_request
def refuse_others() -> None:
    """Answer 404 to volunteers who are not administrator, head or lead. Raises `NotYours` where the role is not enough."""
    if not current_user.keeps_people:
        abort(HTTPStatus.NOT_FOUND)
    may_all = volunteer().role == Role.ADMINISTRATOR
    if not may_all and (request.endpoint not in _BY_LEADS or (request.endpoint == "people.decide" and not volunteer().is_head)):
        raise asking.NotYours


@blueprint.get("")
def everybody() -> str:
    """The page with all people, for administrators, heads and leads."""
    return _page(say=_ASKED if request.args.get("asked") else DONE["saved"] if request.args.get("done") else "")


@blueprint.post("/invite")
def invite() -> str | tuple[str, int]:
    """Make an account; its link is shown this once."""
    login = request.form.get("login", "")
    try:
        token = staff.bring_in(runtime(), volunteer().id, login, request.form.get("name", ""))
    except invitations.LoginTaken:
        return _page(say=_TAKEN, bad=True), HTTPStatus.CONFLICT
    return _page(token=token, whose=login.strip().lower(), invited=True)


@blueprint.post("/<login>/link")
def link(login: str) -> str | Response:
    """Make a new link for a volunteer; if the volunteer has rights that take two people, it is only asked for."""
    token = staff.new_link(runtime(), volunteer().id, login)
    return _page(token=token, whose=login) if token else _asked()


@blueprint.post("/<login>/deactivate")
def deactivate(login: str) -> Response:
    """Close an account."""
    staff.deactivate(runtime(), volunteer().id, login)
    return _saved()


@blueprint.post("/<login>/bring-back")
def bring_back(login: str) -> str:
    """Reopen an account; its new link is shown this once."""
    return _page(token=staff.bring_back(runtime(), volunteer().id, login), whose=login)


@blueprint.post("/<login>/languages")
def speak(login: str) -> Response:
    """Set the languages that a volunteer speaks."""
    staff.speak(runtime(), volunteer().id, login, request.form.get("languages", "").replace(",", " ").split())
    return _saved()


@blueprint.post("/<login>/teams")
def join(login: str) -> Response:
    """Put a volunteer into a team."""
    joined = staff.join(runtime(), volunteer().id, login, request.form.get("team", ""))
    return _saved() if joined else _asked()


@blueprint.post("/<login>/rights")
def ask(login: str) -> Response:
    """Ask for a right for a colleague."""
    asking.request(runtime(), volunteer().id, login, _right())
    return _asked()


@blueprint.post("/<login>/rights/take-away")
def take_away(login: str) -> Response:
    """Take a right or a team from a volunteer."""
    staff.take_away(runtime(), volunteer().id, login, _right())
    return _saved()


@blueprint.post("/grants/<int(min=1,max=9223372036854775807):grant_id>")
def decide(grant_id: int) -> str | Response:
    """Give or refuse what somebody else asked for."""
    answer = request.form.get("answer")
    if answer not in ("give", "refuse"):
        raise BadRequest
    token = asking.decide(runtime(), volunteer().id, grant_id, given=answer == "give")
    return _page(token=token) if token else _saved()


def _saved() -> Response:
    return redirect(url_for("people.everybody", done=1))


def _asked() -> Response:
    return redirect(url_for("people.everybody", asked=1))


def _right() -> Right:
    right = read_right(request.form.get("right", ""))
    if right is None:
        raise BadRequest
    return right


def _page(*, say: str = "", bad: bool = False, token: str | None = None, whose: str = "", invited: bool = False) -> str:
    rt, reader = runtime(), volunteer()
    with rt.reading() as session:
        teams, sealed = people.teams(session), sealed_teams(rt.categories)
        theirs = defaultdict(list)
        for volunteer_id, team, is_lead in people.memberships(session):
            theirs[volunteer_id].append((team, is_lead))
        waiting, made = grants.undecided(session), links.makers(session)
        return render_template(
            "people.html",
            people=people.everybody(session),
            theirs=theirs,
            teams=sorted(teams.values(), key=lambda team: team.called(g.language)),
            sealed=sealed,
            rights=[str(Right(what)) for what in (RightKind.ADMINISTRATOR, RightKind.AUDITOR, RightKind.NUMBERS)],
            waiting=[(g, read_right(g.what), may_decide(reader.id, asked_by=g.asked_by, subject=g.volunteer_id)) for g in waiting],
            names=people.names(session, (i for g in waiting for i in (g.asked_by, g.volunteer_id)))
            | people.names(session, (one.made_by for one in made.values())),
            made=made,
            team_names={code: team.called(g.language) for code, team in teams.items()},
            keeps=reader.role == Role.ADMINISTRATOR,
            decides=reader.role == Role.ADMINISTRATOR or reader.is_head,
            say=say,
            bad=bad,
            link=rt.config.public_url + url_for("welcome.welcome", token=token) if token else "",
            whose=whose,
            invited=invited,
        )
