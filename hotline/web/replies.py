"""A volunteer writes to the citizen, with templates. The draft is counted, checked and kept until it is sent."""

from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain.holder import Holder
from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.tickets import casework, replies
from hotline.services.tickets.replies import FormSent, HolderUnsaid, NoHoursNamed, NothingWritten, ReplyRefused, SaysTooMuch
from hotline.storage.models import Contact
from hotline.storage.tickets import TicketMoved
from hotline.web.forms import one_or_none, text
from hotline.web.ticketpage import Words, go_on, show, version_seen, was_first

blueprint = Blueprint("replies", __name__)


@blueprint.post("/tickets/<reference:reference>/reply")
def reply(reference: str) -> Response | tuple[str, int]:
    """The form with three buttons: insert a template, check, send."""
    body = text("body")
    doing = request.form.get("do", "send")
    if doing == "insert":
        body = _with_template(reference, body, request.form.get("template", ""))
    if doing != "send":
        replies.keep_draft(runtime(), volunteer(), reference, body)
        return _again(reference, body, HTTPStatus.OK, saved=doing == "check" and body.strip())
    confirmed = frozenset(request.form.getlist("word"))
    try:
        holder = one_or_none("holder", Holder)
        replies.reply(runtime(), volunteer(), reference, version=version_seen(), body=body, confirmed=confirmed, holder=holder)
    except (TicketMoved, NothingWritten, ReplyRefused, SaysTooMuch, HolderUnsaid) as fault:
        replies.keep_draft(runtime(), volunteer(), reference, body)  # so that what was written is not lost
        return _not_sent(reference, body, fault)
    return go_on(reference, sent="1")


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


def _with_template(reference: str, body: str, key: str) -> str:
    with runtime().reading() as session:
        found = access.enter(session, volunteer(), reference).ticket
        said = replies.templates(runtime(), session.get_one(Contact, found.contact_id).language, found.reference).get(key)
    if said is None:
        raise BadRequest
    return f"{body.rstrip()}\n{said}" if body.strip() else said


def _not_sent(reference: str, body: str, fault: Exception) -> tuple[str, int]:
    match fault:
        case TicketMoved():
            return was_first(reference, body=body)
        case ReplyRefused():
            return _again(reference, body, HTTPStatus.CONFLICT, refused=fault.args[0])
        case HolderUnsaid():
            return _again(reference, body, HTTPStatus.UNPROCESSABLE_ENTITY, unsaid=True)
        case SaysTooMuch():
            return _again(reference, body, HTTPStatus.UNPROCESSABLE_ENTITY, asks=fault.args[0])
        case _:
            return _again(reference, body, HTTPStatus.UNPROCESSABLE_ENTITY, empty=True)


def _again(reference: str, body: str, code: HTTPStatus, **about: object) -> tuple[str, int]:
    return show(reference, kept=Words(body=body, about=about)), code
