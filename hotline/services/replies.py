"""A volunteer writes to the citizen. What may not go is refused with why; what gives too much away is asked about first."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hotline.domain import contact as safety
from hotline.domain import segments, telltale
from hotline.domain.contact import Outgoing
from hotline.domain.delivery import Reason
from hotline.domain.phone import SenderKind
from hotline.domain.ticket import Status
from hotline.domain.walk import Consent
from hotline.outbox import queue_written
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services.casework import seen, working
from hotline.storage import calls, drafts, events, people, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved

LONGEST = 1600
"""Characters of one text. Source: Twilio, "Message resource", Body."""

_KEPT_MARKS = "\u200c\u200d"
"""Joiners, which Urdu and Sindhi are written with; every other invisible character goes."""


class ReplyRefused(Exception):
    """The text may not go; `args[0]` is the `Reason`."""


class SaysTooMuch(Exception):
    """It would tell whoever holds the phone what it is about; `args[0]` are the words."""


class NothingWritten(Exception):
    """An empty text."""


@dataclass(frozen=True)
class Counted:
    """What a text would be: its parts, its price if one is known, and the words that give too much away."""

    units: int
    segments: int
    price: Decimal | None
    telltales: tuple[str, ...]


def clean(body: str) -> str:
    """What she wrote, as it goes out: ordinary line ends, and nothing that only a machine sees."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    plain = "".join(c for c in body if c in _KEPT_MARKS or c == "\n" or unicodedata.category(c)[0] != "C")
    return re.sub(r"\n{3,}", "\n\n", plain).strip()[:LONGEST]


def count(rt: Runtime, session: Reading, body: str) -> Counted:
    """Count and read a text before it goes."""
    counted = segments.count(body)
    price = rt.config.sending.segment_price
    found = telltale.telltales(body, (rt.categories, (*rt.unsaid, telltale.people(people.all_names(session)))))
    return Counted(counted.units, counted.segments, counted.segments * Decimal(price) if price else None, found)


def verdict(rt: Runtime, session: Reading, ticket: Ticket, contact: Contact) -> safety.Verdict:
    """Whether a text of ours may go to her now, when it would leave, or why it may not. Asked again when it is claimed."""
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return safety.Verdict(reason=Reason.NO_PHONE)
    call = calls.of_ticket(session, ticket.id)
    now = rt.clock()
    facts = Outgoing(
        created_at=now,
        is_answer=False,
        may_text=contact.may_text and (call is None or call.consent == Consent.YES),
        stopped=contact.stopped_at is not None,
        hold=ticket.hold or contact.on_hold,
    )
    return safety.may_go(
        facts,
        now=now,
        hours=rt.config.hours.narrowed(contact.safe_from, contact.safe_until),
        fresh_for=timedelta(0),
        expires_after=timedelta(hours=rt.config.sending.expires_hours),
    )


def reply(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, body: str, confirmed: frozenset[str]) -> datetime | None:
    """Queue what she wrote; when it leaves, None for at once. The same form sent twice sends one text.

    Raises `NoSuchTicket`, `NotHers`, `TicketMoved`, `NothingWritten`, `ReplyRefused`, and `SaysTooMuch`
    for words that give too much away, but for those she has seen and `confirmed`.
    """
    body = clean(body)
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        working(tx, volunteer)
        if ticket.version != version:
            if _is_repeated(tx, ticket, volunteer, version):
                return None
            raise TicketMoved(ticket.id)
        if not body:
            raise NothingWritten
        contact = tx.session.get_one(Contact, ticket.contact_id)
        told = verdict(rt, tx.session, ticket, contact)
        if told.reason is not None:
            raise ReplyRefused(told.reason)
        found = count(rt, tx.session, body).telltales
        if set(found) - confirmed:
            raise SaysTooMuch(found)
        _store(tx, ticket, volunteer, contact, body, confirmed=bool(found))
    return told.wait_until


def _store(tx: Transaction, ticket: Ticket, volunteer: Volunteer, contact: Contact, body: str, *, confirmed: bool) -> None:
    changes: dict[str, object] = {"unread": False}
    if ticket.assignee_id is None:
        changes |= {"assignee_id": volunteer.id, "unattended": False}
        changes |= {"status": Status.ASSIGNED} if ticket.status == Status.NEW else {}
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    queue_written(tx, body, contact, ticket_id=ticket.id, volunteer_id=volunteer.id)
    happened(
        tx.session, ticket.id, EventKind.REPLIED, now=tx.now, volunteer_id=volunteer.id, version=ticket.version, all_the_same=confirmed
    )
    drafts.forget(tx.session, ticket.id, volunteer.id)


def _is_repeated(tx: Transaction, ticket: Ticket, volunteer: Volunteer, version: int) -> bool:
    """Whether she has sent this very form before: a double click."""
    last = events.last_change(tx.session, ticket.id)
    return last is not None and last.kind == EventKind.REPLIED and last.volunteer_id == volunteer.id and last.data.get("version") == version


def keep_draft(rt: Runtime, volunteer: Volunteer, reference: str, body: str) -> Counted:
    """Keep what she has written so far, and count it. Raises `NoSuchTicket`."""
    body = body.replace("\0", "\ufffd")[:LONGEST]
    with rt.transaction() as tx:
        ticket = seen(tx, volunteer, reference)
        drafts.keep(tx.session, ticket.id, volunteer.id, body, now=tx.now)
    with rt.reading() as session:
        return count(rt, session, clean(body))
