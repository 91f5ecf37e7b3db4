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

RANK_ANSWER, RANK_OURS = 0, 1


def queue_text(
    rt: Runtime, tx: Transaction, text: Text, contact: Contact | Met, *, ticket_id: int | None, ref: str | None, answers_id: int | None
) -> bool:
    """Queue `text` to the contact in her language; False where none may or can go (design: never a text to a short code, a name,
    a withheld number; replies to our own countries only, and at most so many an hour)."""
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return False
    if answers_id is not None and _too_many(rt, tx, contact):
        logger().info("an answer was left out: enough for this hour", contact_id=contact.id)
        return False
    body = render(rt, text, contact.language, ref=ref)
    outgoing.queue(
        tx.session,
        now=tx.now,
        contact_id=contact.id,
        ticket_id=ticket_id,
        body=body,
        text_key=text.key,
        answers_id=answers_id,
        language=contact.language,
        segments=count(body).segments,
        rank=RANK_OURS if answers_id is None else RANK_ANSWER,
    )
    tx.ring(Job.SEND_DUE)
    return True


def render(rt: Runtime, text: Text, language: str, *, ref: str | None) -> str:
    """The sentence as it goes out."""
    numbers = rt.config.numbers
    return rt.catalogues.say(
        language,
        text,
        answer_number=_national(numbers.answer_number, numbers.region),
        ref=reference.written(ref) if ref else "",
        police=numbers.police,
        ambulance=numbers.ambulance,
    )


_national = lru_cache(phone.national)


def _too_many(rt: Runtime, tx: Transaction, contact: Contact | Met) -> bool:
    if contact.times_seen == 1:  # her first text: nothing was ever answered
        return False
    limit = rt.config.conversation.replies_per_sender
    return messages.count_answers(tx.session, contact.id, since=tx.now - timedelta(hours=1), limit=limit) >= limit
