"""A caller's recordings: played on the ticket's page, and written down there. What cannot be played can be downloaded as it came."""

from collections.abc import Callable, Generator
from http import HTTPStatus
from itertools import chain, islice

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest, Gone
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.log import logger
from hotline.media import silence
from hotline.media.audio import MEDIA_TYPES
from hotline.media.sealedaudio import RecordingBroken, StoredAudio
from hotline.services import access
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import casework
from hotline.storage import masks, recordings
from hotline.storage.callmodels import Recording
from hotline.storage.recordings import KEPT
from hotline.storage.tickets import TicketMoved
from hotline.web.changing import go_on, version_seen, was_first
from hotline.web.forms import text

_AHEAD = 16
"""Pieces of 64 KiB that are opened before the answer begins: half a minute of audio that does not open is a page that says so."""

blueprint = Blueprint("recordings", __name__)


@blueprint.get("/tickets/<reference:reference>/recordings/<int(min=1,max=99):number>")
def audio(reference: str, number: int) -> Response:
    """A ticket's recording, counted from 1; whole, or the part that a player asks for. To have it is stored as an event."""
    rt = runtime()
    with rt.reading() as session:
        found = access.enter(session, volunteer(), reference).ticket
        kept = recordings.of_ticket(session, found.id)[number - 1 : number]
    if not kept or kept[0].state not in KEPT:
        raise NoSuchTicket(reference)
    return played(kept[0], lambda: casework.listen(rt, volunteer(), reference, kept[0].id))


def played(recording: Recording, listened: Callable[[], object]) -> Response:
    """A recording, whole or the part that a player asks for, with silence where it is masked. `listened` is called where it is handed out.

    Raises `Gone` if the caller was erased, `StoreFault`, and `RecordingBroken` if the audio does not open.
    """
    rt = runtime()
    with rt.reading() as session:
        key = recordings.key_of(session, recording)
        masked = masks.spans(session, recording_id=recording.id) if recording.masked else ()
    if key is None or recording.stored_as is None:
        raise Gone
    audio = StoredAudio(rt.store, recording.stored_as, recording.size_bytes or 0, key)
    start, stop, status = _part(audio.size_bytes)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Response(status=status, headers={"Content-Range": f"bytes */{audio.size_bytes}"})
    answer = Response(status=status, mimetype=MEDIA_TYPES.get(audio.ending, "application/octet-stream"))
    if recording.duration_s is None:  # nobody knows what it is: no browser may look into it
        answer.headers["Content-Disposition"] = "attachment; filename=recording.bin"
    answer.headers["Accept-Ranges"] = "bytes"
    answer.content_length = stop - start
    if status == HTTPStatus.PARTIAL_CONTENT:
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{audio.size_bytes}"
    if request.method != "HEAD":
        pieces = _opened(recording, silence.heard(audio, start, stop, masked))
        ahead = list(islice(pieces, _AHEAD))
        listened()
        answer.response = chain(ahead, pieces)
        answer.call_on_close(pieces.close)
    return answer


@blueprint.post("/tickets/<reference:reference>/written-down")
def write_down(reference: str) -> Response | tuple[str, int]:
    """Store what the volunteer wrote down of a recording."""
    words = text("words").strip()
    if not words:
        raise BadRequest
    try:
        casework.write_down(runtime(), volunteer(), reference, version=version_seen(), body=words)
    except TicketMoved:
        return was_first(reference, words=words)
    return go_on(reference, done="saved")  # what was written down may have sealed the ticket, also to its writer


def _opened(recording: Recording, pieces: Generator[bytes]) -> Generator[bytes]:
    """The pieces. One that does not open breaks the answer off: it has less than it said, and no player takes it for whole."""
    try:
        yield from pieces
    except RecordingBroken as fault:
        logger().error("a recording does not open", recording_id=recording.id, fault=str(fault))
        raise


def _part(size: int) -> tuple[int, int, HTTPStatus]:
    """(start, stop, status) of the bytes asked for, `stop` excluded. Several ranges, or an If-Range header, get the whole recording."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or "If-Range" in request.headers:
        return 0, size, HTTPStatus.OK
    part = asked.range_for_length(size)
    if part is None:
        return 0, 0, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return *part, HTTPStatus.PARTIAL_CONTENT
