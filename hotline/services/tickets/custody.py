"""The numbers of some tickets are shown by two people: the citizen's own, those that were typed in, and those in what was written.

It is so for sealed and held tickets, for kinds that say `number_by_two`, and for the other tickets of such a citizen, as far as the reader
sees them: it is the same number. Without another person's yes not one digit is shown. `hotline/services/people/releasing.py` asks for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Access
from hotline.storage import releases
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

_EASED_FOR = timedelta(days=1)
"""How long a person who has made a ticket ordinary still needs another person's yes to be shown its number."""


class TakesTwo(Exception):
    """A number of this ticket is shown only after another person's yes, and nobody has given it, or its time is over."""


@dataclass(frozen=True)
class Custody:
    """Whether the numbers of a ticket take two people to show, and until when this reader may have them shown (None: not now)."""

    takes_two: bool
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the reader may have them shown, as far as the reader's rights go."""
        return not self.takes_two or self.until is not None


def of(rt: Runtime, session: Reading, entered: Access) -> Custody:
    """How the numbers of a ticket are kept from a person who sees it."""
    ticket, reader = entered.ticket, entered.volunteer
    if not guarded(rt, session, reader, [ticket.contact_id]) and not _eased(rt, session, entered):
        return Custody(takes_two=False)
    return Custody(True, releases.in_force(session, reader.id, [ticket.id], now=rt.clock()).get(ticket.id))


def _eased(rt: Runtime, session: Reading, entered: Access) -> bool:
    """Whether this very person has just lifted its hold or seal, or changed its kind: else one person could do both."""
    since = rt.clock() - _EASED_FOR
    return releases.was_eased(session, entered.ticket.contact_id, entered.volunteer.id, _ordinary(rt), since=since)


def _ordinary(rt: Runtime) -> list[str]:
    return [one.code for one in rt.categories if not one.number_by_two]


def guarded(rt: Runtime, session: Reading, reader: Volunteer, contact_ids: Collection[int]) -> frozenset[int]:
    """Those of the contacts whose numbers take two people, as far as the reader may know: a ticket that the reader may not see and has not
    seen is not counted, so that nobody learns of it."""
    return releases.guarded(session, reader, contact_ids, _ordinary(rt))


def shut(rt: Runtime, session: Reading, reader: Volunteer, tickets: Collection[Ticket]) -> frozenset[int]:
    """Ids of those of the tickets of which the reader may be shown no digit of a number now."""
    kept = guarded(rt, session, reader, {ticket.contact_id for ticket in tickets})
    ids = {ticket.id for ticket in tickets if ticket.contact_id in kept}
    return frozenset(ids - releases.in_force(session, reader.id, ids, now=rt.clock()).keys()) if ids else frozenset()


def require_open(rt: Runtime, session: Reading, entered: Access) -> None:
    """Raise `TakesTwo` if the person may not have the numbers of this ticket shown now."""
    if not of(rt, session, entered).is_open:
        raise TakesTwo


def may_ask(rt: Runtime, session: Reading, entered: Access) -> bool:
    """Whether a person may ask for numbers of a ticket: by the right to see numbers, or, for those in what was written, if the person may
    call the citizen back."""
    local = rt.clock().astimezone(rt.config.zone)
    return entered.rights.sees_numbers or access.may_call(session, entered, local=local, calendar=calendar(rt.config))
