"""The second factor, asked for after the password and before anything else."""

import io
from http import HTTPStatus
from typing import Any

import segno
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hotline.guards import inside, runtime, volunteer
from hotline.services.people import factor as second_factor
from hotline.services.people.login import LoginTooSoon
from hotline.web import keeping

blueprint = Blueprint("factor", __name__, url_prefix="/second-factor")


@blueprint.before_request
def is_asked() -> Response | None:
    """Whoever need not prove it (again) makes no secret: a browser left open must not be where somebody else chooses hers."""
    return None if current_user.must_prove else redirect(url_for("queues.queue"))


@blueprint.get("")
def factor() -> str:
    """The form: with a QR code and the secret while it is not yet in her app."""
    return ask_code()


@blueprint.post("")
def prove() -> Any:
    """In, or told why not."""
    kept = request.form.get("kept", "")
    try:
        second_factor.prove(runtime(), volunteer().id, current_user.login.id, request.form.get("code", ""))
    except second_factor.CodeRefused:
        return ask_code(kept=kept, refused=True), HTTPStatus.UNAUTHORIZED
    except LoginTooSoon as fault:
        return ask_code(kept=kept, wait_s=fault.args[0]), HTTPStatus.TOO_MANY_REQUESTS
    current_user.must_prove = False  # it was asked before this request
    return keeping.give_back(kept, volunteer()) or redirect(inside(request.args.get("next", "")) or url_for("queues.queue"))


@blueprint.get("/code.svg")
def code() -> Response:
    """The QR code for her app; nothing once a code of it was taken."""
    her = volunteer()
    secret = second_factor.secret(runtime(), her) if her.totp_step is None else None
    if secret is None:
        abort(HTTPStatus.NOT_FOUND)
    drawn = io.BytesIO()
    segno.make(second_factor.address(her, secret), error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def ask_code(*, kept: str = "", refused: bool = False, wait_s: int = 0) -> str:
    """The form, with words that wait for her behind it."""
    her = second_factor.prepare(runtime(), volunteer().id)
    secret = second_factor.secret(runtime(), her) if her is not None and her.totp_step is None else None
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else ""
    return render_template("factor.html", secret=spaced, kept=kept, refused=refused, wait_s=wait_s)
