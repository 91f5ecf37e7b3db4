"""The one way out for texts: a row, queued in the service's transaction. A worker sends it."""

from datetime import timedelta
from functools import lru_cache

from hotline.domain import phone, reference, texts
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.storage import messages, outgoing, pranks
from hotline.storage.contacts import Met
from hotline.storage.models import Contact
from hotline.storage.rows import TextOut

_TO_A_PRANKSTER = 2
"""Answers in an hour to a phone that two people marked: to a citizen who borrows it the receipt and one more."""

RANK_ANSWER, RANK_OURS = 0, 1
"""Texts of a lower rank are sent first. A text whose phone was off goes behind these, one rank more with each try."""


def queue_text(
    rt: Runtime, tx: Transaction, text: Text, contact: Contact | Met, *, ticket_id: int | None, ref: str | None, answers_id: int | None
) -> bool:
    """Queue `text` to the contact in the contact's language. False if the contact cannot or may not be texted.

    That is: a short code, a name or a withheld number; a phone of a country outside `reply_countries`; a phone that never contacted us;
    a contact who had `replies_per_sender` answers in the last hour (`answers_id` names the text that is answered),
    or `_TO_A_PRANKSTER` where two people marked the phone.
    """
    row = compose(rt, tx, text, contact, ref=ref, is_answer=answers_id is not None)
    if row is None:
        return False
    outgoing.queue(tx.session, ticket_id=ticket_id, answers_id=answers_id, **row)
    return True


def queue_written(
    rt: Runtime,
    tx: Transaction,
    body: str,
    contact: Contact,
    *,
    ticket_id: int,
    volunteer_id: int,
    answers_id: int | None = None,
    agreed_by: int | None = None,
) -> None:
    """Queue what a volunteer wrote to the contact. The caller has checked that it may be sent; the worker checks it again.

    It is due in some seconds: until then the volunteer can take it back (`unsending`), and the clock's next ring sends it.
    To a phone that is kept quiet it goes as the answer to the citizen's text `answers_id`, or because the lead `agreed_by` agreed.
    """
    tx.ring(Job.SEND_DUE)
    rank = RANK_OURS if answers_id is None else RANK_ANSWER
    row = outgoing.due_at_once(
        now=tx.now, contact_id=contact.id, body=body, language=contact.language, segments=count(body).segments, rank=rank
    )
    row["next_attempt_at"] = tx.now + timedelta(seconds=rt.config.sending.undo_s)
    outgoing.queue(tx.session, ticket_id=ticket_id, volunteer_id=volunteer_id, answers_id=answers_id, agreed_by=agreed_by, **row)


def compose(rt: Runtime, tx: Transaction, text: Text, contact: Contact | Met, *, ref: str | None, is_answer: bool) -> TextOut | None:
    """The row that `queue_text` stores, without its ticket and the text it answers; None if the contact cannot or may not be texted.

    The caller stores the row in the same transaction.
    """
    if contact.kind != SenderKind.PHONE or contact.country not in rt.config.conversation.reply_countries:
        return None
    if contact.times_seen == 0:  # a volunteer's own phone that has never contacted us: nobody knows whose it is
        return None
    if (is_answer or text is texts.RECEIPT) and _too_many(rt, tx, contact):
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
    """The wording of a text as it is sent, with its values; `ref` is a ticket's reference. Raises `ValueMissing`."""
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
    if contact.times_seen == 1:  # the first text: there was no answer yet
        return False
    limit = rt.config.conversation.replies_per_sender
    had = messages.count_answers(tx.session, contact.id, since=tx.now - timedelta(hours=1), limit=limit)
    # The same silence as after too many texts of anybody: nothing tells a phone that it is marked.
    return had >= limit or (had >= _TO_A_PRANKSTER and pranks.is_marked(tx.session, contact.id))
