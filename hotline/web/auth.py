"""Log in, log out, choose the language of the pages."""

import re
from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from hotline.guards import FOR_GATEWAYS, login_manager, runtime
from hotline.i18n import PAGE_LANGUAGES, direction
from hotline.services import login as logins
from hotline.storage import people
from hotline.storage.peoplemodels import Volunteer

blueprint = Blueprint("auth", __name__)

_NOBODYS = frozenset({"health.healthz", "static"})
"""Endpoints that are the same for everybody: they do without the database."""


class LoggedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A volunteer as Flask-Login wants her. A log-in ends when her password changes."""

    def __init__(self, row: Volunteer) -> None:
        self.row = row

    def get_id(self) -> str:
        """What stands in the signed cookie."""
        return f"{self.row.id}:{self.row.session_key}"


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def load(cookie: str) -> LoggedIn | None:
    """Who the cookie speaks of; None if that log-in has ended."""
    volunteer_id, _, key = cookie.partition(":")
    if not volunteer_id.isdigit():
        return None
    with runtime().reading() as rows:
        row = people.volunteer(rows, int(volunteer_id))
    return LoggedIn(row) if row is not None and row.session_key == key else None


def choose_language() -> None:
    """Before each page: hers, else the one chosen on this browser, else what the browser asks for."""
    if request.path.startswith(FOR_GATEWAYS):  # a gateway reads no pages
        return
    # First without asking who she is: with the database away there is still a page that says so.
    _speak(session.get("language"))
    if request.endpoint not in _NOBODYS and current_user.is_authenticated:
        g.reader = current_user.row
        _speak(g.reader.page_language)


def _speak(language: str | None) -> None:
    if language not in PAGE_LANGUAGES:
        # In her order, ur-PK for ur: Werkzeug's best match prefers a later en to it.
        asked = (code.partition("-")[0].lower() for code in request.accept_languages.values())
        language = next((code for code in asked if code in PAGE_LANGUAGES), "en")
    g.language, g.direction = language, direction(language)
    g.translations = runtime().catalogues.translations(language)


@blueprint.get("/login")
def login() -> str | Response:
    """The form."""
    if current_user.is_authenticated:
        return redirect(url_for("tickets.queue"))
    return render_template("login.html")


@blueprint.post("/login")
def log_in() -> tuple[str, int] | Response:
    """In, or told why not."""
    name = request.form.get("login", "")
    try:
        volunteer = logins.log_in(runtime(), name, request.form.get("password", ""))
    except logins.LoginRefused:
        return render_template("login.html", refused=True, login=name), HTTPStatus.UNAUTHORIZED
    except logins.LoginTooSoon as fault:
        return render_template("login.html", wait_s=fault.args[0], login=name), HTTPStatus.TOO_MANY_REQUESTS
    session.clear()
    session.permanent = True
    login_user(LoggedIn(volunteer))
    return redirect(_inside(request.args.get("next", "")) or url_for("tickets.queue"))


@blueprint.post("/logout")
def log_out() -> Response:
    """Out, here and wherever else she is logged in: a copied cookie must not outlive it."""
    if current_user.is_authenticated:
        logins.log_out(runtime(), current_user.row.id)
    logout_user()
    session.clear()
    session["language"] = g.language  # the form to log in again
    return redirect(url_for("auth.login"))


@blueprint.post("/language")
def language() -> Response:
    """The pages speak that language from now on."""
    chosen = request.form.get("language", "")
    if chosen in PAGE_LANGUAGES:
        if current_user.is_authenticated:
            logins.choose_page_language(runtime(), current_user.row.id, chosen)
        else:
            session["language"] = chosen
    return redirect(_inside(request.form.get("back", "")) or url_for("tickets.queue"))


def _inside(address: str) -> str | None:
    """An address on these pages, or None: nobody is led away from here."""
    # Browsers read \ as /, and leave tabs and line ends out: printable ASCII alone, and one slash to begin with.
    return address if re.fullmatch(r"/(?!/)[!-\[\]-~]*", address) else None
