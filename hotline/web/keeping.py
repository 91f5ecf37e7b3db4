"""What a volunteer wrote is kept if the log-in, or the form's CSRF token, ends before the form is sent.

A form with words carries a signed note of its owner and its place. If it is sent too late, the whole form is signed and goes through
the log-in page; within an hour it is shown again on the page where it was written, and only if its owner logs in.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from flask import redirect, request, url_for
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

from hotline.guards import WRITTEN, runtime
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import replies
from hotline.storage import people
from hotline.storage.peoplemodels import Volunteer
from hotline.web import danger, roster, ticketpage, walkin
from hotline.web.forms import clean

_FORM_OPEN_S, _KEPT_S = 86_400, 3_600
_NOT_KEPT = frozenset({"owner", "csrf_token", "code"})


def owner(place: str) -> str:
    """The signed note in a form: the volunteer's id, and the place: a ticket's reference, else the endpoint that takes the form."""
    return _signer("owner").dumps([current_user.row.id, place])


def owner_id() -> int | None:
    """The id of the volunteer whose form this request is; None if there are no words in it, or the note is not valid for this place."""
    if request.method != "POST" or not any(request.form.get(name, "").strip() for name in (*WRITTEN, "status")):
        return None
    try:
        whose, place = _signer("owner").loads(request.form.get("owner", ""), max_age=_FORM_OPEN_S)
    except (BadData, ValueError, TypeError):
        return None
    return int(whose) if place == (_reference() or request.endpoint) else None


def keep(whose: int) -> str:
    """The form of this request, signed, for a hidden field of the log-in page."""
    form = {name: value for name, value in request.form.items() if name not in _NOT_KEPT}
    return _signer("kept").dumps({"owner": whose, "reference": _reference(), "endpoint": request.endpoint, "form": form})


def give_back(kept: str, volunteer: Volunteer) -> Any:
    """The page with the kept words; None if there are none, they are another volunteer's, or this one may not see the page any more."""
    try:
        found = _signer("kept").loads(kept, max_age=_KEPT_S)
    except BadData:
        return None
    with runtime().reading() as session:
        if found["owner"] != volunteer.id or not people.rights(session, volunteer).works:
            return None
    if found["reference"] is None:
        return _PAGES[found["endpoint"]](found["form"]), HTTPStatus.CONFLICT
    return _to_ticket(volunteer, found["reference"], found["endpoint"], found["form"])


_PAGES: Mapping[str, Callable[[Mapping[str, str]], str]] = MappingProxyType(
    {"walkin.take_down": lambda form: walkin.show(form, fault="kept"), "roster.hand_over": roster.sheets, "danger.break_seal": danger.kept}
)
"""Endpoint → the page of its form with the kept words, for forms that belong to no ticket."""


def _to_ticket(volunteer: Volunteer, reference: str, endpoint: str, form: Mapping[str, str]) -> Any:
    if "body" in form:
        try:
            replies.keep_draft(runtime(), volunteer, reference, clean(form["body"]))
        except NoSuchTicket:
            return None
    if "body" in form and not form.get("note", "").strip() and not form.get("status"):
        return redirect(url_for("tickets.ticket", reference=reference, kept="1"))
    words = ticketpage.Words(
        note=form.get("note", ""), status=form.get("status", ""), words=form.get("words", ""), form=endpoint, about={"kept": True}
    )
    try:
        return ticketpage.show(reference, kept=words), HTTPStatus.CONFLICT
    except NoSuchTicket:
        return None


def _reference() -> str | None:
    return (request.view_args or {}).get("reference")


def _signer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(runtime().config.secret_key, salt=f"words {salt}")
