"""Twilio's REST API for calls and recordings: `/2010-04-01/Accounts/{sid}/Calls` and `…/Recordings`."""

from collections.abc import Callable

from flask import Response, jsonify, request

from hotline.simulator.api import api_blueprint, error, http_error, not_found, show_list, the_exchange, within
from hotline.simulator.callcreation import read_new_call
from hotline.simulator.calls import Call
from hotline.simulator.creation import Refused
from hotline.simulator.recordings import Recording
from hotline.simulator.switchboard import Switchboard

_RECORDING = "<string(length=34):sid>"


def _is_open_audio() -> bool:
    return request.endpoint == "call_api.fetch_audio" and the_exchange().state.faults.media_open


call_api = api_blueprint("call_api", open_to_all=_is_open_audio)


def _switchboard() -> Switchboard:
    return the_exchange().switchboard


def _show(call: Call, *, status: int = 200) -> Response:
    reply = jsonify(call.as_twilio(the_exchange().account.sid))
    reply.status_code = status
    return reply


@call_api.post("/<account_sid>/Calls.json")
def create_call() -> Response:
    exchange = the_exchange()
    if exchange.state.strikes("call_http_next"):
        return http_error(exchange.state.faults.call_http_status)
    try:
        call = read_new_call(request.form, exchange.account, api_url=request.host_url.rstrip("/"))
    except Refused as refused:
        return error(400, refused.code, str(refused))
    reply = _show(call, status=201)
    _switchboard().place(call)
    return reply


@call_api.get("/<account_sid>/Calls/<sid>.json")
def fetch_call(sid: str) -> Response:
    call = _find(sid)
    return _show(call) if call else not_found()


def _find(sid: str) -> Call | None:
    call = _switchboard().book.find(sid)
    return None if call is None or call.deleted else call


@call_api.delete("/<account_sid>/Calls/<sid>.json")
def delete_call(sid: str) -> Response:
    """Takes the call from the log, and none of the calls to the phones that it rang."""
    call = _find(sid)
    if call is None:
        return not_found()
    if not call.over:
        return error(409, 20009, "Unable to delete record: the call is still under way")
    with call.lock:
        call.deleted = True
    return Response(status=204)


@call_api.post("/<account_sid>/Calls/<sid>.json")
def change_call(sid: str) -> Response:
    """Status=canceled or Status=completed ends the call. Other changes are refused, though Twilio knows them."""
    call = _find(sid)
    if call is None:
        return not_found()
    status = request.form.get("Status", "")
    if status not in {"canceled", "completed"} or "Url" in request.form or "Twiml" in request.form:
        return error(400, 20001, "only Status can be set, to canceled or completed")
    with call.lock:
        _switchboard().stop(call, status)
    return _show(call)


@call_api.get("/<account_sid>/Calls.json")
def list_calls() -> Response:
    return show_list(
        "calls",
        lambda: _switchboard().book.newest_first(_filter()),
        lambda call: call.as_twilio(the_exchange().account.sid),
        filters=("To", "From", "Status", "ParentCallSid", "StartTime", "StartTime>", "StartTime<", "EndTime", "EndTime>", "EndTime<"),
    )


def _filter() -> Callable[[Call], bool]:
    """Twilio's filters on calls. A call that was not answered has its time of creation for StartTime. Raises ValueError."""
    query = request.args
    to, sender, status, parent = (query.get(name) for name in ("To", "From", "Status", "ParentCallSid"))
    started, ended = within("StartTime"), within("EndTime")
    by_end = any(name.startswith("EndTime") for name in query)

    def wanted(call: Call) -> bool:
        return (
            not call.deleted
            and (to is None or call.recipient == to)
            and (sender is None or call.sender == sender)
            and (status is None or call.status == status)
            and (parent is None or call.parent_sid == parent)
            and started(call.started_at or call.created_at)
            and (not by_end or (call.ended_at is not None and ended(call.ended_at)))
        )

    return wanted


# Recordings


@call_api.get("/<account_sid>/Recordings.json")
def list_recordings() -> Response:
    return _recordings(request.args.get("CallSid"))


@call_api.get("/<account_sid>/Calls/<sid>/Recordings.json")
def list_recordings_of_call(sid: str) -> Response:
    return _recordings(sid) if _find(sid) else not_found()


def _recordings(call_sid: str | None) -> Response:
    account_sid, api_url = the_exchange().account.sid, request.host_url.rstrip("/")
    created = ("DateCreated", "DateCreated>", "DateCreated<")

    def find() -> list[Recording]:
        made = within("DateCreated")
        return [one for one in _switchboard().book.recordings_newest_first(call_sid) if made(one.created_at)]

    return show_list("recordings", find, lambda one: one.as_twilio(account_sid, api_url), filters=("CallSid", *created))


@call_api.get(f"/<account_sid>/Recordings/{_RECORDING}.json")
def fetch_recording(sid: str) -> Response:
    recording = _switchboard().book.recording(sid)
    return jsonify(recording.as_twilio(the_exchange().account.sid, request.host_url.rstrip("/"))) if recording else not_found()


@call_api.get(f"/<account_sid>/Recordings/{_RECORDING}")
@call_api.get(f"/<account_sid>/Recordings/{_RECORDING}.wav")
def fetch_audio(sid: str) -> Response:
    """The audio as WAV. (Twilio also has it as MP3.)"""
    audio = _switchboard().book.audio(sid)
    return not_found() if audio is None else Response(audio, content_type="audio/x-wav")


@call_api.delete(f"/<account_sid>/Recordings/{_RECORDING}.json")
def delete_recording(sid: str) -> Response:
    return Response(status=204) if _switchboard().book.forget(sid) else not_found()
