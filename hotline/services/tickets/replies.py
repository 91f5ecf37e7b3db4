"""A volunteer writes to the citizen. A text that may not go is refused with the reason; one that gives too much away needs confirming."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hotline.domain import contact as safety
from hotline.domain import phone, segments, telltale
from hotline.domain.contact import Outgoing
from hotline.domain.delivery import Reason
from hotline.domain.phone import SenderKind
from hotline.domain.texts import REPLIES
from hotline.domain.walk import Consent
from hotline.gateways.base import LONGEST_TEXT
from hotline.i18n import ValueMissing
from hotline.outbox import queue_written, render
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.tickets.handback import given_to
from hotline.storage import calls, drafts, events, holds, messages, people, tickets, typedphones
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges

_KEPT_MARKS = "\u200c\u200d"
"""Joiners, which Urdu and Sindhi need; every other invisible character is taken out."""


class ReplyRefused(Exception):
    """The text may not go. `args[0]` is the `Reason`."""


class SaysTooMuch(Exception):
    """The text would tell anybody who holds the phone what the complaint is about. `args[0]` are the words that do."""


class NothingWritten(Exception):
    """The text is empty."""


class FormSent(Exception):
    """The form in which the draft was typed has been sent meanwhile."""


@dataclass(frozen=True)
class Counted:
    """What a text would take: its units and segments, its price if one is configured, and the words that give too much away."""

    units: int
    segments: int
    price: Decimal | None
    telltales: tuple[str, ...]


def templates(rt: Runtime, language: str, reference: str) -> dict[str, str]:
    """Key → sentence in that language, for a volunteer to begin a text with. A sentence that lacks a value is left out."""
    found = {}
    for text in REPLIES:
        with suppress(ValueMissing):
            found[text.key] = render(rt, text, language, ref=reference)
    return found


def clean(body: str) -> str:
    """The text as it goes out: ordinary line ends, and no invisible characters."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    plain = "".join(c for c in body if c in _KEPT_MARKS or c == "\n" or unicodedata.category(c)[0] != "C")
    return re.sub(r"\n{3,}", "\n\n", plain).strip()[:LONGEST_TEXT]


def count(rt: Runtime, session: Reading, body: str) -> Counted:
    """Count a text and look for words that give too much away."""
    counted = segments.count(body)
    price = rt.config.sending.segment_price
    found = telltale.telltales(body, (rt.categories, (*rt.unsaid, telltale.people(people.all_names(session)))))
    return Counted(counted.units, counted.segments, counted.segments * Decimal(price) if price else None, found)


def verdict(rt: Runtime, session: Reading, ticket: Ticket, contact: Contact, *, by_machine: bool = False) -> safety.Verdict:
    """Whether a text may go to the contact now, when it would leave, or why it may not. A worker asks again before the text leaves.

    `by_machine`: the text tells of a change of status, and no volunteer wrote it.
    """
    if contact.kind == SenderKind.WITHHELD and typedphones.is_unheard(session, ticket.id):
        return safety.Verdict(reason=Reason.NEVER_WROTE)
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return safety.Verdict(reason=Reason.NO_PHONE)
    if phone.is_landline(contact.address or ""):
        return safety.Verdict(reason=Reason.LANDLINE)
    call = calls.of_ticket(session, ticket.id)
    now = rt.clock()
    facts = Outgoing(
        created_at=now,
        is_answer=False,
        may_text=contact.may_text and (call is None or call.consent == Consent.YES),
        stopped=contact.stopped_at is not None,
        held=holds.of(session, contact.id, ticket),
        by_machine=by_machine,
    )
    return safety.may_go(
        facts,
        now=now,
        hours=rt.config.hours.narrowed(contact.safe_from, contact.safe_until),
        fresh_for=timedelta(0),
        expires_after=timedelta(hours=rt.config.sending.expires_hours),
    )


def reply(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, body: str, confirmed: frozenset[str]) -> datetime | None:
    """Queue what the volunteer wrote. When it leaves; None for at once. The same form sent twice sends one text.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NothingWritten`, `ReplyRefused`, and `SaysTooMuch`
    for words that give too much away, unless the volunteer has `confirmed` them.
    """
    body = clean(body)
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference)
        ticket = way.ticket
        if _is_repeated(tx, ticket, volunteer, version, body):
            return None
        way.require_version(version)
        if not body:
            raise NothingWritten
        contact = tx.session.get_one(Contact, ticket.contact_id)
        decided = verdict(rt, tx.session, ticket, contact)
        if decided.reason is not None:
            raise ReplyRefused(decided.reason)
        found = count(rt, tx.session, body).telltales
        if set(found) - confirmed:
            raise SaysTooMuch(found)
        _store(tx, ticket, volunteer, contact, body, confirmed=bool(found))
    return decided.wait_until


def _store(tx: Transaction, ticket: Ticket, volunteer: Volunteer, contact: Contact, body: str, *, confirmed: bool) -> None:
    changes: TicketChanges = given_to(tx, ticket, volunteer.id) if ticket.assignee_id is None else {}
    changes |= {"unread": False}
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    queue_written(tx, body, contact, ticket_id=ticket.id, volunteer_id=volunteer.id)
    happened(
        tx.session, ticket.id, EventKind.REPLIED, now=tx.now, volunteer_id=volunteer.id, version=ticket.version, all_the_same=confirmed
    )
    drafts.forget(tx.session, ticket.id, volunteer.id)


def _is_repeated(tx: Transaction, ticket: Ticket, volunteer: Volunteer, version: int, body: str) -> bool:
    """Whether the volunteer has sent this very form before, with these words: a double click."""
    if ticket.version == version:
        return False
    last = events.last_change(tx.session, ticket.id)
    if last is None or (last.kind, last.volunteer_id, last.data.get("version")) != (EventKind.REPLIED, volunteer.id, version):
        return False
    return messages.last_by(tx.session, ticket.id, volunteer.id) == body


def keep_draft(rt: Runtime, volunteer: Volunteer, reference: str, body: str, *, typed_at: int | None = None) -> Counted:
    """Keep what the volunteer has written so far, and count it. `typed_at`: the version in the form, where the page saves by itself.

    Raises `NoSuchTicket`, `NotAllowed`, and `FormSent` where that form or a later one was sent meanwhile: what was sent must not come back.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference).ticket
        if typed_at is not None:
            tickets.locked(tx.session, ticket.id)  # the same volunteer may be sending the form this instant
            if events.replied_at(tx.session, ticket.id, volunteer.id) >= typed_at:
                raise FormSent
        drafts.keep(tx.session, ticket.id, volunteer.id, body[:LONGEST_TEXT], now=tx.now)
    with rt.reading() as session:
        return count(rt, session, clean(body))
