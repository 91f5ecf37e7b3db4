"""A complaint names one of us. It is shut to that person before anybody is chosen for it, and the head is told that there is one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.names import Names, named_in, names_of
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets.handback import taken_back
from hotline.storage import alarms, people, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.rows import TicketChanges

_FRESH_FOR = timedelta(minutes=1)
"""So long the names are kept: asking for them with each text would cost every text a statement."""


@dataclass(frozen=True)
class _Kept:
    at: datetime
    names: Names

    def is_fresh(self, now: datetime) -> bool:
        """Whether they are not older than a minute."""
        return self.at <= now < self.at + _FRESH_FOR


_kept: WeakKeyDictionary[object, _Kept] = WeakKeyDictionary()
"""Engine of a database → the names of the people in it."""


def shut_new(rt: Runtime, tx: Transaction, ticket_id: int, body: str) -> None:
    """Shut a ticket that has just opened to the people whom its words name."""
    if _shut(rt, tx, ticket_id, body):
        tickets.change(tx.session, ticket_id, 1, now=tx.now)  # routing asks whom a ticket is shut to once it has changed


def names_nobody(rt: Runtime, body: str, *, now: datetime) -> bool:
    """Whether a text surely names none of us. False also where that needs a look at the database."""
    kept = _kept.get(rt.engine)
    return kept is not None and kept.is_fresh(now) and not named_in(body, kept.names)


def shut(rt: Runtime, tx: Transaction, ticket: Ticket, body: str) -> TicketChanges:
    """Shut an open ticket to the people whom later words name. What changes on it: a named volunteer who has it loses it."""
    return taken_back(ticket, team_id=ticket.team_id) if ticket.assignee_id in _shut(rt, tx, ticket.id, body) else {}


def _shut(rt: Runtime, tx: Transaction, ticket_id: int, body: str) -> frozenset[int]:
    """Shut a ticket to whom a text names; the ids of those. The head, or else the leads, are told, except those named.

    If there is nobody else, the auditor's book tells of it.
    """
    named = named_in(body, _names(rt, tx))
    if not named:
        return named
    for volunteer_id in sorted(named):
        if shutouts.shut_out(tx.session, ticket_id, volunteer_id, made_by=None, now=tx.now):
            happened(tx.session, ticket_id, EventKind.SHUT_OUT, now=tx.now, to=volunteer_id)
            alarms.end(tx.session, ticket_id, volunteer_id, now=tx.now)
    for told in sorted({*people.heads(tx.session)} - named) or sorted({*people.all_leads(tx.session)} - named):
        raise_alarm(tx, ticket_id, AlarmKind.NAMED, told)
    return named


def _names(rt: Runtime, tx: Transaction) -> Names:
    """The names of the people who work tickets, as they were a minute ago at most."""
    kept = _kept.get(rt.engine)
    if kept is not None and kept.is_fresh(tx.now):
        return kept.names
    at_work = people.named(tx.session)
    # Equal names stay the same object: what is prepared for them is found by it.
    names = kept.names if kept is not None and kept.names.people == tuple(at_work) else names_of(at_work)
    _kept[rt.engine] = _Kept(tx.now, names)
    return names
