"""The facts of a ticket, who may see it, and passing it on: one form each."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain.ticket import Priority
from hotline.guards import runtime, volunteer
from hotline.services.tickets import facts, passing
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.reach import reach as make_safe
from hotline.storage.tickets import TicketMoved
from hotline.web.ticketpage import go_on, note_written, version_seen, was_first

blueprint = Blueprint("facts", __name__)

Answer = Response | tuple[str, int]


@blueprint.post("/tickets/<reference:reference>/facts")
def describe(reference: str) -> Answer:
    """Kind, area, whether she asks for a woman."""
    form = request.form
    category, area, woman = form.get("category", ""), form.get("area") or None, "wants_woman" in form
    return _done(
        reference,
        lambda version: facts.describe(runtime(), volunteer(), reference, version=version, category=category, area=area, wants_woman=woman),
    )


@blueprint.post("/tickets/<reference:reference>/priority")
def priority(reference: str) -> Answer:
    """How pressing it is."""
    given = request.form.get("priority", "")
    if given not in {str(int(one)) for one in Priority}:
        raise BadRequest
    to = Priority(int(given))
    return _done(reference, lambda v: facts.set_priority(runtime(), volunteer(), reference, version=v, to=to, note=note_written()))


@blueprint.post("/tickets/<reference:reference>/promise")
def promise(reference: str) -> Answer:
    """Promised by: today, tomorrow, an instant, or not at all."""
    by = _instant(request.form.get("by", ""), request.form.get("at", ""))
    return _done(reference, lambda v: facts.promise(runtime(), volunteer(), reference, version=v, by=by))


@blueprint.post("/tickets/<reference:reference>/hold")
def hold(reference: str) -> Answer:
    """On hold, or no more."""
    on = request.form.get("on") == "1"
    return _done(reference, lambda v: facts.hold(runtime(), volunteer(), reference, version=v, on=on, note=note_written()))


@blueprint.post("/tickets/<reference:reference>/seal")
def seal(reference: str) -> Answer:
    """Seen by one team only."""
    kind = request.form.get("kind", "")
    return _done(reference, lambda v: facts.seal(runtime(), volunteer(), reference, version=v, kind=kind, note=note_written()))


@blueprint.post("/tickets/<reference:reference>/unseal")
def unseal(reference: str) -> Answer:
    """Seen by others again."""
    return _done(reference, lambda v: facts.unseal(runtime(), volunteer(), reference, version=v, note=note_written()))


@blueprint.post("/tickets/<reference:reference>/shut-out")
def shut_out(reference: str) -> Answer:
    """Somebody must not see it, or may again."""
    whom, out = _id(request.form.get("whom", "")), request.form.get("out") == "1"
    return _done(reference, lambda v: facts.shut_out(runtime(), volunteer(), reference, version=v, whom=whom, out=out))


@blueprint.post("/tickets/<reference:reference>/pass-on")
def pass_on(reference: str) -> Answer:
    """To a colleague or a team."""
    kind, _, to = request.form.get("to", "").partition(":")
    if kind == "team":
        return _done(
            reference,
            lambda v: passing.pass_to_team(runtime(), volunteer(), reference, version=v, code=to, note=note_written()),
            done="passed",
        )
    colleague_id = _id(to)
    return _done(
        reference,
        lambda v: passing.pass_to(runtime(), volunteer(), reference, version=v, colleague_id=colleague_id, note=note_written()),
        done="passed",
    )


@blueprint.post("/tickets/<reference:reference>/contact")
def reach(reference: str) -> Answer:
    """How the citizen may be reached."""
    form = request.form
    wanted = SafeContact(
        may_text="may_text" in form,
        may_call="may_call" in form,
        safe_from=_clock(form.get("safe_from", "")),
        safe_until=_clock(form.get("safe_until", "")),
        on_hold="on_hold" in form,
    )
    was = form.get("was", "")
    return _done(reference, lambda v: make_safe(runtime(), volunteer(), reference, version=v, was=was, wanted=wanted, note=note_written()))


def _done(reference: str, change: Callable[[int], None], *, done: str = "saved") -> Answer:
    try:
        change(version_seen())
    except TicketMoved:
        return was_first(reference, note=note_written())
    return go_on(reference, done=done)


def _instant(by: str, at: str) -> datetime | None:
    """The end of today or of tomorrow, or an instant, in local time."""
    rt = runtime()
    today = rt.clock().astimezone(rt.config.zone).date()
    if by == "none":
        return None
    if by in ("today", "tomorrow"):
        return datetime.combine(today + timedelta(days=by == "tomorrow"), time(23, 59), rt.config.zone)
    try:
        local = datetime.fromisoformat(at)
    except ValueError as fault:
        raise BadRequest from fault
    if not 2000 <= local.year <= 2999:
        raise BadRequest
    return local.replace(tzinfo=rt.config.zone)


def _clock(written: str) -> time | None:
    if not written:
        return None
    try:
        return time.fromisoformat(written).replace(tzinfo=None)
    except ValueError as fault:
        raise BadRequest from fault


def _id(written: str) -> int:
    if not written.isascii() or not written.isdigit() or len(written) > 18:
        raise BadRequest
    return int(written)
