"""The JSON API for tests to text from phones, read their texts, and set faults."""

from base64 import b64decode
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from hotline.simulator.exchange import Exchange
from hotline.simulator.faults import BadFault, Faults
from hotline.simulator.messages import MAX_BODY, PHOTO_BYTES

phones = Blueprint("phones", __name__)

_LONGEST_NUMBER = 64


class NotUnderstood(ValueError):
    """The request is not valid: HTTP 400 with `{"error": …}`."""


@phones.errorhandler(NotUnderstood)
@phones.errorhandler(BadFault)
def refuse(refused: ValueError) -> tuple[Response, int]:
    return jsonify(error=str(refused)), 400


def _exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["simulator"]
    return exchange


def read_object(*, optional: bool = False) -> dict[str, Any]:
    """The JSON object of the request; if `optional`, an empty body is an empty object. Raises NotUnderstood."""
    given = request.get_json(silent=True)
    if optional and not request.content_length:
        return {}
    if not isinstance(given, dict):
        raise NotUnderstood("a JSON object is needed")
    return given


@phones.post("/phones/<number>/texts")
def send_text(number: str) -> Response:
    """{"body", "sid"?, "photo"? (base64)} → {"sid", "status", "error_code", "statuses"}.

    `status` is null if the hotline did not get it or did not answer.
    """
    request.max_content_length = 2 * PHOTO_BYTES
    given = read_object()
    body, sid = given.get("body"), given.get("sid")
    if not isinstance(body, str) or len(body) > MAX_BODY:
        raise NotUnderstood(f"body must be a text of at most {MAX_BODY} characters")
    if sid is not None and not (isinstance(sid, str) and 0 < len(sid) <= _LONGEST_NUMBER):
        raise NotUnderstood("sid must be a short text")
    if len(number) > _LONGEST_NUMBER:
        raise NotUnderstood("the number is too long")
    return jsonify(_exchange().text_from(number, body, sid, photo=_photo(given.get("photo"))).as_json())


def _photo(given: object) -> bytes:
    try:
        photo = b64decode(given or "", validate=True) if isinstance(given, str | None) else None
    except ValueError:
        photo = None
    if photo is None or len(photo) > PHOTO_BYTES:
        raise NotUnderstood(f"photo must be base64 of at most {PHOTO_BYTES} bytes")
    return photo


@phones.get("/phones/<number>/texts")
def list_texts(number: str) -> Response:
    return jsonify([message.as_phone() for message in _exchange().state.on_phone(number)])


@phones.get("/texts")
def list_all_texts() -> Response:
    """The texts of all phones."""
    return jsonify([message.as_phone() for message in _exchange().state.newest_first(lambda message: message.seen is not None)])


@phones.get("/log")
def show_log() -> Response:
    return jsonify(_exchange().state.log)


@phones.get("/faults")
def show_faults() -> Response:
    return jsonify(_exchange().state.faults.as_json())


@phones.put("/faults")
def set_faults() -> Response:
    _exchange().state.faults = Faults.from_json(read_object())
    return show_faults()


@phones.delete("/state")
def reset() -> Response:
    _exchange().reset()
    return Response(status=204)
