"""The JSON API for tests to make and take calls, and to set how volunteers' phones take calls."""

import base64
import binascii
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, jsonify, request

from hotline.simulator import audio
from hotline.simulator.api import the_exchange
from hotline.simulator.caller import KEYS, Impossible
from hotline.simulator.calls import Call
from hotline.simulator.creation import E164
from hotline.simulator.dialling import SCRIPTS
from hotline.simulator.phones import NotUnderstood, read_object, refuse
from hotline.simulator.switchboard import Switchboard

callers = Blueprint("callers", __name__)
callers.register_error_handler(NotUnderstood, refuse)

_LONGEST_NUMBER = 64
_MOST_KEYS = 100
_MOST_ON_DUTY = 1000
_SPEECH_BYTES = 14_000_000  # ten minutes, in base64


class NoSuchCall(LookupError):
    """HTTP 404 with `{"error": …}`."""


@callers.errorhandler(NoSuchCall)
def _not_there(_missing: NoSuchCall) -> tuple[Response, int]:
    return jsonify(error="there is no such call"), 404


@callers.errorhandler(Impossible)
def _conflict(impossible: Impossible) -> tuple[Response, int]:
    return jsonify(error=str(impossible)), 409


def _switchboard() -> Switchboard:
    return the_exchange().switchboard


@contextmanager
def _held(sid: str) -> Iterator[Call]:
    """The call, with its lock held. Raises NoSuchCall."""
    call = _find(sid)
    with call.lock:
        yield call


def _find(sid: str) -> Call:
    call = _switchboard().book.find(sid)
    if call is None:
        raise NoSuchCall
    return call


@callers.post("/phones/<number>/calls")
def call_from(number: str) -> Response:
    """{"to"?, "withheld"?, "withheld_as"?} → the call."""
    given = read_object()
    numbers = the_exchange().account.called_numbers
    to, withheld, shown_as = given.get("to", numbers[0]), given.get("withheld", False), given.get("withheld_as", "anonymous")
    if to not in numbers:
        raise NotUnderstood("to must be a number of the account")
    if not isinstance(withheld, bool) or not isinstance(shown_as, str) or len(shown_as) > _LONGEST_NUMBER:
        raise NotUnderstood("withheld must be true or false, withheld_as a short text")
    if len(number) > _LONGEST_NUMBER:
        raise NotUnderstood("the number is too long")
    call = _switchboard().call_from(number, to=to, shown_as=shown_as if withheld else number, api_url=request.host_url.rstrip("/"))
    return jsonify(call.as_json())


@callers.get("/calls")
def list_calls() -> Response:
    """Newest first; `?phone=` shows those of one phone."""
    phone = request.args.get("phone")
    return jsonify([call.as_json() for call in _switchboard().book.newest_first(lambda call: phone in {None, call.phone})])


@callers.get("/calls/<sid>")
def show_call(sid: str) -> Response:
    return jsonify(_find(sid).as_json())


@callers.post("/calls/<sid>/keys")
def press(sid: str) -> Response:
    """{"digits", "then_silence"?} → the call."""
    given = read_object()
    digits, then_silence = given.get("digits"), given.get("then_silence", False)
    if not isinstance(digits, str) or not 0 < len(digits) <= _MOST_KEYS or set(digits) - set(KEYS):
        raise NotUnderstood("digits must be keys: 0 to 9, * and #")
    if not isinstance(then_silence, bool):
        raise NotUnderstood("then_silence must be true or false")
    with _held(sid) as call:
        _switchboard().caller.press(call, digits, then_silence=then_silence)
        return jsonify(call.as_json())


@callers.post("/calls/<sid>/silence")
def stay_silent(sid: str) -> Response:
    """→ the call. If the phone rings, it rings until the call ends as no-answer."""
    with _held(sid) as call:
        if call.rings:
            _switchboard().turn_down(call, "no-answer")
        else:
            _switchboard().caller.stay_silent(call)
        return jsonify(call.as_json())


@callers.post("/calls/<sid>/speech")
def speak(sid: str) -> Response:
    """{"seconds" or "wav_base64", "end"?} → the call. `end`: a finish key, silence (the default), max_length or hangup."""
    request.max_content_length = _SPEECH_BYTES
    given = read_object()
    end = given.get("end", "silence")
    if not isinstance(end, str):
        raise NotUnderstood("end must be a text")
    said = read_speech(given)
    with _held(sid) as call:
        _switchboard().caller.speak(call, said, end=end)
        return jsonify(call.as_json())


def read_speech(given: dict[str, Any]) -> bytes:
    """The audio to say: the given WAV, or a warble of the given length. Raises NotUnderstood."""
    if "wav_base64" in given:
        try:
            return audio.as_telephone(base64.b64decode(given["wav_base64"], validate=True))
        except (ValueError, TypeError, binascii.Error) as bad:
            raise NotUnderstood(f"wav_base64: {bad}") from None
    return audio.tone(read_seconds(given.get("seconds")))


def read_seconds(given: object) -> float:
    """A length of sound in seconds. Raises NotUnderstood."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or not 0 <= given <= audio.MAX_SECONDS:
        raise NotUnderstood(f"seconds must be from 0 to {audio.MAX_SECONDS}")
    return float(given)


@callers.post("/calls/<sid>/hangup")
def hang_up(sid: str) -> Response:
    """{"seconds"?} → the call. In a Record, that many seconds (default 1) were recorded; 0: nothing is recorded or requested."""
    seconds = read_seconds(read_object(optional=True).get("seconds", 1))
    with _held(sid) as call:
        _switchboard().caller.hang_up(call, seconds=seconds)
        return jsonify(call.as_json())


@callers.post("/calls/<sid>/answer")
def answer(sid: str) -> Response:
    with _held(sid) as call:
        _switchboard().pick_up(call)
        return jsonify(call.as_json())


@callers.post("/calls/<sid>/reject")
def reject(sid: str) -> Response:
    with _held(sid) as call:
        _switchboard().turn_down(call, "busy")
        return jsonify(call.as_json())


@callers.get("/duty")
def show_duty() -> Response:
    return jsonify(_switchboard().dialling.duty)


@callers.put("/duty")
def set_duty() -> Response:
    """{number: script}, which replaces all scripts. A number that is not named does not pick up."""
    given = read_object()
    if len(given) > _MOST_ON_DUTY:
        raise NotUnderstood("too many numbers")
    for number, script in given.items():
        if not E164.fullmatch(number):
            raise NotUnderstood("a number is not in E.164")
        if not isinstance(script, str) or script not in SCRIPTS:
            raise NotUnderstood(f"a script is one of {', '.join(SCRIPTS)}")
    _switchboard().dialling.duty = given
    the_exchange().state.touch()
    return show_duty()
