"""The first look: the list of what waits, one screen for each text and recording, and what is said of it."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.look import LookAnswer
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import showings
from hotline.services.tickets import casework, looking
from hotline.services.tickets import photos as seeing
from hotline.services.tickets.looking import Given, NotHeard, SomebodyWasFirst
from hotline.storage import looks, photos
from hotline.storage.db import DatabaseFault
from hotline.storage.models import Message
from hotline.storage.showings import ShowingKind
from hotline.web import numberpanel
from hotline.web.forms import choice
from hotline.web.photopanel import OnPage, on_page
from hotline.web.photos import handed_out, small
from hotline.web.recordings import played

blueprint = Blueprint("looks", __name__, url_prefix="/looks")

_COUNTED = 100
"""How far what waits is counted: nobody needs the number of more."""

_LOOK = "/<int(max=9223372036854775807):look_id>"
_KEYS = {
    LookAnswer.DANGER: "1",
    LookAnswer.KIND: "2",
    LookAnswer.PLACE: "3",
    LookAnswer.ORDINARY: "4",
    LookAnswer.NOT_OURS: "5",
    LookAnswer.ELSEWHERE: "6",
    LookAnswer.HOLD: "7",
    LookAnswer.UNSURE: "8",
}
"""The key of each answer."""


@blueprint.get("")
def waiting() -> str:
    """What waits for a look, the most pressing first."""
    rt = runtime()
    with rt.reading() as session:
        found = looking.waiting(rt, session, volunteer(), limit=rt.config.web.page_rows)
        return render_template("looks.html", waiting=found, **_goals())


@blueprint.post("/next")
def take_next() -> Response:
    """Show the volunteer what is most pressing."""
    return _next()


@blueprint.get(_LOOK)
def look(look_id: int) -> Any:
    """One text or recording, and what can be said of it."""
    return _show(look_id)


@blueprint.get(f"{_LOOK}/audio")
def audio(look_id: int) -> Response:
    """The recording of a look. To have it is stored."""
    rt = runtime()
    with rt.reading() as session:
        recording = looking.to_hear(session, volunteer(), look_id)
    return played(recording, lambda: looking.hear(rt, volunteer(), look_id))


@blueprint.get(f"{_LOOK}/photos/<int(min=1,max=99):number>")
def photo(look_id: int, number: int) -> Response:
    """A photo of the text of a look. That somebody was shown it is stored."""
    rt = runtime()
    with rt.reading() as session:
        found = seeing.to_see_in_look(session, volunteer(), look_id, number)
    return handed_out(found, lambda: seeing.see_in_look(rt, volunteer(), look_id, number))


@blueprint.get(f"{_LOOK}/photos/<int(min=1,max=99):number>/preview")
def photo_preview(look_id: int, number: int) -> Response:
    """The small blurred picture of a photo."""
    with runtime().reading() as session:
        return small(session, seeing.to_see_in_look(session, volunteer(), look_id, number))


@blueprint.post(_LOOK)
def answer(look_id: int) -> Any:
    """What the volunteer says; the next one is shown at once."""
    said = LookAnswer(choice("answer", *LookAnswer))
    fields = {name: request.form.get(name, "")[:40] for name in ("kind", "area", "reference")}
    try:
        counts = looking.answer(runtime(), volunteer(), look_id, Given(said, **fields))
    except SomebodyWasFirst:
        return _next(done="first")
    except NotHeard:
        return _show(look_id, not_heard=True)
    return _next(done="looked" if counts else "second")


def counted() -> str:
    """How many wait for the reader, for the links at the top of every page; nothing if that cannot be told just now."""
    if "first_looks" not in g:
        rt, number = runtime(), 0
        try:
            with rt.reading() as session:
                number = looks.count(session, volunteer(), now=rt.clock(), most=_COUNTED + 1)
        except DatabaseFault:
            pass  # the page itself says what is wrong
        g.first_looks = f"{_COUNTED}+" if number > _COUNTED else str(number or "")
    return str(g.first_looks)


def _next(*, done: str | None = None) -> Response:
    found = looking.take_next(runtime(), volunteer())
    if found is not None:
        return redirect(url_for("looks.look", look_id=found, done=done))
    return redirect(url_for("looks.waiting", done="looked_all" if done == "looked" else done))


def _show(look_id: int, *, not_heard: bool = False) -> Any:
    rt = runtime()
    try:
        with rt.reading() as session:
            shown = looking.shown(session, volunteer(), look_id)
            numberpanel.keep_from(session, (one.contact_id for one in (shown.waiting.ticket, shown.message) if one is not None))
            page = render_template(
                "look.html",
                shown=shown,
                not_heard=not_heard,
                keys=_KEYS,
                categories=rt.categories,
                areas=rt.areas,
                photos=_photos(session, shown.message),
                **_goals(),
            )
    except SomebodyWasFirst:
        return _next(done="first")
    if shown.waiting.ticket is not None:
        casework.view(rt, volunteer(), shown.waiting.ticket.reference)
    else:
        showings.note_page(rt, volunteer().id, ShowingKind.TEXT, what="first look")
    return (page, HTTPStatus.CONFLICT) if not_heard else page


def _photos(session: Reading, message: Message | None) -> list[OnPage]:
    return [on_page(n, one) for n, one in enumerate(photos.of_message(session, message.id), 1)] if message is not None else []


def _goals() -> dict[str, Any]:
    rt = runtime()
    return {
        "goals": looking.goals(rt, rt.clock()),
        "duty": rt.config.duty,
        "kind_names": {c.code: c.names.get(g.language, c.code) for c in rt.categories},
    }
