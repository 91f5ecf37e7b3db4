"""Somebody is in danger: our phones ring one after the other, round and round, until somebody acts (docs/adr/0023)."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from hotline.alarms import AlarmKind, raise_alarm, raise_alarm_about
from hotline.domain import phone, texts
from hotline.domain.call import CallDirection
from hotline.domain.languages import heard_in
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.duty import callers, codes, paging
from hotline.services.tickets.danger import SEALS, act_time, is_ringing
from hotline.storage import alarms, contacts, events, people, rings, shiftdays, shutouts, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.ringmodels import Ring
from hotline.workdays import calendar

BATCH = 50

_NEVER_IN_THE_WAY = frozenset({CallDirection.ALARM, CallDirection.TEST})
"""Calls that let a phone be rung: that of an alarm is for all alarms, and that of a test is over in a moment."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class _Post(IntEnum):
    """Why somebody is rung, in the order in which they are."""

    ON_DUTY = 1
    LEAD = 2
    HEAD = 3
    OTHER_LEAD = 4  # of a sealed ticket: who may break its seal by now
    DUTY_LINE = 5


@dataclass(frozen=True)
class _One:
    """Somebody who can be rung or told. `contact` is None without a phone that we may ring or text, `volunteer` for the duty line."""

    post: _Post
    volunteer: Volunteer | None
    contact: Contact | None


class _Moved(Exception):
    """Somebody acted, took the ticket or told of new danger meanwhile: nothing of this is done."""


def ring_due(rt: Runtime) -> bool:
    """Ring the next phone for each ticket in danger for which one is due; True if there may be more.

    Each is one transaction: the call to place, the alarm on the page and the time of the next ring are stored together, or nothing is. If
    a worker comes late, one phone rings, and not all that should have rung meanwhile.
    """
    with rt.reading() as session:
        due = rings.due(session, now=rt.clock(), limit=BATCH)
    for ticket_id in due:
        with contextlib.suppress(_Moved), rt.transaction() as tx:
            _go_on(rt, tx, ticket_id)
    if due:
        logger().info("phones ring", rows=len(due))
    return len(due) == BATCH


def _go_on(rt: Runtime, tx: Transaction, ticket_id: int) -> None:
    rings.take_turn(tx.session)
    ticket = rings.due_one(tx.session, ticket_id, now=tx.now)
    if ticket is None:  # another worker was first
        return
    at, head_told_at = None, None
    if is_ringing(ticket):
        at = tx.now + timedelta(seconds=rt.config.duty.ring_every_s)
        is_told = _ring_next(rt, tx, ticket)
        head_told_at = ticket.head_told_at or (tx.now if is_told else None)
    if not rings.go_on(tx.session, ticket, at=at, head_told_at=head_told_at):
        raise _Moved


def _ring_next(rt: Runtime, tx: Transaction, ticket: Ticket) -> bool:
    """Ring the phone that was not rung yet, else the one rung longest ago. True if the head has been told that a sealed ticket waits."""
    line, rows = _line(rt, tx, ticket), rings.of_ticket(tx.session, ticket.id)
    before = {one: _rung_at(rows, one.contact) for one in line}
    chosen = next((one for one in _in_turn(tx, ticket, line, rows) if _ring(rt, tx, ticket, one)), None)
    if chosen is not None and all(at == _NEVER for at in before.values()):
        happened(tx.session, ticket.id, EventKind.RANG, now=tx.now)
    # A volunteer without a phone is told on the page in turn; in a second round it was everybody's turn.
    goes_round = chosen is None or before[chosen] != _NEVER
    passed = line if goes_round or chosen is None else line[: line.index(chosen)]
    for one in passed:
        if one.contact is None:
            _alarm(rt, tx, ticket, one, is_rung=False)
    heads = [one for one in line if one.post is _Post.HEAD]
    told = any(one is chosen or before[one] != _NEVER or (one.contact is None and one in passed) for one in heads)
    return ticket.sealed and (told or (goes_round and not heads))


def _in_turn(tx: Transaction, ticket: Ticket, line: Sequence[_One], rows: dict[int, Ring]) -> list[_One]:
    """Who can be rung now, the next one first. Volunteers who cannot act are left out while there is anybody else."""
    able = [one for one in line if one.contact is not None]
    cannot = events.declined_by(tx.session, ticket.id)
    left = [one for one in able if one.volunteer is None or one.volunteer.id not in cannot] or able

    def rests(contact: Contact | None) -> bool:
        row = rows.get(contact.id) if contact is not None else None
        return row is not None and row.quiet_until is not None and row.quiet_until > tx.now

    return sorted((one for one in left if not rests(one.contact)), key=lambda one: _rung_at(rows, one.contact))


def _rung_at(rows: dict[int, Ring], contact: Contact | None) -> datetime:
    row = rows.get(contact.id) if contact is not None else None
    return row.rung_at if row is not None and row.rung_at is not None else _NEVER


def _ring(rt: Runtime, tx: Transaction, ticket: Ticket, one: _One) -> bool:
    """Ring somebody's phone, or only text it where it may not be rung. False if it is being talked to.

    A phone that rings already is not rung again: one call is for all. Raises `_Moved`.
    """
    if one.contact is None or not callers.on_line(rt, tx, one.contact) <= _NEVER_IN_THE_WAY:
        return False
    contact, was = contacts.locked(tx.session, one.contact.id), ticket.next_ring_at
    # The phone is locked before the ticket, as where a key is pressed or a code comes.
    if tickets.locked(tx.session, ticket.id).next_ring_at != was:
        raise _Moved
    can_ring = callers.may_alarm(rt, contact)
    if can_ring and CallDirection.ALARM not in callers.on_line(rt, tx, contact):
        language = one.volunteer.page_language if one.volunteer is not None else rt.config.conversation.default_language
        paging.ring_phone(tx, contact, heard_in(language))
    _alarm(rt, tx, ticket, one, is_rung=can_ring)
    rings.rang(tx.session, ticket.id, contact.id, one.volunteer.id if one.volunteer is not None else None, now=tx.now)
    return True


def _alarm(rt: Runtime, tx: Transaction, ticket: Ticket, one: _One, *, is_rung: bool) -> None:
    """Raise the alarm on somebody's page, or raise it anew, and text the phone: once, and again and again only if it cannot be rung."""
    if one.volunteer is None:
        return
    is_of_ticket = one.post is not _Post.OTHER_LEAD
    kind = AlarmKind.DANGER if is_of_ticket else AlarmKind.SEALED_DANGER
    ticket_id, about = (ticket.id, None) if is_of_ticket else (None, SEALS)
    raised = alarms.of_kind(tx.session, kind, one.volunteer.id, ticket_id=ticket_id, about=about)
    was_told = raised is not None and raised.told_at is not None and raised.acknowledged_at is None
    code = None
    contact = one.contact
    if contact is not None and not (is_rung and was_told) and paging.may_text(rt, contact) and not paging.was_texted(rt, tx, contact):
        code = codes.draw(tx, contact.id, 1)[0]
        paging.text_phone(rt, tx, one.volunteer, texts.PAGE_NEEDS_YOU, code=code)
    if raised is None:
        if about is not None:
            raise_alarm_about(tx, about, kind, one.volunteer.id)
        else:
            raise_alarm(tx, ticket.id, kind, one.volunteer.id)
        raised = alarms.of_kind(tx.session, kind, one.volunteer.id, ticket_id=ticket_id, about=about)
    elif one.contact is None and raised.acknowledged_at is not None and tx.now - raised.acknowledged_at < act_time(rt):
        return  # seen on the page a moment ago
    if raised is not None:
        alarms.ring(tx.session, raised.id, code=code, now=tx.now)


def _line(rt: Runtime, tx: Transaction, ticket: Ticket) -> list[_One]:
    """Everybody who is rung for a ticket, in order: who is on duty, leads, heads, the phones of the duty line.

    Nobody who is shut out of it is among them, nor such a person's phone in the duty line. Of a sealed ticket only its own team learns,
    then the head, and some minutes later the leads who may break its seal.
    """
    out = frozenset(shutouts.of_ticket(tx.session, ticket.id))
    line: list[_One] = []
    volunteers = set(out)
    # The phone that the cry came from is never rung, whosever it is: somebody else may be holding it.
    phones = {*people.phones(tx.session, out), ticket.contact_id}
    for post, volunteer_id in _people(rt, tx, ticket):
        if volunteer_id in volunteers:
            continue
        volunteers.add(volunteer_id)
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None:  # not at work, or the account is not confirmed
            continue
        contact = tx.session.get(Contact, volunteer.phone_id) if volunteer.phone_id is not None else None
        if contact is not None and not (callers.may_alarm(rt, contact) or paging.may_text(rt, contact)):
            contact = None
        if contact is not None and contact.id in phones:
            continue
        phones.update({contact.id} if contact is not None else ())
        line.append(_One(post, volunteer, contact))
    return line + [_One(_Post.DUTY_LINE, None, contact) for contact in _duty_line(rt, tx) if contact.id not in phones]


def _people(rt: Runtime, tx: Transaction, ticket: Ticket) -> list[tuple[_Post, int]]:
    """Ids of the people who are rung or told, in order, some of them twice."""
    every_team = [team.id for team in people.teams(tx.session).values()]
    teams = [ticket.team_id] if ticket.team_id is not None else [] if ticket.sealed else sorted(every_team)
    on_duty = _on_duty(rt, tx, ticket, teams)
    found = [(_Post.ON_DUTY, i) for i in sorted(on_duty, key=lambda i: (i != ticket.assignee_id, i))]
    found += [(_Post.LEAD, i) for team_id in teams for i in people.leads(tx.session, team_id)]
    if ticket.sealed:
        found += [(_Post.LEAD, i) for i in tickets.let_in_beside(tx.session, ticket.id)]
    found += [(_Post.HEAD, i) for i in people.heads(tx.session)]
    if ticket.sealed and ticket.head_told_at is not None and ticket.head_told_at <= tx.now - act_time(rt):
        found += [(_Post.OTHER_LEAD, i) for i in people.all_leads(tx.session)]
    return found


def _on_duty(rt: Runtime, tx: Transaction, ticket: Ticket, teams: Sequence[int]) -> set[int]:
    """Ids of the volunteers on duty in these teams, and of the volunteer who has the ticket, if on duty in another."""
    local, days = tx.now.astimezone(rt.config.zone), calendar(rt.config)
    present = shiftdays.present_in(tx.session, teams, local, days)
    holder = people.volunteer(tx.session, ticket.assignee_id) if ticket.assignee_id is not None else None
    if holder is not None and holder.id in shiftdays.present_in(tx.session, people.rights(tx.session, holder).teams, local, days):
        present.add(holder.id)
    return present


def _duty_line(rt: Runtime, tx: Transaction) -> list[Contact]:
    """The phones of the duty line that may be rung, in the order of the configuration."""
    numbers = rt.config.voice.duty_line
    known = rings.by_address(tx.session, numbers)
    for number in numbers:
        if number not in known:  # a row for what happens to it, as for a volunteer's own phone: it has not contacted us
            sender = phone.read_sender(number, rt.config.numbers.region)
            made = contacts.typed_in(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)
            known[number] = contacts.locked(tx.session, made.id)
    return [known[number] for number in numbers if callers.may_alarm(rt, known[number])]
