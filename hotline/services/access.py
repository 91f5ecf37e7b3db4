"""The one way in to a ticket. A service or a page that shows or changes a ticket asks here: who, which ticket, which version, to do what.

Rights are read anew each time: a right that was taken away is gone with the next request, whatever page it is asked from.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hotline.domain.hours import Calendar
from hotline.domain.rights import Rights, Role
from hotline.domain.ticket import Priority
from hotline.runtime import Reading
from hotline.storage import events, people, shiftdays, tickets
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved


class Act(StrEnum):
    """What a person wants to do with a ticket."""

    AUDIT = "audit"  # see that things were done to it, not what was said: the auditor's too
    WORK = "work"  # read, take, answer and change it, and make it safer: every volunteer
    EASE = "ease"  # make it less safe (lower its urgency, lift its hold, unseal it): the lead of its team
    SHUT_OUT = "shut_out"  # say who must not see it: the lead of its team, or the head
    CONFIRM = "confirm"  # confirm that another phone is the citizen's: the lead of its team, or the head
    ERASE = "erase"  # agree, as a second person, that the citizen is erased: the lead of its team, or the head
    KEEP = "keep"  # keep its words for longer: as `CONFIRM`
    CALL = "call"  # call the citizen back, and be one of two who say why silence is deadlier: as `CONFIRM`; others by `may_call`
    REDACT = "redact"  # mask a part of what was said, show it again, have what another has masked rewritten: as `CONFIRM`
    SHOW_NUMBER = "show_number"  # see the citizen's whole number: takes a right of its own
    RELEASE = "release"  # say yes to another person who asks for a number: the lead of its team, the head, or by that right


class NoSuchTicket(Exception):
    """There is no such ticket, or this person may not see it: the answer does not tell which."""


class NotAllowed(Exception):
    """The person may not do this: it takes a lead or a right, or the person works no tickets, or is not active any more."""


class NoteMissing(Exception):
    """What makes a ticket less safe takes a note that says why."""


@dataclass(frozen=True)
class Access:
    """A ticket as it is now, for a person who may do with it what was asked for."""

    volunteer: Volunteer
    rights: Rights
    ticket: Ticket

    def require_version(self, version: int) -> None:
        """Raise `TicketMoved` unless the ticket is still as the person saw it."""
        if self.ticket.version != version:
            raise TicketMoved(self.ticket.id)

    def require(self, act: Act, note: str) -> None:
        """Raise `NotAllowed` unless the person may do this as well, `NoteMissing` if the note does not say why."""
        if not may(self.rights, self.ticket, act):
            raise NotAllowed
        if not note.strip():
            raise NoteMissing


def enter(session: Reading, volunteer: Volunteer, reference: str, act: Act = Act.WORK, *, version: int | None = None) -> Access:
    """Let a person in to a ticket, to do `act` with it as it was at `version` (None: in whatever state it is).

    Raises `NotAllowed`, `NoSuchTicket`, `TicketMoved`. A person who works no tickets is refused before the ticket is looked for,
    so that the answer does not tell whether there is one.
    """
    person, rights = _now(session, volunteer)
    if not (rights.works or (act is Act.AUDIT and rights.role is Role.AUDITOR)):
        raise NotAllowed
    ticket = tickets.seen_by(session, person, reference)
    if ticket is None:
        raise NoSuchTicket(reference)
    access = Access(person, rights, ticket)
    if version is not None:
        access.require_version(version)
    if not may(rights, ticket, act):
        raise NotAllowed
    return access


def enter_to_undo(session: Reading, volunteer: Volunteer, reference: str, *, since: datetime) -> Access:
    """Let a person in to a ticket to undo a change of its kind: also if that very change, made after `since`, took it out of their sight.

    A volunteer who was shut out of it meanwhile stays out. Raises `NotAllowed`, `NoSuchTicket`.
    """
    person, rights = _now(session, volunteer)
    if not rights.works:
        raise NotAllowed
    ticket = tickets.seen_by(session, person, reference)
    if ticket is None:
        ticket = next(iter(tickets.by_reference(session, [reference])), None)
        last = events.last_kind(session, ticket.id) if ticket is not None else None
        is_own = last is not None and last.volunteer_id == person.id and last.happened_at > since
        if ticket is None or not is_own or not person.confirmed or tickets.is_shut_to(session, ticket.id, person.id):
            raise NoSuchTicket(reference)
    return Access(person, rights, ticket)


def sees(session: Reading, volunteer: Volunteer, reference: str) -> Ticket | None:
    """The ticket if this person may work on it; None otherwise, for whatever reason."""
    try:
        return enter(session, volunteer, reference).ticket
    except (NotAllowed, NoSuchTicket):
        return None


def may(rights: Rights, ticket: Ticket, act: Act) -> bool:
    """Whether rights allow an act on a ticket that the person sees. Pages ask this to show a form or leave it out."""
    match act:
        case Act.AUDIT:
            return rights.works or rights.role is Role.AUDITOR
        case Act.WORK:
            return rights.works
        case Act.EASE:
            return rights.leads_team(ticket.team_id)
        case Act.SHUT_OUT | Act.CONFIRM | Act.ERASE | Act.KEEP | Act.CALL | Act.REDACT:
            return rights.leads_team(ticket.team_id) or (rights.works and rights.is_head)
        case Act.SHOW_NUMBER:
            return rights.sees_numbers
        case Act.RELEASE:
            return may(rights, ticket, Act.CONFIRM) or rights.sees_numbers


def may_call(session: Reading, entered: Access, *, local: datetime, calendar: Calendar) -> bool:
    """Whether a person may call the citizen of a ticket back at the local time.

    That is the assignee, the lead of its team, the head, and where it is urgent who is on duty in its team.
    """
    ticket, person = entered.ticket, entered.volunteer
    if may(entered.rights, ticket, Act.CALL) or (entered.rights.works and ticket.assignee_id == person.id):
        return True
    is_urgent = entered.rights.works and ticket.priority == Priority.URGENT and ticket.team_id is not None
    return is_urgent and person.id in shiftdays.present(session, ticket.team_id or 0, local, calendar)


def working(session: Reading, volunteer: Volunteer, *, by_number: bool = False) -> Rights:
    """The rights of a person who works tickets, as they are now; `by_number`: and who may look for tickets by a phone number.

    Raises `NotAllowed`.
    """
    _, rights = _now(session, volunteer)
    if not rights.works or (by_number and not rights.sees_numbers):
        raise NotAllowed
    return rights


def _now(session: Reading, volunteer: Volunteer) -> tuple[Volunteer, Rights]:
    """The person and their rights as they are stored now. Raises `NotAllowed` if they are not active any more."""
    person = people.volunteer(session, volunteer.id)
    if person is None:
        raise NotAllowed
    return person, people.rights(session, person)
