"""A volunteer opens a one-time link and chooses a password."""

from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.guards import runtime
from hotline.services.people import invitations
from hotline.services.people import login as logins
from hotline.services.people.account import SHORTEST_PASSWORD, PasswordTooShort
from hotline.storage.peoplemodels import Volunteer
from hotline.web.auth import let_in

blueprint = Blueprint("welcome", __name__, url_prefix="/welcome")


@blueprint.get("/<token>")
def welcome(token: str) -> str | tuple[str, int]:
    """The form. Opening it does not use up the link: a program that previews links may open it."""
    try:
        return _form(invitations.invited(runtime(), token))
    except invitations.LinkNotGood:
        return render_template("welcome.html", name=None), HTTPStatus.NOT_FOUND


@blueprint.post("/<token>")
def accept(token: str) -> Response | tuple[str, int]:
    """Set the password and log the volunteer in; the guard then asks for a second factor if one is needed."""
    try:
        volunteer = invitations.accept(runtime(), token, request.form.get("password", ""))
    except PasswordTooShort:
        return _form(invitations.invited(runtime(), token), too_short=True), HTTPStatus.BAD_REQUEST
    except invitations.LinkNotGood:
        return render_template("welcome.html", name=None), HTTPStatus.NOT_FOUND
    if volunteer.password_hash is None:  # the first time: keep the language of this page
        logins.choose_page_language(runtime(), volunteer.id, g.language)
    let_in(volunteer)
    return redirect(url_for("queues.queue"))


def _form(invited: Volunteer, *, too_short: bool = False) -> str:
    return render_template("welcome.html", name=invited.name, login=invited.login, too_short=too_short, shortest=SHORTEST_PASSWORD)
