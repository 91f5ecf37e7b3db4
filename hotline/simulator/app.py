"""Put the simulator together, and let only browsers and programs of this computer in."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from hotline.simulator.account import Account, is_loopback
from hotline.simulator.androidapi import phone_blueprint
from hotline.simulator.androidline import AndroidLine
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.api import error
from hotline.simulator.callers import callers
from hotline.simulator.callrest import call_api
from hotline.simulator.exchange import Exchange
from hotline.simulator.handset import handset
from hotline.simulator.messages import API_VERSION
from hotline.simulator.page import page
from hotline.simulator.phones import phones
from hotline.simulator.rest import twilio
from hotline.simulator.state import State

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends `Origin: null` with its own forms, and they would be refused.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Simulator(Flask):
    """Flask, without the path in its log line about a bug: the path contains a number."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("a bug in %s", request.endpoint, exc_info=exc_info)


def create_simulator(
    *,
    account_sid: str,
    auth_token: str,
    number: str,
    public_url: str,
    hotline_url: str | None = None,
    voice_numbers: tuple[str, ...] = (),
    keep: int = 5000,
    step_s: float = 0.1,
    android: AndroidPhone | None = None,
) -> Flask:
    """The simulator as a WSGI app, to be served on loopback.

    For `number`, `public_url`, `hotline_url` (default: `public_url`) and `voice_numbers` see `Account`. `keep` is how many texts are
    remembered, `step_s` the seconds between one status of a text and the next. `android` is a phone that carries the
    texts instead of the account; its API is below `/android`. `app.extensions["simulator"].close()` ends its threads.
    Raises ValueError if the hotline is not on this computer, or a voice number is not in E.164.
    """
    app = _Simulator(__name__)
    account = Account(
        sid=account_sid,
        token=auth_token,
        number=number,
        public_url=public_url,
        hotline_url=hotline_url or public_url,
        voice_numbers=voice_numbers,
    )
    state = State(keep=keep)
    line = AndroidLine(android, state) if android is not None else None
    app.extensions["simulator"] = Exchange(account, state, step_s=step_s, line=line)
    if android is not None:
        app.register_blueprint(phone_blueprint(android, url_prefix="/android"))
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.before_request(_refuse_strangers)
    app.after_request(_set_headers)
    app.register_error_handler(HTTPException, _show_error)
    app.register_blueprint(twilio)
    app.register_blueprint(call_api)
    app.register_blueprint(phones)
    app.register_blueprint(callers)
    app.register_blueprint(page)
    app.register_blueprint(handset)
    return app


def _refuse_strangers() -> tuple[str, int] | None:
    """Keep other sites' pages from sending texts here, by a form (Origin) or by a host name that resolves to 127.0.0.1 (Host)."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        return "the simulator answers as 127.0.0.1 or localhost only\n", 403
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return None
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"} or (
        origin is not None and origin != f"http://{request.headers['Host']}"
    ):
        return "a page of another site may not do this\n", 403
    return None


def _set_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _show_error(failure: HTTPException) -> Response | HTTPException:
    """Errors under the API look like Twilio's; others like Flask's."""
    if not request.path.startswith(f"/{API_VERSION}/"):
        return failure
    status = failure.code or 500
    return error(status, 20000 + status, failure.name)
