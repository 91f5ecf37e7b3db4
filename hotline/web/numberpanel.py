"""How a ticket's page shows numbers, and the panel of those that take two people."""

from collections.abc import Callable, Iterable
from typing import Any

from hotline.domain import phone
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services.access import Access
from hotline.services.people.releasing import Panel
from hotline.services.tickets import custody
from hotline.services.tickets.custody import Custody
from hotline.storage import people
from hotline.web import digits


def kept(session: Reading, entered: Access) -> Custody:
    """How the numbers of a ticket are kept from the reader. Call it first: the rest of the page shows numbers accordingly."""
    found = custody.of(runtime(), session, entered)
    digits.keep(found)
    return found


def keep_from(session: Reading, contact_ids: Iterable[int]) -> None:
    """The same for a page of words of these contacts that is no ticket's own: nobody asks for numbers there."""
    digits.keep(Custody(takes_two=bool(custody.guarded(runtime(), session, volunteer(), frozenset(contact_ids)))))


def masking(kept: Custody) -> Callable[[str], str]:
    """What a page shows in the place of a number."""
    return (lambda _: phone.HIDDEN) if kept.takes_two else phone.masked


def on_page(session: Reading, kept: Custody, panel: Panel | None) -> dict[str, Any]:
    """What the templates need to know of it."""
    return {
        "kept": kept,
        "release": panel,
        "release_names": people.names(session, (one.reader_id for one in panel.others)) if panel is not None else {},
    }
