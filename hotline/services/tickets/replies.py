"""A volunteer writes to the citizen. A forbidden text is refused with the reason. A text that gives too much away needs confirming."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hotline.domain import contact as safety
from hotline.domain import phone, segments, telltale
from hotline.domain.contact import Outgoing
from hotline.domain.delivery import Reason
from hotline.domain.holder import Holder
from hotline.domain.phone import SenderKind
from hotline.domain.texts import REPLIES, REPLY_CALL, REPLY_TRIED
from hotline.domain.walk import Consent
from hotline.gateways.base import LONGEST_TEXT
from hotline.i18n import ValueMissing
from hotline.outbox import queue_written, render
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Act
from hotline.services.tickets import answering, looked, telling
from hotline.services.tickets.handback import given_to
from hotline.storage import bridges, contacts, drafts, events, messages, people, sealed, tickets, typedphones
from hotline.storage.events import EventData, EventKind, Fact, happened
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges

_QUIET = frozenset({Reason.HOLD, Reason.NOT_SAFE, Reason.STOPPED, Reason.REFUSED})
"""Why nothing is started to a phone whose own texts a volunteer may answer all the same."""

_AGREED_FOR = timedelta(days=1)

_KEPT_MARKS = "\u200c\u200d"
"""Joiners, which Urdu and Sindhi need; every other invisible character is taken out."""


class ReplyRefused(Exception):
    """The text may not go. `args[0]` is the `Reason`."""


class SaysTooMuch(Exception):
    """The text would tell anybody who holds the phone what the complaint is about. `args[0]` are the words that do."""


class HolderUnsaid(Exception):
    """The phone is kept quiet, and the volunteer has not said who is believed to hold it."""


class NoHoursNamed(Exception):
    """Nobody has noted in which hours this phone is safe."""


class NothingWritten(Exception):
    """The text is empty."""


class FormSent(Exception):
    """The form in which the draft was typed has been sent meanwhile."""


@dataclass(frozen=True)
class Counted:
    """What a text would take: its units and segments, its price if one is configured, and the words that give too much away.

    `plain_segments`: how many segments it would have with plain quotes, dashes and the like; None if that saves none.
    """

    units: int
    segments: int
    price: Decimal | None
    telltales: tuple[str, ...]
    plain_segments: int | None = None


def templates(rt: Runtime, language: str, reference: str, *, asks: bool = True) -> dict[str, str]:
    """Key → sentence in that language, for a volunteer to begin a text with. A sentence that lacks a value is left out.

    `asks`: with those that ask for a text back.
    """
    found = {}
    for text in (one for one in REPLIES if asks or not one.asks):
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
    plain = segments.plainer(body)
    cost = counted.segments * Decimal(price) if price else None
    return Counted(counted.units, counted.segments, cost, found, segments.count(plain).segments if plain is not None else None)


def verdict(
    rt: Runtime,
    session: Reading,
    ticket: Ticket,
    contact: Contact,
    *,
    known: telling.Known | None = None,
    by_machine: bool = False,
    agreed: bool = False,
) -> safety.Verdict:
    """Whether we may start a text to the contact now, when it would leave, or why we may not. A worker asks again before the text leaves.

    `by_machine`: the text tells of a change of status, and no volunteer wrote it. `agreed`: a lead agreed to it, though it is on hold.
    """
    if contact.kind == SenderKind.WITHHELD and typedphones.is_unheard(session, ticket.id):
        return safety.Verdict(reason=Reason.NEVER_WROTE)
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return safety.Verdict(reason=Reason.NO_PHONE)
    # A landline that has texted us takes texts too: some of them are wireless.
    if phone.is_landline(sealed.number_of(rt.keys, contact) or "") and messages.last_in(session, contact.id) is None:
        return safety.Verdict(reason=Reason.LANDLINE)
    known = known or telling.Known.of(session, ticket, contact)
    now = rt.clock()
    held = telling.held(rt, contact, ticket, phone_held=known.phone_held, asks=False)
    facts = Outgoing(
        created_at=now,
        is_answer=False,
        may_text=contact.may_text and (known.call is None or known.call.consent == Consent.YES),
        stopped=contact.stopped_at is not None,
        refused=contact.refused_texts_at is not None,
        held=replace(held, ticket_held=held.ticket_held and not agreed),
        by_machine=by_machine,
    )
    return safety.may_go(
        facts,
        now=now,
        hours=rt.config.hours.narrowed(contact.safe_from, contact.safe_until),
        fresh_for=timedelta(0),
        expires_after=timedelta(hours=rt.config.sending.expires_hours),
    )


@dataclass(frozen=True)
class Way:
    """Whether and how a volunteer's text may go to the citizen now.

    Where nothing of ours may be started to the phone, it may go as the answer to a text that the citizen has just sent, `answers`, or
    because a lead, `agreed_by`, agreed to it.
    """

    verdict: safety.Verdict
    answers: Message | None = None
    agreed_by: int | None = None

    @property
    def asks_holder(self) -> bool:
        """Whether the volunteer must say who is believed to hold the phone."""
        return self.answers is not None or self.agreed_by is not None


def way(rt: Runtime, session: Reading, ticket: Ticket, contact: Contact, known: telling.Known | None = None) -> Way:
    """How a volunteer's text may go to the contact now. A worker asks again before it leaves."""
    plain = verdict(rt, session, ticket, contact, known=known)
    if plain.reason not in _QUIET:
        return Way(plain)
    text = answering.to_answer(rt, session, contact, ticket) if contact.may_text else None
    if text is not None:
        return Way(safety.SEND, answers=text)
    if plain.reason is Reason.HOLD and contact.names_hours:
        lead = events.agreed_by(session, ticket.id, since=rt.clock() - _AGREED_FOR)
        agreed = verdict(rt, session, ticket, contact, known=known, agreed=True)
        if lead is not None and agreed.reason is None:
            return Way(agreed, agreed_by=lead)
    return Way(plain)


def agree(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """A lead agrees, with a reason, that one text goes about a ticket on hold, in the hours that the citizen named. It counts for a day.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoteMissing`, `NoHoursNamed`, and `ReplyRefused` where more than the hold forbids
    it.
    """
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference, version=version)
        entered.require(Act.EASE, note)
        ticket = entered.ticket
        contact = tx.session.get_one(Contact, ticket.contact_id)
        refused = verdict(rt, tx.session, ticket, contact, agreed=True).reason
        if refused is not None:
            raise ReplyRefused(refused)
        if not contact.names_hours:
            raise NoHoursNamed
        tickets.change(tx.session, ticket.id, version, now=tx.now)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        happened(tx.session, ticket.id, EventKind.TEXT_AGREED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def reply(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    body: str,
    confirmed: frozenset[str],
    holder: Holder | None = None,
) -> datetime | None:
    """Queue what the volunteer wrote. When it leaves; None for at once. The same form sent twice sends one text.

    `holder`: who is believed to hold the phone, where the phone is kept quiet. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`,
    `NothingWritten`, `ReplyRefused`, `HolderUnsaid`, and `SaysTooMuch` for words that give too much away, unless the volunteer has
    `confirmed` them.
    """
    body = clean(body)
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference)
        ticket = entered.ticket
        if _is_repeated(tx, ticket, volunteer, version, body):
            return None
        entered.require_version(version)
        if not body:
            raise NothingWritten
        contact = contacts.locked(tx.session, ticket.contact_id)  # the phone may say at this instant that it is not safe
        found_way = way(rt, tx.session, ticket, contact)
        if found_way.verdict.reason is not None:
            raise ReplyRefused(found_way.verdict.reason)
        found = count(rt, tx.session, body).telltales
        if set(found) - confirmed:
            raise SaysTooMuch(found)
        if found_way.asks_holder and holder is None:
            raise HolderUnsaid
        asks = (clean(render(rt, text, contact.language, ref=ticket.reference)) for text in (REPLY_CALL, REPLY_TRIED))
        if any(asked in body for asked in asks) and bridges.promise(tx.session, ticket.id, now=tx.now):
            happened(tx.session, ticket.id, EventKind.CALL_PROMISED, now=tx.now, volunteer_id=volunteer.id)
        _store(rt, tx, ticket, volunteer, contact=contact, body=body, confirmed=bool(found), by=found_way, holder=holder)
        looked.settle_shown(rt, tx, ticket, volunteer.id)
    return found_way.verdict.wait_until


def _store(
    rt: Runtime,
    tx: Transaction,
    ticket: Ticket,
    volunteer: Volunteer,
    *,
    contact: Contact,
    body: str,
    confirmed: bool,
    by: Way,
    holder: Holder | None,
) -> None:
    changes: TicketChanges = given_to(tx, ticket, volunteer.id) if ticket.assignee_id is None else {}
    changes |= {"unread": False}
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    answers_id = by.answers.id if by.answers is not None else None
    queue_written(
        rt,
        tx,
        body,
        contact,
        ticket_id=ticket.id,
        volunteer_id=volunteer.id,
        answers_id=answers_id,
        agreed_by=by.agreed_by,
        urgent=ticket.danger is not None,
    )
    was: dict[str, Fact] = {column: getattr(ticket, column) for column in events.MOVED_BY_REPLY}
    told: EventData = {"version": ticket.version, "all_the_same": confirmed, "was": was}
    if by.asks_holder and holder is not None:
        told |= {"holder": holder}
    if answers_id is not None:
        told |= {"message": answers_id}
    if by.agreed_by is not None:
        told |= {"agreed_by": by.agreed_by}
    happened(tx.session, ticket.id, EventKind.REPLIED, now=tx.now, volunteer_id=volunteer.id, **told)
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
