"""The queue, a ticket's page, and what a volunteer does there."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from hotline.domain import phone
from hotline.domain.ticket import MOVES, Priority, Status
from hotline.domain.walk import Walk
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import casework, facts
from hotline.storage import alarms, calls, events, messages, people, recordings, tickets
from hotline.storage.models import Contact, Event, Message, Note, Ticket
from hotline.storage.peoplemodels import Team
from hotline.storage.tickets import TicketMoved
from hotline.web.sheet import sheet

blueprint = Blueprint("tickets", __name__)


class ReferenceConverter(BaseConverter):
    """A reference in an address: nine digits. Anything else is no address, and never comes near the database."""

    regex = "[1-9][0-9]{8}"


@dataclass(frozen=True)
class Entry:
    """One thing on a ticket's timeline: a text, or an event with its note."""

    at: datetime
    message: Message | None = None
    event: Event | None = None
    note: Note | None = None


@blueprint.get("/")
def queue() -> str:
    """The tickets somebody has to look at, urgent first, then oldest; and her alarms."""
    rt = runtime()
    rows = rt.config.web.page_rows
    with rt.reading() as session:
        shown = tickets.queue(session, volunteer(), after=_cursor(request.args.get("after", "")), limit=rows + 1)
        page, more = shown[:rows], len(shown) > rows
        return render_template(
            "queue.html",
            tickets=page,
            after=_after(page[-1]) if more else None,
            is_first="after" not in request.args,
            names=people.names(session, (t.assignee_id for t in page)),
            walks={i: Walk.from_row(call.walk) for i, call in calls.of_tickets(session, [t.id for t in page]).items()},
            alarms=alarms.open_for(session, volunteer()),
        )


@blueprint.get("/tickets/<reference:reference>")
def ticket(reference: str) -> str:
    """A ticket with its texts, events and the delivery of each text."""
    return page_of(reference)


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


def page_of(reference: str, **more: Any) -> str:
    """A ticket's page; `more` is for its template. To read a sealed one is an event. Raises `NoSuchTicket`."""
    with runtime().reading() as session:
        found = tickets.seen_by(session, volunteer(), reference)
    if found is None:
        raise casework.NoSuchTicket(reference)
    facts.note_reading(runtime(), volunteer(), found)
    with runtime().reading() as session:
        return _page(session, found, **more)


def _page(session: Reading, found: Ticket, *, note: str = "", words: str = "", **more: Any) -> str:
    happened = events.of_ticket(session, found.id)
    timeline = [Entry(m.created_at, message=m) for m in messages.of_ticket(session, found.id)]
    timeline += [Entry(event.happened_at, event=event, note=noted) for event, noted in happened]
    contact = session.get_one(Contact, found.contact_id)
    people_seen = [
        found.assignee_id,
        *(e.volunteer_id for e, _ in happened),
        *(e.data.get("to") for e, _ in happened if e.kind in _TO_PEOPLE),
    ]
    category = next((c for c in runtime().categories if c.code == found.category), None)
    return render_template(
        "ticket.html",
        ticket=found,
        contact=contact,
        masked=contact.address and phone.masked(contact.address),
        call=(call := calls.of_ticket(session, found.id)),
        walk=Walk.from_row(call.walk) if call is not None else None,
        category=category,
        team=session.get(Team, found.team_id) if found.team_id else None,
        timeline=sorted(timeline, key=lambda entry: entry.at),
        names=people.names(session, people_seen),
        moves=[status for status in Status if status in MOVES[Status(found.status)]],
        note=note,
        words_kept=words,
        recordings=recordings.of_ticket(session, found.id) if call is not None else (),
        sheet=sheet(session, found),
        **more,
    )


_TO_PEOPLE = frozenset({events.EventKind.ROUTED, events.EventKind.ALARM_RAISED, events.EventKind.PASSED})


def was_first(reference: str, *, note: str = "", words: str = "") -> tuple[str, int]:
    """Somebody was first: the ticket as it is now, who did what, and her own words kept: her note, or what she wrote down."""
    with runtime().reading() as session:
        found = tickets.seen_by(session, volunteer(), reference)
        first = events.last_change(session, found.id) if found is not None else None
    return page_of(reference, note=note, words=words, first=first, moved=True), HTTPStatus.CONFLICT


def version_seen() -> int:
    """The version she saw."""
    version = request.form.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise BadRequest
    return int(version)


def _after(last: Ticket) -> str:
    """The key of a page's last ticket, as it stands in an address."""
    # The reference, for an id would count the tickets she may not know of.
    key = f"{last.priority}|{last.on_time:d}|{last.opened_at.isoformat()}|{last.reference}"
    return base64.urlsafe_b64encode(key.encode()).decode()


def _cursor(address: str) -> tuple[int, bool, datetime, str] | None:
    """The key back out of the address; None for the first page, and for what is none. Nothing is looked up: whether there is such a
    ticket may not be hers to know."""
    try:
        priority, on_time, opened_at, reference = base64.urlsafe_b64decode(address.encode()).decode().split("|")
        at = datetime.fromisoformat(opened_at)
        key = Priority(int(priority)), bool(int(on_time)), at.astimezone(UTC), reference
    except (ValueError, OverflowError):
        return None
    return key if at.tzinfo is not None and re.fullmatch(ReferenceConverter.regex, reference) else None
