"""What is known of a ticket, changed from its page. Each form carries the version she saw."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain.ticket import Priority
from hotline.guards import runtime, volunteer
from hotline.services import facts
from hotline.storage import tickets
from hotline.storage.tickets import TicketMoved
from hotline.web.tickets import page_of, version_seen, was_first
from hotline.web.working import for_who_works

blueprint = Blueprint("facts", __name__, url_prefix="/tickets/<reference:reference>")

_END_OF_DAY = time(18)
"""Until when something is promised where a day was named and no hour."""


@blueprint.post("/category")
@for_who_works
def categorise(reference: str) -> Response | tuple[str, int]:
    """Its kind."""
    category = next((c for c in runtime().categories if c.code == request.form.get("category")), None)
    if category is None:
        raise BadRequest
    return _change(reference, lambda version: facts.categorise(runtime(), volunteer(), reference, version=version, category=category))


@blueprint.post("/area")
@for_who_works
def place(reference: str) -> Response | tuple[str, int]:
    """Where it happened; nothing is nowhere known."""
    area = request.form.get("area") or None
    if area is not None and area not in {a.code for a in runtime().areas}:
        raise BadRequest
    return _change(reference, lambda version: facts.place(runtime(), volunteer(), reference, version=version, area=area))


@blueprint.post("/priority")
@for_who_works
def prioritise(reference: str) -> Response | tuple[str, int]:
    """How pressing it is."""
    try:
        to = Priority(int(request.form.get("priority", "")[:2]))
    except ValueError as fault:
        raise BadRequest from fault
    return _change(reference, lambda version: facts.prioritise(runtime(), volunteer(), reference, version=version, to=to, note=_note()))


@blueprint.post("/hold")
@for_who_works
def hold(reference: str) -> Response | tuple[str, int]:
    """On hold, or no longer."""
    on = _chosen("on")
    return _change(reference, lambda version: facts.hold(runtime(), volunteer(), reference, version=version, on=on, note=_note()))


@blueprint.post("/seal")
@for_who_works
def seal(reference: str) -> Response | tuple[str, int]:
    """Sealed, or no longer."""
    on = _chosen("on")
    return _change(reference, lambda version: facts.seal(runtime(), volunteer(), reference, version=version, on=on, note=_note()))


@blueprint.post("/promise")
@for_who_works
def promise(reference: str) -> Response | tuple[str, int]:
    """Until when the citizen is promised an answer: a local date, and an hour if she knows one."""
    until = _until()
    return _change(reference, lambda version: facts.promise(runtime(), volunteer(), reference, version=version, until=until))


@blueprint.post("/woman")
@for_who_works
def want_woman(reference: str) -> Response | tuple[str, int]:
    """Whether the citizen asks for a woman."""
    wants = _chosen("wants")
    return _change(reference, lambda version: facts.want_woman(runtime(), volunteer(), reference, version=version, wants=wants))


@blueprint.post("/safe-contact")
@for_who_works
def keep_safe(reference: str) -> Response | tuple[str, int]:
    """How the phone may be reached."""
    text, call, held = ("may_text" in request.form, "may_call" in request.form, "on_hold" in request.form)
    return _change(
        reference,
        lambda version: facts.keep_safe(
            runtime(), volunteer(), reference, version=version, may_text=text, may_call=call, on_hold=held, note=_note()
        ),
    )


@blueprint.post("/pass-on")
@for_who_works
def pass_on(reference: str) -> Response | tuple[str, int]:
    """To a colleague or a team."""
    kind, _, key = request.form.get("to", "").partition(":")
    if kind not in ("volunteer", "team"):
        raise BadRequest
    to, team = (_id(key), None) if kind == "volunteer" else (None, _id(key))
    return _change(
        reference, lambda version: facts.pass_on(runtime(), volunteer(), reference, version=version, to=to, team=team, reason=_note())
    )


@blueprint.post("/shut-out")
@for_who_works
def shut_out(reference: str) -> Response | tuple[str, int]:
    """Hidden from somebody, or shown to her again."""
    whom, out = _id(request.form.get("whom", "")), _chosen("out")
    return _change(reference, lambda version: facts.shut_out(runtime(), volunteer(), reference, version=version, whom=whom, out=out))


@blueprint.post("/number")
@for_who_works
def show_number(reference: str) -> str:
    """The citizen's number, on this answer and on no other."""
    number = facts.show_number(runtime(), volunteer(), reference)
    return page_of(reference, shown_number=number or "")


def _change(reference: str, make: Callable[[int], None]) -> Response | tuple[str, int]:
    try:
        make(version_seen())
    except TicketMoved:
        return was_first(reference, note=_note())
    except facts.NoteMissing:
        return page_of(reference, note_missing=True), HTTPStatus.BAD_REQUEST
    with runtime().reading() as session:  # it may have gone out of her sight
        is_hers = tickets.seen_by(session, volunteer(), reference) is not None
    return redirect(url_for("tickets.ticket", reference=reference) if is_hers else url_for("tickets.queue"))


def _note() -> str:
    return request.form.get("note", "")[:10_000].replace("\0", "\ufffd")


def _chosen(name: str) -> bool:
    chosen = request.form.get(name)
    if chosen not in ("yes", "no"):
        raise BadRequest
    return chosen == "yes"


def _id(key: str) -> int:
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise BadRequest
    return int(key)


def _until() -> datetime | None:
    day, hour = request.form.get("day", ""), request.form.get("hour", "")
    if request.form.get("nothing") == "yes" or not day:
        return None
    rt = runtime()
    try:
        local = datetime.combine(datetime.fromisoformat(day).date(), time.fromisoformat(hour) if hour else _END_OF_DAY, rt.config.zone)
    except ValueError as fault:
        raise BadRequest from fault
    if not rt.clock() - timedelta(days=1) < local < rt.clock() + timedelta(days=366):
        raise BadRequest
    return local.astimezone(UTC)
