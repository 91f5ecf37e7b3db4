"""Calls from the page: its forms, and the sounds of a call for the browser to play."""

import io
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from hotline.simulator import audio
from hotline.simulator.api import the_exchange
from hotline.simulator.caller import Impossible
from hotline.simulator.calls import Call
from hotline.simulator.creation import E164
from hotline.simulator.dialling import SCRIPTS
from hotline.simulator.interpreter import LARGEST_AUDIO
from hotline.simulator.page import LONGEST_NUMBER, render_page
from hotline.simulator.switchboard import Switchboard
from hotline.simulator.webhooks import ask

handset = Blueprint("handset", __name__, url_prefix="/handset")

_FILE_BYTES = 40_000_000  # three minutes at 48 kHz in stereo


def _switchboard() -> Switchboard:
    return the_exchange().switchboard


@handset.errorhandler(Impossible)
def _refuse(refused: Impossible) -> tuple[str, int]:
    """The page, with the reason why it could not be done. HTTP 409."""
    return render_page(notice=str(refused)), 409


@handset.post("/call")
def call_hotline() -> AnyResponse:
    """number, to, withheld → a call."""
    number = request.form.get("number", "").strip()[:LONGEST_NUMBER]
    to = request.form.get("to", "")
    if not number or to not in the_exchange().account.called_numbers:
        raise Impossible("this number cannot be called")
    shown_as = "anonymous" if "withheld" in request.form else number
    _switchboard().call_from(number, to=to, shown_as=shown_as, api_url=request.host_url.rstrip("/"))
    return _back_to(number)


@handset.post("/<sid>")
def act(sid: str) -> AnyResponse:
    """Do something in a call. `digits` is a key to press; without it `do` is answer, reject, hangup, silence or speak."""
    request.max_content_length = _FILE_BYTES
    call, digits = _find(sid), request.form.get("digits", "")
    with call.lock:
        if digits:
            _switchboard().caller.press(call, digits[:1])
        else:
            _do(call, request.form.get("do", ""))
    return _back_to(call.phone)


def _do(call: Call, what: str) -> None:
    switchboard = _switchboard()
    match what:
        case "answer":
            switchboard.pick_up(call)
        case "reject":
            switchboard.turn_down(call, "busy")
        case "silence" if call.rings:
            switchboard.turn_down(call, "no-answer")
        case "silence":
            switchboard.caller.stay_silent(call)
        case "hangup":
            switchboard.caller.hang_up(call)
        case "speak":
            switchboard.caller.speak(call, _said(), end=request.form.get("end", "silence"))
        case _:
            raise Impossible("nothing was asked for")


def _said() -> bytes:
    """The sound of the file in the form, or a warble of the given length. Raises Impossible."""
    given = request.files.get("wav")
    try:
        if given is not None and (sound := given.read()):
            return audio.as_telephone(sound)
        seconds = float(request.form.get("seconds") or 5)
    except ValueError as bad:
        raise Impossible(str(bad)) from None
    if not 0 <= seconds <= audio.MAX_SECONDS:
        raise Impossible(f"seconds must be from 0 to {audio.MAX_SECONDS}")
    return audio.tone(seconds)


@handset.post("/duty")
def change_duty() -> AnyResponse:
    """number, script → how a volunteer's phone takes a call from now on."""
    number, script = request.form.get("number", "").strip(), request.form.get("script", "")
    if not E164.fullmatch(number) or script not in SCRIPTS:
        raise Impossible("a volunteer's number begins with + and the country")
    dialling = _switchboard().dialling
    dialling.duty = {**dialling.duty, number: script}
    the_exchange().state.touch()
    return redirect("/#duty", 303)


@handset.get("/<sid>/sounds/<int:begin>-<int:end>")
def play_sounds(sid: str, begin: int, end: int) -> Response:
    """What was played in the call, from sound `begin` to before sound `end`, as one WAV with its pauses. The clips are fetched again."""
    sounds = _find(sid).sounds[begin:end]
    if not sounds:
        abort(404)
    try:
        return _sound(audio.join([audio.silence(sound) if isinstance(sound, int) else _fetch(sound) for sound in sounds]))
    except ValueError:  # a format that cannot be joined here
        abort(404)


def _fetch(url: str) -> bytes:
    answer = ask(the_exchange().account, "GET", url, {}, most=LARGEST_AUDIO)
    return audio.as_telephone(answer.body)


@handset.get("/recordings/<sid>")
def play_recording(sid: str) -> Response:
    recording = _switchboard().book.recording(sid)
    return _sound(recording.audio) if recording else abort(404)


def _sound(wav: bytes) -> Response:
    """A WAV, with support for ranges, which browsers need for sound."""
    return send_file(io.BytesIO(wav), mimetype="audio/wav", conditional=True, max_age=0)


def _find(sid: str) -> Any:
    return _switchboard().book.find(sid) or abort(404)


def _back_to(number: str) -> AnyResponse:
    return redirect(f"/#phone-{number.lstrip('+')}" if E164.fullmatch(number) else "/", 303)
