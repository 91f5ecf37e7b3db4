"""Call backs: the list of calls to make, and the forms on a ticket's page to make one safely."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, render_template
from werkzeug.exceptions import BadRequest

from hotline.domain import bridge as rules
from hotline.domain import phone
from hotline.domain.bridge import Bar, Came
from hotline.guards import runtime, volunteer
from hotline.services import access, showings
from hotline.services.calls import bridging, callplans
from hotline.services.calls.bridging import CallBarred
from hotline.services.calls.callplans import NoSuchText
from hotline.services.tickets import custody
from hotline.storage import bridges, sealed
from hotline.storage.models import Ticket
from hotline.web.changing import Answer, changed, go_on
from hotline.web.forms import choice, text
from hotline.web.ticketpage import Words, show

blueprint = Blueprint("bridges", __name__)


@dataclass(frozen=True)
class ToMake:
    """A promised call, as the list shows it."""

    ticket: Ticket
    number: str | None
    due: datetime
    is_late: bool
    may: bool
    bars: tuple[Bar, ...]


@blueprint.get("/calls-to-make")
def to_make() -> str:
    """The calls that were promised and not made yet: late ones first, then by the time until which they are to be made."""
    rt = runtime()
    with rt.reading() as session:
        access.working(session, volunteer())
        found, planned = [], bridges.to_make(session, volunteer())
        kept = custody.guarded(rt, session, volunteer(), {contact.id for _, _, contact in planned})
        for plan, ticket, contact in planned:
            entered = access.enter(session, volunteer(), ticket.reference)
            due = rules.due(plan.wanted_at or rt.clock(), callplans.hours(rt, contact))
            may = callplans.may_call(rt, session, entered)
            bars = callplans.bars(rt, session, entered, contact)
            number = sealed.number_of(rt.keys, contact)
            masked = number and (phone.HIDDEN if contact.id in kept else phone.masked(number))
            found.append(ToMake(ticket, masked, due, due <= rt.clock(), may, bars))
    showings.note_list(rt, volunteer().id, [one.ticket.id for one in found], what="calls to make")
    found.sort(key=lambda one: (not one.is_late, one.due))
    return render_template("callstomake.html", calls=found)


@blueprint.post("/tickets/<reference:reference>/call")
def ask(reference: str) -> Answer:
    """The volunteer asks to be joined with the citizen."""
    try:
        bridging.ask(runtime(), volunteer(), reference)
    except CallBarred as barred:
        return show(reference, kept=Words(about={"barred": barred.args[0]})), HTTPStatus.CONFLICT
    return go_on(reference, done="ringing", at="call-back")


@blueprint.post("/tickets/<reference:reference>/call/came")
def came(reference: str) -> Answer:
    """The volunteer says what came of the call."""
    bridging.came(runtime(), volunteer(), reference, Came(choice("came", *Came)))
    return go_on(reference, done="saved", at="call-back")


@blueprint.post("/tickets/<reference:reference>/call/word")
def keep_word(reference: str) -> Answer:
    """Write down the code word that the citizen named, or take it out."""
    word = text("word", callplans.LONGEST_WORD)
    return changed(reference, lambda v: callplans.keep_word(runtime(), volunteer(), reference, version=v, word=word), at="call-back")


@blueprint.post("/tickets/<reference:reference>/call/agreed")
def agreed(reference: str) -> Answer:
    """Record that the citizen wrote that we may call, and in which text."""
    try:
        at = datetime.fromisoformat(text("written_at", 40))
        return changed(reference, lambda v: callplans.agreed(runtime(), volunteer(), reference, version=v, written_at=at), at="call-back")
    except (ValueError, NoSuchText):
        raise BadRequest from None


@blueprint.post("/tickets/<reference:reference>/call/urge")
def urge(reference: str) -> Answer:
    """Record why silence is deadlier than a call."""
    return changed(reference, lambda v: callplans.urge(runtime(), volunteer(), reference, version=v, note=text("note")), at="call-back")


@blueprint.post("/tickets/<reference:reference>/call/promise")
def promise(reference: str) -> Answer:
    """Put the ticket into the list of calls to make."""
    return changed(reference, lambda v: callplans.promise(runtime(), volunteer(), reference, version=v), at="call-back")


@blueprint.post("/tickets/<reference:reference>/call/give-up")
def give_up(reference: str) -> Answer:
    """Take the ticket from the list of calls to make, with the reason why none is made."""
    return changed(reference, lambda v: callplans.give_up(runtime(), volunteer(), reference, version=v, note=text("note")), at="call-back")
