"""The one way out for texts: a row, queued inside the service's transaction. Sending is a worker's."""

from datetime import timedelta
from functools import lru_cache

from hotline.domain import phone, reference
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.storage import messages, outgoing
from hotline.storage.contacts import Met
from hotline.storage.models import Contact
from hotline.storage.rows import TextOut

RANK_ANSWER, RANK_OURS = 0, 1
"""What leaves first. A text tried again for a phone that was off goes one rank behind these each time."""


def queue_text(
    rt: Runtime, tx: Transaction, text: Text, contact: Contact | Met, *, ticket_id: int | None, ref: str | None, answers_id: int | None
) -> bool:
    """Queue `text` to the contact in her language; False where none may or can go: never to a short code, a name, a withheld
    number or a phone that never contacted us; replies to our own countries only, and at most so many an hour."""
    row = compose(rt, tx, text, contact, ref=ref, is_answer=answers_id is not None)
    if row is None:
        return False
    outgoing.queue(tx.session, ticket_id=ticket_id, answers_id=answers_id, **row)
    return True


def queue_written(tx: Transaction, body: str, contact: Contact, *, ticket_id: int, volunteer_id: int) -> None:
    """Queue what a volunteer wrote to the contact. Whether it may go was asked, and is asked again when it leaves."""
    tx.ring(Job.SEND_DUE)
    row = outgoing.due_at_once(
        now=tx.now, contact_id=contact.id, body=body, language=contact.language, segments=count(body).segments, rank=RANK_OURS
    )
    outgoing.queue(tx.session, ticket_id=ticket_id, volunteer_id=volunteer_id, **row)


def compose(rt: Runtime, tx: Transaction, text: Text, contact: Contact | Met, *, ref: str | None, is_answer: bool) -> TextOut | None:
    """The row that `queue_text` stores, without its ticket and the text it answers; None where none may or can go. Who asks for
    it stores it in the same transaction."""
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return None
    if contact.times_seen == 0:  # typed in by a volunteer: whose phone it is, nobody knows
        return None
    if is_answer and _too_many(rt, tx, contact):
        logger().info("an answer was left out: enough for this hour", contact_id=contact.id)
        return None
    body = render(rt, text, contact.language, ref=ref)
    tx.ring(Job.SEND_DUE)
    return outgoing.due_at_once(
        now=tx.now,
        contact_id=contact.id,
        body=body,
        text_key=text.key,
        language=contact.language,
        segments=count(body).segments,
        rank=RANK_ANSWER if is_answer else RANK_OURS,
    )


def render(rt: Runtime, text: Text, language: str, *, ref: str | None, **values: str) -> str:
    """The sentence as it goes out."""
    numbers = rt.config.numbers
    return rt.catalogues.say(
        language,
        text,
        answer_number=_national(numbers.answer_number, numbers.region),
        ref=reference.written(ref) if ref else "",
        police=numbers.police,
        ambulance=numbers.ambulance,
        **values,
    )


_national = lru_cache(phone.national)


def _too_many(rt: Runtime, tx: Transaction, contact: Contact | Met) -> bool:
    if contact.times_seen == 1:  # her first text: nothing was ever answered
        return False
    limit = rt.config.conversation.replies_per_sender
    return messages.count_answers(tx.session, contact.id, since=tx.now - timedelta(hours=1), limit=limit) >= limit
