"""She writes to the citizen: from a template if she likes, counted and read before it goes, kept until it is gone."""

from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.domain.texts import REPLIES
from hotline.guards import runtime, volunteer
from hotline.outbox import render as rendered
from hotline.services import casework, replies
from hotline.services.replies import NothingWritten, ReplyRefused, SaysTooMuch
from hotline.storage.models import Contact
from hotline.storage.tickets import TicketMoved
from hotline.web.ticketpage import Words, found_or_404, go_on, render, version_seen, was_first

blueprint = Blueprint("replies", __name__)


@blueprint.post("/tickets/<reference:reference>/reply")
def reply(reference: str) -> Response | tuple[str, int]:
    """One form, three buttons: put a template in, check it, send it."""
    body = request.form.get("body", "")
    doing = request.form.get("do", "send")
    if doing == "insert":
        body = _with_template(reference, body, request.form.get("template", ""))
    replies.keep_draft(runtime(), volunteer(), reference, body)  # whatever comes now, her words stay
    if doing != "send":
        return _again(reference, body, HTTPStatus.OK)
    confirmed = frozenset(request.form.getlist("word"))
    try:
        replies.reply(runtime(), volunteer(), reference, version=version_seen(), body=body, confirmed=confirmed)
    except TicketMoved:
        return was_first(reference, body=body)
    except NothingWritten:
        return _again(reference, body, HTTPStatus.UNPROCESSABLE_ENTITY, empty=True)
    except ReplyRefused as fault:
        return _again(reference, body, HTTPStatus.CONFLICT, refused=fault.args[0])
    except SaysTooMuch as fault:
        return _again(reference, body, HTTPStatus.UNPROCESSABLE_ENTITY, asks=fault.args[0])
    return go_on(reference, sent="1")


@blueprint.post("/tickets/<reference:reference>/draft")
def draft(reference: str) -> str:
    """Kept while she types; what it would cost, and what it gives away."""
    return render_template("counted.html", counted=replies.keep_draft(runtime(), volunteer(), reference, request.form.get("body", "")))


@blueprint.post("/tickets/<reference:reference>/number")
def number(reference: str) -> str:
    """The citizen's number, on this answer only."""
    casework.show_number(runtime(), volunteer(), reference)
    with runtime().reading() as session:
        return render(session, found_or_404(session, reference), shows_number=True)


def _with_template(reference: str, body: str, key: str) -> str:
    text = next((text for text in REPLIES if text.key == key), None)
    if text is None:
        raise BadRequest
    rt = runtime()
    with rt.reading() as session:
        found = found_or_404(session, reference)
        said = rendered(rt, text, session.get_one(Contact, found.contact_id).language, ref=found.reference)
    return f"{body.rstrip()}\n{said}" if body.strip() else said


def _again(reference: str, body: str, code: HTTPStatus, **about: object) -> tuple[str, int]:
    with runtime().reading() as session:
        return render(session, found_or_404(session, reference), kept=Words(body=body, about=about)), code
