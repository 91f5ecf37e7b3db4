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
from hotline.services.people.tries import LoginTooSoon
from hotline.web import keeping

blueprint = Blueprint("factor", __name__, url_prefix="/second-factor")


@blueprint.before_request
def is_asked() -> Response | None:
    """Lead a volunteer who need not prove it away: in a browser left open nobody else may set up the second factor."""
    return None if current_user.must_prove else redirect(url_for("queues.queue"))


@blueprint.get("")
def factor() -> str:
    """The form; with a QR code and the secret while the app does not have it."""
    return ask_code()


@blueprint.post("")
def prove() -> Any:
    """Check the code; show the form again with the reason if it is refused."""
    kept = request.form.get("kept", "")
    try:
        second_factor.prove(runtime(), volunteer().id, current_user.login.id, request.form.get("code", ""))
    except second_factor.CodeRefused:
        return ask_code(kept=kept, refused=True), HTTPStatus.UNAUTHORIZED
    except LoginTooSoon as fault:
        return ask_code(kept=kept, wait_s=fault.args[0]), HTTPStatus.TOO_MANY_REQUESTS
    current_user.must_prove = False  # the guard read it before this request proved the log-in
    return keeping.give_back(kept, volunteer()) or redirect(inside(request.args.get("next", "")) or url_for("queues.queue"))


@blueprint.get("/code.svg")
def code() -> Response:
    """The QR code for the app; 404 once a code of the app was accepted."""
    reader = volunteer()
    secret = second_factor.secret(runtime(), reader) if reader.totp_step is None else None
    if secret is None:
        abort(HTTPStatus.NOT_FOUND)
    drawn = io.BytesIO()
    segno.make(second_factor.address(reader, secret), error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def ask_code(*, kept: str = "", refused: bool = False, wait_s: int = 0) -> str:
    """The form. `kept`: words of the volunteer that are shown again after the code; `wait_s`: seconds until the next try."""
    reader = second_factor.prepare(runtime(), volunteer().id)
    secret = second_factor.secret(runtime(), reader) if reader is not None and reader.totp_step is None else None
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else ""
    return render_template("factor.html", secret=spaced, kept=kept, refused=refused, wait_s=wait_s)
