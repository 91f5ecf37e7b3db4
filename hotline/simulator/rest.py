"""Twilio's REST API for texts, as far as the hotline uses it: `/2010-04-01/Accounts/{sid}/Messages`."""

import socket
import time
from collections.abc import Callable

from flask import Response, jsonify, request

from hotline.simulator.api import api_blueprint, error, http_error, not_found, show_list, the_exchange, within
from hotline.simulator.creation import Refused, read_new_message
from hotline.simulator.messages import IN_FLIGHT, Message

twilio = api_blueprint("twilio")


@twilio.get("/<account_sid>.json")
def fetch_account() -> Response:
    account = the_exchange().account
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
    exchange = the_exchange()
    state = exchange.state
    time.sleep(state.faults.create_latency_ms / 1000)
    faults = state.faults
    fails = state.strikes("create_http_next")
    if fails and not faults.create_http_takes:
        return http_error(faults.create_http_status)
    if state.strikes("create_error_next"):
        return error(400, faults.create_error_code, f"error {faults.create_error_code}, on request")
    try:
        message = exchange.take(read_new_message(request.form, exchange.account, state))
    except Refused as refused:
        return error(400, refused.code, str(refused))
    if fails:
        return http_error(faults.create_http_status)
    if state.strikes("create_hang_next"):
        return _cut_connection(faults.create_hang_s)
    reply = jsonify(message.as_twilio(exchange.account.sid))
    reply.status_code = 201
    return reply


def _cut_connection(silence_s: float) -> Response:
    """Wait, then cut the connection, so that the hotline cannot know that the text was taken."""
    time.sleep(silence_s)
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


@twilio.get("/<account_sid>/Messages/<sid>.json")
def fetch_message(sid: str) -> Response:
    message = _find(sid)
    return jsonify(message.as_twilio(the_exchange().account.sid)) if message else not_found()


@twilio.post("/<account_sid>/Messages/<sid>.json")
def redact_message(sid: str) -> Response:
    """Body="" erases the body in Twilio's log. Other changes are refused."""
    if _find(sid) is None:
        return not_found()
    if request.form.get("Body") != "":
        return error(400, 20001, "only an empty Body can be set")
    message = the_exchange().state.change(sid, body="")
    return jsonify(message.as_twilio(the_exchange().account.sid)) if message else not_found()


@twilio.delete("/<account_sid>/Messages/<sid>.json")
def delete_message(sid: str) -> Response:
    message = _find(sid)
    if message is None:
        return not_found()
    if message.status in IN_FLIGHT:
        return error(409, 20009, "Unable to delete record: the message is still on its way")
    the_exchange().state.change(sid, deleted=True)
    return Response(status=204)


@twilio.get("/<account_sid>/Messages/<sid>/Media/<photo_sid>")
def fetch_photo(sid: str, photo_sid: str) -> Response:
    """What came with a text. (Twilio leads on to a file elsewhere.)"""
    message = _find(sid)
    photo = message.photos.get(photo_sid) if message else None
    return not_found() if photo is None else Response(photo, content_type="image/jpeg")


@twilio.get("/<account_sid>/Messages/<sid>/Media.json")
def list_photos(sid: str) -> Response:
    message = _find(sid)
    if message is None:
        return not_found()
    uri, account_sid = f"{request.path.removesuffix('.json')}/", the_exchange().account.sid
    shown = [
        {
            "account_sid": account_sid,
            "content_type": "image/jpeg",
            "date_created": None,
            "date_updated": None,
            "parent_sid": sid,
            "sid": photo_sid,
            "uri": f"{uri}{photo_sid}.json",
        }
        for photo_sid in message.photos
    ]
    return jsonify({"media_list": shown, "page": 0, "page_size": 50, "uri": request.path, "next_page_uri": None})


@twilio.delete("/<account_sid>/Messages/<sid>/Media/<photo_sid>.json")
def delete_photo(sid: str, photo_sid: str) -> Response:
    return Response(status=204) if the_exchange().state.forget_photo(sid, photo_sid) else not_found()


def _find(sid: str) -> Message | None:
    message = the_exchange().state.find(sid)
    return None if message is None or message.deleted else message


@twilio.get("/<account_sid>/Messages.json")
def list_messages() -> Response:
    """Newest first."""
    exchange = the_exchange()
    return show_list(
        "messages",
        lambda: exchange.state.newest_first(_filter()),
        lambda message: message.as_twilio(exchange.account.sid),
        filters=("To", "From", "DateSent", "DateSent>", "DateSent<"),
    )


def _filter() -> Callable[[Message], bool]:
    """Twilio's filters on texts. A text that is not sent yet has its time of creation for DateSent. Raises ValueError."""
    to, sender, sent = request.args.get("To"), request.args.get("From"), within("DateSent")

    def wanted(message: Message) -> bool:
        return (
            not message.deleted
            and (to is None or message.recipient == to)
            and (sender is None or message.sender == sender)
            and sent(message.sent_at or message.created_at)
        )

    return wanted
