"""The queue: its lists, whether they have changed, and the next ticket."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.queue import QueueFilter, QueueList, first_list, lists
from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status
from hotline.domain.walk import Walk
from hotline.guards import rights, runtime, volunteer
from hotline.runtime import Reading
from hotline.services.tickets import taking
from hotline.storage import calls, people, queues
from hotline.storage.models import Ticket
from hotline.storage.queues import COUNTED, Place
from hotline.web import strip

blueprint = Blueprint("queues", __name__)

_FILTERS = ("list", "status", "priority", "category")
_Enum = TypeVar("_Enum", bound=Enum)


@dataclass(frozen=True)
class _View:
    """What the address asks for, as far as the volunteer may see it."""

    rights: Rights
    asked: QueueFilter
    after: Place | None
    rows: int

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "_View":
        may = rights()
        which = _one_of(QueueList, args.get("list"))
        asked = QueueFilter(
            which if which in lists(may) else first_list(may),
            status=_one_of(Status, args.get("status")),
            priority=_one_of(Priority, args.get("priority")),
            category=next((c.code for c in runtime().categories if c.code == args.get("category")), None),
        )
        return cls(may, asked, _place(args.get("after", "")), runtime().config.web.page_rows)

    def mark(self, session: Reading) -> str:
        """A string that changes as soon as anything that the page shows changes, and never for what the volunteer may not see."""
        shown = queues.shown(session, volunteer(), self.rights, self.asked, after=self.after, limit=self.rows + 1)
        # Hashed with a key: ids would count the tickets that the volunteer may not know of.
        return hashlib.blake2b(shown.encode(), key=runtime().config.secret_key.encode()[:64], digest_size=16).hexdigest()


@blueprint.get("/")
def queue() -> str:
    """The whole page of the queue."""
    return _render("queue.html", kinds=_kinds(), nothing="nothing" in request.args)


@blueprint.get("/queue/list")
def part() -> str:
    """The part of the page that changes while it is open."""
    return _render("queue_live.html")


@blueprint.get("/queue/alarms")
def alarm_strip() -> str:
    """The strip of alarms by itself, for pages other than the queue."""
    with runtime().reading() as session:
        return render_template("strip.html", lines=strip.of(session, volunteer()), mark="")


@blueprint.get("/queue/version")
def version() -> Response:
    """Whether an open queue is still as its page shows it: 304 if the page's mark holds, else 204. The mark is the ETag."""
    with runtime().reading() as session:
        mark = _View.of(request.args).mark(session)
    answer = Response(status=HTTPStatus.NO_CONTENT)
    answer.set_etag(mark)
    return answer.make_conditional(request.environ)


@blueprint.post("/queue/next")
def take_next() -> Response:
    """The volunteer takes the most pressing ticket that fits, and is shown it; if there is none, the queue, which says so."""
    reference = taking.take_next(runtime(), volunteer())
    return redirect(url_for("tickets.ticket", reference=reference) if reference else url_for("queues.queue", nothing=1))


def _render(template: str, **more: Any) -> str:
    given = {name: value for name in _FILTERS if (value := request.args.get(name))}
    with runtime().reading() as session:
        view = _View.of(request.args)
        mark = view.mark(session)  # read first: if tickets change in between, the page is fetched once too often
        open_lists = lists(view.rights)
        shown: list[Ticket] = []
        if view.rights.works:
            shown = list(queues.page(session, volunteer(), view.rights, view.asked, after=view.after, limit=view.rows + 1))
        tickets, more_follow = shown[: view.rows], len(shown) > view.rows
        return render_template(
            template,
            **more,
            asked=view.asked,
            given=given,
            mark=mark,
            lists=open_lists,
            counts=queues.counts(session, volunteer(), view.rights, open_lists),
            counted=COUNTED,
            tickets=tickets,
            here=request.args.get("after"),
            after=_address(tickets[-1]) if more_follow else None,
            kind_names={c.code: c.names.get(g.language, c.code) for c in runtime().categories},
            names=people.names(session, (t.assignee_id for t in tickets)),
            walks={i: Walk.from_row(call.walk) for i, call in calls.of_tickets(session, [t.id for t in tickets]).items()},
            lines=strip.of(session, volunteer()),
        )


def _kinds() -> list[tuple[str, str]]:
    return sorted(((c.code, c.names.get(g.language, c.code)) for c in runtime().categories), key=lambda kind: kind[1])


def _one_of(kind: type[_Enum], value: str | None) -> _Enum | None:
    """The member that has this value; None if there is none."""
    return next((member for member in kind if str(member.value) == value), None)


def _address(last: Ticket) -> str:
    """The place of a page's last ticket, as it stands in the address of the next page."""
    # With the reference, not the id: ids would count the tickets that the volunteer may not know of.
    key = f"{last.priority}|{last.on_time:d}|{last.opened_at.isoformat()}|{last.reference}"
    return base64.urlsafe_b64encode(key.encode()).decode()


def _place(address: str) -> Place | None:
    """The place that stands in an address; None for the first page, and if it is malformed.

    Nothing is looked up, as the volunteer may not know whether there is such a ticket.
    """
    try:
        priority, on_time, opened_at, reference = base64.urlsafe_b64decode(address.encode()).decode().split("|")
        at = datetime.fromisoformat(opened_at)
        key = Priority(int(priority)), bool(int(on_time)), at.astimezone(UTC), reference
    except (ValueError, OverflowError):
        return None
    return key if at.tzinfo is not None and re.fullmatch("[1-9][0-9]{8}", reference) else None
