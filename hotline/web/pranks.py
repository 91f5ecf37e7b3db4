"""The forms for a phone that abuses us or plays pranks."""

from flask import Blueprint

from hotline.guards import runtime, volunteer
from hotline.services.tickets import pranks
from hotline.web.changing import Answer, changed
from hotline.web.forms import text

blueprint = Blueprint("pranks", __name__)


@blueprint.post("/tickets/<reference:reference>/prank")
def mark(reference: str) -> Answer:
    """The first person marks the phone."""
    return changed(reference, lambda v: pranks.mark(runtime(), volunteer(), reference, version=v, note=text("note")), at="pranks")


@blueprint.post("/tickets/<reference:reference>/prank/confirm")
def confirm(reference: str) -> Answer:
    """A second person confirms it."""
    return changed(reference, lambda v: pranks.confirm(runtime(), volunteer(), reference, version=v), at="pranks")


@blueprint.post("/tickets/<reference:reference>/prank/unmark")
def unmark(reference: str) -> Answer:
    """Somebody takes the mark off."""
    return changed(reference, lambda v: pranks.unmark(runtime(), volunteer(), reference, version=v, note=text("note")), at="pranks")
