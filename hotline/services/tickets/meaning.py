"""What the citizen's words, texted or written down, say about a ticket, as far as the table of categories can tell."""

from dataclasses import dataclass
from functools import reduce
from typing import Unpack

from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.danger import Danger, surer
from hotline.domain.reading import Reading
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.runtime import Runtime, Tables, Transaction
from hotline.services.tickets.danger import endangered
from hotline.services.tickets.handback import taken_back
from hotline.storage import events, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.rows import TicketChanges


@dataclass(frozen=True)
class Meaning:
    """What words say about a ticket. `hits` are the codes of all categories whose words were found."""

    category: str
    team: str
    priority: Priority
    danger: Danger | None
    sealed: bool
    hold: bool
    hits: tuple[str, ...]


def read_words(rt: Tables, body: str, *, said: Danger | None = None, named: Category | None = None) -> Meaning:
    """Read words for meaning. `said`: the danger that is known already. `named`: the category that a volunteer chose."""
    hits = category.categories_in(body, rt.categories)
    shown = ((named,) if named is not None else ()) + hits or (category.fallback(rt.categories),)
    danger = reduce(surer, (c.danger for c in shown), said)
    priority = Priority.URGENT if danger is not None else min(c.priority for c in shown)
    # A sealed category is shown before any other that was found: its team, and no other, must see the ticket.
    main = next((c for c in shown if c.sealed), shown[0])
    hold = danger is not None or any(c.hold for c in shown)
    return Meaning(main.code, main.team, priority, danger, any(c.sealed for c in shown), hold, tuple(c.code for c in hits))


def of_reading(rt: Runtime, found: Reading) -> Meaning:
    """What the reading of a text says about a ticket: more than its words do, and with less certainty."""
    kinds = tuple(dict.fromkeys(of_model(rt.categories, kind) for kind in found.kinds))
    main = kinds[0] if kinds else category.fallback(rt.categories)
    sealed = main if main.sealed else next((one for one in rt.categories if one.sealed), None) if found.against else None
    danger = None
    if found.cries:
        danger = Danger.CRY
    elif found.danger:
        danger = Danger.SURE if found.rings and main.rings else Danger.READ
    # The likeliest kind alone says how urgent it is: a kind that may be meant as well is no reason to wake anybody.
    priority = Priority.URGENT if danger is not None else max(main.priority, Priority.HIGH)
    shown = sealed or main
    return Meaning(
        shown.code,
        shown.team,
        priority,
        danger,
        sealed=sealed is not None,
        hold=danger is not None or found.quiet or shown.hold,
        hits=tuple(dict.fromkeys(one.code for one in (shown, main))) if kinds or sealed is not None else (),
    )


def of_model(categories: tuple[Category, ...], kind: str) -> Category:
    """The category of a deployment for a kind of the model: the category that names it, else the last, which takes what is left."""
    return next((one for one in categories if kind in (one.reads, one.code)), category.fallback(categories))


@dataclass(frozen=True)
class Raised:
    """What a meaning changes on a ticket that is open already: it only becomes safer. None or false: that stays as it is."""

    danger: Danger | None
    priority: Priority | None
    hold: bool
    seal: bool

    def __bool__(self) -> bool:
        return self.danger is not None or self.priority is not None or self.hold or self.seal


def raises(ticket: Ticket, meaning: Meaning) -> Raised:
    """What a meaning changes on a ticket, whether a machine read it in words or a person said of what kind the ticket is.

    Ordinary words leave a ticket last whose phone two people marked; danger is danger from every phone.
    """
    is_marked = ticket.priority == Priority.LAST and not (meaning.sealed or meaning.hold)
    is_raised = meaning.danger is None and meaning.priority < ticket.priority and not is_marked
    return Raised(
        danger=meaning.danger,
        priority=meaning.priority if is_raised else None,
        hold=(meaning.hold or meaning.danger is not None) and not ticket.hold,
        seal=meaning.sealed and not ticket.sealed,
    )


def raised(tx: Transaction, ticket: Ticket, meaning: Meaning, *, by: int | None = None, is_held: bool = False) -> TicketChanges:
    """What changes where a meaning raises, holds or seals a ticket; each is an event.

    `by`: the volunteer who said so. `is_held`: the caller puts it on hold in the same step.
    """
    what, changes = raises(ticket, meaning), TicketChanges()
    if what.danger is not None:
        changes |= endangered(tx, ticket, what.danger, by=by)
    elif what.priority is not None:
        changes |= {"priority": what.priority, "routed_at": None}
        happened(tx.session, ticket.id, EventKind.RAISED, now=tx.now, volunteer_id=by, to=what.priority)
    if what.hold and what.danger is None and not is_held:
        changes |= {"hold": True}
        happened(tx.session, ticket.id, EventKind.HELD, now=tx.now, volunteer_id=by)
    if what.seal:
        # The volunteer who held it may be of the office complained of: it goes to its own team, or waits for the head.
        changes |= {"sealed": True, "category": meaning.category, **taken_back(ticket, team_id=None)}
        happened(tx.session, ticket.id, EventKind.SEALED, now=tx.now, volunteer_id=by)
    return changes


def add(rt: Runtime, tx: Transaction, ticket: Ticket, meaning: Meaning, **changes: Unpack[TicketChanges]) -> None:
    """Add to a ticket what later words say (`added`), and raise its version even if they say nothing new.

    `ticket` is as it was read; `changes` are stored in the same step. Raises `TicketMoved`.
    """
    store(tx, ticket, added(rt, tx, ticket, meaning, **changes))


def store(tx: Transaction, ticket: Ticket, changes: TicketChanges) -> None:
    """Store what changes on a ticket, and have it routed if it must be. Raises `TicketMoved`."""
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    if "routed_at" in changes:
        tx.ring(Job.ROUTE_DUE)


def added(
    rt: Runtime, tx: Transaction, ticket: Ticket, meaning: Meaning, *, names_kind: bool = False, **changes: Unpack[TicketChanges]
) -> TicketChanges:
    """What changes on a ticket by what later words say. They can raise, hold or seal it, and never lower, lift or unseal.

    A sender can be forged: so they undo no decision of a person, and move no sealed ticket to another team. `names_kind`: they say of what
    kind the ticket is even where words have told it; else only where none have.
    """
    changes |= raised(tx, ticket, meaning, is_held=changes.get("hold", False))
    general = category.fallback(rt.categories)
    if (
        meaning.hits
        and meaning.category != ticket.category
        and not (ticket.sealed or meaning.sealed)
        and (names_kind or ticket.category == general.code)
        and not events.is_placed(tx.session, ticket.id)
    ):
        changes |= {"category": meaning.category}
        if meaning.team != general.team and ticket.status in (Status.NEW, Status.ASSIGNED):  # nobody has begun to work on it
            changes |= taken_back(ticket, team_id=None)
    return changes
