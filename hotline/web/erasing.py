"""The forms for a citizen who asks to be erased."""

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest

from hotline.domain.erasure import How
from hotline.guards import runtime, volunteer
from hotline.services.keeping import erasing
from hotline.web.changing import Answer, changed
from hotline.web.forms import text

blueprint = Blueprint("erasing", __name__)


@blueprint.post("/tickets/<reference:reference>/erase")
def ask(reference: str) -> Answer:
    """A volunteer says that the citizen was reached safely and asks for it."""
    try:
        how = How(text("how"))
    except ValueError as fault:
        raise BadRequest from fault
    older = "older" in request.form
    return changed(
        reference,
        lambda v: erasing.ask(runtime(), volunteer(), reference, version=v, how=how, older=older, note=text("note")),
        at="erasing",
    )


@blueprint.post("/tickets/<reference:reference>/erase/agree")
def agree(reference: str) -> Answer:
    """A second person agrees."""
    return changed(reference, lambda v: erasing.agree(runtime(), volunteer(), reference, version=v), at="erasing")


@blueprint.post("/tickets/<reference:reference>/erase/stop")
def stop(reference: str) -> Answer:
    """Somebody stops it."""
    return changed(reference, lambda v: erasing.stop(runtime(), volunteer(), reference, version=v, note=text("note")), at="erasing")
