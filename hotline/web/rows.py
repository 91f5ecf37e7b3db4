"""The rows of a list of tickets: what a volunteer has to know of each to choose one.

A row shows the citizen's first words. They are veiled where nobody has looked at them yet, and where what they tell must not be read over
a shoulder, nor by a volunteer who is not prepared for it. Words about religion stand in no row: read aloud, they can get a
person killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hotline.domain import numbers, protocol
from hotline.domain.category import Category, categories_in
from hotline.domain.language import spoken
from hotline.domain.queue import waits_long
from hotline.domain.ticket import Priority, Status
from hotline.domain.walk import Walk
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services.tickets import custody, openpages
from hotline.storage import calls, people, said
from hotline.storage.models import Ticket
from hotline.storage.said import Said
from hotline.web.filters import kind_name, place_name

_LONGEST = 120
"""Characters of a citizen's words in a row."""


@dataclass(frozen=True)
class Row:
    """A ticket in a list. `words`: the citizen's first, on one line; None: there are none, or `withheld`: they stand on the ticket only.

    `veiled`: they are not legible until somebody points at them or goes to the row. `readers`: the colleagues who have the ticket open.
    """

    ticket: Ticket
    walk: Walk | None
    kind: str
    place: str
    language: str
    words: str | None
    withheld: bool
    veiled: bool
    citizen_at: datetime
    heard_at: datetime | None
    waits_long: bool
    assignee: str
    readers: tuple[str, ...]

    @property
    def ours_was_last(self) -> bool:
        """Whether one of us had the last word."""
        return self.heard_at is not None and self.heard_at >= self.citizen_at

    @property
    def last_at(self) -> datetime:
        """When the last word was said."""
        return self.heard_at if self.heard_at is not None and self.ours_was_last else self.citizen_at


def of(session: Reading, tickets: Sequence[Ticket]) -> list[Row]:
    """The rows of tickets that the volunteer may see. However many there are, it takes the same few queries."""
    rt = runtime()
    ids = [ticket.id for ticket in tickets]
    told = said.of_tickets(session, ids, longest=_LONGEST + 1)
    shut = custody.shut(rt, session, volunteer(), tickets)
    names = people.names(session, (ticket.assignee_id for ticket in tickets))
    walks = {i: Walk.from_row(call.walk) for i, call in calls.of_tickets(session, ids).items()}
    readers, now = openpages.readers(rt, ids, besides=volunteer().id), rt.clock()
    rows = []
    for ticket in tickets:
        one = told[ticket.id]
        withheld = one.words is not None and not _may_stand(ticket, one)
        rows.append(
            Row(
                ticket=ticket,
                walk=walks.get(ticket.id),
                kind=kind_name(ticket.category),
                place=place_name(ticket.area),
                language=(spoken(one.words) if one.words else None) or one.language,
                words=None if withheld or one.words is None else _on_one_line(one.words, hides=ticket.id in shut),
                withheld=withheld,
                veiled=not one.looked_at or _is_sensitive(ticket),
                citizen_at=one.citizen_at or ticket.opened_at,
                heard_at=one.heard_at,
                waits_long=waits_long(
                    Status(ticket.status), Priority(ticket.priority), opened_at=ticket.opened_at, heard_at=one.heard_at, now=now
                ),
                assignee=names.get(ticket.assignee_id, "") if ticket.assignee_id is not None else "",
                readers=readers.get(ticket.id, ()),
            )
        )
    return rows


def _on_one_line(words: str, *, hides: bool) -> str:
    """`hides`: no digit of a number stands in it."""
    line = " ".join((numbers.hidden if hides else str)(numbers.cut(words, _LONGEST)).split())
    return f"{line}…" if len(words) > _LONGEST else line


def _may_stand(ticket: Ticket, one: Said) -> bool:
    """Whether the words may stand in a list: not if a card forbids that anything of the ticket is printed.

    Nor if they only sound like it: a machine may have filed a ticket under another kind, whose words were found as well.
    """
    rt = runtime()
    beside = protocol.beside(rt.protocols, ticket.category, one.cards)
    hushed = frozenset(code for card in rt.protocols if not card.prints for code in card.categories)
    if not all(card.prints for card in beside) or one.hits & hushed:
        return False
    return not categories_in(one.words or "", tuple(c for c in rt.categories if c.code in hushed))


def _is_sensitive(ticket: Ticket) -> bool:
    """Whether the words may be of danger, or of what nobody else may read.

    That is a sealed kind, one that is on hold, is urgent or lets phones ring, and any ticket that is so by itself. A kind that has left
    the table counts as one: what is not known is possibly dangerous.
    """
    kind: Category | None = next((c for c in runtime().categories if c.code == ticket.category), None)
    if kind is None or kind.sealed or kind.quiet or kind.rings:
        return True
    return ticket.sealed or ticket.hold or ticket.danger is not None or ticket.priority == Priority.URGENT
