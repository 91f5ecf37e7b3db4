"""Several tickets of the queue at once: the form below the list, and the page that says what became of each."""

from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, render_template, request
from werkzeug.exceptions import BadRequest

from hotline.guards import inside, runtime, volunteer
from hotline.runtime import Reading
from hotline.services.tickets import bulk
from hotline.services.tickets.bulk import Chosen, Outcome
from hotline.storage import people
from hotline.storage.models import Ticket
from hotline.web.forms import choice, matching

blueprint = Blueprint("bulk", __name__)

_CHOSEN = 19
"""The longest of a reference with a version."""


@blueprint.post("/queue/several")
def act() -> tuple[str, int]:
    """Take the chosen tickets, pass them on, or close them as not ours."""
    rt, chosen, doing = runtime(), _chosen(), choice("do", "take", "pass", "close")
    kind, _, to = matching("to", "|team:.{1,40}|volunteer:[0-9]{1,18}").partition(":") if doing == "pass" else ("", "", "")
    if not chosen or (doing == "pass" and not kind):
        return _page([], doing, missing="to" if chosen else "chosen"), HTTPStatus.UNPROCESSABLE_ENTITY
    if doing == "take":
        results = bulk.take(rt, volunteer(), chosen)
    elif doing == "close":
        results = bulk.close(rt, volunteer(), chosen)
    elif kind == "team":
        results = bulk.pass_on(rt, volunteer(), chosen, team=to)
    else:
        results = bulk.pass_on(rt, volunteer(), chosen, colleague_id=int(to))
    return _page(results, doing), HTTPStatus.OK


def on_page(session: Reading, shown: Collection[Ticket]) -> dict[str, Any]:
    """What the list needs for its boxes and the form below it."""
    ids = bulk.choosable(session, shown)
    if not ids:
        return {"choosable": ids, "bulk_teams": (), "bulk_colleagues": ()}
    teams = sorted(people.teams(session).values(), key=lambda team: team.called(g.language))
    return {"choosable": ids, "bulk_teams": teams, "bulk_colleagues": people.colleagues(session)}


def _chosen() -> Sequence[Chosen]:
    given = request.form.getlist("chosen")
    if len(given) > runtime().config.web.page_rows:
        raise BadRequest
    pairs = [one.partition(":") for one in given]
    if not all(len(one) <= _CHOSEN for one in given) or not all(_is_number(ref, 9) and _is_number(version, 9) for ref, _, version in pairs):
        raise BadRequest
    return [(ref, int(version)) for ref, _, version in pairs]


def _is_number(digits: str, longest: int) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) <= longest


def _page(results: Sequence[bulk.Result], doing: str, *, missing: str = "") -> str:
    went = [one for one in results if one.outcome in (Outcome.DONE, Outcome.SECOND)]
    stayed = [one for one in results if one not in went]
    return render_template(
        "bulkdone.html", went=went, stayed=stayed, doing=doing, missing=missing, back=inside(request.form.get("back", ""))
    )
