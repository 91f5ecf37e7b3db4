"""A volunteer opens a one-time link and chooses a password; until somebody has confirmed who that was, there is one page only."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hotline.guards import BUSY, runtime
from hotline.services.people import invitations, passwords
from hotline.storage.peoplemodels import Volunteer
from hotline.web import words
from hotline.web.auth import let_in

blueprint = Blueprint("welcome", __name__)


@blueprint.get("/welcome/<token>")
def welcome(token: str) -> str | tuple[str, int]:
    """The form. Opening it does not use up the link: a program that previews links may open it."""
    try:
        return _form(invitations.invited(runtime(), token))
    except invitations.LinkNotGood:
        return render_template("welcome.html", name=None), HTTPStatus.NOT_FOUND


@blueprint.post("/welcome/<token>")
def accept(token: str) -> Any:
    """Set the password and log the volunteer in; the guard then asks for a second factor if one is needed."""
    try:
        # The first time the language of this page is kept.
        volunteer = invitations.accept(runtime(), token, request.form.get("password", ""), page_language=g.language)
    except passwords.PasswordsBusy as fault:
        return _form(invitations.invited(runtime(), token), fault), *BUSY
    except (passwords.PasswordTooShort, passwords.PasswordCommon) as fault:
        return _form(invitations.invited(runtime(), token), fault), HTTPStatus.BAD_REQUEST
    except invitations.LinkNotGood:
        return render_template("welcome.html", name=None), HTTPStatus.NOT_FOUND
    let_in(volunteer)
    return redirect(url_for("queues.queue"))


@blueprint.get("/waiting")
def waiting() -> str | Response:
    """The page of an account that waits until a second person has confirmed who uses it."""
    return render_template("waiting.html") if current_user.waits else redirect(url_for("queues.queue"))


def _form(invited: Volunteer, fault: Exception | None = None) -> str:
    say = words.PASSWORDS[type(fault)] if fault is not None else ""
    return render_template("welcome.html", name=invited.name, login=invited.login, say=say, shortest=passwords.SHORTEST)
