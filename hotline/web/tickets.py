"""A ticket's page and what it asks while it is open, its forms to claim, move and mark as read, and acknowledging an alarm."""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from hotline.alarms import AlarmKind
from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.rights import Role
from hotline.domain.ticket import Status
from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.access import Act, NoSuchTicket
from hotline.services.tickets import casework, replies, taking
from hotline.services.tickets.protocols import StepsMissing
from hotline.storage.tickets import TicketMoved
from hotline.web import mentions, protocols, ticketpage
from hotline.web.audit import audited
from hotline.web.changing import go_on, version_seen, was_first
from hotline.web.forms import choice, numbers, one_or_none, text
from hotline.web.ticketpage import Words
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
        page = audited(session, access.enter(session, volunteer(), reference, Act.AUDIT).ticket)
    casework.view(runtime(), volunteer(), reference)
    return page


@blueprint.get("/tickets/<reference:reference>/live")
def live(reference: str) -> str:
    """The ticket's page as it is now, for a page that is open. It does not count as opened: nobody may have seen it yet."""
    return ticketpage.show(reference, is_opened=False)


@blueprint.get("/tickets/<reference:reference>/version")
def version(reference: str) -> Response:
    """Who else has the page open, with the mark of the ticket as it is; 304 if both are as an open page shows them."""
    now = ticketpage.here(reference)
    answer = make_response(render_template("here.html", here=now))
    answer.set_etag(now.etag)
    return answer.make_conditional(request.environ)


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
    """Move the ticket, with or without a note; if no status is chosen, only store the note. A text to the citizen stays a draft."""
    chosen, note = choice("status", "", *Status), text("note")
    told, called = one_or_none("told", HowTold), mentions.called()
    if "body" in request.form:
        replies.keep_draft(runtime(), volunteer(), reference, text("body"))
    try:
        if chosen:
            uncalled = casework.change_status(
                runtime(), volunteer(), reference, version=version_seen(), to=Status(chosen), note=note, told=told, call=called
            )
        else:
            uncalled = casework.write_note(runtime(), volunteer(), reference, version=version_seen(), note=note, call=called)
    except TicketMoved:
        return was_first(reference, note=note, status=chosen)
    except StepsMissing:
        return protocols.refused(reference, note=note, status=chosen)
    except HowToldMissing:
        kept = Words(note=note, status=chosen, about={"told": True})
        return ticketpage.show(reference, kept=kept), HTTPStatus.UNPROCESSABLE_ENTITY
    return mentions.went_on(reference, uncalled, done="saved")


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
