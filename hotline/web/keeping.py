"""Her words survive a log-in that ended, or a form's token that did, while she typed.

A form with words carries whose it is, signed. Sent too late, the words go through the log-in page, signed and for an hour, and are
back on the ticket's page: for her alone, whoever logs in there.
"""

from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from hotline.guards import runtime
from hotline.services import replies
from hotline.services.casework import NoSuchTicket
from hotline.storage import tickets
from hotline.storage.peoplemodels import Volunteer
from hotline.web import ticketpage

_FIELDS = ("body", "note", "words")
_FORM_OPEN_S, _KEPT_S = 86_400, 3_600


def owner(reference: str) -> str:
    """What a form carries: whose it is, and of which ticket."""
    return _signer("owner").dumps([current_user.row.id, reference])


def catch_words() -> Any:
    """Before the guards: words that these would refuse are kept. None lets the request go on."""
    reference = (request.view_args or {}).get("reference")
    if request.method != "POST" or reference is None:
        return None
    words = {name: request.form[name] for name in _FIELDS if request.form.get(name, "").strip()}
    owner_id = _owner_id(request.form.get("owner", ""), reference)
    if not words or owner_id is None:
        return None
    if not current_user.is_authenticated:
        kept = _signer("kept").dumps({"owner": owner_id, "reference": reference, "words": words})
        return render_template("login.html", kept=kept), 401
    if current_user.row.id != owner_id or _is_in_time():
        return None
    return _back(current_user.row, reference, words)


def give_back(kept: str, volunteer: Volunteer) -> Any:
    """After the log-in: the page with her words on it; None if there are none, or they are another's."""
    try:
        found = _signer("kept").loads(kept, max_age=_KEPT_S)
    except BadData:
        return None
    if found["owner"] != volunteer.id:
        return None
    g.reader = volunteer
    return _back(volunteer, found["reference"], found["words"])


def _back(volunteer: Volunteer, reference: str, words: dict[str, str]) -> Any:
    if "body" in words:
        try:
            replies.keep_draft(runtime(), volunteer, reference, words["body"])
        except NoSuchTicket:
            return None
        return redirect(url_for("tickets.ticket", reference=reference, kept="1"))
    with runtime().reading() as session:
        found = tickets.seen_by(session, volunteer, reference)
        if found is None:
            return None
        kept = ticketpage.Words(note=words.get("note", ""), words=words.get("words", ""), about={"kept": True})
        return Response(ticketpage.render(session, found, kept=kept), 409, mimetype="text/html")


def _is_in_time() -> bool:
    if not current_app.config.get("WTF_CSRF_ENABLED", True):
        return True
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValueError:  # WTForms' own is one
        return False
    return True


def _owner_id(owner: str, reference: str) -> int | None:
    try:
        owner_id, of = _signer("owner").loads(owner, max_age=_FORM_OPEN_S)
    except (BadData, ValueError, TypeError):
        return None
    return int(owner_id) if of == reference else None


def _signer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(runtime().config.secret_key, salt=f"words {salt}")
