"""What a ticket's page says of how the machine read it, and who has said otherwise since: only what is stored, and no guess."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotline.domain import category, telltale
from hotline.domain.category import Category
from hotline.domain.reading import Part
from hotline.runtime import Reading, Runtime
from hotline.services.tickets import meaning
from hotline.services.tickets.past import Past
from hotline.storage import readings
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Ticket
from hotline.storage.readingmodels import ReadingRow

_READ = 480
"""How many characters of a text are looked through for the words that count."""

_READINGS = 50
"""The newest texts of which it is told what the model read in them."""

_WORTH_TELLING = 20
"""From so many percent on it is told that something may be so."""

_SETS = {EventKind.RAISED: "priority", EventKind.DANGER: "priority", EventKind.HELD: "hold", EventKind.SEALED: "sealed"}
_KINDS = (EventKind.OPENED, EventKind.CHANGED, EventKind.UNHELD, EventKind.UNSEALED, *_SETS)


@dataclass(frozen=True)
class Told:
    """What the model read in the text of a ticket that it thinks the most dangerous. `likely` are (part, percent, words that decided)."""

    kinds: tuple[Category, ...]
    why: tuple[str, ...]
    likely: tuple[tuple[Part, int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Reasons:
    """Why a ticket is as it is. `by` says how it was opened: by a text, "call", "walk_in" or "split".

    `set_by` has, for "category", "priority", "hold" and "sealed", the event that made it so; what is missing there has been so since the
    ticket opened. `words` are those of the shown texts that hit one of the kinds `heard`.
    """

    opened: Event | None
    by: str
    heard: tuple[Category, ...]
    words: tuple[str, ...]
    set_by: dict[str, Event]
    is_fallback: bool
    told: Told | None

    @property
    def people(self) -> list[int | None]:
        """The ids of the volunteers who are named."""
        return [event.volunteer_id for event in (self.opened, *self.set_by.values()) if event is not None]


def reasons(rt: Runtime, session: Reading, ticket: Ticket, past: Past, texts: Iterable[str]) -> Reasons:
    """Why a ticket is of its kind, as urgent, on hold and sealed. `texts`: what the page shows of the citizen's words."""
    found = past.of_kinds(*_KINDS)
    opened = next((event for event in found if event.kind == EventKind.OPENED), None)
    set_by: dict[str, Event] = {}
    for event in found:
        fact = _SETS.get(EventKind(event.kind)) or (event.data.get("fact") if event.kind == EventKind.CHANGED else None)
        if fact not in ("category", "priority", "hold", "sealed"):
            continue
        before = set_by.get(fact)
        if (
            event.kind == EventKind.RAISED
            and before is not None
            and before.kind == EventKind.DANGER
            and before.happened_at == event.happened_at
        ):
            continue  # raised by that danger
        set_by[fact] = event
    heard = tuple(one for one in rt.categories if one.code in past.heard)
    return Reasons(
        opened=opened,
        by=str(opened.data.get("by", "")) if opened is not None else "",
        heard=heard,
        words=_words(heard, texts),
        set_by=set_by,
        is_fallback=ticket.category == category.fallback(rt.categories).code,
        told=_told(rt, session, readings.of_ticket(session, ticket.id, limit=_READINGS)),
    )


def _told(rt: Runtime, session: Reading, rows: Sequence[ReadingRow]) -> Told | None:
    row = max(rows, key=lambda one: one.danger, default=None)
    if row is None:
        return None
    why = readings.reasons_of(session, row)
    kinds = dict.fromkeys(meaning.of_model(rt.categories, kind) for kind in row.kinds)
    percents = ((part, round(100 * getattr(row, part))) for part in Part)
    likely = tuple((part, percent, _unnumbered(why.get(part, ()))) for part, percent in percents if percent >= _WORTH_TELLING)
    return Told(tuple(kinds), _unnumbered(why.get("kind", ())), likely)


def _unnumbered(words: Iterable[str]) -> tuple[str, ...]:
    """Words without numbers: they may be a person's."""
    return tuple(word for word in words if not any(letter.isdigit() for letter in word))


def _words(heard: tuple[Category, ...], texts: Iterable[str]) -> tuple[str, ...]:
    """The words that hit, as they are written. The table may have changed since a text was read: then nothing is claimed."""
    if not heard:
        return ()
    found: list[str] = []
    for text in texts:
        beginning: str = text[:_READ]
        said: Sequence[str] = telltale.telltales(beginning, (heard,))
        found += [word for word in said if len(word) < len(beginning.strip()) or len(beginning.split()) == 1]
    return tuple(dict.fromkeys(found))[:12]
