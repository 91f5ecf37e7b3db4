"""What is known of a ticket, and who may see it: each function changes one thing, by the version she saw, and leaves an event.

Anybody who works tickets may make one safer or more pressing; the way back is the lead's, with a note.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.domain.category import Category
from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
from hotline.services import casework
from hotline.storage import events, people, shutouts, tickets
from hotline.storage.contacts import safe_contact
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved

_READING = timedelta(minutes=10)


class LeadsOnly(Exception):
    """Only a lead of the ticket's team may do that; with no team, the head."""


class NoteMissing(Exception):
    """What only a lead may do needs a note that says why."""


class NotAllowed(Exception):
    """She has no right to that."""


@dataclass
class _Change:
    """One change of a ticket on its way."""

    tx: Transaction
    ticket: Ticket
    volunteer: Volunteer
    rights: Rights
    version: int

    def make(self, kind: EventKind, *, note: str = "", **data: object) -> None:
        """Tell what happened."""
        note_id = events.note(self.tx.session, self.ticket.id, self.volunteer.id, note, now=self.tx.now)
        happened(self.tx.session, self.ticket.id, kind, now=self.tx.now, volunteer_id=self.volunteer.id, note_id=note_id, **data)

    def store(self, **values: object) -> None:
        """Compare-and-set. Raises `TicketMoved`."""
        tickets.change(self.tx.session, self.ticket.id, self.version, now=self.tx.now, **values)

    def need_lead(self, note: str) -> None:
        """Raise unless she leads the ticket's team, and says why."""
        if not self.rights.leads_team(self.ticket.team_id):
            raise LeadsOnly
        if not note.strip():
            raise NoteMissing


@contextmanager
def _change(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> Iterator[_Change]:
    with rt.transaction() as tx:
        ticket = casework.seen(tx, volunteer, reference)
        rights = people.rights(tx.session, volunteer)
        if not rights.works:
            raise NotAllowed
        if ticket.version != version:
            raise TicketMoved(ticket.id)
        yield _Change(tx, ticket, volunteer, rights, version)


def categorise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, category: Category) -> None:
    """Name its kind. A kind that is sealed, held or more pressing makes the ticket so; a sealed one goes to its own team, and maybe out
    of her sight."""
    with _change(rt, volunteer, reference, version) as one:
        ticket, changes = one.ticket, dict[str, object](category=category.code)
        one.make(EventKind.CATEGORISED, old=ticket.category, new=category.code)
        if category.priority < ticket.priority:
            changes["priority"] = category.priority
            one.make(EventKind.RAISED, to=category.priority)
        if category.hold and not ticket.hold:
            changes["hold"] = True
            one.make(EventKind.HELD)
        if category.sealed and not ticket.sealed:
            changes |= {"sealed": True, "team_id": None, "assignee_id": None, "routed_at": None}
            one.make(EventKind.SEALED)
            one.tx.ring(Job.ROUTE_DUE)
        one.store(**changes)


def place(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, area: str | None) -> None:
    """Say where it happened, by the code of an area."""
    with _change(rt, volunteer, reference, version) as one:
        one.store(area=area)
        one.make(EventKind.PLACED, old=one.ticket.area, new=area)


def prioritise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, to: Priority, note: str = "") -> None:
    """Raise its urgency, or lower it: then as a lead, with a note."""
    with _change(rt, volunteer, reference, version) as one:
        if to > one.ticket.priority:
            one.need_lead(note)
        kind = EventKind.LOWERED if to > one.ticket.priority else EventKind.RAISED
        # Raised it is looked at again: whoever has it is paged.
        one.store(priority=to, **({"routed_at": None} if kind is EventKind.RAISED else {}))
        one.make(kind, note=note, old=one.ticket.priority, to=to)
        one.tx.ring(Job.ROUTE_DUE)


def hold(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, on: bool, note: str = "") -> None:
    """Put it on hold, or lift that: as a lead, with a note."""
    with _change(rt, volunteer, reference, version) as one:
        if not on:
            one.need_lead(note)
        one.store(hold=on)
        one.make(EventKind.HELD if on else EventKind.LIFTED, note=note)


def seal(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, on: bool, note: str = "") -> None:
    """Seal it to the team that has it, or unseal it: as that team's lead, with a note."""
    with _change(rt, volunteer, reference, version) as one:
        if not on:
            one.need_lead(note)
        changes = dict[str, object](sealed=on)
        if on and one.ticket.assignee_id is not None and one.ticket.team_id is not None:
            members = people.members(one.tx.session, one.ticket.team_id)
            if one.ticket.assignee_id not in members:  # whoever has it could not see it any more
                changes |= {"assignee_id": None, "routed_at": None}
                one.tx.ring(Job.ROUTE_DUE)
        one.store(**changes)
        one.make(EventKind.SEALED if on else EventKind.UNSEALED, note=note)


def promise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, until: datetime | None) -> None:
    """Say until when she is promised an answer, in UTC; None: nothing is promised any more. A new promise is not late."""
    with _change(rt, volunteer, reference, version) as one:
        one.store(promised_at=until, on_time=True)
        one.make(EventKind.PROMISED, until=until.isoformat() if until else None)


def want_woman(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, wants: bool) -> None:
    """Note that the citizen asks for a woman, or no longer."""
    with _change(rt, volunteer, reference, version) as one:
        one.store(wants_woman=wants)
        one.make(EventKind.WANTS_WOMAN, wants=wants)


def keep_safe(
    rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, may_text: bool, may_call: bool, on_hold: bool, note: str = ""
) -> None:
    """How her phone may be reached, whatever ticket it is about. Taking a hold off a phone is the lead's, with a note."""
    with _change(rt, volunteer, reference, version) as one:
        contact = one.tx.session.get_one(Contact, one.ticket.contact_id)
        if contact.on_hold and not on_hold:
            one.need_lead(note)
        one.store()
        safe_contact(one.tx.session, contact.id, may_text=may_text, may_call=may_call, on_hold=on_hold)
        one.make(EventKind.SAFE_CONTACT, note=note, may_text=may_text, may_call=may_call, on_hold=on_hold)


def pass_on(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    to: int | None = None,
    team: int | None = None,
    reason: str = "",
) -> None:
    """Pass it on, to a colleague or to a team, never to somebody who may not see it. Raises `NotAllowed`."""
    with _change(rt, volunteer, reference, version) as one:
        ticket, session = one.ticket, one.tx.session
        if to is not None:
            colleague = people.volunteer(session, to)
            if colleague is None or not people.rights(session, colleague).works or not tickets.may_see(session, colleague, ticket.id):
                raise NotAllowed
            one.store(assignee_id=to, unattended=False)
        elif team is not None and not ticket.sealed and people.has_team(session, team):
            one.store(team_id=team, assignee_id=None, routed_at=None)
            one.tx.ring(Job.ROUTE_DUE)
        else:
            raise NotAllowed
        one.make(EventKind.PASSED, note=reason, to=to, team=team)


def shut_out(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, whom: int, out: bool) -> None:
    """Hide the ticket from somebody who is named in it, or show it again: as its team's lead. She is told nothing."""
    with _change(rt, volunteer, reference, version) as one:
        if not one.rights.leads_team(one.ticket.team_id):
            raise LeadsOnly
        if whom == volunteer.id or people.volunteer(one.tx.session, whom) is None:
            raise NotAllowed
        if out:
            shutouts.put(one.tx.session, one.ticket.id, whom, made_by=volunteer.id, now=one.tx.now)
        else:
            shutouts.take_back(one.tx.session, one.ticket.id, whom)
        is_hers = out and one.ticket.assignee_id == whom
        one.store(**({"assignee_id": None, "routed_at": None} if is_hers else {}))
        if is_hers:
            one.tx.ring(Job.ROUTE_DUE)
        one.make(EventKind.SHUT_OUT if out else EventKind.LET_IN, whom=whom)


def show_number(rt: Runtime, volunteer: Volunteer, reference: str) -> str | None:
    """The citizen's number, which is a right; that she saw it is an event. None: it was withheld. Raises `NotAllowed`."""
    with rt.transaction() as tx:
        ticket = casework.seen(tx, volunteer, reference)
        rights = people.rights(tx.session, volunteer)
        if not (rights.works and rights.shows_numbers):
            raise NotAllowed
        happened(tx.session, ticket.id, EventKind.NUMBER_SHOWN, now=tx.now, volunteer_id=volunteer.id)
        return tx.session.get_one(Contact, ticket.contact_id).address


def note_reading(rt: Runtime, volunteer: Volunteer, ticket: Ticket) -> None:
    """Whoever reads a sealed ticket leaves an event, once in ten minutes."""
    if not ticket.sealed:
        return
    with rt.transaction() as tx:
        tickets.locked(tx.session, ticket.id)  # two tabs may open at once
        if not events.has_viewed(tx.session, ticket.id, volunteer.id, since=tx.now - _READING):
            happened(tx.session, ticket.id, EventKind.VIEWED, now=tx.now, volunteer_id=volunteer.id)
