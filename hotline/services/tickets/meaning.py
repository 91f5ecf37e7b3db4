"""What the citizen's words, texted or written down, say about a ticket, as far as the table of categories can tell."""

from dataclasses import dataclass
from functools import reduce
from typing import Unpack

from hotline.domain import category
from hotline.domain.category import Category
from hotline.domain.danger import Danger, surer
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
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


def read_words(rt: Runtime, body: str, *, said: Danger | None = None, named: Category | None = None) -> Meaning:
    """Read words for meaning. `said`: the danger that is known already. `named`: the category that a volunteer chose."""
    hits = category.categories_in(body, rt.categories)
    shown = ((named,) if named is not None else ()) + hits or (category.fallback(rt.categories),)
    danger = reduce(surer, (c.danger for c in shown), said)
    priority = Priority.URGENT if danger is not None else min(c.priority for c in shown)
    # A sealed category is shown before any other that was found: its team must be the one that sees the ticket.
    main = next((c for c in shown if c.sealed), shown[0])
    hold = danger is not None or any(c.hold for c in shown)
    return Meaning(main.code, main.team, priority, danger, any(c.sealed for c in shown), hold, tuple(c.code for c in hits))


def add(rt: Runtime, tx: Transaction, ticket: Ticket, meaning: Meaning, **changes: Unpack[TicketChanges]) -> None:
    """Add to a ticket what later words say. They can raise, hold or seal it, and never lower, lift or unseal.

    A sender can be forged: so they undo no decision of a person, and move no sealed ticket to another team. Ordinary words leave a ticket
    last whose phone two people marked; danger is danger from every phone.

    `ticket` is as it was read; `changes` are stored in the same step. Raises `TicketMoved`.
    """
    if meaning.danger is not None:
        changes |= endangered(tx, ticket, meaning.danger)
    elif meaning.priority < ticket.priority and (ticket.priority != Priority.LAST or meaning.sealed or meaning.hold):
        changes |= {"priority": meaning.priority, "routed_at": None}
        happened(tx.session, ticket.id, EventKind.RAISED, now=tx.now, to=meaning.priority)
    if meaning.hold and not ticket.hold and not changes.get("hold"):
        changes |= {"hold": True}
        happened(tx.session, ticket.id, EventKind.HELD, now=tx.now)
    if meaning.sealed and not ticket.sealed:
        # The volunteer who held it may be of the office complained of: it goes to its own team, or waits for the head.
        changes |= {"sealed": True, "category": meaning.category, **taken_back(ticket, team_id=None)}
        happened(tx.session, ticket.id, EventKind.SEALED, now=tx.now)
    elif (
        meaning.hits
        and not ticket.sealed
        and ticket.category == (general := category.fallback(rt.categories)).code
        and not events.is_placed(tx.session, ticket.id)
    ):
        changes |= {"category": meaning.category}
        if meaning.team != general.team and ticket.status in (Status.NEW, Status.ASSIGNED):  # nobody has begun to work on it
            changes |= taken_back(ticket, team_id=None)
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    if "routed_at" in changes:
        tx.ring(Job.ROUTE_DUE)
