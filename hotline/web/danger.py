"""The forms about danger: who cannot act, who was brought in, that nothing can be done, and breaking the seal of a ticket in danger."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hotline.domain.danger import BroughtIn
from hotline.guards import runtime, volunteer
from hotline.services.access import NoteMissing
from hotline.services.tickets import acting, seals
from hotline.services.tickets.seals import NothingWaits
from hotline.storage.tickets import TicketMoved
from hotline.web.changing import go_on, version_seen, was_first
from hotline.web.forms import choice, clean, text

blueprint = Blueprint("danger", __name__)


@blueprint.post("/tickets/<reference:reference>/cannot")
def cannot(reference: str) -> Response:
    """The volunteer cannot act on the ticket."""
    acting.cannot(runtime(), volunteer(), reference)
    return go_on(reference, done="next_rings")


@blueprint.post("/alarms/<int(max=9223372036854775807):alarm_id>/cannot")
def cannot_answer(alarm_id: int) -> Response:
    """The volunteer cannot act on what the alarm is about."""
    acting.cannot_answer(runtime(), volunteer(), alarm_id)
    return redirect(url_for("queues.queue", done="next_rings"))


@blueprint.post("/tickets/<reference:reference>/brought-in")
def bring_in(reference: str) -> Response | tuple[str, int]:
    """Somebody was brought in."""
    whom, note = BroughtIn(choice("whom", *BroughtIn)), text("note")
    try:
        acting.bring_in(runtime(), volunteer(), reference, version=version_seen(), whom=whom, note=note)
    except TicketMoved:
        return was_first(reference, note=note)
    return go_on(reference, done="saved")


@blueprint.post("/tickets/<reference:reference>/nothing-to-do")
def nothing_to_do(reference: str) -> Response | tuple[str, int]:
    """Nothing can be done."""
    try:
        acting.nothing_to_do(runtime(), volunteer(), reference, version=version_seen(), note=text("note"))
    except TicketMoved:
        return was_first(reference, note=text("note"))
    return go_on(reference, done="saved")


@blueprint.get("/seal")
def seal() -> str:
    """Whether a sealed ticket is in danger whose seal the lead may break."""
    return _seal()


@blueprint.post("/seal")
def break_seal() -> Response | tuple[str, int]:
    """Break the seal, with a reason; the lead is led to the ticket."""
    try:
        reference = seals.break_seal(runtime(), volunteer(), note=text("note"))
    except NoteMissing:
        return _seal(lacks_reason=True), HTTPStatus.UNPROCESSABLE_ENTITY
    except NothingWaits:
        return _seal(note=text("note")), HTTPStatus.CONFLICT
    return go_on(reference, done="saved")


def kept(form: Mapping[str, str]) -> str:
    """The page with a reason that was written before the log-in ended."""
    return _seal(note=clean(form.get("note", "")), is_kept=True)


def _seal(*, note: str = "", lacks_reason: bool = False, is_kept: bool = False) -> str:
    with runtime().reading() as session:
        waits = seals.waits(runtime(), session, volunteer())
        return render_template("seal.html", waits=waits, note=note, lacks_reason=lacks_reason, is_kept=is_kept)
