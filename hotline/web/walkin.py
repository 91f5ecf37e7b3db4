"""The walk-in form, for a citizen who comes in person, and the slip with the reference for that citizen."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.languages import TEXT_LANGUAGES
from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.tickets import walkin
from hotline.services.tickets.walkin import Complaint, FormUsed, NoPhone
from hotline.web.forms import choice, matching, text

blueprint = Blueprint("walkin", __name__)


@blueprint.get("/walk-in")
def form() -> str:
    """An empty form."""
    return show({})


@blueprint.post("/walk-in")
def take_down() -> Response | tuple[str, int]:
    """Open the ticket, and show the slip."""
    complaint = _complaint()
    if not complaint.words:
        return show(request.form, fault="no_words"), HTTPStatus.BAD_REQUEST
    try:
        reference = walkin.take_down(runtime(), volunteer(), complaint)
    except NoPhone:
        return show(request.form, fault="no_phone"), HTTPStatus.BAD_REQUEST
    except FormUsed as used:
        # With a fresh token: otherwise the form would be refused again.
        return show(request.form, fault="used", used=used.args[0]), HTTPStatus.CONFLICT
    return redirect(url_for("walkin.slip", reference=reference))


@blueprint.get("/tickets/<reference:reference>/slip")
def slip(reference: str) -> str:
    """The slip to print, with the nine digits of the reference."""
    rt = runtime()
    with rt.reading() as session:
        found = walkin.slip(rt, session, volunteer(), reference)
        sees_ticket = access.sees(session, volunteer(), reference) is not None
    return render_template("slip.html", reference=found.reference, sees_ticket=sees_ticket)


def _complaint() -> Complaint:
    return Complaint(
        token=matching("token", "[0-9a-f]{32}"),
        words=text("words").strip(),
        language=choice("language", *TEXT_LANGUAGES),
        number=text("number").strip(),
        category=choice("category", "", *(c.code for c in runtime().categories)) or None,
        wants_woman="wants_woman" in request.form,
    )


def show(kept: Mapping[str, str], *, fault: str | None = None, used: str | None = None) -> str:
    """The form with what was written before (`kept`), and why it was not taken; `used`: the reference of the ticket it opened."""
    return render_template(
        "walkin.html",
        kept=kept,
        language=kept.get("language") or runtime().config.conversation.default_language,
        token=(kept.get("token") if fault != "used" else None) or secrets.token_hex(16),
        categories=runtime().categories,
        fault=fault,
        used=used,
    )
