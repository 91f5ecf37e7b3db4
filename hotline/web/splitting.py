"""The form that moves texts of a ticket to a ticket of their own, or to another ticket of the same phone."""

import re

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.services import access
from hotline.services.tickets import splitting
from hotline.storage import messages
from hotline.storage.tickets import TicketMoved
from hotline.web.changing import go_on, version_seen, was_first
from hotline.web.forms import matching, text

blueprint = Blueprint("splitting", __name__)


@blueprint.post("/tickets/<reference:reference>/move-texts")
def move_texts(reference: str) -> Response | tuple[str, int]:
    """Move the chosen texts, and lead to the ticket that they are on now."""
    version, to, note = version_seen(), matching("to", "new|[1-9][0-9]{8}"), text("note")
    ids = _chosen(reference)
    try:
        if to == "new":
            to = splitting.split(
                runtime(),
                volunteer(),
                reference,
                version=version,
                text_ids=ids,
                receipt="receipt" in request.form,
                lighter="lighter" in request.form,
                note=note,
            )
        else:
            splitting.move(runtime(), volunteer(), reference, version=version, text_ids=ids, to=to)
    except TicketMoved:
        return was_first(reference, note=note)
    return go_on(to, done="moved")


def _chosen(reference: str) -> list[int]:
    """The ids of the chosen texts. The form has the how-manieth of its ticket each is: ids would count the texts of other tickets."""
    chosen = request.form.getlist("text")[: splitting.TOGETHER]
    if not all(re.fullmatch("[0-9]{1,9}", one, re.ASCII) for one in chosen):
        raise BadRequest
    with runtime().reading() as session:
        ids = dict(enumerate(messages.ids_in(session, access.enter(session, volunteer(), reference).ticket.id), 1))
    return [ids.get(int(one), 0) for one in chosen]  # no text has the id 0
