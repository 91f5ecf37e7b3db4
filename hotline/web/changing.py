"""A form on a ticket's page is carried out: the version it was made from, and where the volunteer goes on."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.storage.tickets import TicketMoved
from hotline.web.forms import number, text
from hotline.web.ticketpage import Words, show

Answer = Response | tuple[str, int]


def changed(reference: str, change: Callable[[int], None], *, done: str = "saved", at: str) -> Answer:
    """Make a change at the version that the page showed, and lead back to the panel `at`, which says `done`.

    If somebody else was first, the page says so (409) and keeps the note.
    """
    try:
        change(version_seen())
    except TicketMoved:
        return was_first(reference, note=text("note"))
    return go_on(reference, done=done, at=at)


def was_first(reference: str, *, note: str = "", status: str = "", words: str = "", body: str | None = None) -> tuple[str, int]:
    """The page (409) after somebody else changed the ticket first: the ticket now, the last change, and what the volunteer wrote."""
    kept = Words(note, status, words, body, request.endpoint or "")
    return show(reference, kept=kept, moved=True), HTTPStatus.CONFLICT


def go_on(reference: str, *, done: str | None = None, sent: str | None = None, at: str | None = None, **more: Any) -> Response:
    """Lead back to the ticket, which says what was done; to the queue if the volunteer may not see the ticket any more.

    `at`: the panel, one of `PANELS`, in which it was done. Its notice takes the focus, and so comes into sight. A fragment in the address
    would keep browsers from that. `more`: what else the address says.
    """
    with runtime().reading() as session:
        gone = access.sees(session, volunteer(), reference) is None
    if gone:
        return redirect(url_for("queues.queue", done="gone"))
    return redirect(url_for("tickets.ticket", reference=reference, done=done, sent=sent, at=at, **more))


def version_seen() -> int:
    """The version of the ticket that the volunteer saw. Raises `BadRequest`."""
    return number("version", 999_999_999)
