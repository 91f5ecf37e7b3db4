"""Texts leave. A claim is committed, the gateway is asked while no connection is held, then the result is stored."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from hotline.domain import contact as safety
from hotline.domain import texts
from hotline.domain.contact import Outgoing
from hotline.domain.delivery import LOOK_UP_AFTER, Delivery, Reason, moves_forward, retry_delay
from hotline.gateways.base import GatewayError, Outcome, OutgoingText, Sent, TextGateway
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.sealing import SealBroken
from hotline.services.tickets import answering, telling
from hotline.services.tickets.danger import acted_by_text
from hotline.storage import contacts, outgoing, people, sealed
from hotline.storage.models import Contact, Message


@dataclass(frozen=True)
class Claimed:
    """A text that a worker has taken to send."""

    contact_id: int
    text: OutgoingText


class Pace:
    """Lets threads through at `per_s` a second in total. Of a pause, at most a quarter of a second is made up for."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._interval = 1 / per_s
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self) -> None:
        """Return when it is this thread's turn."""
        with self._lock:
            at = max(self._next, self._clock() - 0.25)
            self._next = at + self._interval
        if (delay := at - self._clock()) > 0:
            self._sleep(delay)


def send_due(rt: Runtime, gateway: TextGateway, *, for_s: float) -> bool:
    """Send the texts that are due, at the configured rate, for about `for_s` seconds; True if there may be more."""
    settings = rt.config.sending
    pace, ends = Pace(settings.texts_per_s), time.monotonic() + for_s
    # No more is claimed than can leave in some seconds: a claim that is a minute old is taken for a dead worker's.
    most = max(1, min(settings.in_flight * 2, settings.texts_per_s * 10))
    running: dict[Future[None], int] = {}
    with ThreadPoolExecutor(settings.in_flight, thread_name_prefix="send") as pool:
        while time.monotonic() < ends:
            seen, claimed = claim_due(rt, limit=most - sum(running.values()))
            # The texts of one contact leave in order, one after the other; those of different contacts leave at the same time.
            ordered = sorted(claimed, key=lambda c: (c.contact_id, c.text.message_id))
            for _, group in groupby(ordered, key=lambda c: c.contact_id):
                batch = list(group)
                running[pool.submit(_send_in_order, rt, gateway, pace, batch)] = len(batch)
            if not seen:
                break
            while sum(running.values()) > most // 2:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                _raise_bugs(done)
                running = {future: texts for future, texts in running.items() if future not in done}
        else:
            _raise_bugs(running)
            return True
        _raise_bugs(running)
    return False


def _raise_bugs(done: Iterable[Future[None]]) -> None:
    for future in done:
        future.result()


def _send_in_order(rt: Runtime, gateway: TextGateway, pace: Pace, batch: list[Claimed]) -> None:
    for claimed in batch:
        pace.wait()
        send_one(rt, gateway, claimed)


_TO_STAFF = (texts.PAGE_NEEDS_YOU.key, texts.RING_TEST.key)
"""Alarms, and the tests that they arrive: what comes under a volunteer's number silences neither."""


def claim_due(rt: Runtime, *, limit: int) -> tuple[int, list[Claimed]]:
    """Claim up to `limit` due texts. Returns how many were due, and those taken to send.

    Whether a text may still go is asked here, not where it was queued.
    """
    with rt.transaction() as tx:
        rows = outgoing.due(tx.session, now=tx.now, limit=limit)
        claimed, acts = [], []
        for message, contact, ticket, phone_held, not_agreed in rows:
            opened = _opened(rt, tx, message, contact)
            if opened is None:
                continue
            is_answer = _is_answer(rt, tx, message, contact, held=phone_held or not_agreed)
            sentence = texts.TEXTS.get(message.text_key or "")
            asks = sentence is not None and sentence.asks
            held = telling.held(rt, contact, ticket, phone_held=phone_held, asks=asks)
            if message.agreed_by is not None and contact.names_hours:
                held = replace(held, ticket_held=False)
            facts = Outgoing(
                created_at=message.created_at,
                is_answer=is_answer,
                may_text=contact.may_text and _is_known(tx, message, contact) and (is_answer or not not_agreed),
                stopped=contact.stopped_at is not None,
                refused=contact.refused_texts_at is not None,
                held=held,
                by_machine=message.volunteer_id is None,
            )
            if _claim(rt, tx, message, facts, rt.config.hours.narrowed(contact.safe_from, contact.safe_until)):
                text = OutgoingText(message.id, (message.attempts or 0) + 1, *opened)
                claimed.append(Claimed(contact.id, text))
                if ticket is not None:
                    acts.append((ticket, message))
        # Only now it is an act: until now it could be taken back. In one order, so that no two workers wait for each other.
        for ticket, message in sorted(acts, key=lambda act: act[0].id):
            acted_by_text(tx, ticket, message)
    return len(rows), claimed


def _opened(rt: Runtime, tx: Transaction, message: Message, contact: Contact) -> tuple[str, str] | None:
    """The number and the words of a text that is due. None if they do not open: then it has failed, and keeps no other from leaving."""
    number = sealed.number_of(rt.keys, contact)
    try:
        # By the key in the row that was read with the text: the contact may get another one meanwhile.
        body = sealed.body_by(sealed.key_in(rt.keys, contact), message)
    except SealBroken as fault:
        logger().error("a text does not open", message_id=message.id, fault=str(fault))
        body = None
    if body is None or (number is None and contact.number is not None):
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=Reason.UNREADABLE, next_attempt_at=None)
        return None
    return number or "", body


def _is_answer(rt: Runtime, tx: Transaction, message: Message, contact: Contact, *, held: bool) -> bool:
    """Whether a text answers the citizen.

    What a volunteer wrote does so for some minutes only. More count: an alarm or its test goes to a volunteer at work, and the caller
    waits for the receipt of a call. To a phone that is kept quiet the receipt does not go: the caller heard the reference, and the
    caller's number can be forged. Nor does it go to a caller who has agreed, and then keyed that they cannot speak (`held`: one of the
    two).
    """
    if message.volunteer_id is not None:
        return answering.still_answers(rt, tx.session, contact, message)
    is_receipt = message.text_key == texts.RECEIPT.key and not held and contact.refused_texts_at is None
    return message.answers_id is not None or is_receipt or message.text_key in _TO_STAFF


def _is_known(tx: Transaction, message: Message, contact: Contact) -> bool:
    """Whether this phone has contacted us, or is a volunteer's own and the text belongs to no ticket."""
    return contact.times_seen > 0 or (message.ticket_id is None and people.has_phone(tx.session, contact.id))


def _claim(rt: Runtime, tx: Transaction, message: Message, facts: Outgoing, hours: safety.ContactHours) -> bool:
    """Claim a text that may go now. False if it may not go, or has to wait."""
    settings = rt.config.sending
    verdict = safety.may_go(
        facts,
        now=tx.now,
        hours=hours,
        fresh_for=timedelta(minutes=settings.answer_fresh_minutes),
        expires_after=timedelta(hours=settings.expires_hours),
    )
    if verdict.reason is not None:
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=verdict.reason, next_attempt_at=None)
        return False
    if verdict.wait_until is not None:
        outgoing.store(tx.session, message.id, next_attempt_at=verdict.wait_until)
        return False
    attempts = (message.attempts or 0) + 1
    outgoing.store(
        tx.session, message.id, delivery=Delivery.SENDING, claimed_at=tx.now, attempts=attempts, look_ups=0, next_attempt_at=None
    )
    return True


def send_one(rt: Runtime, gateway: TextGateway, claimed: Claimed) -> None:
    """Hand a claimed text to the gateway and store what came of it. No connection is held while the gateway is asked.

    The claim is renewed first: if this worker was slow, or stopped for a while, another may have the text by now.
    """
    with rt.transaction() as tx:
        if not outgoing.renew_claim(tx.session, claimed.text.message_id, claimed.text.attempt, now=tx.now):
            logger().warning("a claim was lost before the text was sent", message_id=claimed.text.message_id)
            return
    result: Sent | GatewayError
    try:
        result = gateway.send(claimed.text)
    except GatewayError as fault:
        result = fault
    with rt.transaction() as tx:
        message = outgoing.locked(tx.session, claimed.text.message_id)
        if message.attempts != claimed.text.attempt:
            logger().warning("a result came after the text was sent anew", message_id=message.id)
        elif isinstance(result, Sent):
            store_sent(tx, message, gateway.name, result)
        else:
            _store_failure(tx, message, result)


def store_sent(tx: Transaction, message: Message, gateway_name: str, sent: Sent) -> None:
    """Note that the gateway has the text. A report may have told more already: that stays."""
    known = Delivery(message.delivery or "")
    delivery = sent.delivery if moves_forward(known, sent.delivery) else known
    outgoing.store(
        tx.session,
        message.id,
        gateway=gateway_name,
        gateway_id=sent.gateway_id,
        delivery=delivery,
        reason=sent.code if delivery == sent.delivery else message.reason,
        sent_at=message.sent_at or tx.now,
        next_attempt_at=None,
    )
    logger().info("text sent", message_id=message.id)


def _store_failure(tx: Transaction, message: Message, fault: GatewayError) -> None:
    if message.delivery != Delivery.SENDING:  # a report has told us more
        return
    logger().warning("a text was not taken", message_id=message.id, code=fault.code, outcome=fault.outcome)
    if fault.outcome is Outcome.NOT_SENT:
        again = tx.now + retry_delay(message.attempts or 1) * random.uniform(1, 1.25)  # noqa: S311 - jitter, no secret
        outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, reason=fault.code, next_attempt_at=again)
    elif fault.outcome is Outcome.UNKNOWN:
        outgoing.store(tx.session, message.id, delivery=Delivery.UNKNOWN, reason=fault.code, next_attempt_at=tx.now + LOOK_UP_AFTER)
    else:
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=fault.code, next_attempt_at=None)
        if fault.outcome is Outcome.STOPPED:
            contacts.silence(tx.session, message.contact_id, tx.now)
