"""A ticket's page, and what a volunteer does there."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from hotline.domain.rights import Role
from hotline.domain.ticket import Status
from hotline.guards import runtime, volunteer
from hotline.services import casework
from hotline.storage import tickets
from hotline.storage.tickets import TicketMoved
from hotline.web import queues, ticketpage
from hotline.web.audit import audited
from hotline.web.ticketpage import version_seen, was_first

blueprint = Blueprint("tickets", __name__)


class ReferenceConverter(BaseConverter):
    """A reference in an address: nine digits. Anything else is no address, and never comes near the database."""

    regex = "[1-9][0-9]{8}"


@blueprint.get("/")
def queue() -> str:
    """The tickets somebody has to look at."""
    return queues.page()


@blueprint.get("/tickets/<reference:reference>")
def ticket(reference: str) -> str:
    """A ticket with its texts, events and the delivery of each text."""
    with runtime().reading() as session:
        found = tickets.seen_by(session, volunteer(), reference)
        if found is None:
            raise casework.NoSuchTicket(reference)
        if volunteer().role == Role.AUDITOR:
            return audited(session, found)
        page = ticketpage.render(session, found)
    casework.view(runtime(), volunteer(), found)
    return page


@blueprint.post("/tickets/<reference:reference>/claim")
def claim(reference: str) -> Response | tuple[str, int]:
    """She takes it."""
    try:
        casework.claim(runtime(), volunteer(), reference, version_seen())
    except TicketMoved:
        return was_first(reference)
    return redirect(url_for("tickets.ticket", reference=reference))


@blueprint.post("/tickets/<reference:reference>/status")
def change_status(reference: str) -> Response | tuple[str, int]:
    """She moves it, with a note if she likes."""
    try:
        to = Status(request.form.get("status", ""))
    except ValueError as fault:
        raise BadRequest from fault
    note = request.form.get("note", "")[:10_000].replace("\0", "\ufffd")
    try:
        casework.change_status(runtime(), volunteer(), reference, version=version_seen(), to=to, note=note)
    except TicketMoved:
        return was_first(reference, note=note)
    return redirect(url_for("tickets.ticket", reference=reference))


@blueprint.post("/tickets/<reference:reference>/read")
def read(reference: str) -> Response | tuple[str, int]:
    """She has read what came in."""
    try:
        casework.mark_read(runtime(), volunteer(), reference, version_seen())
    except TicketMoved:
        return was_first(reference)
    return redirect(url_for("tickets.ticket", reference=reference))


@blueprint.post("/alarms/<int(max=9223372036854775807):alarm_id>/acknowledge")
def acknowledge(alarm_id: int) -> Response:
    """She has seen it."""
    casework.acknowledge(runtime(), volunteer(), alarm_id)
    return redirect(url_for("tickets.queue"))
