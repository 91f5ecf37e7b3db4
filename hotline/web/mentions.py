"""Colleagues whom a note calls: those who were chosen on the list, and the way back to the page, which says who was not called."""

from werkzeug.wrappers import Response

from hotline.domain.mention import MOST
from hotline.services.tickets.mentions import Uncalled
from hotline.web.changing import go_on
from hotline.web.forms import numbers

_LARGEST_ID = 2**62 - 1


def called() -> list[int]:
    """The ids of the colleagues who were chosen on the list. Raises `BadRequest`."""
    return numbers("call", _LARGEST_ID, most=MOST)


def went_on(reference: str, uncalled: Uncalled, *, done: str | None = None, sent: str | None = None) -> Response:
    """Lead back to the form with the note, which says who was not called."""
    return go_on(reference, done=done, sent=sent, at="reply", blind=list(uncalled.blind), unclear=int(uncalled.unclear) or None)
