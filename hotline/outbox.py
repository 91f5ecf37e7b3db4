"""The one way out for texts: a row, queued in the service's transaction. A worker sends it."""

from datetime import datetime, timedelta
from functools import lru_cache

from hotline.domain import phone, reference, texts
from hotline.domain.budget import Weight
from hotline.domain.lateness import Late
from hotline.domain.phone import SenderKind
from hotline.domain.segments import count
from hotline.domain.texts import Text
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.storage import contacts, messages, outgoing, pranks
from hotline.storage.contacts import Met
from hotline.storage.models import Contact
from hotline.storage.rows import TextOut

_TO_A_PRANKSTER = 2
"""Answers in an hour to a phone that two people marked: to a citizen who borrows it the receipt and one more."""

RANK_URGENT, RANK_ANSWER, RANK_OURS, RANK_COURTESY = -10, 0, 1, 10
"""Texts of a lower rank are sent first: danger and alarms; receipts and answers; what else we start; statuses that nobody asked for. A text
whose phone was off goes one rank back with each try, and stays among its kind; an answer goes among what we start. So does each answer to
what was taken in late."""

_COURTESIES = frozenset(text.key for text in (texts.STATUS_IN_PROGRESS, texts.STATUS_RESOLVED, texts.STATUS_CLOSED, texts.STATUS_REOPENED))
"""Statuses: where they answer nothing, nobody has asked for them."""


def rank_of(text: Text | None, *, is_answer: bool, urgent: bool, late: Late = Late.NOT) -> int:
    """The rank of a text that is queued; `text` is None for what a volunteer wrote. `late`: how late what it answers was taken in."""
    if urgent:
        return RANK_URGENT
    if is_answer or text is texts.RECEIPT:
        # After an outage, somebody who texts now would wait for the receipts of all who texted then.
        return RANK_ANSWER if late is Late.NOT else RANK_OURS
    return RANK_COURTESY if text is not None and text.key in _COURTESIES else RANK_OURS


def weight_of(rank: int, *, urgent: bool) -> Weight:
    """How important a text of that rank is where money or a gateway's room is short."""
    if urgent or rank < RANK_ANSWER:
        return Weight.URGENT
    return Weight.ANSWER if rank < RANK_COURTESY else Weight.COURTESY


def tried_again(rank: int) -> int:
    """How often a text of that rank was sent again because its phone was off."""
    if rank == RANK_ANSWER:
        return 0
    return rank - max(base for base in (RANK_URGENT, RANK_OURS, RANK_COURTESY) if base <= rank)


def queue_text(
    rt: Runtime,
    tx: Transaction,
    text: Text,
    contact: Contact | Met,
    *,
    ticket_id: int | None,
    ref: str | None,
    answers_id: int | None,
    urgent: bool = False,
    late: Late = Late.NOT,
) -> bool:
    """Queue `text` to the contact in the contact's language. False if the contact cannot or may not be texted.

    That is: a short code, a name or a withheld number; a phone of a country outside `reply_countries`; a phone that never contacted us;
    a contact who had `replies_per_sender` answers in the last hour (`answers_id` names the text that is answered),
    or `_TO_A_PRANKSTER` where two people marked the phone. `urgent`: the text is about danger.
    """
    row = compose(rt, tx, text, contact, ref=ref, is_answer=answers_id is not None, urgent=urgent, late=late)
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
    urgent: bool = False,
) -> None:
    """Queue what a volunteer wrote to the contact. The caller has checked that it may be sent; the worker checks it again.

    It is due in some seconds: until then the volunteer can take it back (`unsending`), and the clock's next ring sends it.
    To a phone that is kept quiet it goes as the answer to the citizen's text `answers_id`, or because the lead `agreed_by` agreed.
    """
    tx.ring(Job.SEND_DUE)
    rank = rank_of(None, is_answer=answers_id is not None, urgent=urgent)
    row = outgoing.due_at_once(
        now=tx.now, contact_id=contact.id, body=body, language=contact.language, segments=count(body).segments, rank=rank
    )
    row["next_attempt_at"] = tx.now + timedelta(seconds=rt.config.sending.undo_s)
    outgoing.queue(tx.session, ticket_id=ticket_id, volunteer_id=volunteer_id, answers_id=answers_id, agreed_by=agreed_by, **row)


def compose(
    rt: Runtime,
    tx: Transaction,
    text: Text,
    contact: Contact | Met,
    *,
    ref: str | None,
    is_answer: bool,
    urgent: bool = False,
    late: Late = Late.NOT,
) -> TextOut | None:
    """The row that `queue_text` stores, without its ticket and the text it answers; None if the contact cannot or may not be texted.

    The caller stores the row in the same transaction. `late`: how late what it answers was taken in. Then it leaves after answers to what
    comes now; after half an hour it also keeps the hours in which the contact may be texted.
    """
    if not _may_be_texted(rt, contact):
        return None
    if (is_answer or text is texts.RECEIPT) and _too_many(rt, tx, contact):
        logger().info("an answer was left out: enough for this hour", contact_id=contact.id)
        return None
    tx.ring(Job.SEND_DUE)
    row = _row(rt, text, contact, ref=ref, now=tx.now, rank=rank_of(text, is_answer=is_answer, urgent=urgent, late=late))
    if late is Late.KEEPS_HOURS:
        known = contact if isinstance(contact, Contact) else contacts.locked(tx.session, contact.id)
        row["next_attempt_at"] = rt.config.hours.narrowed(known.safe_from, known.safe_until).opening(tx.now) or tx.now
    return row


def receipt_of_new(rt: Runtime, contact: Met, *, ref: str, now: datetime, late: Late = Late.NOT) -> TextOut | None:
    """The row of the receipt to a phone that nobody knew, where nobody is in danger; None if it cannot be texted. `late`: see
    `compose`."""
    if not _may_be_texted(rt, contact):
        return None
    row = _row(rt, texts.RECEIPT, contact, ref=ref, now=now, rank=rank_of(texts.RECEIPT, is_answer=True, urgent=False, late=late))
    if late is Late.KEEPS_HOURS:
        row["next_attempt_at"] = rt.config.hours.opening(now) or now
    return row


def _may_be_texted(rt: Runtime, contact: Contact | Met) -> bool:
    """Not so of a volunteer's own phone that has never contacted us: nobody knows whose it is."""
    is_ours_to_text = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_ours_to_text and contact.times_seen != 0


def _row(rt: Runtime, text: Text, contact: Contact | Met, *, ref: str | None, now: datetime, rank: int) -> TextOut:
    body = render(rt, text, contact.language, ref=ref)
    return outgoing.due_at_once(
        now=now,
        contact_id=contact.id,
        body=body,
        text_key=text.key,
        language=contact.language,
        segments=count(body).segments,
        rank=rank,
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
