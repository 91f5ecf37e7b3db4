"""Texts of a ticket go to a ticket of their own, or to another ticket of the same phone: two people may share a phone.

Nothing becomes less safe by it. A new ticket keeps the hold, the seal and the danger of the old one, unless its lead says otherwise; a
ticket that is added to gets them too. Who must not see the one must not see the other.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from hotline.domain import conversation, texts
from hotline.domain.contact import SEND
from hotline.domain.danger import Danger, surer
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.outbox import compose
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import indexing, meaning, naming, replies
from hotline.services.tickets.facts import NoSuchChoice, is_held_by_person
from hotline.services.tickets.handback import taken_back
from hotline.services.tickets.meaning import Meaning
from hotline.services.tickets.opening import open_ticket
from hotline.storage import bridges, contacts, events, messages, sealed, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges, TicketFacts

TOGETHER = 200
"""The most texts that are moved at once."""


def split(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    text_ids: Collection[int],
    receipt: bool = False,
    lighter: bool = False,
    note: str = "",
) -> str:
    """Move texts to a new ticket of the phone that they came from. Returns its reference.

    `receipt`: the phone gets the number, if a text may be started to it just now; nothing else goes out. `lighter`: a lead says, with a
    note, that the new ticket is only as safe as its own words ask for. Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, `TicketMoved`,
    and `NoSuchChoice` if the texts are not on this ticket, or not from one phone.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        if lighter:
            way.require(Act.EASE, note)
        old = way.ticket
        moved = _chosen(tx, old, text_ids)
        contact_ids = {text.contact_id for text in moved}
        if len(contact_ids) != 1:
            raise NoSuchChoice
        contact = contacts.locked(tx.session, contact_ids.pop())
        meant = _meaning(rt, tx, moved)
        sends = receipt and replies.verdict(rt, tx.session, old, contact, by_machine=True) == SEND
        facts = _facts(
            old, contact, meant if lighter else _at_least(meant, old), keeps_team=old.sealed and not lighter and not meant.sealed
        )
        opened = open_ticket(
            tx,
            {"category": facts["category"], "hits": meant.hits, "by": "split"},
            ticket=facts,
            receipt=lambda ref: (
                compose(rt, tx, texts.RECEIPT, contact, ref=ref, is_answer=False)
                if sends and not (facts["hold"] or facts["sealed"])
                else None
            ),
            volunteer_id=volunteer.id,
        )
        shutouts.copy(tx.session, old.id, opened.ticket_id)
        tickets.change(tx.session, opened.ticket_id, 1, now=tx.now)  # routing asks whom a ticket is shut to once it has changed
        tickets.change(tx.session, old.id, version, now=tx.now)
        _file(rt, tx, volunteer, moved, old=old.id, new=opened.ticket_id, note=note, lighter=lighter)
        return opened.reference


def move(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, text_ids: Collection[int], to: str) -> None:
    """Move texts to another ticket of the same phone, which the volunteer sees too and which is not closed.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchChoice`.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        old = way.ticket
        target = access.enter(tx.session, volunteer, to).ticket
        if not may_take(target, old.contact_id) or target.id == old.id:
            raise NoSuchChoice
        lock(tx, old, target)
        way.require_version(version)
        carry(rt, tx, volunteer, _chosen(tx, old, text_ids), old=old, target=target)


def carry(rt: Runtime, tx: Transaction, volunteer: Volunteer, moved: Sequence[Message], *, old: Ticket, target: Ticket) -> None:
    """Put texts of a ticket on another one of the phone. Both are locked, and the volunteer may work on both."""
    meant = _at_least(_meaning(rt, tx, moved), old)
    changes: TicketChanges = {"unread": True}
    if old.sealed and not target.sealed:
        # Sealed to the team that has the texts now, which its category may not lead to.
        changes |= {"sealed": True, "category": old.category, **taken_back(target, team_id=old.team_id)}
        happened(tx.session, target.id, EventKind.SEALED, now=tx.now, volunteer_id=volunteer.id)
        meant = replace(meant, sealed=False, hits=())
    if old.hold and not (target.hold and is_held_by_person(rt, tx, target)):
        # By the volunteer, who has seen both: a look at another text does not lift it.
        changes |= {"hold": True}
        happened(tx.session, target.id, EventKind.HELD, now=tx.now, volunteer_id=volunteer.id)
    shutouts.copy(tx.session, old.id, target.id)
    if "assignee_id" not in changes and target.assignee_id in shutouts.of_ticket(tx.session, target.id):
        changes |= taken_back(target, team_id=target.team_id)
    tickets.change(tx.session, old.id, old.version, now=tx.now)
    meaning.add(rt, tx, target, meant, **changes)
    _file(rt, tx, volunteer, moved, old=old.id, new=target.id)


def file(rt: Runtime, tx: Transaction, volunteer: Volunteer, text: Message, target: Ticket) -> None:
    """Put a text that is on no ticket on one of its phone, which is locked and on which the volunteer may work."""
    meant = _meaning(rt, tx, [text])
    messages.file(tx.session, [text.id], target.id)
    happened(tx.session, target.id, EventKind.ADDED, now=tx.now, volunteer_id=volunteer.id, hits=meant.hits)
    changes: TicketChanges = {"unread": True, **naming.shut(rt, tx, target, sealed.body_of(tx.session, text))}
    meaning.add(rt, tx, target, meant, **changes)
    indexing.index_again(rt, tx, target.id)


def may_take(target: Ticket, contact_id: int) -> bool:
    """Whether texts of a phone can be moved to a ticket: it is of the same phone, and not closed."""
    return target.contact_id == contact_id and target.status != Status.CLOSED


def lock(tx: Transaction, *both: Ticket) -> None:
    """Lock tickets between which texts are moved, always in the same order, so that two moves never wait for each other."""
    for ticket_id in sorted(one.id for one in both):
        tickets.locked(tx.session, ticket_id)


def others(session: Reading, volunteer: Volunteer, ticket: Ticket) -> Sequence[Ticket]:
    """The other tickets of the phone to which texts can be moved: those that the volunteer sees and that are not closed, newest first."""
    return tickets.of_contact(session, volunteer, ticket.contact_id, besides=ticket.id, limit=TOGETHER)


def _chosen(tx: Transaction, ticket: Ticket, ids: Collection[int]) -> Sequence[Message]:
    """The chosen texts, oldest first. Raises `NoSuchChoice` unless each of them came in on this ticket."""
    if not 0 < len(ids) <= TOGETHER:
        raise NoSuchChoice
    found = messages.came_in(tx.session, ticket.id, ids)
    if len(found) != len({*ids}):
        raise NoSuchChoice
    return found


def _meaning(rt: Runtime, tx: Transaction, moved: Sequence[Message]) -> Meaning:
    """What the texts say together. A cry counts in each of them."""
    said: Danger | None = None
    bodies = [sealed.body_of(tx.session, text) for text in moved]
    for body in bodies:
        said = surer(said, conversation.parse(body, rt.lexicon).danger)
    return meaning.read_words(rt, "\n".join(bodies), said=said)


def _at_least(meant: Meaning, old: Ticket) -> Meaning:
    """What the texts say, and no safer thing undone that holds for the ticket they are on."""
    danger = surer(meant.danger, Danger(old.danger) if old.danger is not None else None)
    return replace(
        meant,
        priority=Priority.URGENT if danger is not None else min(meant.priority, Priority(old.priority)),
        danger=danger,
        hold=meant.hold or old.hold,
        sealed=meant.sealed or old.sealed,
    )


def _facts(old: Ticket, contact: Contact, meant: Meaning, *, keeps_team: bool) -> TicketFacts:
    """The new ticket. A sealed one stays with its team (`keeps_team`), unless the texts are for another sealed team."""
    facts: TicketFacts = {
        "contact_id": contact.id,
        "category": old.category if keeps_team else meant.category,
        "priority": meant.priority,
        "sealed": meant.sealed,
        "hold": meant.hold,
        "danger": meant.danger,
        "wants_woman": old.wants_woman,
    }
    return {**facts, "team_id": old.team_id} if keeps_team else facts


def _file(
    rt: Runtime,
    tx: Transaction,
    volunteer: Volunteer,
    moved: Sequence[Message],
    *,
    old: int,
    new: int,
    note: str = "",
    lighter: bool = False,
) -> None:
    text_ids = [text.id for text in moved]
    messages.file(tx.session, text_ids, new)
    bridges.carry(tx.session, old, new, text_ids, whole=not lighter)
    note_id = events.note(tx.session, new, volunteer.id, note, now=tx.now)
    happened(tx.session, old, EventKind.MOVED_OUT, now=tx.now, volunteer_id=volunteer.id, other=new)
    happened(tx.session, new, EventKind.MOVED_IN, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, other=old)
    indexing.index_again(rt, tx, old)
    indexing.index_again(rt, tx, new)
    tx.ring(Job.ROUTE_DUE)
