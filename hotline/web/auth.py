"""Logging in and out, and the language of the pages."""

import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, after_this_request, g, redirect, render_template, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from hotline.domain.languages import PAGE_LANGUAGES, SOURCE
from hotline.domain.rights import Role
from hotline.guards import BUSY, FOR_GATEWAYS, inside, login_manager, runtime, token_holds
from hotline.i18n import direction
from hotline.log import logger
from hotline.services.people import login as logins
from hotline.services.people.passwords import PasswordsBusy
from hotline.services.people.tries import LoginTooSoon
from hotline.storage.db import DatabaseFault
from hotline.storage.logins import OpenLogin
from hotline.storage.peoplemodels import Volunteer
from hotline.web import factor, keeping

blueprint = Blueprint("auth", __name__)

_NOBODYS = frozenset({"health.healthz", "health.readyz", "health.metrics", "static"})
"""Endpoints that are the same for everybody and must not need the database."""


_SEEN_EVERY = timedelta(minutes=5)
_KNOWN_FOR_S = 90 * 86_400


class LoggedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A volunteer in the form that Flask-Login needs, with the log-in of this browser."""

    def __init__(self, key: str, found: OpenLogin) -> None:
        self.row, self.login, self.rights = found.volunteer, found.login, found.rights
        self.waits = not found.volunteer.confirmed
        self.must_prove = found.needs_factor and found.login.proved_at is None
        self.keeps_people = self.row.role == Role.ADMINISTRATOR or self.row.is_head or bool(self.rights.leads)
        self._key = key

    def get_id(self) -> str:
        """What Flask-Login stores in the signed cookie: the log-in's key."""
        return self._key


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def load(cookie: str) -> LoggedIn | None:
    """The volunteer of the cookie's key; None if that log-in has ended."""
    found = logins.find(runtime(), cookie)
    if found is None:
        return None
    _tell_when_seen(found)
    return LoggedIn(cookie, found)


def _tell_when_seen(found: OpenLogin) -> None:
    """Store when the log-in was used last, for the list of log-ins. It is written after the page was sent, so that no page waits for it."""
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
    """Before each page: set the volunteer's language, else the one chosen in this browser, else the one the browser asks for."""
    if request.path.startswith(FOR_GATEWAYS):  # a gateway reads no pages
        return
    # First without the volunteer: if the database is away, the page that says so needs a language.
    _speak(session.get("language"))
    if request.endpoint not in _NOBODYS and current_user.is_authenticated:
        _is_read_by(current_user)


def _is_read_by(reader: LoggedIn) -> None:
    g.reader, g.keeps_people = reader.row, reader.keeps_people
    _speak(reader.row.page_language)


def _speak(language: str | None) -> None:
    if language not in PAGE_LANGUAGES:
        # In the browser's order, with ur-PK taken as ur: Werkzeug's best_match would prefer a later en to ur-PK.
        asked = (code.partition("-")[0].lower() for code in request.accept_languages.values())
        language = next((code for code in asked if code in PAGE_LANGUAGES), SOURCE)
    g.language, g.direction = language, direction(language)
    g.translations = runtime().catalogues.translations(language)


def catch_words() -> Any:
    """Before the guards: keep what a volunteer wrote in a form that they would refuse. None lets the request go on."""
    if request.path.startswith(FOR_GATEWAYS):  # the guard reads the form: the signature is of its raw bytes
        return None
    whose = keeping.owner_id()
    if whose is None:
        return None
    if not current_user.is_authenticated:
        return render_template("login.html", kept=keeping.keep(whose)), HTTPStatus.UNAUTHORIZED
    if current_user.row.id != whose or current_user.waits:
        return None
    if current_user.must_prove:
        return factor.ask_code(kept=keeping.keep(whose)), HTTPStatus.UNAUTHORIZED
    return None if token_holds() else keeping.give_back(keeping.keep(whose), current_user.row)


@blueprint.get("/login")
def login() -> str | Response:
    """The form to log in."""
    if current_user.is_authenticated:
        return redirect(url_for("queues.queue"))
    return render_template("login.html")


@blueprint.post("/login")
def log_in() -> Any:
    """Log in; show the form again with the reason if that is refused."""
    name = request.form.get("login", "")
    known = _Known(name)
    try:
        volunteer = logins.log_in(
            runtime(),
            name,
            request.form.get("password", ""),
            browser=known.browser(),
            address=request.remote_addr,
            code=request.form.get("code", ""),
        )
    except logins.LoginRefused:
        return render_template("login.html", refused=True, login=name), HTTPStatus.UNAUTHORIZED
    except LoginTooSoon as fault:
        return render_template("login.html", wait_s=fault.args[0], login=name), HTTPStatus.TOO_MANY_REQUESTS
    except PasswordsBusy:
        return render_template("login.html", busy=True, login=name), *BUSY
    known.remember()
    let_in(volunteer)
    back, kept = None, request.form.get("kept", "")
    if kept and current_user.is_authenticated and not current_user.waits:
        back = factor.ask_code(kept=kept) if current_user.must_prove else keeping.give_back(kept, volunteer)
    return back or redirect(inside(request.args.get("next", "")) or url_for("queues.queue"))


class _Known:
    """The cookie that marks a browser in which this login was used before. It gives no access: tries from there are counted apart."""

    def __init__(self, login: str) -> None:
        login = logins.spelt(login)
        self._name = f"known-{logins.hashed(login)[:16]}"  # one cookie for each login: several people may share a browser
        self._signer = URLSafeTimedSerializer(runtime().config.secret_key, salt=f"known {login}")

    def browser(self) -> str | None:
        """The random name of this browser; None if the login was not used in it, or not for long."""
        try:
            return str(self._signer.loads(request.cookies.get(self._name, ""), max_age=_KNOWN_FOR_S))
        except BadData:
            return None

    def remember(self) -> None:
        """Set the cookie: the volunteer has logged in."""
        cookie = self._signer.dumps(self.browser() or secrets.token_hex(16))

        @after_this_request
        def _then(response: Response) -> Response:
            secure = runtime().config.public_url.startswith("https://")
            response.set_cookie(
                self._name, cookie, max_age=_KNOWN_FOR_S, path=url_for("auth.login"), secure=secure, httponly=True, samesite="Lax"
            )
            return response


def let_in(volunteer: Volunteer) -> None:
    """Begin a log-in of the volunteer in this browser."""
    rt = runtime()
    key = logins.come_in(rt, volunteer, request.headers.get("User-Agent", ""))
    found = logins.find(rt, key)
    session.clear()
    session.permanent = True
    if found is not None:  # None: the account was closed, or the password ended, this instant
        login_user(reader := LoggedIn(key, found))
        _is_read_by(reader)


@blueprint.post("/logout")
def log_out() -> Response:
    """End this log-in, so that a copy of its cookie is useless; the volunteer's other log-ins go on."""
    if current_user.is_authenticated:
        logins.log_out(runtime(), current_user.row.id, current_user.login.id)
    logout_user()
    session.clear()
    session["language"] = g.language  # for the form to log in again
    return redirect(url_for("auth.login"))


@blueprint.post("/language")
def language() -> Response:
    """Set the language of the pages: of the volunteer, or of this browser if nobody is logged in."""
    chosen = request.form.get("language", "")
    if chosen in PAGE_LANGUAGES:
        if current_user.is_authenticated:
            logins.choose_page_language(runtime(), current_user.row.id, chosen)
        else:
            session["language"] = chosen
    return redirect(inside(request.form.get("back", "")) or url_for("queues.queue"))
