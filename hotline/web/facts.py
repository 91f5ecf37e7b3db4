"""The forms for a ticket's facts, for who may see it, for another phone of the citizen's, and for passing it on."""

from datetime import datetime, time, timedelta
from http import HTTPStatus

from flask import Blueprint, request

from hotline.domain.needs import Interpreter, Only
from hotline.domain.ticket import Priority
from hotline.guards import runtime, volunteer
from hotline.services.tickets import facts, otherphones, passing, together
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.reach import reach as make_safe
from hotline.services.tickets.walkin import NoPhone
from hotline.storage.tickets import TicketMoved
from hotline.web import undoing
from hotline.web.changing import Answer, changed, version_seen, was_first
from hotline.web.forms import choice, clock_or_none, matching, moment, number, one_or_none, text
from hotline.web.ticketpage import Words, show

blueprint = Blueprint("facts", __name__)

_LARGEST_ID = 2**62 - 1


@blueprint.post("/tickets/<reference:reference>/facts")
def describe(reference: str) -> Answer:
    """Keep what is known: the category, the area, whether the citizen asks for a woman, and what is promised."""
    form, at = request.form, (runtime(), volunteer(), reference)
    category, area, woman = form.get("category", ""), form.get("area") or None, "wants_woman" in form
    if (asked := undoing.ask_first(reference, version=version_seen(), category=category)) is not None:
        return asked
    promise = (_promised_by(),) if form.get("by") or form.get("at") else None
    try:
        together.describe(*at, version=version_seen(), category=category, area=area, wants_woman=woman, promise=promise)
    except TicketMoved:
        return was_first(reference, note=text("note"))
    return undoing.after_kind(reference)


@blueprint.post("/tickets/<reference:reference>/priority")
def priority(reference: str) -> Answer:
    """Set the priority."""
    to = Priority(int(choice("priority", *(str(int(one)) for one in Priority))))
    return changed(
        reference, lambda v: facts.set_priority(runtime(), volunteer(), reference, version=v, to=to, note=text("note")), at="safety"
    )


@blueprint.post("/tickets/<reference:reference>/hold")
def hold(reference: str) -> Answer:
    """Put the ticket on hold, or lift the hold."""
    on = request.form.get("on") == "1"
    return changed(reference, lambda v: facts.hold(runtime(), volunteer(), reference, version=v, on=on, note=text("note")), at="safety")


@blueprint.post("/tickets/<reference:reference>/seal")
def seal(reference: str) -> Answer:
    """Seal the ticket."""
    kind = request.form.get("kind", "")
    return changed(reference, lambda v: facts.seal(runtime(), volunteer(), reference, version=v, kind=kind, note=text("note")), at="safety")


@blueprint.post("/tickets/<reference:reference>/unseal")
def unseal(reference: str) -> Answer:
    """Unseal the ticket."""
    return changed(reference, lambda v: facts.unseal(runtime(), volunteer(), reference, version=v, note=text("note")), at="safety")


@blueprint.post("/tickets/<reference:reference>/shut-out")
def shut_out(reference: str) -> Answer:
    """Shut a colleague out of the ticket, or let the colleague in again."""
    whom, out = number("whom"), request.form.get("out") == "1"
    return changed(reference, lambda v: facts.shut_out(runtime(), volunteer(), reference, version=v, whom=whom, out=out), at="safety")


@blueprint.post("/tickets/<reference:reference>/pass-on")
def pass_on(reference: str) -> Answer:
    """Pass the ticket on to a colleague or a team."""
    kind, _, to = matching("to", "team:.*|volunteer:[0-9]{1,18}").partition(":")
    if kind == "team":
        return changed(
            reference,
            lambda v: passing.pass_to_team(runtime(), volunteer(), reference, version=v, code=to, note=text("note")),
            done="passed",
            at="pass",
        )
    return changed(
        reference,
        lambda v: passing.pass_to(runtime(), volunteer(), reference, version=v, colleague_id=int(to), note=text("note")),
        done="passed",
        at="pass",
    )


@blueprint.post("/tickets/<reference:reference>/contact")
def reach(reference: str) -> Answer:
    """Set how the citizen may be reached, and what the citizen needs."""
    form = request.form
    wanted = SafeContact(
        may_text="may_text" in form,
        may_call="may_call" in form,
        safe_from=clock_or_none("safe_from"),
        safe_until=clock_or_none("safe_until"),
        on_hold="on_hold" in form,
        no_texts="no_texts" in form,
        no_calls="no_calls" in form,
        deaf="deaf" in form,
        only=one_or_none("only", Only),
        interpreter=one_or_none("interpreter", Interpreter),
    )
    was = form.get("was", "")
    return changed(
        reference, lambda v: make_safe(runtime(), volunteer(), reference, version=v, was=was, wanted=wanted, note=text("note")), at="safety"
    )


@blueprint.post("/tickets/<reference:reference>/phones")
def add_phone(reference: str) -> Answer:
    """Type in another phone of the citizen's."""
    typed, note = text("number", 40).strip(), text("note")
    try:
        return changed(
            reference, lambda v: otherphones.add(runtime(), volunteer(), reference, version=v, number=typed, note=note), at="phones"
        )
    except NoPhone:
        kept = Words(note=note, form=request.endpoint or "", about={"no_phone": True, "number": typed})
        return show(reference, kept=kept), HTTPStatus.BAD_REQUEST


@blueprint.post("/tickets/<reference:reference>/phones/confirm")
def confirm_phone(reference: str) -> Answer:
    """Confirm another phone of the citizen's."""
    phone_id = number("phone", _LARGEST_ID)
    return changed(reference, lambda v: otherphones.confirm(runtime(), volunteer(), reference, version=v, phone_id=phone_id), at="phones")


@blueprint.post("/tickets/<reference:reference>/phones/take-away")
def take_phone_away(reference: str) -> Answer:
    """Take another phone of the citizen's away again."""
    phone_id = number("phone", _LARGEST_ID)
    return changed(reference, lambda v: otherphones.take_away(runtime(), volunteer(), reference, version=v, phone_id=phone_id), at="phones")


def _promised_by() -> datetime | None:
    """The chosen time: the end of today or of tomorrow, or a given one, in local time; None for no promise."""
    rt = runtime()
    by = choice("by", "", "today", "tomorrow", "at", "none") or "at"  # who fills in a time means it
    if by == "none":
        return None
    if by == "at":
        return moment("at").replace(tzinfo=rt.config.zone)
    today = rt.clock().astimezone(rt.config.zone).date()
    return datetime.combine(today + timedelta(days=by == "tomorrow"), time(23, 59), rt.config.zone)
