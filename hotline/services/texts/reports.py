"""What became of a text: the gateway reports it, or we ask."""

import time
from dataclasses import dataclass
from datetime import datetime

from hotline.domain.delivery import CLAIM_OPEN_FOR, LOOK_UP_AFTER, Delivery, handset_retry_delay, moves_forward
from hotline.gateways.base import GatewayError, Outcome, OutgoingText, Report, TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import RANK_OURS
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.outbound import store_sent
from hotline.storage import contacts, outgoing, sealed
from hotline.storage.models import Message

BATCH = 50


@dataclass(frozen=True)
class _Doubtful:
    """A text to look up. If it was sent, that was after `since`, under an id that is not in `known`. `twin`: the same sentence to the same
    contact is on its way."""

    text: OutgoingText
    since: datetime
    known: set[str]
    twin: bool


_LOOK_UPS = 2
"""A text is sent again only after the gateway has said this many times that it has no such text."""


def receive_report(rt: Runtime, gateway: str, report: Report) -> None:
    """Move a delivery forward. Reports come late, twice and out of order: a report that is no news changes nothing."""
    with rt.transaction() as tx:
        message = outgoing.reported(
            tx.session, gateway=gateway, gateway_id=report.gateway_id, message_id=report.message_id, attempt=report.attempt
        )
        if message is None or not moves_forward(Delivery(message.delivery or ""), report.delivery):
            return
        if report.outcome is Outcome.UNREACHABLE and _try_later(tx, message, gateway, report):
            return
        if outgoing.is_taken(tx.session, gateway, report.gateway_id, message.id):
            logger().warning("a report names another text's id", message_id=message.id)
            return
        outgoing.store(
            tx.session,
            message.id,
            gateway=gateway,
            gateway_id=report.gateway_id,
            delivery=report.delivery,
            reason=report.code,
            next_attempt_at=None,
            sent_at=message.sent_at or (tx.now if report.delivery is not Delivery.FAILED else None),
            delivered_at=tx.now if report.delivery is Delivery.DELIVERED else None,
        )
        if report.outcome is Outcome.STOPPED:
            contacts.silence(tx.session, message.contact_id, tx.now)
    logger().info("delivery reported", message_id=message.id, delivery=report.delivery, code=report.code)


def _try_later(tx: Transaction, message: Message, gateway: str, report: Report) -> bool:
    """Queue a text again for a phone that is off: a few times, far apart. False if that was done often enough.

    The text's rank counts these times, and goes one further back each time. Its attempts cannot count them: they also count the times
    when the gateway had no room.
    """
    tried_again = max((message.rank or 0) - RANK_OURS, 0)
    delay = handset_retry_delay(tried_again + 1)
    if delay is None:
        return False
    outgoing.store(
        tx.session,
        message.id,
        delivery=Delivery.QUEUED,
        gateway=gateway,
        gateway_id=report.gateway_id,
        reason=report.code,
        rank=RANK_OURS + tried_again + 1,
        next_attempt_at=tx.now + delay,
    )
    return True


def settle_unknown(rt: Runtime, gateway: TextGateway, *, for_s: float = 10, limit: int = BATCH) -> bool:
    """Look up the texts whose outcome is unknown, with those of dead workers, for about `for_s` seconds: a gateway that hangs must not
    keep tickets from being routed. True if there may be more.

    A text that is found was sent. A text that is not found twice is queued again. If the gateway cannot tell, it is asked again later.
    """
    _give_up_claims(rt, limit)
    ends = time.monotonic() + for_s
    for _ in range(limit):
        if time.monotonic() > ends:
            return True
        doubtful = _claim_look_up(rt)
        if doubtful is None:
            return False
        _look_up(rt, gateway, doubtful)
    return True


def _give_up_claims(rt: Runtime, limit: int) -> None:
    with rt.transaction() as tx:
        for message_id in outgoing.abandoned(tx.session, claimed_before=tx.now - CLAIM_OPEN_FOR, limit=limit):
            outgoing.store(tx.session, message_id, delivery=Delivery.UNKNOWN, reason="worker_gone", next_attempt_at=tx.now)


def _claim_look_up(rt: Runtime) -> _Doubtful | None:
    """The next text to look up, or None. It is due again in a while, whatever happens to this worker."""
    with rt.transaction() as tx:
        for message, contact in outgoing.unknown(tx.session, now=tx.now, limit=1):
            outgoing.store(tx.session, message.id, next_attempt_at=tx.now + LOOK_UP_AFTER)
            body = sealed.body_by(sealed.key_in(rt.keys, contact), message)
            text = OutgoingText(message.id, message.attempts or 1, sealed.number_of(rt.keys, contact) or "", body)
            known = outgoing.known_ids(tx.session, contact.id)
            # While the same sentence to the same contact is on its way, what the gateway shows could be either.
            twin = outgoing.is_leaving(tx.session, contact.id, body)
            return _Doubtful(text, message.claimed_at or message.created_at, known, twin)
    return None


def _look_up(rt: Runtime, gateway: TextGateway, doubtful: _Doubtful) -> None:
    text = doubtful.text
    if doubtful.twin:
        return
    try:
        sent = gateway.look_up(text, doubtful.since, doubtful.known)
    except GatewayError as fault:
        logger().warning("a text could not be looked up", message_id=text.message_id, code=fault.code)
        return
    with rt.transaction() as tx:
        message = outgoing.locked(tx.session, text.message_id)
        if message.attempts != text.attempt or message.delivery != Delivery.UNKNOWN:
            return
        look_ups = (message.look_ups or 0) + 1  # only those that the gateway answered
        if sent is not None:
            store_sent(tx, message, gateway.name, sent)
        elif look_ups < _LOOK_UPS:
            outgoing.store(tx.session, message.id, look_ups=look_ups)
        else:
            outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, next_attempt_at=tx.now)
            tx.ring(Job.SEND_DUE)
            logger().info("a text was not at the gateway and is sent again", message_id=message.id)
