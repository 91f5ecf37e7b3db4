"""Log in, log out, choose the language of the pages."""

import re
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, after_this_request, g, redirect, render_template, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from hotline.domain.rights import Role
from hotline.guards import FOR_GATEWAYS, login_manager, runtime
from hotline.i18n import PAGE_LANGUAGES, direction
from hotline.log import logger
from hotline.services import login as logins
from hotline.storage.db import DatabaseFault
from hotline.storage.logins import Found
from hotline.storage.peoplemodels import Volunteer
from hotline.web import keeping

blueprint = Blueprint("auth", __name__)

_NOBODYS = frozenset({"health.healthz", "static"})
"""Endpoints that are the same for everybody: they do without the database."""


_SEEN_EVERY = timedelta(minutes=5)


class LoggedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A volunteer as Flask-Login wants her, and the log-in she came by."""

    def __init__(self, key: str, found: Found) -> None:
        self.row, self.login = found.volunteer, found.login
        self.must_prove = found.needs_factor and found.login.proved_at is None
        self.keeps_people = self.row.role == Role.ADMINISTRATOR or self.row.is_head or found.leads
        self._key = key

    def get_id(self) -> str:
        """What stands in the signed cookie."""
        return self._key


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def load(cookie: str) -> LoggedIn | None:
    """Who the cookie speaks of; None if that log-in has ended."""
    found = logins.find(runtime(), cookie)
    if found is None:
        return None
    _tell_when_seen(found)
    return LoggedIn(cookie, found)


def _tell_when_seen(found: Found) -> None:
    """Her list of log-ins says when each was used last: written once the page has left, so that none waits for it."""
    rt = runtime()
    if rt.clock() - found.login.seen_at < _SEEN_EVERY:
        return

    def tell() -> None:
        try:
            logins.seen(rt, found.login.id)
        except DatabaseFault:
            logger().warning("when a log-in was used last could not be written")

    @after_this_request
    def _then(response: Response) -> Response:
        response.call_on_close(tell)
        return response


def choose_language() -> None:
    """Before each page: hers, else the one chosen on this browser, else what the browser asks for."""
    if request.path.startswith(FOR_GATEWAYS):  # a gateway reads no pages
        return
    # First without asking who she is: with the database away there is still a page that says so.
    _speak(session.get("language"))
    if request.endpoint not in _NOBODYS and current_user.is_authenticated:
        g.reader = current_user.row
        g.keeps_people = current_user.keeps_people
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
    let_in(volunteer)
    return keeping.give_back(request.form.get("kept", ""), volunteer) or redirect(
        inside(request.args.get("next", "")) or url_for("tickets.queue")
    )


def let_in(volunteer: Volunteer) -> None:
    """A log-in of hers begins on this browser."""
    rt = runtime()
    key = logins.come_in(rt, volunteer.id, request.headers.get("User-Agent", ""))
    found = logins.find(rt, key)
    session.clear()
    session.permanent = True
    if found is not None:  # else she was put out this instant
        login_user(LoggedIn(key, found))


@blueprint.post("/logout")
def log_out() -> Response:
    """Out, here: her other log-ins go on, a copy of this one's cookie does not."""
    if current_user.is_authenticated:
        logins.log_out(runtime(), current_user.row.id, current_user.login.id)
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
    return redirect(inside(request.form.get("back", "")) or url_for("tickets.queue"))


def inside(address: str) -> str | None:
    """An address on these pages, or None: nobody is led away from here."""
    # Browsers read \ as /, and leave tabs and line ends out: printable ASCII alone, and one slash to begin with.
    return address if re.fullmatch(r"/(?!/)[!-\[\]-~]*", address) else None
