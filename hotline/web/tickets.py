"""A ticket's page, its forms to claim, move and mark as read, and acknowledging an alarm."""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from hotline.alarms import AlarmKind
from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.rights import Role
from hotline.domain.ticket import Status
from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.access import Act, NoSuchTicket
from hotline.services.tickets import casework, taking
from hotline.services.tickets.protocols import StepsMissing
from hotline.storage.tickets import TicketMoved
from hotline.web import protocols, ticketpage
from hotline.web.audit import audited
from hotline.web.forms import choice, numbers, one_or_none, text
from hotline.web.ticketpage import Words, go_on, version_seen, was_first
from hotline.web.timeline import Place

blueprint = Blueprint("tickets", __name__)

_LARGEST_ID = 2**63 - 1


class ReferenceConverter(BaseConverter):
    """A reference in an address: nine digits. Anything else is answered with 404 without asking the database."""

    regex = "[1-9][0-9]{8}"


@blueprint.get("/tickets/<reference:reference>")
def ticket(reference: str) -> str:
    """The ticket's page; for an auditor only its facts and events."""
    if volunteer().role != Role.AUDITOR:
        return ticketpage.show(reference)
    with runtime().reading() as session:
        return audited(session, access.enter(session, volunteer(), reference, Act.AUDIT).ticket)


@blueprint.get("/tickets/<reference:reference>/whole")
def whole(reference: str) -> str:
    """All the words of a long text or note, of which the ticket's page shows the beginning."""
    place = Place.read(request.args.get("at", ""))
    if place is None:
        raise NoSuchTicket(reference)
    return ticketpage.whole(reference, place)


@blueprint.post("/tickets/<reference:reference>/claim")
def claim(reference: str) -> Response | tuple[str, int]:
    """Give the ticket to the volunteer."""
    try:
        taking.claim(runtime(), volunteer(), reference, version_seen())
    except TicketMoved:
        return was_first(reference)
    return go_on(reference, done="yours")


@blueprint.post("/tickets/<reference:reference>/status")
def change_status(reference: str) -> Response | tuple[str, int]:
    """Move the ticket, with or without a note; if no status is chosen, only store the note."""
    chosen, note = choice("status", "", *Status), text("note")
    told = one_or_none("told", HowTold)
    try:
        if chosen:
            casework.change_status(runtime(), volunteer(), reference, version=version_seen(), to=Status(chosen), note=note, told=told)
        else:
            casework.write_note(runtime(), volunteer(), reference, version=version_seen(), note=note)
    except TicketMoved:
        return was_first(reference, note=note, status=chosen)
    except StepsMissing:
        return protocols.refused(reference, note=note, status=chosen)
    except HowToldMissing:
        kept = Words(note=note, status=chosen, about={"told": True})
        return ticketpage.show(reference, kept=kept), HTTPStatus.UNPROCESSABLE_ENTITY
    return go_on(reference, done="saved")


@blueprint.post("/tickets/<reference:reference>/read")
def read(reference: str) -> Response | tuple[str, int]:
    """Mark as read what came in."""
    try:
        casework.mark_read(runtime(), volunteer(), reference, version_seen())
    except TicketMoved:
        return was_first(reference)
    return go_on(reference, done="saved")


@blueprint.post("/alarms/<int(max=9223372036854775807):alarm_id>/acknowledge")
def acknowledge(alarm_id: int) -> Response:
    """Acknowledge an alarm of the volunteer, and the others of the same line of the strip (`also`)."""
    for one in (alarm_id, *numbers("also", _LARGEST_ID, most=len(AlarmKind))):
        casework.acknowledge(runtime(), volunteer(), one)
    return redirect(url_for("queues.queue"))
