"""The queue: its lists and saved views, whether they have changed, and the next ticket."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.queue import lists
from hotline.domain.ticket import Priority
from hotline.guards import N_, rights, runtime, volunteer
from hotline.runtime import Reading
from hotline.services import showings
from hotline.services.tickets import taking, views
from hotline.services.tickets.views import NoName, TooManyViews
from hotline.storage import queues
from hotline.storage.models import Ticket
from hotline.storage.queues import Place
from hotline.web import bulk, filters, rows, strip
from hotline.web.filters import Asked
from hotline.web.forms import text

blueprint = Blueprint("queues", __name__)

_REFUSED = {
    NoName: N_("Give the view a name with a letter or a digit in it."),
    TooManyViews: N_("There are twelve views, which is all there may be. Delete one first: open it, and look under the filters."),
}


@blueprint.get("/")
def queue() -> str:
    """The whole page of the queue."""
    return _whole(filters.read(request.args, rights()), nothing="nothing" in request.args)


@blueprint.get("/queue/list")
def part() -> str:
    """The part of the page that changes while it is open."""
    return _render("queue_live.html", filters.read(request.args, rights()))


@blueprint.get("/queue/alarms")
def alarm_strip() -> str:
    """The strip of alarms by itself, for pages other than the queue."""
    with runtime().reading() as session:
        return render_template("strip.html", lines=strip.of(session, volunteer()), mark="")


@blueprint.get("/queue/version")
def version() -> Response:
    """Whether an open queue is still as its page shows it: 304 if the page's mark holds, else 204. The mark is the ETag."""
    with runtime().reading() as session:
        mark = _mark(session, filters.read(request.args, rights()), _after())
    answer = Response(status=HTTPStatus.NO_CONTENT)
    answer.set_etag(mark)
    return answer.make_conditional(request.environ)


@blueprint.post("/queue/next")
def take_next() -> Response:
    """The volunteer takes the most pressing ticket that fits, and is shown it; if there is none, the queue, which says so."""
    reference = taking.take_next(runtime(), volunteer())
    return redirect(url_for("tickets.ticket", reference=reference) if reference else url_for("queues.queue", nothing=1))


@blueprint.post("/queue/views")
def save_view() -> Response | tuple[str, int]:
    """Give a list and its filters a name."""
    asked = filters.read_query(text("query"), rights())
    try:
        views.save(runtime(), volunteer(), text("name", views.LONGEST), asked.query)
    except (NoName, TooManyViews) as fault:
        return _whole(asked, refused=_REFUSED[type(fault)], name=text("name", views.LONGEST)), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(f"{url_for('queues.queue')}?{asked.query}&done=saved")


@blueprint.post("/queue/views/<int(max=9223372036854775807):view_id>/delete")
def forget_view(view_id: int) -> Response:
    """Delete one of the volunteer's own views."""
    views.delete(runtime(), volunteer(), view_id)
    return redirect(url_for("queues.queue", done="forgotten"))


def _whole(asked: Asked, **more: Any) -> str:
    return _render("queue.html", asked, kinds=filters.kinds(), places=list(filters.places()), **more)


def _render(template: str, asked: Asked, **more: Any) -> str:
    may, after, limit = rights(), _after(), runtime().config.web.page_rows
    with runtime().reading() as session:
        mark = _mark(session, asked, after)  # read first: if tickets change in between, the page is fetched once too often
        tickets: list[Ticket] = []
        last: Ticket | None = None
        if may.works:
            found = queues.page(session, volunteer(), may, asked.filter, after=after, limit=limit + 1)
            tickets, is_full = list(found.tickets[:limit]), len(found.tickets) > limit
            last = tickets[-1] if is_full else found.looked_at
        page = render_template(
            template,
            **more,
            **_lists(session, asked),
            asked=asked,
            mark=mark,
            rows=rows.of(session, tickets),
            now=runtime().clock(),
            here=request.args.get("after"),
            after=_address(last) if last is not None else None,
            is_full=last is not None and tickets[-1:] == [last],
            looked_through=queues.looks_through(volunteer(), may, asked.filter),
            lines=strip.of(session, volunteer()),
            **bulk.on_page(session, tickets),
        )
    showings.note_list(runtime(), volunteer().id, [ticket.id for ticket in tickets], what="queue")
    return page


def _lists(session: Reading, asked: Asked) -> dict[str, Any]:
    """The lists that the volunteer may open, with the same filters, and the volunteer's views; each with its count."""
    may = rights()
    open_lists = lists(may)
    saved = [(view, filters.read_query(view.query, may)) for view in views.of(session, volunteer())] if may.works else []
    each = [*(replace(asked.filter, of=one) for one in open_lists), *(shows.filter for _, shows in saved)]
    counted = queues.counts(session, volunteer(), may, each)
    return {
        "lists": open_lists,
        "counts": dict(zip(open_lists, counted, strict=False)),
        "views": [(view, shows, count) for (view, shows), count in zip(saved, counted[len(open_lists) :], strict=True)],
        "opened": next((view for view, shows in saved if shows.query == asked.query), None),
    }


def _mark(session: Reading, asked: Asked, after: Place | None) -> str:
    """A string that changes as soon as anything that the page shows changes, and never for what the volunteer may not see.

    Ages, counts and who has a ticket open are not in it: a page is loaded anew for them once a minute.
    """
    shown = queues.shown(session, volunteer(), rights(), asked.filter, after=after, limit=runtime().config.web.page_rows + 1)
    # Hashed with a key: ids would count the tickets that the volunteer may not know of.
    return hashlib.blake2b(shown.encode(), key=runtime().config.secret_key.encode()[:64], digest_size=16).hexdigest()


def _address(last: Ticket) -> str:
    """The place of a page's last ticket, as it stands in the address of the next page."""
    # With the reference, not the id: ids would count the tickets that the volunteer may not know of.
    key = f"{last.priority}|{last.on_time:d}|{last.opened_at.isoformat()}|{last.reference}"
    return base64.urlsafe_b64encode(key.encode()).decode()


def _after() -> Place | None:
    """The place that stands in the address; None for the first page, and if it is malformed.

    Nothing is looked up, as the volunteer may not know whether there is such a ticket.
    """
    try:
        address = request.args.get("after", "").encode()
        priority, on_time, opened_at, reference = base64.urlsafe_b64decode(address).decode().split("|")
        at = datetime.fromisoformat(opened_at)
        key = Priority(int(priority)), bool(int(on_time)), at.astimezone(UTC), reference
    except (ValueError, OverflowError):
        return None
    return key if at.tzinfo is not None and re.fullmatch("[1-9][0-9]{8}", reference) else None
