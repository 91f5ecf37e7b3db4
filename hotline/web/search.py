"""The search. What the volunteer types is posted, so that no number or word is in an address, a log or a browser's history.

The address of a page of results has only hashes of the words, and the reference of a ticket. A posted answer would do without an address,
but a browser that goes back to it asks whether to send the form again, and a volunteer goes back from each ticket that was found. So what
was typed is kept with the log-in, for the box of that page, until the next search or the end of the log-in.
"""

import base64
import re
import struct
from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hotline.domain.searching import SOUGHT_MAX
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import access, showings
from hotline.services.access import NotAllowed
from hotline.services.people import login as logins
from hotline.services.tickets import search
from hotline.services.tickets.search import FoundTickets
from hotline.storage.showings import ShowingKind
from hotline.web import rows
from hotline.web.forms import text
from hotline.web.tickets import ReferenceConverter

blueprint = Blueprint("search", __name__)

_LONGEST = 200


@blueprint.get("/search")
def page() -> str:
    """The form, or the tickets found by the hashes of words in the address (`w`), from after the ticket `before`."""
    marks = _marks(request.args.get("w", ""))
    if not marks:
        return render_template("search.html")
    rt = runtime()
    showings.note_page(rt, volunteer().id, ShowingKind.SEARCH, what="found")
    with rt.reading() as session:
        before = request.args.get("before", "")
        last = access.sees(session, volunteer(), before) if re.fullmatch(ReferenceConverter.regex, before) else None
        found = search.by_words(rt, session, volunteer(), marks, before=last.id if last else None)
        return _results(session, found, w=request.args["w"], is_first=last is None, typed=_typed(marks))


@blueprint.post("/search")
def ask() -> Response | str | tuple[str, int]:
    """Open the ticket of a typed reference; else show the tickets of a typed number, or those with the typed words."""
    rt = runtime()
    typed = text("q", _LONGEST).strip()
    sought = search.parse(rt, typed)
    showings.note(rt, ShowingKind.SEARCH, volunteer_id=volunteer().id, what="search")
    with rt.reading() as session:
        for reference in sought.references:
            if access.sees(session, volunteer(), reference) is not None:
                return redirect(url_for("tickets.ticket", reference=reference))
    if sought.number is not None:
        return _by_number(sought.number, typed)
    with rt.reading() as session:
        for marks in sought.marks:
            found = search.by_words(rt, session, volunteer(), marks)
            if found.tickets and sought.left_out:  # shown here: an address must not hold words
                return _results(session, found, w=_written(marks), typed=typed, left_out=sought.left_out)
            if found.tickets:
                logins.seek(rt, current_user.login.id, typed)
                return redirect(url_for("search.page", w=_written(marks)), HTTPStatus.SEE_OTHER)
    return render_template("search.html", typed=typed, asked=bool(typed), mistyped=sought.mistyped, left_out=sought.left_out)


def _by_number(number: str, typed: str) -> str | tuple[str, int]:
    rt = runtime()
    try:
        found = search.by_number(rt, volunteer(), number)
    except NotAllowed:
        return render_template("search.html", typed=typed, no_right=True), HTTPStatus.FORBIDDEN
    if not found.tickets:
        return render_template("search.html", typed=typed, asked=True)
    with rt.reading() as session:
        return _results(session, found, typed=typed)


def _results(session: Reading, found: FoundTickets, *, w: str = "", is_first: bool = True, **more: object) -> str:
    shown = found.tickets
    page = render_template(
        "search.html",
        found=found,
        rows=rows.of(session, shown),
        now=runtime().clock(),
        w=w,
        is_first=is_first,
        # Not its id: ids would tell how many tickets the volunteer does not see.
        before=shown[-1].reference if found.more else None,
        **more,
    )
    showings.note_list(runtime(), volunteer().id, [ticket.id for ticket in shown], what="found")
    return page


def _typed(marks: tuple[int, ...]) -> str:
    """What was typed, if that is what these words were searched for by; another tab may have searched for others since."""
    typed = logins.sought(runtime(), current_user.login)
    return typed if marks in search.parse(runtime(), typed).marks else ""


def _written(marks: Sequence[int]) -> str:
    """Hashes of words in the form for an address."""
    return base64.urlsafe_b64encode(struct.pack(f">{len(marks)}q", *marks)).decode().rstrip("=")


def _marks(address: str) -> tuple[int, ...]:
    """The hashes of words in an address; () if they are not valid."""
    try:
        packed = base64.urlsafe_b64decode((address + "=" * (-len(address) % 4)).encode())
        return struct.unpack(f">{len(packed) // 8}q", packed)[:SOUGHT_MAX]
    except (ValueError, struct.error):
        return ()
