"""The timeline of a ticket: its texts and events, a page of them at a time; of a long text the beginning, and the whole on its own page."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from hotline.domain import numbers
from hotline.domain.message import CUT, KEPT, READ
from hotline.runtime import Reading
from hotline.storage import events, messages
from hotline.storage.models import Event, Message, Ticket

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = KEPT + len(CUT)
_BESIDE = 50


@dataclass(frozen=True)
class Place:
    """Where a page of a timeline begins: at this time, after `after` entries of that very time.

    Times, not ids, stand in addresses: ids would count the texts and events of tickets that the volunteer may not see.
    """

    at: datetime
    after: int = 0

    def __str__(self) -> str:
        return f"{(self.at - _BEGINNING) // timedelta(microseconds=1)}-{self.after}"

    @classmethod
    def read(cls, address: str) -> Self | None:
        """The place that stands in an address; None if there is none."""
        found = re.fullmatch(r"([0-9]{1,16})-([0-9]{1,3})", address, re.ASCII)
        return cls(_BEGINNING + timedelta(microseconds=int(found[1])), int(found[2])) if found else None


@dataclass(frozen=True)
class Entry:
    """One thing on a ticket's timeline: a text, or an event, perhaps with a note. `words` are of the text or the note."""

    at: datetime
    message: Message | None = None
    event: Event | None = None
    words: str | None = None
    is_cut: bool = False
    place: Place | None = None  # its own


@dataclass(frozen=True)
class Timeline:
    """A page of a timeline, oldest first, and the place of the page before it (None: there are no earlier entries)."""

    entries: list[Entry]
    earlier: Place | None


def of_ticket(session: Reading, ticket: Ticket, place: Place | None, *, rows: int) -> Timeline:
    """The newest entries of a ticket, or those from `place` back in time. Long words are cut to `READ` characters."""
    skipped = place.after if place else 0
    found = _found(session, ticket, place, limit=skipped + rows + 1, longest=READ)
    shown = found[skipped : skipped + rows]
    is_more = len(found) > skipped + rows
    return Timeline(shown[::-1], found[skipped + rows].place if is_more else None)


def first_said(session: Reading, ticket: Ticket) -> Entry | None:
    """The first text that came in on a ticket, cut to `READ` characters; None if there is none."""
    found = messages.first_in(session, ticket.id, longest=READ + 1)
    if found is None:
        return None
    first, words = found
    entry = _entry(first.created_at, words, READ, message=first)
    if not entry.is_cut:
        return entry
    # Its place, for the link to all of it: what stands beside it is of the same time.
    beside = _found(session, ticket, Place(first.created_at), limit=_BESIDE, longest=1)
    place = next((one.place for one in beside if one.message is not None and one.message.id == first.id), None)
    return replace(entry, place=place)


def whole(session: Reading, ticket: Ticket, place: Place) -> Entry | None:
    """The entry at a place, with all of its words; None if there is none."""
    found = _found(session, ticket, place, limit=place.after + 1, longest=_LONGEST)
    entry = next(iter(found[place.after :]), None)
    return entry if entry is not None and entry.place == place else None


def _found(session: Reading, ticket: Ticket, place: Place | None, *, limit: int, longest: int) -> list[Entry]:
    """The newest entries until the time of `place`, newest first, each with its own place."""
    until = place.at if place else None
    # One character more tells that there is more.
    texts = messages.newest_of(session, ticket.id, until=until, limit=limit, longest=longest + 1)
    happened = events.newest_of(session, ticket.id, until=until, limit=limit, longest=longest + 1)
    found = [_entry(m.created_at, words, longest, message=m) for m, words in texts]
    found += [_entry(e.happened_at, words, longest, event=e) for e, words in happened]
    # Newest first: of one time the events before the texts, so that, read downwards, a text stands before what it caused.
    found.sort(key=lambda entry: (entry.at, entry.event is not None, (entry.event or entry.message).id), reverse=True)  # type: ignore[union-attr]
    seen: Counter[datetime] = Counter()
    placed = []
    for entry in found[:limit]:
        placed.append(replace(entry, place=Place(entry.at, seen[entry.at])))
        seen[entry.at] += 1
    return placed


def _entry(at: datetime, words: str | None, longest: int, *, message: Message | None = None, event: Event | None = None) -> Entry:
    return Entry(at, message, event, words and numbers.cut(words, longest), is_cut=bool(words) and len(words or "") > longest)
