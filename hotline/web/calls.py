"""The book of missed calls: calls that left no ticket."""

import base64
from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain import phone
from hotline.guards import runtime, volunteer
from hotline.services import showings
from hotline.services.calls import hangup
from hotline.services.tickets import custody
from hotline.storage import calls, sealed
from hotline.storage.callmodels import Call
from hotline.storage.showings import ShowingKind

blueprint = Blueprint("calls_book", __name__, url_prefix="/calls")


@blueprint.get("")
def book() -> str:
    """Calls that ended and left no ticket, newest first."""
    rt = runtime()
    rows = rt.config.web.page_rows
    with rt.reading() as session:
        shown = calls.book(session, before=_cursor(request.args.get("before", "")), limit=rows + 1)
        kept = custody.guarded(rt, session, volunteer(), {contact.id for _, contact in shown[:rows]})
        numbers = [(call, contact.id in kept, sealed.number_of(rt.keys, contact)) for call, contact in shown[:rows]]
        page = [(call, number and (phone.HIDDEN if hides else phone.masked(number))) for call, hides, number in numbers]
    showings.note_page(rt, volunteer().id, ShowingKind.LIST, what="missed calls")
    before = _before(shown[rows - 1][0]) if len(shown) > rows else None
    return render_template("calls.html", calls=page, before=before, is_first="before" not in request.args)


@blueprint.post("/<gateway_id>/done")
def done(gateway_id: str) -> Response:
    """A volunteer has dealt with the call: take it out of the book."""
    hangup.tick_off(runtime(), volunteer(), gateway_id)
    return redirect(url_for("calls_book.book"))


def _before(last: Call) -> str:
    """The key of a page's last call, for an address. Not its id: ids would tell how many calls the volunteer does not see."""
    return base64.urlsafe_b64encode(f"{last.started_at.isoformat()}|{last.gateway_id}".encode()).decode()


def _cursor(address: str) -> tuple[datetime, str] | None:
    """The key in an address; None if there is none, or it is not valid."""
    try:
        started_at, gateway_id = base64.urlsafe_b64decode(address.encode()).decode().split("|")
        at = datetime.fromisoformat(started_at)
        return None if at.tzinfo is None or "\0" in gateway_id else (at.astimezone(UTC), gateway_id)
    except (ValueError, OverflowError):
        return None
