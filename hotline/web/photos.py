"""Photos that came with texts: a blurred preview on the page, the whole once somebody asks for it, and what is masked of them."""

from collections.abc import Callable

from flask import Blueprint, redirect, url_for
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.log import logger
from hotline.media.sealedaudio import RecordingBroken, StoredAudio
from hotline.runtime import Reading
from hotline.sealing import SealBroken
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import photos as seeing
from hotline.services.tickets.redaction import NothingToMask
from hotline.storage import photos
from hotline.storage.photomodels import Photo
from hotline.storage.tickets import TicketMoved
from hotline.web.changing import Answer, version_seen, was_first

blueprint = Blueprint("photos", __name__)

_NUMBER = "/tickets/<reference:reference>/photos/<int(min=1,max=999):number>"


@blueprint.get(_NUMBER)
def whole(reference: str, number: int) -> Response:
    """A photo of a ticket. That somebody was shown it is stored as an event."""
    rt = runtime()
    with rt.reading() as session:
        photo = seeing.to_see(session, volunteer(), reference, number)
    return handed_out(photo, lambda: seeing.see(rt, volunteer(), reference, photo.id))


@blueprint.get(f"{_NUMBER}/preview")
def preview(reference: str, number: int) -> Response:
    """The small blurred picture of a photo."""
    with runtime().reading() as session:
        return small(session, seeing.to_see(session, volunteer(), reference, number))


def handed_out(photo: Photo, seen: Callable[[], object]) -> Response:
    """A whole photo. `seen` is called before it is handed out. Raises `Gone`, `StoreFault`, `RecordingBroken`."""
    rt = runtime()
    with rt.reading() as session:
        key = photos.key_of(session, photo)
    if key is None or photo.stored_as is None:
        raise Gone
    stored = StoredAudio(rt.store, photo.stored_as, photo.size_bytes or 0, key)
    content = b"".join(stored.read(0, stored.size_bytes))
    seen()
    return _jpeg(content)


def small(session: Reading, photo: Photo) -> Response:
    """The small blurred picture of a photo. Raises `Gone`, `RecordingBroken`."""
    key = photos.key_of(session, photo)
    if key is None:
        raise Gone
    try:
        return _jpeg(photos.preview_of(key, photo))
    except SealBroken as fault:
        logger().error("the preview of a photo does not open", photo_id=photo.id)
        raise RecordingBroken(str(fault)) from fault


def _jpeg(content: bytes) -> Response:
    """A worker made it from pixels alone: it is a JPEG, whatever came. A browser is told that it is nothing else (`guards`)."""
    return Response(content, mimetype="image/jpeg", headers={"Content-Disposition": "inline; filename=photo.jpg"})


@blueprint.post(f"{_NUMBER}/mask")
def mask(reference: str, number: int) -> Answer:
    """Mask a photo."""
    return _change(seeing.mask, reference, number, done="masked")


@blueprint.post(f"{_NUMBER}/unmask")
def unmask(reference: str, number: int) -> Answer:
    """Show a masked photo again."""
    return _change(seeing.unmask, reference, number, done="unmasked")


@blueprint.post(f"{_NUMBER}/remove")
def remove(reference: str, number: int) -> Answer:
    """Have a photo removed for good that somebody else has masked."""
    return _change(seeing.remove, reference, number, done="removed")


def _change(change: Callable[..., None], reference: str, number: int, *, done: str) -> Answer:
    version = version_seen()
    with runtime().reading() as session:
        ticket = access.enter(session, volunteer(), reference, Act.REDACT).ticket
        photo = dict(seeing.numbered(session, ticket)).get(number)
    if photo is None:
        raise NothingToMask
    try:
        change(runtime(), volunteer(), reference, version=version, photo_id=photo.id)
    except TicketMoved:
        return was_first(reference)
    return redirect(url_for("redaction.masked", reference=reference, done=done))
