"""The API of the pretend phone, as the app serves it; `androidcontrol.py` has what a person at the phone and the network do.

POST /messages, GET and DELETE /messages/{id}, GET /inbox, GET /inbox/{id}/attachments/{part}, POST /inbox/refresh, GET and PATCH
/settings, GET, POST and DELETE /webhooks, GET /health (open to all)
"""

import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from hotline.simulator.androidcontrol import answer, cut, error, hang_control
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.androidtexts import OutText, Taken, written

_EVENTS = frozenset(
    {"sms:received", "sms:data-received", "sms:sent", "sms:delivered", "sms:failed", "sms:cancelled"}
    | {"mms:received", "mms:downloaded", "system:ping", "app:started"}
)
_MOST_LISTED = 500


def phone_blueprint(phone: AndroidPhone, *, url_prefix: str = "") -> Blueprint:
    """The API of the phone."""
    blueprint = Blueprint("androidphone", __name__, url_prefix=url_prefix or None)

    @blueprint.before_request
    def _let_in() -> Response | None:
        path = request.path.removeprefix(url_prefix)
        if path.startswith("/control/"):
            return None
        if phone.faults.off:
            return cut()
        time.sleep(phone.faults.api_slow_s)
        given = request.authorization
        wanted = f"{phone.user}:{phone.password}".encode()
        knows = given is not None and hmac.compare_digest(f"{given.username}:{given.password}".encode(), wanted)
        return None if knows or path == "/health" else error(401, "Unauthorized")

    _hang_texts(blueprint, phone)
    _hang_inbox(blueprint, phone)
    _hang_settings(blueprint, phone)
    hang_control(blueprint, phone)
    return blueprint


def create_phone_app(phone: AndroidPhone) -> Flask:
    """The phone alone as a WSGI app, to be served on loopback."""
    app = Flask(__name__)
    app.register_blueprint(phone_blueprint(phone))
    return app


def _hang_texts(blueprint: Blueprint, phone: AndroidPhone) -> None:
    @blueprint.post("/messages")
    def send() -> Response:
        if phone.strikes("api_http_next"):
            return error(phone.faults.api_http_status, "on request")
        try:
            text = phone.take(_read(request.get_json(silent=True), phone))
        except ValueError as fault:
            return error(400, str(fault))
        except Taken:
            return error(409, "Conflict")
        if phone.strikes("api_hang_next"):
            time.sleep(phone.faults.api_hang_s)
            return cut()
        return answer(_shown(text, phone), 202)

    @blueprint.get("/messages/<id_>")
    def state(id_: str) -> Response:
        text = phone.find(id_)
        return answer(_shown(text, phone), 200) if text else error(404, "Not found")

    @blueprint.delete("/messages/<id_>")
    def cancel(id_: str) -> Response:
        cancelled = phone.cancel(id_)
        if cancelled is None:
            return error(404, "Not found")
        return Response(status=204) if cancelled else error(400, "Only pending messages can be cancelled")


def _hang_inbox(blueprint: Blueprint, phone: AndroidPhone) -> None:
    @blueprint.get("/inbox")
    def inbox() -> Response:
        query = request.args
        try:
            since = _time(query.get("from", "1970-01-01T00:00:00.000Z"))
            until = _time(query["to"]) if "to" in query else phone.clock()
            limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
        except ValueError:
            return error(400, "Invalid from datetime")
        if since > until:
            return error(400, "Start date cannot be after end date")
        if not 1 <= limit <= _MOST_LISTED:
            return error(400, "limit must be between 1 and 500")
        found = [one for one in phone.inbox() if since <= one.at <= until] if query.get("type", "SMS") == "SMS" else []
        listed = [
            {
                "id": f"text:{one.number - 2**32 if one.number >= 2**31 else one.number}",
                "type": "SMS",
                "sender": one.sender,
                "recipient": phone.sims[one.sim - 1],
                "simNumber": one.sim,
                "contentPreview": one.text,
                "createdAt": written(one.at),
                "attachments": [],
            }
            for one in found[offset : offset + limit]
        ]
        made = answer(listed, 200)
        made.headers["X-Total-Count"] = str(len(found))
        return made

    @blueprint.get("/inbox/<id_>/attachments/<int:part>")
    def attachment(id_: str, part: int) -> Response:
        found = phone.mms.attachment(id_, part)
        return Response(found[1], mimetype=found[0]) if found else Response(status=404)

    @blueprint.post("/inbox/refresh")
    def refresh() -> Response:
        asked = request.get_json(silent=True) or {}
        try:
            since, until = _time(asked["since"]), _time(asked["until"])
        except (KeyError, TypeError, ValueError):
            return error(400, "Invalid request body")
        if since > until:
            return error(400, "since must be before until")
        phone.refresh(since, until, tells=bool(asked.get("triggerWebhooks")))
        return Response(status=202)


def _hang_settings(blueprint: Blueprint, phone: AndroidPhone) -> None:
    @blueprint.get("/health")
    def health() -> Response:
        return jsonify(phone.health())

    @blueprint.get("/settings")
    def settings() -> Response:
        shown = {
            name: {key: value for key, value in values.items() if key != "signing_key"} for name, values in phone.setup.settings.items()
        }
        return jsonify(shown)

    @blueprint.patch("/settings")
    def change_settings() -> Response:
        phone.change_settings(request.get_json(silent=True) or {})
        return settings()

    @blueprint.get("/webhooks")
    def hooks() -> Response:
        return answer(list(phone.setup.hooks.values()), 200)

    @blueprint.post("/webhooks")
    def add_hook() -> Response:
        given = request.get_json(silent=True) or {}
        url, event = given.get("url", ""), given.get("event")
        # The app takes https, or http to the phone itself.
        if event not in _EVENTS or not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            return error(400, "Invalid URL" if event in _EVENTS else "Unsupported event")
        hook = {"id": given.get("id") or f"hook{len(phone.setup.hooks)}", "deviceId": given.get("deviceId"), "url": url, "event": event}
        return answer(phone.setup.hang({**hook, "source": "Local"}), 201)

    @blueprint.delete("/webhooks/<id_>")
    def remove_hook(id_: str) -> Response:
        phone.setup.unhang(id_)
        return Response(status=204)


def _read(given: Any, phone: AndroidPhone) -> OutText:
    """The text in a request. Raises ValueError with the app's words."""
    if not isinstance(given, dict) or not isinstance(given.get("textMessage"), dict):
        raise ValueError("Must specify exactly one of: textMessage, dataMessage, or message")  # noqa: TRY004 - one kind for the view
    words, numbers, sim = given["textMessage"].get("text"), given.get("phoneNumbers"), given.get("simNumber")
    if not words:
        raise ValueError("Text message is empty")
    if not numbers:
        raise ValueError("phoneNumbers is empty")
    if sim is not None and sim < 1:
        raise ValueError("simNumber must be >= 1")
    ttl = given.get("ttl")
    return OutText(
        id=given.get("id") or f"made{time.monotonic_ns()}",
        to=numbers[0],
        text=words,
        sim=sim or 1,
        priority=given.get("priority") or 0,
        order=0,
        valid_until=phone.clock() + timedelta(seconds=ttl) if ttl is not None else None,
        wants_report=given.get("withDeliveryReport", True),
        parts=1,
    )


def _shown(text: OutText, phone: AndroidPhone) -> dict[str, Any]:
    recipients = [{"phoneNumber": text.to, "state": text.state, "error": text.error}]
    return {
        "id": text.id,
        "deviceId": phone.device,
        "state": text.state,
        "isHashed": False,
        "isEncrypted": False,
        "recipients": recipients,
        "states": text.states,
    }


def _time(given: str) -> datetime:
    at = datetime.fromisoformat(given)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
