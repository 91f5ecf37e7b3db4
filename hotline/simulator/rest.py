"""The part of Twilio's REST API that the hotline uses: `/2010-04-01/Accounts/{sid}/Messages`."""

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.datastructures import MultiDict

from hotline.simulator.creation import Refused, read_new_message
from hotline.simulator.exchange import Exchange
from hotline.simulator.messages import API_VERSION, IN_FLIGHT, Message

_MAX_PAGE_SIZE = 1000

twilio = Blueprint("twilio", __name__, url_prefix=f"/{API_VERSION}/Accounts")


def error(status: int, code: int, message: str) -> Response:
    """Twilio's error body."""
    reply = jsonify(code=code, message=message, more_info=f"https://www.twilio.com/docs/errors/{code}", status=status)
    reply.status_code = status
    if status == 401:
        reply.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return reply


def not_found() -> Response:
    return error(404, 20404, f"The requested resource {request.path} was not found")


def _exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["simulator"]
    return exchange


@twilio.url_value_preprocessor
def _forget_account(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The account is checked once, below; the views need not take it."""
    if values:
        values.pop("account_sid", None)


@twilio.before_request
def _authenticate() -> Response | None:
    account, given = _exchange().account, request.authorization
    if given is None or given.type != "basic" or not account.knows(given.username, given.password):
        return error(401, 20003, "Authenticate")
    return None if request.path.split("/")[3].removesuffix(".json") == account.sid else not_found()


@twilio.get("/<account_sid>.json")
def fetch_account() -> Response:
    account = _exchange().account
    return jsonify(
        sid=account.sid,
        friendly_name="Simulator",
        status="active",
        type="Full",
        owner_account_sid=account.sid,
        date_created=None,
        date_updated=None,
        uri=request.path,
        subresource_uris={},
    )


@twilio.post("/<account_sid>/Messages.json")
def create_message() -> Response:
    exchange = _exchange()
    state = exchange.state
    time.sleep(state.faults.create_latency_ms / 1000)
    faults = state.faults
    spoilt = state.strikes("create_http_next")
    if spoilt and not faults.create_http_takes:
        return _http_error(faults.create_http_status)
    if state.strikes("create_error_next"):
        return error(400, faults.create_error_code, f"error {faults.create_error_code}, on request")
    try:
        message = exchange.take(read_new_message(request.form, exchange.account, state))
    except Refused as refused:
        return error(400, refused.code, str(refused))
    if spoilt:
        return _http_error(faults.create_http_status)
    if state.strikes("create_hang_next"):
        return _say_nothing(faults.create_hang_s)
    reply = jsonify(message.as_twilio(exchange.account.sid))
    reply.status_code = 201
    return reply


def _http_error(status: int) -> Response:
    return error(status, 20000 + status, {429: "Too Many Requests", 503: "Service unavailable"}.get(status, "Internal server error"))


def _say_nothing(silence_s: float) -> Response:
    """Hold the line, then cut it: the caller cannot know that its text was taken."""
    time.sleep(silence_s)
    line = request.environ.get("werkzeug.socket")
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


@twilio.get("/<account_sid>/Messages/<sid>.json")
def fetch_message(sid: str) -> Response:
    message = _find(sid)
    return jsonify(message.as_twilio(_exchange().account.sid)) if message else not_found()


@twilio.post("/<account_sid>/Messages/<sid>.json")
def redact_message(sid: str) -> Response:
    """Body="" erases the text in Twilio's log; no other change is known here."""
    if _find(sid) is None:
        return not_found()
    if request.form.get("Body") != "":
        return error(400, 20001, "only an empty Body can be set")
    message = _exchange().state.change(sid, body="")
    return jsonify(message.as_twilio(_exchange().account.sid)) if message else not_found()


@twilio.delete("/<account_sid>/Messages/<sid>.json")
def delete_message(sid: str) -> Response:
    message = _find(sid)
    if message is None:
        return not_found()
    if message.status in IN_FLIGHT:
        return error(409, 20009, "Unable to delete record: the message is still on its way")
    _exchange().state.change(sid, deleted=True)
    return Response(status=204)


def _find(sid: str) -> Message | None:
    message = _exchange().state.find(sid)
    return None if message is None or message.deleted else message


@twilio.get("/<account_sid>/Messages.json")
def list_messages() -> Response:
    """Newest first. The page token names the last message given, so texts that arrive meanwhile shift nothing."""
    query = request.args
    try:
        size = min(max(int(query.get("PageSize", 50)), 1), _MAX_PAGE_SIZE)
        page = max(int(query.get("Page", 0)), 0)
        before = int(query["PageToken"].removeprefix("PA")) if query.get("PageToken") else None
        wanted = _filters(query)
    except ValueError:
        return error(400, 20001, "a page or date parameter is not valid")
    found = _exchange().state.newest_first(lambda message: not message.deleted and wanted(message))
    rest = [message for message in found if before is None or message.seq < before]
    shown = rest[:size]
    more = len(rest) > size
    account_sid = _exchange().account.sid
    return jsonify(
        messages=[message.as_twilio(account_sid) for message in shown],
        page=page,
        page_size=size,
        start=page * size,
        end=page * size + max(len(shown) - 1, 0),
        uri=request.full_path.rstrip("?"),
        first_page_uri=_page_uri(query, size, 0, None),
        next_page_uri=_page_uri(query, size, page + 1, shown[-1].seq) if more else None,
        previous_page_uri=None,
    )


def _page_uri(query: "MultiDict[str, str]", size: int, page: int, last_seq: int | None) -> str:
    fields = {name: query[name] for name in ("To", "From", "DateSent", "DateSent>", "DateSent<") if name in query}
    fields |= {"PageSize": str(size), "Page": str(page)}
    if last_seq is not None:
        fields["PageToken"] = f"PA{last_seq}"
    return f"{request.path}?{urlencode(fields)}"


def _filters(query: "MultiDict[str, str]") -> Callable[[Message], bool]:
    """Twilio's filters. A text not yet sent counts by when it was made: a reconciliation must not miss it."""
    to, sender = query.get("To"), query.get("From")
    # The SDK makes midnight of a date, and a day is what this filter means.
    on = _span(query["DateSent"][: len("2026-11-23")]) if query.get("DateSent") else None
    since, until = (_span(query[name]) if query.get(name) else None for name in ("DateSent>", "DateSent<"))

    def wanted(message: Message) -> bool:
        at = message.sent_at or message.created_at
        return (
            (to is None or message.recipient == to)
            and (sender is None or message.sender == sender)
            and (on is None or on[0] <= at < on[1])
            and (since is None or at >= since[0])
            and (until is None or at < until[1])
        )

    return wanted


def _span(text: str) -> tuple[datetime, datetime]:
    """The day or the second a filter names. Raises ValueError."""
    start = datetime.fromisoformat(text)
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start
    return start, start + (timedelta(days=1) if len(text) == len("2026-11-23") else timedelta(seconds=1))
