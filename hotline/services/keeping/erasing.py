"""A citizen asks to be erased: a volunteer reaches the citizen safely, a second person agrees, some days go by, then it is done.

Somebody else may hold the phone and ask, so no machine answers, and nothing goes while a ticket of the phone may be needed. Anybody who
works on the ticket stops it within those days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.erasure import Bar, How
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.sealing import SealBroken
from hotline.services import access
from hotline.services.access import Access, Act, NotAllowed, NoteMissing
from hotline.services.keeping import forgetting
from hotline.services.tickets import indexing
from hotline.storage import erasures, events, handing, people, sealed, suppressed, tickets, wiping
from hotline.storage.db import truncate_log
from hotline.storage.erasuremodels import Erasure
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved
from hotline.storage.wiping import Why

BATCH = 20
_LATER = timedelta(hours=1)
"""When to look again whether a ticket of the phone has ended."""
_SOON = timedelta(minutes=1)
"""When to look again whether a text has left, or a call has ended."""
SHOWN = 50
"""The most other tickets of the phone that are shown."""


class CannotErase(Exception):
    """Something stands against it now; `args[0]` are the bars."""


@dataclass(frozen=True)
class Erasing:
    """What a person is shown of erasing the citizen of a ticket."""

    row: Erasure | None  # what was asked and is not done yet
    bars: frozenset[Bar]
    may_agree: bool
    others: Sequence[Ticket]  # the phone's other tickets that the person may see, the newest `SHOWN`
    owner_since: datetime | None  # the number may be another person's since then
    wiped: tuple[date, Why] | None  # the local day on which the words of this ticket were wiped, and why


def erasing(rt: Runtime, session: Reading, entered: Access) -> Erasing:
    """What a person who is let in to a ticket is shown of erasing its citizen."""
    ticket, person = entered.ticket, entered.volunteer
    contact = session.get_one(Contact, ticket.contact_id)
    row = erasures.open_of(session, contact.id)
    if row is not None and not erasures.sees(session, person, row):  # nothing tells of a ticket that is not this person's to see
        row = None
    wiped = wiping.when(session, ticket.id)
    return Erasing(
        row=row,
        bars=erasures.bars(session, contact.id, person),
        may_agree=row is not None and _may_agree(session, entered, row),
        others=tickets.newest_of_contact(session, person, contact.id, besides=ticket.id, limit=SHOWN),
        owner_since=contact.owner_since,
        wiped=(wiped[0].astimezone(rt.config.zone).date(), wiped[1]) if wiped is not None else None,
    )


def ask(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, how: How, older: bool, note: str) -> None:
    """Say that the citizen was reached safely and asks to be erased; the note says how. Those who may agree are told.

    `older`: what was told under this number before it had been silent for long is the same citizen's, and goes too. Raises `NoSuchTicket`,
    `NotAllowed`, `NoteMissing`, `TicketMoved` (also where it was asked before), `CannotErase`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not note.strip():
            raise NoteMissing
        _refuse_barred(tx, ticket.contact_id, volunteer)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now) or 0
        facts = {"ticket_id": ticket.id, "asked_by": volunteer.id, "note_id": note_id}
        if erasures.ask(tx.session, ticket.contact_id, how=how, older=older, now=tx.now, **facts) is None:
            raise TicketMoved(ticket.id)
        _changed(tx, ticket, volunteer, EventKind.ERASURE_CONFIRMED, note_id)
        leads = people.leads(tx.session, ticket.team_id) if ticket.team_id is not None else ()
        for one in dict.fromkeys((*leads, *people.heads(tx.session))):
            if one != volunteer.id:
                raise_alarm(tx, ticket.id, AlarmKind.MENTIONED, one, again=True)


def agree(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int) -> None:
    """Agree, as a second person who leads the ticket's team or is the head. The days of grace begin.

    Raises `NoSuchTicket`, `NotAllowed` (also the first person, and who is shut out of a ticket that would lose words), `TicketMoved`,
    `CannotErase`.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        row = erasures.open_of(tx.session, way.ticket.contact_id)
        if row is None or row.agreed_at is not None:
            raise TicketMoved(way.ticket.id)
        if not _may_agree(tx.session, way, row):
            raise NotAllowed
        _refuse_barred(tx, way.ticket.contact_id, volunteer)
        due_at = tx.now + timedelta(days=rt.config.keeping.grace_days)
        if not erasures.agree(tx.session, row.id, volunteer.id, due_at=due_at, now=tx.now):
            raise TicketMoved(way.ticket.id)
        _changed(tx, way.ticket, volunteer, EventKind.ERASURE_AGREED)
        _tell_others(tx, way)


def stop(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Stop it, with a reason. Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, `TicketMoved` (also where it was stopped or done)."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not note.strip():
            raise NoteMissing
        row = erasures.open_of(tx.session, ticket.contact_id)
        if row is None or not erasures.stop(tx.session, row.id, volunteer.id, now=tx.now):
            raise TicketMoved(ticket.id)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        _changed(tx, ticket, volunteer, EventKind.ERASURE_STOPPED, note_id)


def erase_due(rt: Runtime) -> bool:
    """Erase the contacts whose days of grace are over; True if there may be more. One transaction each: killed half way, it goes on."""
    with rt.reading() as session:
        due = erasures.due_ids(session, now=rt.clock(), limit=BATCH)
    done = sum(_erase_or_log(rt, erasure_id) for erasure_id in due)
    if done:
        truncate_log(rt.engine)  # else their keys and words stand there until it is full
        logger().info("contacts erased", rows=done)
    return len(due) == BATCH


def _erase_or_log(rt: Runtime, erasure_id: int) -> bool:
    """As `_erase`. What does not open is tried again later, and keeps nobody else from being erased."""
    try:
        return _erase(rt, erasure_id)
    except SealBroken as fault:
        logger().error("a contact cannot be erased", erasure_id=erasure_id, fault=str(fault))
        with rt.transaction() as tx:
            erasures.postpone(tx.session, erasure_id, until=tx.now + _LATER)
        return False


def _erase(rt: Runtime, erasure_id: int) -> bool:
    """Erase one contact, or look again later: while a ticket is open, a text may have left, a call is on, or a recording is on its way."""
    with rt.transaction() as tx:
        contact = erasures.locked_contact(tx.session, erasures.contact_of(tx.session, erasure_id))
        row = erasures.locked_due(tx.session, erasure_id, now=tx.now)
        if row is None:
            return False
        if erasures.bars(tx.session, contact.id):
            erasures.postpone(tx.session, row.id, until=tx.now + _LATER)
            return False
        if erasures.is_busy(tx.session, contact.id):
            erasures.postpone(tx.session, row.id, until=tx.now + _SOON)
            return False
        since = contact.owner_since if not row.older else None
        address = sealed.number_by(sealed.key_in(rt.keys, contact), contact)
        if address is not None:
            suppressed.remember(tx.session, rt.keys, address, contact)
        for ticket_id in erasures.tickets_of(tx.session, contact.id, since=since):
            happened(tx.session, ticket_id, EventKind.ERASED, now=tx.now)
        others = erasures.others_with_texts(tx.session, contact.id, since=since)
        for desk_id in handing.desks_of(tx.session, contact.id, since=since):  # its key opens their words in a backup from before
            wiping.wipe_emptied(tx.session, erasures.locked_contact(tx.session, desk_id).id, now=tx.now, why=Why.WISH)
        wiping.wipe_contact(tx.session, contact.id, now=tx.now, why=Why.WISH, since=since)
        for ticket_id in others:  # they are found by what is left on them
            indexing.index_again(rt, tx, ticket_id)
        forgetting.ask_now(tx, contact.id, since=since)
        erasures.done(tx.session, row.id, now=tx.now)
        tx.ring(Job.FETCH_RECORDINGS)  # it removes the files, here and at the gateway; so does the next
        tx.ring(Job.FETCH_PHOTOS)
    return True


def _tell_others(tx: Transaction, way: Access) -> None:
    """Tell who leads the phone's other tickets, those that this person may not see: they can stop it, and nobody else learns of them."""
    for ticket in erasures.hidden(tx.session, way.volunteer, way.ticket.contact_id):
        leads = people.leads(tx.session, ticket.team_id) if ticket.team_id is not None else people.heads(tx.session)
        for one in leads:
            raise_alarm(tx, ticket.id, AlarmKind.MENTIONED, one, again=True)


def _may_agree(session: Reading, entered: Access, row: Erasure) -> bool:
    """Whether a person may agree: not the first, a lead of its team or the head, and complained of in no ticket of the phone."""
    if row.agreed_at is not None or row.asked_by == entered.volunteer.id or not access.may(entered.rights, entered.ticket, Act.ERASE):
        return False
    return not erasures.is_shut_out(session, entered.volunteer.id, row.contact_id)


def _refuse_barred(tx: Transaction, contact_id: int, volunteer: Volunteer) -> None:
    """Raise `CannotErase` if something stands against it that the person may see. Of the rest `_erase` asks, day by day."""
    if found := erasures.bars(tx.session, contact_id, volunteer):
        raise CannotErase(found)


def _changed(tx: Transaction, ticket: Ticket, volunteer: Volunteer, kind: EventKind, note_id: int | None = None) -> None:
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)
    happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
