"""The forms for a phone that abuses us or plays pranks."""

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.services.tickets import pranks
from hotline.storage.tickets import TicketMoved
from hotline.web.forms import text
from hotline.web.ticketpage import go_on, version_seen, was_first

blueprint = Blueprint("pranks", __name__)

Answer = Response | tuple[str, int]


@blueprint.post("/tickets/<reference:reference>/prank")
def mark(reference: str) -> Answer:
    """The first person marks the phone."""
    return _done(reference, lambda v: pranks.mark(runtime(), volunteer(), reference, version=v, note=text("note")))


@blueprint.post("/tickets/<reference:reference>/prank/confirm")
def confirm(reference: str) -> Answer:
    """A second person confirms it."""
    return _done(reference, lambda v: pranks.confirm(runtime(), volunteer(), reference, version=v))


@blueprint.post("/tickets/<reference:reference>/prank/unmark")
def unmark(reference: str) -> Answer:
    """Somebody takes the mark off."""
    return _done(reference, lambda v: pranks.unmark(runtime(), volunteer(), reference, version=v, note=text("note")))


def _done(reference: str, change: Callable[[int], None]) -> Answer:
    try:
        change(version_seen())
    except (TicketMoved, pranks.MarkMoved):
        return was_first(reference, note=text("note"))
    return go_on(reference, done="saved", at="pranks")
