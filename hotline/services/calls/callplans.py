"""What makes a call to a citizen safe: whether there may be one now, what was agreed, the code word, and what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from hotline.domain import bridge as rules
from hotline.domain.bridge import FOR_TWO, URGED_FOR, Bar, Came, Try
from hotline.domain.contact import ContactHours
from hotline.domain.walk import Consent
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Access, Act, NotAllowed, NoteMissing
from hotline.services.calls import missedcalls
from hotline.services.duty import callers
from hotline.storage import bridges, calls, events, people, tickets
from hotline.storage.bridgemodels import Bridge, CallPlan
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

LONGEST_WORD = 60
_TEXTS_SHOWN = 10


class NoSuchText(Exception):
    """The ticket's own phone sent no text at that time."""


@dataclass(frozen=True)
class Calling:
    """What a person is shown of a call to the citizen of a ticket."""

    plan: CallPlan | None
    code_word: str | None  # the citizen named it
    may: bool  # the person may call, once nothing bars it
    bars: tuple[Bar, ...]
    agreed: str | None  # how the citizen agreed to a call: on a "call" or in a "text"
    opens: datetime | None  # when the phone may be rung again; None: it may be now
    due: datetime | None  # until when a promised call is to be made
    is_urged: bool  # two people recorded why silence is deadlier
    first_urged_by: int | None  # who did so first, while the second is awaited
    may_urge: bool
    to_tell: Bridge | None  # the person's last call, while it is not said what came of it
    under_way: Bridge | None  # the person's call that has not ended
    texts: Sequence[tuple[Message, str]]  # with their words, in which an agreement may stand


def calling(rt: Runtime, session: Reading, entered: Access, call: Call | None) -> Calling:
    """What a person who is let in to a ticket is shown of a call to its citizen. `call`: the call that opened the ticket."""
    ticket, now = entered.ticket, rt.clock()
    contact = session.get_one(Contact, ticket.contact_id)
    plan = bridges.plan(session, ticket.id)
    agreed = _agreed(call, plan)
    may = may_call(rt, session, entered)
    first = _first_urged_by(plan, now)
    last = bridges.newest(session, ticket.id)
    mine = last if last is not None and last.volunteer_id == entered.volunteer.id else None
    return Calling(
        plan=plan,
        code_word=bridges.code_word(session, plan),
        may=may,
        bars=_bars(rt, session, entered, contact, plan, is_agreed=agreed is not None),
        agreed=agreed,
        opens=hours(rt, contact).opening(now),
        due=rules.due(plan.wanted_at, hours(rt, contact)) if plan is not None and plan.wanted_at and plan.made_at is None else None,
        is_urged=_is_urged(plan, now),
        first_urged_by=first,
        may_urge=may and first != entered.volunteer.id and (first is None or _one_leads(session, entered, first)),
        to_tell=mine if mine is not None and mine.ended_at is not None and mine.joined_at is not None and mine.came is None else None,
        under_way=mine if mine is not None and mine.ended_at is None else None,
        texts=bridges.texts_of(session, ticket, limit=_TEXTS_SHOWN),
    )


def may_call(rt: Runtime, session: Reading, entered: Access) -> bool:
    """Whether a person who is let in to a ticket may call its citizen, once nothing bars it."""
    return access.may_call(session, entered, local=rt.clock().astimezone(rt.config.zone), calendar=calendar(rt.config))


def hours(rt: Runtime, contact: Contact) -> ContactHours:
    """When a person may ring a phone: in the hours that the citizen named, or else in those in which we text anybody."""
    if contact.safe_from is not None and contact.safe_until is not None:
        return ContactHours(contact.safe_from, contact.safe_until, rt.config.zone)
    return rt.config.hours.narrowed(contact.safe_from, contact.safe_until)


def bars(rt: Runtime, session: Reading, entered: Access, contact: Contact) -> tuple[Bar, ...]:
    """Why the citizen of a ticket is not called back now by a person who is let in to it; () if nothing bars it."""
    plan, call = bridges.plan(session, entered.ticket.id), calls.of_ticket(session, entered.ticket.id)
    return _bars(rt, session, entered, contact, plan, is_agreed=_agreed(call, plan) is not None)


def _bars(rt: Runtime, session: Reading, entered: Access, contact: Contact, plan: CallPlan | None, *, is_agreed: bool) -> tuple[Bar, ...]:
    ticket, person, now = entered.ticket, entered.volunteer, rt.clock()
    local = now.astimezone(rt.config.zone)
    today = [
        Try(one.joined_at is not None, Came(one.came) if one.came is not None else None)
        for one in bridges.tries(session, ticket, since=datetime.combine(local.date(), time(), rt.config.zone))
    ]
    found = {
        Bar.NO_LINE: rt.config.voice.number == "",
        Bar.NO_PHONE: contact.times_seen == 0 or not callers.is_fit(rt, contact),
        Bar.NO_OWN_PHONE: not _has_own_phone(rt, session, person, contact),
        Bar.NO_CALLS: not contact.may_call or contact.refused_calls_at is not None,
        Bar.SILENT: bridges.keyed_silence(session, person, ticket),
        Bar.MARKED: contact.on_hold or bridges.hidden_hold(session, person, ticket),
        Bar.UNDER_WAY: bridges.is_open(session, contact.id, person.id) or missedcalls.is_under_way(session, contact),
        Bar.TRIED: not rules.may_try(today),
        Bar.UNASKED: not is_agreed,
        Bar.HOURS: hours(rt, contact).opening(now) is not None,
    }
    is_urged = _is_urged(plan, now)
    return tuple(bar for bar, holds in found.items() if holds and not (is_urged and bar in FOR_TWO))


def keep_word(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, word: str) -> None:
    """Write down the code word that the citizen named; an empty one takes it out. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`."""
    word = word.strip()[:LONGEST_WORD]
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if word == (bridges.code_word(tx.session, bridges.plan(tx.session, ticket.id)) or ""):
            return
        bridges.keep_code_word(tx.session, ticket.id, word or None)
        _changed(tx, ticket)
        happened(tx.session, ticket.id, EventKind.CODE_WORD, now=tx.now, volunteer_id=volunteer.id, new=bool(word))


def agreed(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, written_at: datetime) -> None:
    """Record that the citizen wrote that we may call, in the text that came at that time.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoSuchText`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        texts = bridges.texts_of(tx.session, ticket, limit=_TEXTS_SHOWN)
        text = next((one for one, _ in texts if one.created_at == written_at), None)
        if text is None:
            raise NoSuchText
        bridges.keep_plan(tx.session, ticket.id, agreed_at=tx.now, agreed_by=volunteer.id, agreed_in=text.id)
        _changed(tx, ticket)
        happened(tx.session, ticket.id, EventKind.CALL_AGREED, now=tx.now, volunteer_id=volunteer.id, message=text.id)


def urge(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Record why silence is deadlier than a call. It counts once two people have, one of whom leads the ticket's team or is the head.

    Raises `NoSuchTicket`, `NotAllowed` (also for a second time by the same person, and where neither leads), `TicketMoved`, `NoteMissing`.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        ticket = way.ticket
        if not may_call(rt, tx.session, way):
            raise NotAllowed
        if not note.strip():
            raise NoteMissing
        first = _first_urged_by(bridges.plan(tx.session, ticket.id), tx.now)
        if first is not None and (first == volunteer.id or not _one_leads(tx.session, way, first)):
            raise NotAllowed
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        if first is None:
            bridges.keep_plan(tx.session, ticket.id, urged_at=tx.now, urged_by=volunteer.id, urged_note_id=note_id, seconded_at=None)
        else:
            bridges.keep_plan(tx.session, ticket.id, seconded_at=tx.now)
        _changed(tx, ticket)
        happened(tx.session, ticket.id, EventKind.CALL_URGED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def promise(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int) -> None:
    """Put a ticket into the list of calls to make. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if bridges.promise(tx.session, ticket.id, now=tx.now):
            _changed(tx, ticket)
            happened(tx.session, ticket.id, EventKind.CALL_PROMISED, now=tx.now, volunteer_id=volunteer.id)


def give_up(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str) -> None:
    """Take a ticket from the list of calls to make, with the reason why no call is made.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoteMissing`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        if not note.strip():
            raise NoteMissing
        plan = bridges.plan(tx.session, ticket.id)
        if plan is None or plan.wanted_at is None or plan.made_at is not None:
            return
        bridges.keep_plan(tx.session, ticket.id, made_at=tx.now)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        _changed(tx, ticket)
        happened(tx.session, ticket.id, EventKind.CALL_NOT_MADE, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)


def _changed(tx: Transaction, ticket: Ticket) -> None:
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)


def _agreed(call: Call | None, plan: CallPlan | None) -> str | None:
    """How the citizen agreed to a call; None if not. `call`: the call that opened the ticket."""
    if call is not None and call.call_consent == Consent.YES:
        return "call"
    return "text" if plan is not None and plan.agreed_at is not None else None


def _has_own_phone(rt: Runtime, session: Reading, person: Volunteer, citizens: Contact) -> bool:
    """Whether we may ring the person's own phone, and it is not the citizen's. That it is theirs is not proved."""
    if person.phone_id is None or person.phone_id == citizens.id:
        return False
    own = session.get_one(Contact, person.phone_id)
    return callers.may_alarm(rt, own)


def _is_urged(plan: CallPlan | None, now: datetime) -> bool:
    return plan is not None and plan.seconded_at is not None and now - plan.seconded_at < URGED_FOR


def _first_urged_by(plan: CallPlan | None, now: datetime) -> int | None:
    """Who recorded first why silence is deadlier, while the second is awaited."""
    if plan is None or plan.urged_at is None or plan.seconded_at is not None or now - plan.urged_at >= URGED_FOR:
        return None
    return plan.urged_by


def _one_leads(session: Reading, entered: Access, first: int) -> bool:
    """Whether the person, or the first of the two, leads the ticket's team or is the head."""
    if access.may(entered.rights, entered.ticket, Act.CALL):
        return True
    other = people.volunteer(session, first)
    return other is not None and access.may(people.rights(session, other), entered.ticket, Act.CALL)
