"""Twilio reports the end of a call, or a recording. No caller hears these answers."""

from flask import Blueprint, g, request

from hotline.guards import runtime
from hotline.services import callsteps
from hotline.services.calls import bridging
from hotline.webhooks.twilio import forms
from hotline.webhooks.twilio.signature import signed

blueprint = Blueprint("twilio_callreports", __name__, url_prefix="/hooks/twilio/voice")


@blueprint.post("/alarm/leg/<int(max=9223372036854775807):call_id>")
@signed
def leg(call_id: int) -> tuple[str, int]:
    """A citizen's phone that is to be joined with a volunteer's rings, was answered, or is over."""
    told = forms.read_leg(g.form)
    if told is not None:
        bridging.report(runtime(), call_id, told.leg, told.duration_s)
    return "", 204


@blueprint.post("/status")
@signed
def status() -> tuple[str, int]:
    """A call ended."""
    if forms.is_over(g.form):
        callsteps.end_call(runtime(), forms.read_call(g.form, request.args), forms.call_duration_s(g.form))
    return "", 204


@blueprint.post("/recording")
@signed
def recording() -> tuple[str, int]:
    """A recording is ready at Twilio, or nothing was recorded."""
    incoming = forms.read_call(g.form)
    if incoming.recording_id is not None:
        callsteps.receive_recording(runtime(), incoming)
    return "", 204
