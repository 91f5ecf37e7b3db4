"""A volunteer's own phone: told that her page needs her, and no more."""

from datetime import timedelta

from hotline.domain import texts
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import RANK_ANSWER, render
from hotline.runtime import Runtime, Transaction
from hotline.storage import alarms, contacts, outgoing, people, shiftdays, tickets
from hotline.storage.peoplemodels import Volunteer
from hotline.workdays import calendar


def text_phone(rt: Runtime, tx: Transaction, volunteer: Volunteer, text: Text, **values: str) -> bool:
    """Queue a text to her own phone, in the language of her pages; False where she has none that we text."""
    if volunteer.phone_id is None:
        return False
    contact = contacts.locked(tx.session, volunteer.phone_id)
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries or contact.stopped_at is not None:
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
    outgoing.put(tx.session, ticket_id=None, answers_id=None, **row)
    tx.ring(Job.SEND_DUE)
    return True


def page_unseen(rt: Runtime) -> int:
    """Tell the phones of those who have not seen an alarm on their page for a while; how many were told. One text for all alarms of
    one person, and none within minutes of the last."""
    with rt.reading() as session:
        waiting = alarms.unseen(session, raised_before=rt.clock() - timedelta(seconds=rt.config.duty.page_s))
    paged = sum(_page(rt, volunteer_id) for volunteer_id in waiting)
    if paged:
        logger().info("phones paged", rows=paged)
    return paged


def _page(rt: Runtime, volunteer_id: int) -> bool:
    """One person's transaction. Her contact is locked first: of two workers the second finds it done."""
    again = timedelta(minutes=rt.config.duty.page_again_minutes)
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None or volunteer.phone_id is None:
            return False
        contacts.locked(tx.session, volunteer.phone_id)
        if outgoing.last_of(tx.session, volunteer.phone_id, texts.PAGE_NEEDS_YOU.key, since=tx.now - again):
            return False
        if not _may_be_paged(rt, tx, volunteer) or not alarms.tell(tx.session, volunteer_id, now=tx.now):
            return False
        return text_phone(rt, tx, volunteer, texts.PAGE_NEEDS_YOU)


def _may_be_paged(rt: Runtime, tx: Transaction, volunteer: Volunteer) -> bool:
    """At any hour while she is on duty, else in the hours in which we text anybody."""
    if rt.config.hours.opening(tx.now) is None:
        return True
    local = tx.now.astimezone(rt.config.zone)
    teams = people.rights(tx.session, volunteer).teams
    return any(volunteer.id in shiftdays.present(tx.session, team, local, calendar(rt.config)) for team in teams)


def opened(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """She opened a ticket on her page: its alarm, which stays there, is not taken to her phone any more."""
    with rt.reading() as session:
        ticket = tickets.seen_by(session, volunteer, reference)
        if ticket is None or not alarms.is_untold(session, volunteer.id, ticket.id):
            return
    with rt.transaction() as tx:
        alarms.tell(tx.session, volunteer.id, now=tx.now, ticket_id=ticket.id)
