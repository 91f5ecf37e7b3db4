"""Twilio delivers a text to us, or reports on a text that we sent."""

from flask import Blueprint, Response, g, request

from hotline.gateways.twilio.account import NAME
from hotline.guards import runtime
from hotline.services import arriving
from hotline.webhooks.twilio import forms
from hotline.webhooks.twilio.signature import signed

blueprint = Blueprint("twilio_texts", __name__, url_prefix="/hooks/twilio")

_NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@blueprint.post("/sms")
@signed
def sms() -> Response:
    """A text came in. Our answer to it is sent through the outbox like every text, so the reply to this request is empty."""
    arriving.take_text(runtime(), NAME, forms.read_text(g.form))
    return Response(_NO_REPLY, mimetype="text/xml")


@blueprint.post("/status")
@signed
def status() -> tuple[str, int]:
    """A delivery report came in."""
    report = forms.read_report(g.form, request.args)
    if report is not None:
        arriving.take_report(runtime(), NAME, report)
    return "", 204
