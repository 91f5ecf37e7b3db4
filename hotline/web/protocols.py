"""The forms of the protocol cards beside a ticket: put a card there, tick its steps, go on without the steps that are missing."""

from http import HTTPStatus

from flask import Blueprint, request

from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.ticket import Status
from hotline.guards import runtime, volunteer
from hotline.services.tickets import casework, protocols
from hotline.storage.tickets import TicketMoved
from hotline.web.changing import Answer, go_on, version_seen, was_first
from hotline.web.forms import choice, matching, one_or_none, text
from hotline.web.ticketpage import Words, show

blueprint = Blueprint("protocols", __name__)


@blueprint.post("/tickets/<reference:reference>/cards")
def put(reference: str) -> Answer:
    """Put a card to the ticket."""
    code = matching("card", "[a-z][a-z0-9_]{0,29}")
    try:
        protocols.put(runtime(), volunteer(), reference, version=version_seen(), code=code)
    except TicketMoved:
        return was_first(reference)
    return go_on(reference, done="saved", at="cards")


@blueprint.post("/tickets/<reference:reference>/steps")
def tick(reference: str) -> Answer:
    """Tick the steps of a card that are chosen, and take the ticks of its other steps away."""
    code, steps = matching("card", "[a-z][a-z0-9_]{0,29}"), request.form.getlist("step")
    try:
        protocols.tick(runtime(), volunteer(), reference, version=version_seen(), code=code, steps=steps)
    except TicketMoved:
        return was_first(reference)
    return go_on(reference, done="saved", at="cards")


@blueprint.post("/tickets/<reference:reference>/without-steps")
def pass_over(reference: str) -> Answer:
    """Resolve or close the ticket without the steps that are missing: a lead, with a note."""
    to, note, how = Status(choice("status", Status.RESOLVED, Status.CLOSED)), text("note"), one_or_none("told", HowTold)
    at = version_seen()
    try:
        casework.change_status(runtime(), volunteer(), reference, version=at, to=to, note=note, told=how, without_steps=True)
    except TicketMoved:
        return was_first(reference, note=note)
    except HowToldMissing:
        kept = Words(note, to, form=request.endpoint or "", about={"told": True})
        return show(reference, kept=kept), HTTPStatus.UNPROCESSABLE_ENTITY
    return go_on(reference, done="saved", at="cards")


def refused(reference: str, *, note: str, status: str) -> tuple[str, int]:
    """The ticket's page (409) after a move was refused because steps are missing; what the volunteer wrote is in the form again."""
    return show(reference, kept=Words(note, status, about={"steps_missing": True})), HTTPStatus.CONFLICT
