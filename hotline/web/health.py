"""Tells programs how this hotline is: whether the process is alive, whether what it needs is there, and its figures for Prometheus."""

import hmac
import ipaddress
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, current_app, json, request
from flask.blueprints import BlueprintSetupState

from hotline.config import Config, is_on_this_machine
from hotline.guards import runtime
from hotline.services.condition.readiness import OK, Readiness
from hotline.web import exposition

blueprint = Blueprint("health", __name__)

_READINESS = "hotline_readiness"
_FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
"""What proxies write. A request with one of these came from elsewhere, whatever address it comes from."""


def for_programs(view: Callable[[], Response]) -> Callable[[], Response]:
    """Refuse everybody but this machine and who has the token, before anything is looked at."""

    @wraps(view)
    def guarded() -> Response:
        if _has_token(runtime().config) or _is_local(runtime().config):
            return view()
        return Response("This address is for this machine, or for a token.\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")

    return guarded


def _has_token(config: Config) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    is_it = hmac.compare_digest(given.strip().encode(), config.metrics_token.encode())
    return bool(config.metrics_token) and kind.lower() == "bearer" and is_it


def _is_local(config: Config) -> bool:
    """Whether it comes from this machine, and not through a proxy.

    Not every proxy says that it is one. Where our address is not of this machine, there may be one before us: unless [web] proxies counts
    it, we cannot tell its requests from those of this machine.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    if not is_on_this_machine(config.public_url) and not config.web.proxies:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:  # of a Unix socket: who is behind it is not known
        return False


@blueprint.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """200 while the process answers. `/readyz` and `hotline doctor` check everything else."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@blueprint.get("/readyz")
@for_programs
def readyz() -> Response:
    """200 if all that the hotline needs is there, else 503; and of each part whether it is, as JSON."""
    parts = readiness().ask()
    is_ready = all(said == OK for said in parts.values())
    said = json.dumps({"ready": is_ready, "parts": dict(parts)}, sort_keys=False, indent=1)
    return Response(f"{said}\n", HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE, mimetype="application/json")


@blueprint.get("/metrics")
@for_programs
def metrics() -> Response:
    """The figures as Prometheus reads them. It answers 200 while the database is away: then that is what it tells."""
    return Response(exposition.exposed(runtime(), readiness().ask()), content_type=exposition.CONTENT_TYPE)


@blueprint.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions[_READINESS] = Readiness(state.app.extensions["hotline"])


def readiness() -> Readiness:
    """What asks the parts, of this process."""
    return cast("Readiness", current_app.extensions[_READINESS])
