"""The protocol cards beside a ticket: put there, and their steps ticked. Each tick is an event; nothing else is stored of it.

A tick is an act on danger. Taking a tick away undoes no act: what somebody did stays done, whatever is ticked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hotline.domain import protocol
from hotline.domain.protocol import Protocol, Tick
from hotline.domain.ticket import Status
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Access
from hotline.services.tickets.danger import acted
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.past import Past
from hotline.storage import events, tickets
from hotline.storage.events import Deed, EventKind, happened
from hotline.storage.models import Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges

_LAST = frozenset({Status.RESOLVED, Status.CLOSED})
_KINDS = (EventKind.CARD_PUT, EventKind.STEP_DONE, EventKind.STEP_UNDONE)


class StepsMissing(Exception):
    """Steps that a card demands are not done, so the ticket stays open. `args[0]`: the steps that are missing."""


@dataclass(frozen=True)
class Beside:
    """The cards beside a ticket, and what was done of them: each tick that holds, with the event that made it.

    `heard` are further cards whose words were found in what came in; `missing` the steps that must be done before it is resolved or closed.
    """

    cards: tuple[Protocol, ...]
    heard: tuple[Protocol, ...]
    done: dict[Tick, Event]
    missing: tuple[Tick, ...]


def beside(rt: Runtime, ticket: Ticket, past: Past) -> Beside:
    """The cards beside a ticket that its reader may see."""
    there, done = _known(past.of_kinds(*_KINDS))
    cards = protocol.beside(rt.protocols, ticket.category, there)
    further = tuple(one for one in rt.protocols if one.categories & past.heard and one not in cards)
    missing = () if ticket.status in _LAST else protocol.missing(cards, done)
    return Beside(cards, further, done, missing)


def put(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, code: str) -> None:
    """Put a card to the ticket, beside the card of its kind. Putting it there twice changes nothing.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchChoice`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if code not in {one.code for one in rt.protocols}:
            raise NoSuchChoice
        there, _ = _known(events.of_kinds(tx.session, ticket.id, *_KINDS))
        if code in there:
            return
        tickets.change(tx.session, ticket.id, version, now=tx.now)
        happened(tx.session, ticket.id, EventKind.CARD_PUT, now=tx.now, volunteer_id=volunteer.id, protocol=code)


def tick(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, code: str, steps: Iterable[str]) -> None:
    """Tick these steps of a card beside the ticket, and take the ticks of its other steps away. Ticking one is an act on danger.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchChoice` (a card that is not beside it, a step that is not on the card).
    """
    wanted = frozenset(steps)
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        there, done = _known(events.of_kinds(tx.session, ticket.id, *_KINDS))
        card = next((one for one in protocol.beside(rt.protocols, ticket.category, there) if one.code == code), None)
        if card is None or not wanted <= {step.code for step in card.steps}:
            raise NoSuchChoice
        changed = [step.code for step in card.steps if (step.code in wanted) is not ((code, step.code) in done)]
        if not changed:
            return
        for step in changed:
            kind = EventKind.STEP_DONE if step in wanted else EventKind.STEP_UNDONE
            happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, protocol=code, step=step)
        act: TicketChanges = acted(tx, ticket, volunteer.id, Deed.STEP) if wanted.intersection(changed) else {}
        tickets.change(tx.session, ticket.id, version, now=tx.now, **act)


def passed_over(rt: Runtime, session: Reading, way: Access, to: Status, *, without_steps: bool, note: str) -> tuple[str, ...]:
    """The demanded steps, as "card.step", that a move to `to` passes over; () if it passes over none.

    Only a lead of its team goes on without them (`without_steps`), and says why. A ticket that was resolved has passed this already.
    Raises `StepsMissing`, `NotAllowed`, `NoteMissing`.
    """
    if to not in _LAST or way.ticket.status in _LAST:
        return ()
    there, done = _known(events.of_kinds(session, way.ticket.id, *_KINDS))
    missing = protocol.missing(protocol.beside(rt.protocols, way.ticket.category, there), done)
    if missing and not without_steps:
        raise StepsMissing(missing)
    if missing:
        way.require(access.Act.EASE, note)
    return tuple(f"{card}.{step}" for card, step in missing)


def _known(past: Iterable[Event]) -> tuple[frozenset[str], dict[Tick, Event]]:
    """The codes of the cards that were put to a ticket, and the ticks that hold, by its events of `_KINDS`, oldest first."""
    there, done = set[str](), dict[Tick, Event]()
    for event in past:
        match event.kind:
            case EventKind.CARD_PUT:
                there.add(event.data["protocol"])
            case EventKind.STEP_DONE:
                done[event.data["protocol"], event.data["step"]] = event
            case EventKind.STEP_UNDONE:
                done.pop((event.data["protocol"], event.data["step"]), None)
    return frozenset(there), done
