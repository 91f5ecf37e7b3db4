"""Twilio asks what a caller hears next. Whatever goes wrong, the caller never hears an error message."""

from flask import Blueprint, Response, g, request

from hotline.domain import phone, voice
from hotline.domain.prompts import Prompt
from hotline.guards import runtime
from hotline.log import logger
from hotline.services import arriving, callsteps
from hotline.services.calls import callflow
from hotline.services.calls.callflow import CallAnswer
from hotline.webhooks.twilio import forms
from hotline.webhooks.twilio.signature import signed
from hotline.webhooks.twilio.twiml import HUSH, Addresses, OtherPhone, twiml

blueprint = Blueprint("twilio_calls", __name__, url_prefix="/hooks/twilio/voice")


@blueprint.post("")
@signed
def begin() -> Response:
    """A call comes in."""
    return _heard(arriving.begin_call(runtime(), forms.read_call(g.form)))


@blueprint.post("/keys/<int:turn>")
@blueprint.post("/alarm/keys/<int:turn>")
@signed
def keys(turn: int) -> Response:
    """The caller pressed keys, or none."""
    return _heard(callsteps.press_key(runtime(), forms.read_call(g.form), turn, is_alarm=_is_alarm()))


@blueprint.post("/recorded/<int:turn>")
@signed
def recorded(turn: int) -> Response:
    """The recording after the beep has ended."""
    return _heard(callsteps.end_recording(runtime(), forms.read_call(g.form), turn))


@blueprint.post("/dialled/<int:turn>")
@signed
def dialled(turn: int) -> Response:
    """The ringing of a duty phone, or the talk on it, has ended."""
    return _heard(callsteps.end_dial(runtime(), forms.read_call(g.form), turn))


@blueprint.post("/duty/<int(max=9223372036854775807):call_id>")
@signed
def duty(call_id: int) -> Response:
    """A duty phone was answered, perhaps by a mailbox: it hears that a person who takes the call presses 1."""
    rt = runtime()
    addresses = Addresses(f"{_voice()}/duty/{call_id}", _prompts(), 0, call_id)
    return _document(twiml(callflow.duty_call(rt).actions, addresses, _clips))


@blueprint.post("/duty/<int(max=9223372036854775807):call_id>/keys/<int:turn>")
@signed
def take_duty(call_id: int, turn: int) -> Response:  # noqa: ARG001 - the address is built like every other
    """A key was pressed on a duty phone. An empty document connects it with the caller; hanging up lets the next phone ring."""
    takes = callsteps.take_duty(runtime(), forms.read_call(g.form), call_id)
    return _document(twiml(() if takes else (voice.HangUp(),), Addresses("", "", 0), _clips))


@blueprint.post("/back/<int(max=9223372036854775807):call_id>")
@blueprint.post("/alarm/<int(max=9223372036854775807):call_id>")
@signed
def back(call_id: int) -> Response:
    """A call that we placed was answered."""
    return _heard(callflow.answer_back(runtime(), call_id, forms.read_call(g.form)))


@blueprint.post("/alarm/dialled/<int:turn>")
@signed
def joined(turn: int) -> Response:  # noqa: ARG001 - the address is built like every other
    """The ringing of a citizen's phone, or the talk on it, has ended."""
    return _heard(callflow.end_join(runtime(), forms.read_call(g.form), forms.read_dial(g.form)))


@blueprint.post("/fallback")
@blueprint.post("/alarm/fallback")
@signed
def fallback() -> Response:
    """The fallback address of our numbers and calls: Twilio could not use our last answer, or got none.

    The web process may have been killed before it stored anything of the call, and the caller is told here that the lines are busy.
    """
    logger().error("the gateway fell back", code=str(g.form.get("ErrorCode", ""))[:8])
    if forms.is_incoming(g.form):
        arriving.note_call(runtime(), forms.read_call(g.form))
    return _busy()


@blueprint.errorhandler(Exception)
def _all_lines_busy(fault: Exception) -> Response:
    """After an error (as when the database is away) the caller hears that the lines are busy, and the numbers to call in danger."""
    logger().error("a call could not go on", exc_info=fault)
    return _busy()


def _busy() -> Response:
    """The answer that all lines are busy, which needs no database.

    A call to the missed-call number is rejected as always: an answered call costs money. A volunteer's own phone hears nothing, nor does a
    caller in danger who cannot speak.
    """
    rt = runtime()
    if _is_alarm() or _hush().holds(g.form.get("Digits", "")):
        return _document(twiml((voice.HangUp(),), Addresses("", "", 0), _clips))
    missed = rt.config.voice.missed_call_number
    if missed and phone.read_sender(forms.line_of(g.form), rt.config.numbers.region).address == missed:
        return _document(twiml((voice.Reject(),), Addresses("", "", 0), _clips))
    return _document(twiml(voice.busy(callflow.menu_of(runtime())), Addresses(_voice(), _prompts(), 0), _clips))


def _heard(turn: CallAnswer) -> Response:
    settings = runtime().config.voice
    addresses = Addresses(f"{_voice()}/alarm" if _is_alarm() else _voice(), _prompts(), turn.turn, turn.call_id, turn.hush)
    other = None
    for action in turn.actions:
        if isinstance(action, voice.Ring) and action.index < len(settings.duty_line):
            other = OtherPhone(settings.duty_line[action.index], turn.ring_s, settings.number)
        elif isinstance(action, voice.Join) and turn.joins is not None:
            other = OtherPhone(turn.joins, turn.ring_s, settings.number)
    return _document(twiml(turn.actions, addresses, _clips, other))


def _is_alarm() -> bool:
    """Whether this is a call to a volunteer's own phone, of an alarm or a bridge. The path tells it, without the database."""
    return request.path.startswith(f"{blueprint.url_prefix}/alarm/")


def _hush() -> voice.Hush:
    """Whether this caller may hear that the lines are busy. The address of the turn tells it, without the database; to the fallback
    address Twilio says which address failed."""
    asked = g.form.get("ErrorUrl", "") + request.query_string.decode("ascii", "replace")
    return next((hush for hush in voice.Hush if f"{HUSH}={hush}" in asked), voice.Hush.NEVER)


def _clips(language: str, prompt: Prompt, values: dict[str, str]) -> tuple[str, ...]:
    return runtime().catalogues.clips(language, prompt, **values)


def _voice() -> str:
    return f"{runtime().config.public_url}/hooks/twilio/voice"


def _prompts() -> str:
    return f"{runtime().config.public_url}/prompts"


def _document(document: str) -> Response:
    return Response(document, mimetype="text/xml")
