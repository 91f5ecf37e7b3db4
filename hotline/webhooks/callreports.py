"""A gateway tells what became of a call. Nobody listens: a fault is answered as one, so that the gateway may tell it again."""

from flask import Blueprint, g, request

from hotline.gateways.twilio import webhooks as twilio
from hotline.guards import runtime, signed_by_twilio
from hotline.services.calls import hangup, leavings

blueprint = Blueprint("callreports", __name__, url_prefix="/hooks/twilio/voice")


@blueprint.post("/status")
@signed_by_twilio
def status() -> tuple[str, int]:
    """A call ended."""
    if twilio.is_over(g.form):
        hangup.end_call(runtime(), twilio.read_call(g.form, request.args), twilio.call_duration_s(g.form))
    return "", 204


@blueprint.post("/recording")
@signed_by_twilio
def recording() -> tuple[str, int]:
    """A recording is there, or the gateway says that there is none."""
    told = twilio.read_call(g.form)
    if told.recording_id is not None:
        leavings.receive_recording(runtime(), told)
    return "", 204
