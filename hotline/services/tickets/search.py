"""A volunteer looks for a ticket: by its reference or the end of it, by a phone number, by words."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.domain import numbers, phone, reference, searching
from hotline.log import logger
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.tickets import custody
from hotline.storage import tickets, ticketwords
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer


@dataclass(frozen=True)
class Query:
    """What the typed words may mean. `marks` are sets of hashed words of the index, to be tried one after the other."""

    references: tuple[str, ...]
    mistyped: bool  # nine digits whose check digit is wrong
    number: str | None  # E.164
    marks: tuple[tuple[int, ...], ...]
    left_out: tuple[str, ...] = ()  # what was typed beyond `SOUGHT_MAX` words, and is not searched for


@dataclass(frozen=True)
class FoundTickets:
    """A page of tickets, newest first."""

    tickets: Sequence[Ticket] = ()
    more: bool = False  # there is a next page
    cut: bool = False  # older tickets were not looked at


def parse(rt: Runtime, typed: str) -> Query:
    """Read what a volunteer typed."""
    found = reference.find(typed)
    tail = searching.tail(typed)
    ways = [way[: searching.SOUGHT_MAX] for way in searching.sought(typed)]
    sets = ([(tail,)] if tail is not None else []) + ways
    looked_for = {word for way in ways for word in way}
    key = searching.key_of(rt.keys.search)
    return Query(
        references=tuple(f.digits for f in found if f.valid),
        mistyped=bool(found) and not any(f.valid for f in found),
        # Nearly all nine digits are also some telephone in the country: a volunteer who means a telephone writes its 0 or its +.
        number=None if found or tail is not None else phone.read_typed(typed, rt.config.numbers.region),
        marks=tuple(tuple(searching.hashed(key, word) for word in one) for one in sets),
        left_out=tuple(
            written for written in numbers.without(typed).split() if any(not set(way) <= looked_for for way in searching.sought(written))
        ),
    )


def by_words(rt: Runtime, session: Reading, volunteer: Volunteer, marks: Sequence[int], *, before: int | None = None) -> FoundTickets:
    """The tickets that the volunteer may see and that have all these words; `before` is the id of the last ticket of the page before.

    Raises `NotAllowed`.
    """
    access.working(session, volunteer)
    rows = rt.config.web.page_rows
    shown, cut = ticketwords.having_all(session, volunteer, marks, before=before, limit=rows + 1)
    return FoundTickets(shown[:rows], more=len(shown) > rows, cut=cut)


def by_number(rt: Runtime, volunteer: Volunteer, number: str) -> FoundTickets:
    """The newest tickets of a phone, or with its number typed in, that the volunteer may see; each notes that it was found so.

    Left out are those whose number takes two people to show: to find one would confirm whose number it is. Nothing is noted on them
    either: their timeline would tell. It takes the right to see numbers. Raises `NotAllowed`.
    """
    rows = rt.config.web.page_rows
    with rt.transaction() as tx:
        access.working(tx.session, volunteer, by_number=True)
        found = tickets.of_number(tx.session, volunteer, number, limit=rows + 1)
        shut = custody.shut(rt, tx.session, volunteer, found)
        shown = [ticket for ticket in found if ticket.id not in shut]
        for ticket in shown[:rows]:
            happened(tx.session, ticket.id, EventKind.NUMBER_SOUGHT, now=tx.now, volunteer_id=volunteer.id)
    logger().info("a phone number was searched for", volunteer_id=volunteer.id, rows=len(shown))
    return FoundTickets(shown[:rows], cut=len(shown) > rows)
