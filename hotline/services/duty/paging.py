"""A volunteer's own phone: it is texted and rung, and told that the page needs the volunteer, and nothing more."""

from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain import texts
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.languages import heard_in
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.domain.walk import Step, Walk
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import RANK_ANSWER, render
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.duty import callers, codes
from hotline.services.tickets import casework
from hotline.storage import alarms, calls, contacts, outgoing, people, shiftdays
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar

_NOBODY_ELSE = (AlarmKind.NOBODY_ON_DUTY, AlarmKind.UNATTENDED, AlarmKind.SEALED_WAITS, AlarmKind.UNOPENED)
"""Alarms to leads and heads, because nobody on duty has the ticket or opens it."""

_ABOUT_URGENT = (AlarmKind.URGENT, AlarmKind.OFF_DUTY, AlarmKind.NOBODY_ON_DUTY, AlarmKind.UNATTENDED, AlarmKind.SEALED_WAITS)


def text_phone(rt: Runtime, tx: Transaction, volunteer: Volunteer, text: Text, **values: str) -> bool:
    """Queue a text to a volunteer's own phone, in the language of their pages. False if there is no phone that we may text."""
    if volunteer.phone_id is None:
        return False
    contact = contacts.locked(tx.session, volunteer.phone_id)
    if not _may_text(rt, contact):
        return False
    body = render(rt, text, volunteer.page_language, ref=None, **values)
    row = outgoing.due_at_once(
        now=tx.now,
        contact_id=contact.id,
        body=body,
        text_key=text.key,
        language=volunteer.page_language,
        segments=count(body).segments,
        rank=RANK_ANSWER,
    )
    outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
    tx.ring(Job.SEND_DUE)
    return True


def page_unseen(rt: Runtime) -> int:
    """Page the volunteers who have not seen an alarm on their page for a while; returns how many were paged. One text and one call are
    for all alarms of one volunteer, and none goes within minutes of the last."""
    with rt.reading() as session:
        before = rt.clock() - timedelta(seconds=rt.config.duty.page_s)
        waiting = alarms.unseen(session, raised_before=before, but=AlarmKind.CODE_TRIED)
    paged = sum(_page(rt, volunteer_id) for volunteer_id in waiting)
    if paged:
        logger().info("phones paged", rows=paged)
    return paged


def tell_of_unopened(rt: Runtime) -> int:
    """Alarm the leads about urgent tickets that nobody opens although pages and phones were alarmed; returns how many tickets."""
    before = rt.clock() - timedelta(seconds=rt.config.duty.page_s) - _again(rt)
    with rt.reading() as session:
        waiting = alarms.unopened(session, _ABOUT_URGENT, but=AlarmKind.UNOPENED, raised_before=before)
    for ticket_id, team_id in waiting:
        with rt.transaction() as tx:
            leads = people.leads(tx.session, team_id) if team_id is not None else ()
            for volunteer_id in leads or people.heads(tx.session):
                raise_alarm(tx, ticket_id, AlarmKind.UNOPENED, volunteer_id)
    return len(waiting)


def _page(rt: Runtime, volunteer_id: int) -> bool:
    """Page one volunteer, in one transaction; False if not. The contact is locked first, so that a second worker finds it done."""
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None or volunteer.phone_id is None:
            return False
        contact = contacts.locked(tx.session, volunteer.phone_id)
        may_text, may_ring = _may_text(rt, contact), _may_ring(rt, contact)
        if not (may_text or may_ring) or _was_paged(rt, tx, contact) or not _may_be_paged(rt, tx, volunteer):
            return False
        # Alarms of tickets that were sealed meanwhile are no news for this volunteer any more.
        waiting = (alarm for alarm, _ in alarms.open_for(tx.session, volunteer) if alarm.kind != AlarmKind.CODE_TRIED)
        is_news = any(alarm.told_at is None for alarm in waiting)
        code = codes.draw(tx, contact.id, 1)[0] if may_text and is_news else None
        if not alarms.tell(tx.session, volunteer_id, but=AlarmKind.CODE_TRIED, code=code, now=tx.now) or not is_news:
            return False
        if code is not None:
            text_phone(rt, tx, volunteer, texts.PAGE_NEEDS_YOU, code=code)
        if may_ring:  # a text alone makes no sound at night
            _ring(tx, contact, heard_in(volunteer.page_language))
    return True


def _ring(tx: Transaction, contact: Contact, language: str) -> None:
    calls.keep(
        tx.session,
        now=tx.now,
        direction=CallDirection.ALARM,
        gateway="",
        gateway_id=None,
        contact_id=contact.id,
        walk=Walk(Step.ALARM, language).as_row(),
        next_attempt_at=tx.now,
    )
    tx.ring(Job.PLACE_CALLS)


def _may_text(rt: Runtime, contact: Contact) -> bool:
    """Whether we text this phone. A wish for no texts does not count here: an alarm that a forged OFF can silence is none."""
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not contact.on_hold


def _may_ring(rt: Runtime, contact: Contact) -> bool:
    return rt.config.voice.number != "" and callers.is_fit(rt, contact) and callers.may_alarm(contact)


def _was_paged(rt: Runtime, tx: Transaction, contact: Contact) -> bool:
    """Whether this phone was told of an alarm, by text or call, within minutes."""
    since = tx.now - _again(rt)
    was_texted = outgoing.last_of(tx.session, contact.id, texts.PAGE_NEEDS_YOU.key, since=since) is not None
    return was_texted or calls.has_alarm(tx.session, contact.id, since=since)


def _again(rt: Runtime) -> timedelta:
    return timedelta(minutes=rt.config.duty.page_again_minutes)


def _may_be_paged(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> bool:
    """Whether a volunteer may be paged now: at any hour while on duty, or if an urgent ticket has nobody else; else in the hours in which
    we text anybody."""
    if rt.config.hours.opening(tx.now) is None or alarms.waits_for(tx.session, volunteer.id, _NOBODY_ELSE):
        return True
    local = tx.now.astimezone(rt.config.zone)
    teams = people.rights(tx.session, volunteer).teams
    return volunteer.id in shiftdays.present_in(tx.session, teams, local, calendar(rt.config))


def still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> CallReason | None:
    """Why an alarm call that is due is not placed now; None if it is, at any hour."""
    if tx.now - call.started_at >= _again(rt):  # the next one may be on its way
        return CallReason.TOO_LATE
    if all(alarm.seen_at is not None or alarm.answered_at is not None for alarm in alarms.told(tx.session, contact.id)):
        return CallReason.SEEN
    return None if callers.may_alarm(contact) else CallReason.NOT_SAFE


def acknowledge(tx: Transaction, contact_id: int) -> None:
    """A volunteer pressed a key on a call of ours: acknowledge the open alarms that the phone was told of."""
    for alarm in alarms.told(tx.session, contact_id):
        casework.settle_alarm(tx, alarm.volunteer_id, alarm.id, alarm.ticket_id)


def answer(tx: Transaction, contact_id: int) -> None:
    """The code of an alarm came by text. The phone is not rung any more; all else goes on as if nothing had come, as a sender can be
    forged: the alarms stay on the page, which says that they were answered, and leads are told of a ticket that nobody opens."""
    for alarm in alarms.told(tx.session, contact_id):
        casework.settle_alarm(tx, alarm.volunteer_id, alarm.id, alarm.ticket_id, by_text=True)


def opened(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """A volunteer opened a ticket on the page: its alarm stays on the page, but no longer goes to the volunteer's phone."""
    with rt.reading() as session:
        ticket = access.sees(session, volunteer, reference)
        if ticket is None or not alarms.is_unseen(session, volunteer.id, ticket.id):
            return
    with rt.transaction() as tx:
        alarms.see(tx.session, volunteer.id, ticket.id, now=tx.now)
