"""What a ticket's page says of acts: what can be undone now, what was not undone, and who was not called. `acts.html` shows it."""

from typing import Any

from flask import request

from hotline.domain.mention import MOST
from hotline.guards import runtime
from hotline.runtime import Reading
from hotline.services.access import Access
from hotline.services.tickets import kinds, unsending
from hotline.services.tickets.past import Past
from hotline.storage import people
from hotline.storage.events import Part
from hotline.storage.models import Message


def on_page(session: Reading, entered: Access, past: Past) -> dict[str, Any]:
    """The values of `acts.html`."""
    rt = runtime()
    text = unsending.to_take_back(rt, session, entered.volunteer, entered.ticket)
    change = kinds.to_undo(rt, entered, past.last_kind)
    return {
        "seconds_left": _seconds_left(text) if text is not None else None,
        "undone_until": change.happened_at + kinds.UNDO_FOR if change is not None else None,
        "stayed": [part for part in Part if part in request.args.getlist("stayed")],
        "blind": _blind(session),
        "unclear": request.args.get("unclear") == "1",
    }


def _seconds_left(text: Message) -> int:
    """For how many seconds a text can still be taken back."""
    waited = (runtime().clock() - text.created_at).total_seconds()
    return max(1, round(runtime().config.sending.undo_s - waited))


def _blind(session: Reading) -> list[str]:
    """The names of the colleagues who were not called, as the address of the page has them."""
    asked = request.args.getlist("blind")[:MOST]
    ids = {int(one) for one in asked if one.isascii() and one.isdecimal() and len(one) < 19}
    return [one.name for one in people.colleagues(session) if one.id in ids] if ids else []
