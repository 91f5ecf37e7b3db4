"""What happened to a ticket, beside its timeline: a page reads it once, for all that it says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hotline.runtime import Reading
from hotline.storage import events
from hotline.storage.events import EventKind
from hotline.storage.models import Event

_HEARD = 50
"""The newest texts of which it is told what was heard in them."""

_KINDS = frozenset(
    {
        EventKind.OPENED,
        EventKind.CHANGED,
        EventKind.KIND_UNDONE,
        EventKind.MOVED,
        EventKind.RAISED,
        EventKind.DANGER,
        EventKind.HELD,
        EventKind.UNHELD,
        EventKind.SEALED,
        EventKind.UNSEALED,
        EventKind.CARD_PUT,
        EventKind.STEP_DONE,
        EventKind.STEP_UNDONE,
        EventKind.ERASURE_ASKED,
    }
)


@dataclass(frozen=True)
class Past:
    """The events of a ticket that its page asks for, oldest first; the codes of the categories whose words were found in what came in."""

    events: Sequence[Event]
    heard: frozenset[str]

    @classmethod
    def of(cls, session: Reading, ticket_id: int) -> Self:
        """The past of a ticket that its reader may see."""
        return cls(events.of_kinds(session, ticket_id, *_KINDS), events.heard(session, ticket_id, limit=_HEARD))

    def of_kinds(self, *kinds: EventKind) -> list[Event]:
        """The events of these kinds, oldest first. Raises `ValueError` for a kind that was not read."""
        if not _KINDS.issuperset(kinds):
            raise ValueError(kinds)
        return [event for event in self.events if event.kind in kinds]

    @property
    def last_move(self) -> Event | None:
        """The newest event that changed the ticket's status."""
        return next(reversed(self.of_kinds(EventKind.MOVED)), None)

    @property
    def last_kind(self) -> Event | None:
        """As `events.last_kind`."""
        return events.of_category(reversed(self.of_kinds(EventKind.CHANGED, EventKind.KIND_UNDONE)))
