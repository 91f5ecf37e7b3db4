"""The page of the gateways: how each of them is, what is left of its limits, and the texts of which nobody can tell whether they left.

It is for who runs the hotline: administrators and heads, who also stop a gateway. Auditors read it, without numbers and reasons.
"""

from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hotline.domain.rights import Role
from hotline.domain.standing import State
from hotline.guards import N_, rights, runtime, volunteer
from hotline.services import showings
from hotline.services.access import NoteMissing
from hotline.services.condition.telling import SILENT_FOR
from hotline.services.texts import doubts, gatewayview, stopping
from hotline.services.texts.gatewayview import GatewayView
from hotline.storage import gatewaysigns
from hotline.storage.showings import ShowingKind
from hotline.web.forms import choice, text

blueprint = Blueprint("gateways", __name__, url_prefix="/gateways")

_STEPS = 10
"""Heights of a bar in the picture of a day, as the style sheet has them."""

_SETTLED = N_("There is nothing to decide any more: somebody has decided it, or the gateway has told.")
_TOO_OLD = N_("That text is too old to be sent again. You can leave it.")


@blueprint.before_request
def refuse_others() -> None:
    """Answer 404 to everybody but administrators, heads and auditors: nobody else learns that the page exists."""
    if not (_runs() or volunteer().role == Role.AUDITOR):
        abort(HTTPStatus.NOT_FOUND)


@blueprint.get("")
def page() -> str:
    """How the gateways are."""
    return _page()


@blueprint.post("/<name>/stop")
def stop(name: str) -> Response:
    """Stop a gateway: nothing leaves by it until somebody lets it carry again. Raises `NoteMissing` without a reason."""
    why = text("why", stopping.WHY_LENGTH).strip()
    if not why:
        raise NoteMissing
    try:
        stopping.stop(runtime(), volunteer().id, name, why)
    except (stopping.NoSuchGateway, stopping.CallsOnly):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("gateways.page", done="stopped"))


@blueprint.post("/<name>/start")
def start(name: str) -> Response:
    """Let a gateway carry again."""
    try:
        stopping.start(runtime(), volunteer().id, name)
    except (stopping.NoSuchGateway, stopping.CallsOnly):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("gateways.page", done="started"))


@blueprint.post("/doubts/<int(min=1,max=9223372036854775807):message_id>")
def decide(message_id: int) -> Response | tuple[str, int]:
    """Send a text again of which nobody can tell whether it was sent, or leave it."""
    again = choice("answer", "again", "leave") == "again"
    try:
        (doubts.send_again if again else doubts.leave)(runtime(), volunteer().id, message_id)
    except doubts.Settled:
        return _page(_SETTLED), HTTPStatus.CONFLICT
    except doubts.TooOld:
        return _page(_TOO_OLD), HTTPStatus.CONFLICT
    return redirect(url_for("gateways.page", done="sent_again" if again else "left"))


def _runs() -> bool:
    """Whether the reader runs the hotline. The services ask again, for what is stored by then."""
    return volunteer().role == Role.ADMINISTRATOR or (rights().works and rights().is_head)


def _page(say: str = "") -> str:
    rt, reader = runtime(), volunteer()
    shown, doubtful = gatewayview.overview(rt), doubts.listed(rt, reader.id if _runs() else None)
    with rt.reading() as session:
        signs = gatewaysigns.every(session)
    if doubtful and _runs():  # parts of numbers, and tickets
        showings.note_page(rt, reader.id, ShowingKind.LIST, what="gateways")
    return render_template(
        "gateways.html",
        gateways=shown,
        carry=[one.name for one in shown if one.texts and one.state is not State.STOPPED],
        signs=signs,
        doubts=doubtful,
        runs=_runs(),
        say=say,
        now=rt.clock(),
        silent_for=SILENT_FOR,
        longest=stopping.WHY_LENGTH,
        highest=_highest,
        height=_height,
    )


def _highest(one: GatewayView) -> int:
    """The most texts that came in or were sent within one hour of the last day."""
    return max(count for hour in one.hours for count in (hour.came_in, hour.sent))


def _height(count: int, most: int) -> int:
    """The height of a bar, 0 to `_STEPS`: the busiest hour has the highest, and a single text can be seen."""
    return -(-count * _STEPS // most) if count else 0
