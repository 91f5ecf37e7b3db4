"""Who may come in (a gateway by its signature, a volunteer by a log-in), and what every answer has: headers, error pages."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, current_app, g, redirect, render_template, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from hotline.config import Config
from hotline.domain.rights import Rights, Role
from hotline.domain.ticket import MoveNotAllowed
from hotline.gateways.base import FieldMissing
from hotline.log import logger
from hotline.media.sealedaudio import RecordingBroken
from hotline.media.silence import CannotCut
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.duty.roster import NoSuchShift, ShiftMoved
from hotline.services.keeping.erasing import CannotErase
from hotline.services.people.factor import SeedUnreadable
from hotline.services.people.grants import Decided, NotPossible, NotYours
from hotline.services.tickets.custody import TakesTwo
from hotline.services.tickets.danger import NobodyActed
from hotline.services.tickets.facts import InThePast, NoSuchChoice
from hotline.services.tickets.kinds import TooLate
from hotline.services.tickets.otherphones import NoOtherPhone
from hotline.services.tickets.reach import HoursTurnedRound
from hotline.services.tickets.redaction import NoSuchMask, NothingToMask, SamePerson, StillLeaving
from hotline.services.tickets.unsending import HasLeft
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.sealed import Erased
from hotline.storage.writing import Overloaded

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORM_LIMIT_BYTES = 65_536
"""Bytes of a page's form at most. What a volunteer writes takes 60 kB at most when it is escaped."""

GATEWAY_FORM_LIMIT_BYTES = 2**21
"""Bytes of a gateway's form at most; a larger one is refused. The longest text takes 20 kB when it is escaped."""

PHONE_EVENT_LIMIT_BYTES = 2**23
"""Bytes of what a phone of ours tells at most: an MMS comes with its pictures. Operators carry 300 kB to 1 MB, which base64 makes a third
more."""

RETRY_AFTER_S = 5
"""After how many seconds a request that met an overload may be sent again."""

OPEN_TO_ALL = frozenset(
    {"health.healthz", "health.readyz", "health.metrics", "auth.login", "auth.log_in", "auth.language", "static", "prompts.clip"}
    | {"welcome.welcome", "welcome.accept"}
)
"""Endpoints open to everybody, of which /readyz and /metrics refuse who is not this machine and has no token. Webhooks check that the
request is their gateway's; every other route needs a log-in."""

_WAITING = frozenset({"auth.log_out", "welcome.waiting"})
"""Endpoints for a person whose account waits until a second person has confirmed who uses it."""

_OWN = frozenset({"auth.log_out", "factor.factor", "factor.prove", "factor.code"})
"""Endpoints for a volunteer who gave the password and not yet the second factor."""

_ACCOUNT = _OWN | _WAITING | {"account.account", "account.end", "account.end_others", "account.change_password", "account.choose"}

_ALLOWED: Mapping[str, frozenset[str]] = {
    Role.ADMINISTRATOR: _ACCOUNT
    | {
        f"people.{name}"
        for name in ("everybody", "invite", "link", "deactivate", "bring_back", "speak", "join", "ask", "take_away", "decide")
    }
    | {"gateways.page", "gateways.stop", "gateways.start", "gateways.decide", "condition.page"},
    Role.AUDITOR: _ACCOUNT
    | {"audit.book", "audit.people_book", "audit.who", "audit.codes", "tickets.ticket", "gateways.page", "condition.page"},
}
"""Role → its endpoints, for roles that work no tickets. A new page is closed to them until it is added here."""

_HOME = {Role.ADMINISTRATOR: "people.everybody", Role.AUDITOR: "audit.book"}

_CACHED = frozenset({"static", "prompts.clip"})
"""Endpoints whose answers may be cached: they are the same for everybody."""

_ASKED_BY_SCRIPTS = frozenset({"queues.version", "queues.part", "queues.alarm_strip", "replies.draft", "tickets.version", "tickets.live"})
"""Endpoints that only scripts of our pages ask: a page is of no use to them."""

FOR_GATEWAYS = ("/hooks/", "/prompts/")
"""How the paths begin that gateways request and browsers do not."""

FOR_PHONES = "/hooks/android/"
"""How the paths begin that phones of ours request."""

WRITTEN = ("body", "note", "words")
"""The form fields that hold what a volunteer wrote: a refused form is shown again with them, so that nothing is lost."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; media-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_PICTURES = frozenset({"photos.whole", "photos.preview", "looks.photo", "looks.photo_preview"})
"""Endpoints whose answers were made of what a stranger sent: opened by itself, such an answer may do nothing at all."""

_PICTURES_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""The headers of every answer."""

NO_STORE = ("Cache-Control", "no-store")
"""The header of errors, and of every answer that is not the same for everybody."""

BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_AFTER_S)})
"""Status and header of the answer to a request that came while there was too much else to do: nothing of it was done."""

_P = ParamSpec("_P")
_R = TypeVar("_R")

csrf = CSRFProtect()
login_manager = LoginManager()
login_manager.session_protection = None  # it compares X-Forwarded-For, which we do not trust, and the address of a phone changes


def runtime() -> Runtime:
    """The Runtime of this process."""
    return cast("Runtime", current_app.extensions["hotline"])


def volunteer() -> Volunteer:
    """The volunteer who is logged in. Only for views that need a log-in."""
    return cast("Volunteer", current_user.row)


def rights() -> Rights:
    """What the volunteer who is logged in may do, as it stood when the request came in."""
    return cast("Rights", current_user.rights)


def for_gateway(is_genuine: Callable[[], bool]) -> Callable[[Callable[_P, _R]], Callable[_P, _R | Response]]:
    """Make the decorator of a gateway's views, which need no log-in and no CSRF token.

    `is_genuine` checks by the gateway's own rules that a request is the gateway's. Any other request is refused before the view runs.
    """

    def guard(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
            if is_genuine():
                return view(*args, **kwargs)
            logger().warning("a webhook without the gateway's signature was refused", path=_where())
            return Response("This address is for the gateway.\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")

        guarded.__dict__["signed"] = True
        csrf.exempt(guarded)
        return guarded

    return guard


class _PageSessions(SecureCookieSessionInterface):
    """Sessions for pages only: a gateway sends no cookie and gets none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # With None Flask uses an empty session that cannot be written to.
        return None if request.path.startswith(FOR_GATEWAYS) else super().open_session(app, request)


def under_own_host(app: "WSGIApplication", public_url: str) -> "WSGIApplication":
    """Wrap the application so that every request has the Host of our public address.

    We do not trust the Host header. Werkzeug would refuse an invalid one ("a..b") before our code runs, and a signed text would be lost.
    """
    host = urlsplit(public_url).netloc

    def with_own_host(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["HTTP_HOST"] = host
        return app(environ, start_response)

    return with_own_host


def hang_guards(app: Flask, config: Config) -> None:
    """Put every guard on the app."""
    app.wsgi_app = under_own_host(app.wsgi_app, config.public_url)  # type: ignore[assignment, method-assign]  # Flask's own way
    if config.web.proxies:
        # Only the address, and only of so many entries from the right: those our own proxies wrote. All before them is what a client says.
        behind = {"x_proto": 0, "x_host": 0, "x_port": 0, "x_prefix": 0}
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.web.proxies, **behind)  # type: ignore[method-assign]  # Flask's own way
    app.session_interface = _PageSessions()
    csrf.init_app(app)
    login_manager.init_app(app, add_context_processor=False)  # it would ask the database for every page
    app.before_request(refuse_strangers)
    app.after_request(add_headers)
    for fault, (code, say) in _REFUSALS.items():
        app.register_error_handler(fault, _refuser(code, say))
    app.register_error_handler(Overloaded, _overloaded)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def refuse_strangers() -> BaseResponse | None:
    endpoint = request.endpoint
    if "\0" in request.path:  # no address of ours has NUL, and PostgreSQL refuses it
        abort(HTTPStatus.NOT_FOUND)
    if endpoint is None or endpoint in OPEN_TO_ALL:
        return None
    if current_app.view_functions[endpoint].__dict__.get("signed"):
        return None
    if not current_user.is_authenticated:
        # Not login_manager.unauthorized: it keeps an English sentence in the cookie, and leads back to addresses that take only POST.
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?") if request.method == "GET" else None))
    if current_user.waits:
        return None if endpoint in _WAITING else redirect(url_for("welcome.waiting"))
    if current_user.must_prove and endpoint not in _OWN:
        return redirect(url_for("factor.factor", next=request.full_path.rstrip("?") if request.method == "GET" else None))
    return _refuse_by_role(endpoint, current_user.row.role)


def _refuse_by_role(endpoint: str, role: str) -> BaseResponse | None:
    allowed = _ALLOWED.get(role)
    if allowed is None or endpoint in allowed:
        return None
    if endpoint != "queues.queue" or request.method == "POST":
        # An auditor learns that auditors change nothing. Otherwise neither role learns that the page exists.
        abort(HTTPStatus.FORBIDDEN if role == Role.AUDITOR and request.method == "POST" else HTTPStatus.NOT_FOUND)
    return redirect(url_for(_HOME[Role(role)]))


def inside(address: str) -> str | None:
    """The address if it is a path of this site; None otherwise, so that a form cannot lead to another site."""
    # Browsers read \ as / and drop tabs and line ends. So only printable ASCII, beginning with exactly one slash.
    return address if re.fullmatch(r"/(?!/)[!-\[\]-~]*", address) else None


def token_holds() -> bool:
    """Whether the CSRF token of this request is valid: the form is from a page of ours and of this log-in."""
    if not current_app.config.get("WTF_CSRF_ENABLED", True):
        return True
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValueError:  # WTForms' ValidationError is one
        return False
    return True


def add_headers(response: Response) -> Response:
    response.headers.update(PAGE_HEADERS)
    if request.endpoint in _PICTURES:
        response.headers["Content-Security-Policy"] = _PICTURES_POLICY
    if request.endpoint not in _CACHED or response.status_code >= HTTPStatus.BAD_REQUEST:
        response.headers.set(*NO_STORE)
    return response


def gettext(message: str) -> str:
    """The sentence in the reader's language."""
    return cast("str", g.translations.gettext(message)) if "translations" in g else message


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    return message


_REFUSALS: Mapping[type[Exception], tuple[HTTPStatus, str]] = {
    NoSuchTicket: (HTTPStatus.NOT_FOUND, N_("There is no such ticket, or it is not yours to see.")),
    NotAllowed: (HTTPStatus.FORBIDDEN, N_("That is for a lead of the ticket's team, or takes a right you do not have. Ask your lead.")),
    TakesTwo: (
        HTTPStatus.FORBIDDEN,
        N_("The numbers of this ticket are shown by two people. Go back to it and ask another person, with a reason."),
    ),
    SeedUnreadable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        N_("Your second factor cannot be checked: the keys of this hotline are missing or wrong. Tell the person who runs it."),
    ),
    NoteMissing: (HTTPStatus.UNPROCESSABLE_ENTITY, N_("Say why in a note. Go back, write it and send the form again.")),
    NoSuchChoice: (HTTPStatus.UNPROCESSABLE_ENTITY, N_("That is not on the list any more. Go back, reload the page and choose again.")),
    NoOtherPhone: (
        HTTPStatus.CONFLICT,
        N_("This ticket is on hold, sealed or urgent: another phone can be neither added nor confirmed now."),
    ),
    CannotErase: (
        HTTPStatus.CONFLICT,
        N_("The citizen cannot be erased now: a ticket of this phone is open, unread or on hold, or it is a volunteer's own phone."),
    ),
    Erased: (HTTPStatus.GONE, N_("The citizen was erased, at the citizen's own wish: nothing can be written on this ticket any more.")),
    TooLate: (HTTPStatus.CONFLICT, N_("That cannot be undone any more. Change it on the ticket's page, or ask a lead.")),
    HasLeft: (HTTPStatus.CONFLICT, N_("The text has left already: it cannot be taken back.")),
    NothingToMask: (HTTPStatus.UNPROCESSABLE_ENTITY, N_("Nothing was chosen that is not masked yet. Go back and choose again.")),
    StillLeaving: (HTTPStatus.CONFLICT, N_("This is still on its way, or a worker has it just now. Try again later.")),
    NoSuchMask: (HTTPStatus.CONFLICT, N_("Somebody was first: this is masked no longer, or was rewritten. Go back and reload the page.")),
    SamePerson: (HTTPStatus.FORBIDDEN, N_("You masked this yourself: another lead or the head has it rewritten.")),
    CannotCut: (
        HTTPStatus.CONFLICT,
        N_("This recording came in a form of which no part can be silenced. Nothing was masked. Who must not hear it can be shut out."),
    ),
    InThePast: (HTTPStatus.UNPROCESSABLE_ENTITY, N_("That time is over. Go back and choose a later one.")),
    HoursTurnedRound: (HTTPStatus.UNPROCESSABLE_ENTITY, N_("The hours must begin before they end. Go back and change them.")),
    MoveNotAllowed: (
        HTTPStatus.CONFLICT,
        N_("A ticket in this status cannot be moved there. Go back, reload the page and look at it again."),
    ),
    NobodyActed: (
        HTTPStatus.CONFLICT,
        N_(
            "Somebody is in danger and nobody has acted yet. Text or ring the citizen, or say who was brought in. "
            "A text counts once it has left. If nothing can be done, a lead says so. Then you can close it."
        ),
    ),
    NotYours: (HTTPStatus.FORBIDDEN, N_("That is not yours to do.")),
    NotPossible: (HTTPStatus.CONFLICT, N_("That cannot be done. Go back, reload the page and look again.")),
    Decided: (HTTPStatus.CONFLICT, N_("Somebody was first: it is decided. Go back and reload the page.")),
    NoSuchShift: (HTTPStatus.NOT_FOUND, N_("There is no such shift, or it is not yours to change.")),
    ShiftMoved: (HTTPStatus.CONFLICT, N_("Somebody was first: this shift is not as it was on your page. Look at the roster again.")),
    StoreFault: (HTTPStatus.SERVICE_UNAVAILABLE, N_("The recording or photo cannot be had just now. Try again in a minute.")),
    RecordingBroken: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        N_("The recording or photo does not open: its file was changed or damaged. Tell your head."),
    ),
    CSRFError: (HTTPStatus.BAD_REQUEST, N_("This form is out of date. Go back, reload the page and send it again.")),
}
"""The exceptions that refuse a volunteer, each with its status and sentence. `TicketMoved` is shown by the ticket's page."""

_SAYINGS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: N_("There is nothing at this address."),
    HTTPStatus.GONE: N_("It was erased."),
    HTTPStatus.FORBIDDEN: N_("That is not yours to do."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("That was too much at once. Send less."),
}


def _refuser(code: HTTPStatus, say: str) -> Callable[[Exception], tuple[str, int]]:
    return lambda _fault: (_page(say, code), code)


def _http_error(fault: HTTPException) -> Any:
    code = fault.code or 500
    if code < 400:
        return fault
    if request.path.startswith(FOR_GATEWAYS):
        return Response(f"{fault.name}\n", code, mimetype="text/plain")
    return _page(_SAYINGS.get(code, N_("That did not work. Go back and try again.")), code), code


def _overloaded(fault: Overloaded) -> Any:
    """The answer to any request for which the database had no time. Nothing of it was done, so it may be sent again as it is."""
    logger().warning("a request was refused: the database is busy", path=_where(), fault=str(fault))
    # A gateway sends a text again after a 503 (operator.md). Not 429: that says that the gateway asks too often.
    if request.path.startswith(FOR_GATEWAYS) or request.endpoint in _ASKED_BY_SCRIPTS:
        return Response("Try again.\n", *BUSY, mimetype="text/plain")
    say = N_("Too much is going on just now. Nothing was done. Wait some seconds, go back and send it again.")
    return _page(say, HTTPStatus.SERVICE_UNAVAILABLE), *BUSY


def _bug(fault: Exception) -> Any:
    if isinstance(fault, FieldMissing):
        return Response(f"{fault.args[0]} is missing\n", HTTPStatus.BAD_REQUEST, mimetype="text/plain")
    logger().error("a request failed", path=_where(), exc_info=fault)
    if request.path.startswith(FOR_GATEWAYS):
        return Response("Try again.\n", HTTPStatus.INTERNAL_SERVER_ERROR, mimetype="text/plain")
    say = N_("Something is broken on our side. Nothing you sent was half done. Try again; if it stays, tell your lead.")
    return _page(say, 500), 500


def _where() -> str | None:
    """Where a request went, as a log may tell it: the path of a page may name a ticket, and that of a gateway hold a secret."""
    if not request.path.startswith("/hooks/"):
        return request.endpoint
    secret = (request.view_args or {}).get("secret")
    return request.path.replace(secret, "…") if secret else request.path


def _page(say: str, code: int) -> str:
    return render_template("error.html", say=gettext(say), code=int(code), written_words=_written())


def _written() -> list[str]:
    """What the volunteer wrote in the refused form: after going back in the browser the form may be empty."""
    try:
        return [request.form[name] for name in WRITTEN if request.form.get(name, "").strip()] if token_holds() else []
    except HTTPException:  # the form is too long to be read
        return []
