"""A volunteer answers the citizen: a text, a status and a note with one form, begun by a template or a macro. The draft is counted, checked
and kept until it is sent."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType

from flask import Blueprint, g, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain import segments
from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.holder import Holder
from hotline.domain.ticket import MOVES, Status
from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.tickets import casework, replies, together
from hotline.services.tickets.protocols import StepsMissing
from hotline.services.tickets.replies import FormSent, HolderUnsaid, NoHoursNamed, NothingWritten, ReplyRefused, SaysTooMuch
from hotline.storage.models import Contact
from hotline.storage.tickets import TicketMoved
from hotline.web import mentions
from hotline.web.changing import go_on, version_seen, was_first
from hotline.web.forms import one_or_none, text
from hotline.web.ticketpage import Words, show, whole
from hotline.web.timeline import Place

blueprint = Blueprint("replies", __name__)


@blueprint.post("/tickets/<reference:reference>/reply")
def reply(reference: str) -> Response | tuple[str, int]:
    """The form with its buttons: put in a template or a macro, plain characters, check, send. Where a part is refused nothing is done."""
    written = Words(text("note"), text("status", 20), body=text("body"))
    doing = request.form.get("do", "send")
    if doing == "insert":
        written = _with_template(reference, written, request.form.get("template", ""))
    if doing == "plain":
        body = written.body or ""
        written = replace(written, body=segments.plainer(replies.clean(body)) or body)
    if doing != "send":
        replies.keep_draft(runtime(), volunteer(), reference, written.body or "")
        return _again(reference, written, HTTPStatus.OK, saved=doing in {"check", "plain"} and (written.body or "").strip())
    try:
        uncalled = together.answer(
            runtime(),
            volunteer(),
            reference,
            version=version_seen(),
            body=written.body or "",
            confirmed=frozenset(request.form.getlist("word")),
            holder=one_or_none("holder", Holder),
            to=one_or_none("status", Status),
            note=written.note,
            told=one_or_none("told", HowTold),
            call=mentions.called(),
        )
    except (TicketMoved, NothingWritten, ReplyRefused, SaysTooMuch, HolderUnsaid, StepsMissing, HowToldMissing) as fault:
        replies.keep_draft(runtime(), volunteer(), reference, written.body or "")  # so that what was written is not lost
        return _not_sent(reference, written, fault)
    return mentions.went_on(reference, uncalled, sent="1")


@blueprint.post("/tickets/<reference:reference>/agree")
def agree(reference: str) -> Response | tuple[str, int]:
    """A lead agrees to one text about a ticket on hold."""
    note = text("note")
    try:
        replies.agree(runtime(), volunteer(), reference, version=version_seen(), note=note)
    except TicketMoved:
        return was_first(reference, note=note)
    except ReplyRefused as fault:
        return show(reference, kept=Words(note=note, form=request.endpoint or "", about={"refused": fault.args[0]})), HTTPStatus.CONFLICT
    except NoHoursNamed:
        return show(reference, kept=Words(note=note, form=request.endpoint or "", about={"no_hours": True})), HTTPStatus.CONFLICT
    return go_on(reference, done="saved")


@blueprint.post("/tickets/<reference:reference>/draft")
def draft(reference: str) -> str | tuple[str, int]:
    """Keep the draft while the volunteer types; answer what it would cost and which words give the ticket away."""
    body = text("body")
    try:
        counted = replies.keep_draft(runtime(), volunteer(), reference, body, typed_at=version_seen())
    except FormSent:
        return "", HTTPStatus.CONFLICT
    return render_template("counted.html", counted=counted)


@blueprint.post("/tickets/<reference:reference>/number")
def number(reference: str) -> str:
    """Show the citizen's whole number, on this one page."""
    casework.show_number(runtime(), volunteer(), reference)
    return show(reference, shows_number=True)


@blueprint.post("/tickets/<reference:reference>/numbers")
def numbers(reference: str) -> str:
    """Show the numbers in what was written whole, on this one page; with the place `at` of a text or note on the page of that."""
    casework.show_said_numbers(runtime(), volunteer(), reference)
    g.shows_said_numbers = True
    place = Place.read(text("at", 40))
    return show(reference) if place is None else whole(reference, place)


def _with_template(reference: str, written: Words, key: str) -> Words:
    """The form with a template or a macro put in behind what stands there already. Raises `BadRequest`."""
    macro = next((one for one in runtime().macros if f"macro_{one.code}" == key), None)
    with runtime().reading() as session:
        found = access.enter(session, volunteer(), reference).ticket
        known = replies.templates(runtime(), session.get_one(Contact, found.contact_id).language, found.reference)
    said = known.get(macro.text or "", "") if macro is not None else known.get(key)
    if said is None:
        raise BadRequest
    body = _behind(written.body or "", said)
    if macro is None:
        return replace(written, body=body)
    status = macro.status if macro.status in MOVES[Status(found.status)] else None
    return replace(written, body=body, status=status or written.status, note=_behind(written.note, macro.note[g.language]))


def _behind(before: str, more: str) -> str:
    """What stands in a box with more put in behind it."""
    return "\n".join(one for one in (before.rstrip(), more) if one)


def _not_sent(reference: str, written: Words, fault: Exception) -> tuple[str, int]:
    if isinstance(fault, TicketMoved):
        return was_first(reference, note=written.note, status=written.status, body=written.body)
    code, about = _FAULTS[type(fault)]
    return _again(reference, written, code, **{about: fault.args[0] if fault.args else True})


_FAULTS: Mapping[type[Exception], tuple[HTTPStatus, str]] = MappingProxyType(
    {
        ReplyRefused: (HTTPStatus.CONFLICT, "refused"),
        StepsMissing: (HTTPStatus.CONFLICT, "steps_missing"),
        HolderUnsaid: (HTTPStatus.UNPROCESSABLE_ENTITY, "unsaid"),
        SaysTooMuch: (HTTPStatus.UNPROCESSABLE_ENTITY, "asks"),
        HowToldMissing: (HTTPStatus.UNPROCESSABLE_ENTITY, "told"),
        NothingWritten: (HTTPStatus.UNPROCESSABLE_ENTITY, "empty"),
    }
)
"""Why an answer was not sent: the status, and what the page says about it. `TicketMoved` is shown by the ticket's page."""


def _again(reference: str, written: Words, code: HTTPStatus, **about: object) -> tuple[str, int]:
    return show(reference, kept=replace(written, about=about)), code
