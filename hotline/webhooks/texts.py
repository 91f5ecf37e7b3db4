"""A gateway hands us a text, or says what became of one of ours."""

from flask import Blueprint, Response, g, request

from hotline.gateways.twilio import webhooks as twilio
from hotline.guards import runtime, signed_by_twilio
from hotline.services.texts.intake import receive_text
from hotline.services.texts.reports import receive_report

blueprint = Blueprint("texts", __name__, url_prefix="/hooks/twilio")

_NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@blueprint.post("/sms")
@signed_by_twilio
def sms() -> Response:
    """A text. What is answered leaves through the outbox, so the reply is empty: one home for cost, delivery and transcript."""
    receive_text(runtime(), twilio.NAME, twilio.read_text(g.form))
    return Response(_NO_REPLY, mimetype="text/xml")


@blueprint.post("/status")
@signed_by_twilio
def status() -> tuple[str, int]:
    """A delivery report."""
    report = twilio.read_report(g.form, request.args)
    if report is not None:
        receive_report(runtime(), twilio.NAME, report)
    return "", 204
