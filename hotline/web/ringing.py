"""The page on which leads see whose phone did not answer the daily test."""

from flask import Blueprint, render_template

from hotline.guards import runtime, volunteer
from hotline.services.duty import ringtests

blueprint = Blueprint("ringing", __name__)


@blueprint.get("/ringing")
def page() -> str:
    """The tests of the last days, for leads and heads."""
    rt = runtime()
    with rt.reading() as session:
        return render_template("ringing.html", tests=ringtests.report(rt, session, volunteer()), at=rt.config.duty.ring_test_at)
