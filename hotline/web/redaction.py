"""The pages on which parts of what was said are masked, shown again, and rewritten for good."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.redaction import BLOCK, Span
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import access
from hotline.services.access import Act, NoSuchTicket
from hotline.services.tickets import casework, redaction
from hotline.services.tickets import photos as seeing
from hotline.services.tickets.redaction import NothingToMask, Word
from hotline.storage import people, recordings
from hotline.storage.recordings import KEPT
from hotline.storage.redactions import Item
from hotline.storage.tickets import TicketMoved
from hotline.web import digits, numberpanel, timeline
from hotline.web.changing import Answer, version_seen, was_first
from hotline.web.forms import matching, number, numbers
from hotline.web.photopanel import on_page
from hotline.web.timeline import Place

blueprint = Blueprint("redaction", __name__)

_TOGETHER = 250
"""Words on one page: each is a box to tick."""

_ID = "<int(max=9223372036854775807):redaction_id>"
_LONGEST_S = 86_400


@blueprint.get("/tickets/<reference:reference>/mask")
def words(reference: str) -> str:
    """The words of one text or note, to choose from."""
    begin = min(request.args.get("from", 0, type=int), 10**6)
    with runtime().reading() as session:
        entered = access.enter(session, volunteer(), reference, Act.REDACT)
        numberpanel.kept(session, entered)  # of a ticket whose numbers take two people no digit is shown here either
        ticket = entered.ticket
        place = Place.read(request.args.get("at", ""))
        item = _item(session, reference, place)
    found = redaction.words_on(runtime(), volunteer(), reference, item)
    casework.view(runtime(), volunteer(), reference)
    shown = [(word.place, _shown(word)) for word in found[max(0, begin) :][:_TOGETHER]]
    parts = range(0, len(found), _TOGETHER)
    return render_template("mask.html", ticket=ticket, at=place, tokens=shown, begin=max(0, begin), parts=parts, block=BLOCK)


@blueprint.post("/tickets/<reference:reference>/mask")
def mask(reference: str) -> Answer:
    """Mask the chosen words."""
    version, places = version_seen(), numbers("word", 10**6, most=_TOGETHER)
    place = Place.read(matching("at", "[0-9]{1,16}-[0-9]{1,3}"))
    with runtime().reading() as session:
        item = _item(session, reference, place)
    try:
        redaction.mask_words(runtime(), volunteer(), reference, version=version, item=item, places=places)
    except TicketMoved:
        return was_first(reference)
    return _done(reference, "masked")


@blueprint.get("/tickets/<reference:reference>/masked")
def masked(reference: str) -> str:
    """What is masked on a ticket, and the forms for its recordings."""
    with runtime().reading() as session:
        ticket = access.enter(session, volunteer(), reference, Act.REDACT).ticket
        found = redaction.masked_on(runtime(), volunteer(), reference)
        pictures = [on_page(number, one) for number, one in seeing.numbered(session, ticket)]
        named = [i for row, _ in found for i in (row.made_by, row.rewritten_by)] + [one.photo.masked_by for one in pictures]
        page = render_template(
            "masked.html",
            ticket=ticket,
            masks=found,
            names=people.names(session, named),
            photos=pictures,
            audio=[(n, one) for n, one in enumerate(recordings.of_ticket(session, ticket.id), 1) if one.state in KEPT],
        )
    casework.view(runtime(), volunteer(), reference)
    return page


@blueprint.post("/tickets/<reference:reference>/mask-recording")
def mask_recording(reference: str) -> Answer:
    """Mask a stretch of a recording, in whole seconds."""
    version, chosen = version_seen(), number("number", 99)
    stretch = Span(1000 * number("starts", _LONGEST_S), 1000 * number("ends", _LONGEST_S))
    with runtime().reading() as session:
        kept = recordings.of_ticket(session, access.enter(session, volunteer(), reference, Act.REDACT).ticket.id)
    if not 1 <= chosen <= len(kept):
        raise NothingToMask
    try:
        redaction.mask_stretch(runtime(), volunteer(), reference, version=version, recording_id=kept[chosen - 1].id, stretch=stretch)
    except TicketMoved:
        return was_first(reference)
    return _done(reference, "masked")


@blueprint.post(f"/tickets/<reference:reference>/masked/{_ID}/undo")
def undo(reference: str, redaction_id: int) -> Answer:
    """Show a masked part again."""
    try:
        redaction.undo(runtime(), volunteer(), reference, version=version_seen(), redaction_id=redaction_id)
    except TicketMoved:
        return was_first(reference)
    return _done(reference, "unmasked")


@blueprint.post(f"/tickets/<reference:reference>/masked/{_ID}/rewrite")
def rewrite(reference: str, redaction_id: int) -> Answer:
    """Have a part rewritten for good that somebody else has masked."""
    try:
        redaction.rewrite(runtime(), volunteer(), reference, version=version_seen(), redaction_id=redaction_id)
    except TicketMoved:
        return was_first(reference)
    return _done(reference, "rewritten")


def _done(reference: str, done: str) -> Response:
    return redirect(url_for("redaction.masked", reference=reference, done=done))


def _item(session: Reading, reference: str, place: Place | None) -> Item:
    """The text or note that stands at a place of the timeline. Raises `NoSuchTicket`, `NotAllowed`."""
    ticket = access.enter(session, volunteer(), reference, Act.REDACT).ticket
    entry = timeline.whole(session, ticket, place) if place is not None else None
    if entry is not None and entry.message is not None:
        return Item(message_id=entry.message.id)
    if entry is not None and entry.event is not None and entry.event.note_id is not None:
        return Item(note_id=entry.event.note_id)
    raise NoSuchTicket(reference)


def _shown(word: Word) -> str | None:
    """A word as its reader may see it: of a number only the last digits, for a reader without the right to see numbers."""
    if word.text is None or not word.is_number or digits.sees_numbers():
        return word.text
    if digits.hides_all():
        return "…"
    return "…" + "".join(letter for letter in word.text if letter.isdecimal())[-3:]
