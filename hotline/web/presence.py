"""Notes which volunteers have a page open."""

from datetime import timedelta

from flask import Response, current_app, g, request
from flask_login import current_user

from hotline.guards import runtime
from hotline.log import logger
from hotline.services.duty import attendance, paging
from hotline.storage.db import DatabaseFault
from hotline.storage.peoplemodels import Volunteer

_NOTED_AT = "hotline_presence"
_NOTE_EVERY = timedelta(minutes=5)
"""An open queue asks every few seconds, and looking for the shifts of a volunteer costs several polls. Coming is noted from a quarter
of an hour before a shift, and leads are told `late_minutes` after its beginning."""


def note_presence(response: Response) -> Response:
    """After each page: note that its reader is present, and that a ticket was opened, so that no phone rings for its alarm."""
    reader = g.get("reader")
    if reader is None or request.endpoint is None or response.status_code >= 400:
        return response
    if not current_user.is_authenticated or current_user.waits or current_user.must_prove:
        # The reader has just logged out, or may not see anything yet.
        return response
    try:
        _note_open(reader)
    except DatabaseFault:
        # The request itself succeeded, and its page must say so.
        logger().warning("that a page is open could not be written")
    return response


def _note_open(reader: Volunteer) -> None:
    rt, seen = runtime(), current_app.extensions.setdefault(_NOTED_AT, {})
    if (before := seen.get(reader.id)) is None or rt.clock() - before >= _NOTE_EVERY:
        seen[reader.id] = rt.clock()
        attendance.come(rt, reader)
    if request.endpoint == "tickets.ticket" and request.view_args:
        paging.opened(rt, reader, request.view_args["reference"])
