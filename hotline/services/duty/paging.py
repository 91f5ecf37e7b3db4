"""A volunteer's own phone: it is texted and rung, and told that the page needs the volunteer, and nothing more.

Alarms about tickets for which phones ring until somebody acts are in `ringing`.
"""

from datetime import timedelta

from hotline.alarms import AlarmKind
from hotline.domain import texts
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.languages import heard_in
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.domain.walk import Step, Walk
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import rank_of, render
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.duty import callers, codes
from hotline.services.tickets import casework
from hotline.services.tickets.danger import act_time, is_ringing
from hotline.storage import alarms, calls, contacts, outgoing, people, rings, shiftdays
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

NOT_PAGED = (AlarmKind.CODE_TRIED, AlarmKind.DANGER, AlarmKind.SEALED_DANGER, AlarmKind.GATEWAY_KEEPS)
"""Alarms that are told on the page only, or for which phones ring anyway."""

_NOBODY_ELSE = (AlarmKind.NOBODY_ON_DUTY, AlarmKind.UNATTENDED, AlarmKind.SEALED_WAITS)
"""Alarms to leads and heads, because nobody on duty has the ticket."""


def text_phone(rt: Runtime, tx: Transaction, volunteer: Volunteer, text: Text, **values: str) -> bool:
    """Queue a text to a volunteer's own phone, in the language of their pages. False if there is no phone that we may text."""
    if volunteer.phone_id is None:
        return False
    contact = contacts.locked(tx.session, volunteer.phone_id)
    if not may_text(rt, contact):
        return False
    body = render(rt, text, volunteer.page_language, ref=None, **values)
    row = outgoing.due_at_once(
        now=tx.now,
        contact_id=contact.id,
        body=body,
        text_key=text.key,
        language=volunteer.page_language,
        segments=count(body).segments,
        rank=rank_of(text, is_answer=True, urgent=text is texts.PAGE_NEEDS_YOU),
    )
    outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
    tx.ring(Job.SEND_DUE)
    return True


def page_unseen(rt: Runtime) -> int:
    """Page the volunteers who have not seen an alarm on their page for a while; returns how many were paged. One text and one call are
    for all alarms of one volunteer, and none goes within minutes of the last."""
    with rt.reading() as session:
        before = rt.clock() - timedelta(seconds=rt.config.duty.page_s)
        waiting = alarms.unseen(session, raised_before=before, but=NOT_PAGED)
    paged = sum(_page(rt, volunteer_id) for volunteer_id in waiting)
    if paged:
        logger().info("phones paged", rows=paged)
    return paged


def _page(rt: Runtime, volunteer_id: int) -> bool:
    """Page one volunteer, in one transaction; False if not. The contact is locked first, so that a second worker finds it done."""
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None or volunteer.phone_id is None:
            return False
        contact = contacts.locked(tx.session, volunteer.phone_id)
        # This wakes nobody. What is to wake people rings until somebody acts.
        is_awake = _is_awake(rt, tx, volunteer)
        texts_it, rings_it = may_text(rt, contact), is_awake and callers.may_alarm(rt, contact)
        if not (texts_it or rings_it) or _was_paged(rt, tx, contact):
            return False
        if not (is_awake or alarms.waits_for(tx.session, volunteer.id, _NOBODY_ELSE)):
            return False
        # Alarms of tickets that were sealed meanwhile are no news for this volunteer any more.
        waiting = [alarm for alarm, ticket in alarms.open_for(tx.session, volunteer) if not (ticket and is_ringing(ticket))]
        is_news = any(alarm.told_at is None for alarm in waiting if alarm.kind not in NOT_PAGED)
        code = codes.draw(tx, contact.id, 1)[0] if texts_it and is_news else None
        if not alarms.tell(tx.session, volunteer_id, but=NOT_PAGED, code=code, now=tx.now) or not is_news:
            return False
        if code is not None:
            text_phone(rt, tx, volunteer, texts.PAGE_NEEDS_YOU, code=code)
        if rings_it:  # a text alone may not be heard
            ring_phone(tx, contact, heard_in(volunteer.page_language))
    return True


def ring_phone(
    tx: Transaction, contact: Contact, language: str, *, direction: CallDirection = CallDirection.ALARM, step: Step = Step.ALARM
) -> None:
    """Have a phone of ours rung. It hears what is said at `step` and nothing else: that the page needs its volunteer, or a test."""
    calls.keep(
        tx.session,
        now=tx.now,
        direction=direction,
        gateway="",
        gateway_id=None,
        contact_id=contact.id,
        walk=Walk(step, language).as_row(),
        next_attempt_at=tx.now,
    )
    tx.ring(Job.PLACE_CALLS)


def may_text(rt: Runtime, contact: Contact) -> bool:
    """Whether we text this phone. A wish for no texts does not count here: else anybody could silence alarms by a forged OFF."""
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not contact.on_hold


def was_texted(rt: Runtime, tx: Transaction, contact: Contact) -> bool:
    """Whether this phone was texted about an alarm within minutes."""
    return outgoing.last_of(tx.session, contact.id, texts.PAGE_NEEDS_YOU.key, since=tx.now - act_time(rt), now=tx.now) is not None


def _was_paged(rt: Runtime, tx: Transaction, contact: Contact) -> bool:
    """Whether this phone was told of an alarm, by text or call, within minutes."""
    return was_texted(rt, tx, contact) or calls.has_alarm(tx.session, contact.id, since=tx.now - act_time(rt), now=tx.now)


def _is_awake(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> bool:
    """Whether a volunteer is on duty, or it is an hour in which we text anybody."""
    if rt.config.hours.opening(tx.now) is None:
        return True
    local = tx.now.astimezone(rt.config.zone)
    teams = people.rights(tx.session, volunteer).teams
    return volunteer.id in shiftdays.present_in(tx.session, teams, local, calendar(rt.config))


def still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> CallReason | None:
    """Why an alarm call that is due is not placed now; None if it is, at any hour. It never is too late while somebody is in danger."""
    if not rings.awaited(tx.session, contact.id, now=tx.now):
        if tx.now - call.started_at >= act_time(rt):  # the next one may be on its way
            return CallReason.TOO_LATE
        told = (alarm for alarm in alarms.told(tx.session, contact.id) if alarm.kind not in NOT_PAGED)
        if all(alarm.seen_at is not None or alarm.answered_at is not None for alarm in told):
            return CallReason.SEEN
    return None if callers.may_alarm(rt, contact) else CallReason.NOT_SAFE


def acknowledge(rt: Runtime, tx: Transaction, contact_id: int) -> None:
    """A key was pressed on a call of ours: acknowledge the open alarms that the phone was told of. It rests for some minutes."""
    for alarm in alarms.told(tx.session, contact_id):
        casework.settle_alarm(tx, alarm.volunteer_id, alarm.id, alarm.ticket_id)
    rings.quiet(tx.session, contact_id, until=tx.now + act_time(rt))


def answer(rt: Runtime, tx: Transaction, contact_id: int) -> None:
    """The code of an alarm came by text. The phone rests for some minutes; all else goes on as if nothing had come, as a sender can be
    forged: the alarms stay on the page, which says that they were answered, and other phones ring."""
    for alarm in alarms.told(tx.session, contact_id):
        casework.settle_alarm(tx, alarm.volunteer_id, alarm.id, alarm.ticket_id, by_text=True)
    rings.quiet(tx.session, contact_id, until=tx.now + act_time(rt))


def opened(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """A volunteer opened a ticket on the page: its alarm stays on the page, but no longer goes to the volunteer's phone.

    That ends nothing where phones ring until somebody acts.
    """
    with rt.reading() as session:
        # Asked first: for most pages that settles it.
        ticket = access.sees(session, volunteer, reference) if alarms.is_unseen(session, volunteer.id, reference) else None
        if ticket is None:
            return
    with rt.transaction() as tx:
        alarms.see(tx.session, volunteer.id, ticket.id, now=tx.now)
