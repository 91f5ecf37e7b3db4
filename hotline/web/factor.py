"""The second factor, asked for after the password and before anything else."""

import io
from http import HTTPStatus

import segno
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.services import factor as second_factor
from hotline.services.login import LoginTooSoon
from hotline.web.auth import inside

blueprint = Blueprint("factor", __name__, url_prefix="/second-factor")


@blueprint.get("")
def factor() -> str | Response:
    """The form: with a QR code and the secret while it is not yet in her app."""
    return _form() if current_user.must_prove else redirect(url_for("tickets.queue"))


@blueprint.post("")
def prove() -> tuple[str, int] | Response:
    """In, or told why not."""
    try:
        second_factor.prove(runtime(), volunteer().id, current_user.login.id, request.form.get("code", ""))
    except second_factor.CodeRefused:
        return _form(refused=True), HTTPStatus.UNAUTHORIZED
    except LoginTooSoon as fault:
        return _form(wait_s=fault.args[0]), HTTPStatus.TOO_MANY_REQUESTS
    return redirect(inside(request.args.get("next", "")) or url_for("tickets.queue"))


@blueprint.get("/code.svg")
def code() -> Response:
    """The QR code for her app; nothing once a code of it was taken."""
    her = volunteer()
    if her.totp_secret is None or her.totp_step is not None:
        abort(HTTPStatus.NOT_FOUND)
    drawn = io.BytesIO()
    segno.make(second_factor.address(her), error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def _form(*, refused: bool = False, wait_s: int = 0) -> str:
    her = second_factor.prepare(runtime(), volunteer().id)
    secret = her.totp_secret if her is not None and her.totp_step is None else None
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else ""
    return render_template("factor.html", secret=spaced, refused=refused, wait_s=wait_s)
