"""What became of a text: told by the gateway, or asked of it."""

from datetime import datetime

from hotline.domain.delivery import CLAIM_OPEN_FOR, LOOK_UP_AFTER, Delivery, handset_retry_delay, moves_forward, retry_delay
from hotline.gateways.base import GatewayError, Outcome, OutgoingText, Report, TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.outbound import store_sent
from hotline.storage import contacts, outgoing
from hotline.storage.models import Message

BATCH = 50

_LOOK_UPS = 2
"""A text is sent again only after the gateway said so many times that it has no such text."""


def receive_report(rt: Runtime, gateway: str, report: Report) -> None:
    """Move a delivery forward. Reports come late, twice and out of order: whatever is not news changes nothing."""
    with rt.transaction() as tx:
        message = outgoing.reported(
            tx.session, gateway=gateway, gateway_id=report.gateway_id, message_id=report.message_id, attempt=report.attempt
        )
        if message is None or not moves_forward(Delivery(message.delivery or ""), report.delivery):
            return
        if report.outcome is Outcome.UNREACHABLE and _try_later(tx, message, gateway, report):
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
    """A phone that is off is tried a few times more, far apart."""
    delay = handset_retry_delay(message.attempts or 1)
    if delay is None:
        return False
    outgoing.store(
        tx.session,
        message.id,
        delivery=Delivery.QUEUED,
        gateway=gateway,
        gateway_id=report.gateway_id,
        reason=report.code,
        next_attempt_at=tx.now + delay,
    )
    return True


def settle_unknown(rt: Runtime, gateway: TextGateway, *, limit: int = BATCH) -> int:
    """Look up the texts whose outcome nobody knows, those of dead workers among them; how many were looked up.

    Found: sent. Not found twice: queued again. The gateway cannot tell: asked again later.
    """
    looked_up = _claim_look_ups(rt, limit)
    for contact_id, since, text in looked_up:
        with rt.reading() as session:
            known = outgoing.known_ids(session, contact_id, gateway.name)
        try:
            sent = gateway.look_up(text, since, known)
        except GatewayError as fault:
            logger().warning("a text could not be looked up", message_id=text.message_id, code=fault.code)
            continue
        with rt.transaction() as tx:
            message = outgoing.locked(tx.session, text.message_id)
            if message.attempts != text.attempt or message.delivery != Delivery.UNKNOWN:
                continue
            if sent is not None:
                store_sent(tx, message, gateway.name, sent)
            elif (message.look_ups or 0) >= _LOOK_UPS:
                outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, next_attempt_at=tx.now)
                tx.ring(Job.SEND_DUE)
                logger().info("a text was not at the gateway and is sent again", message_id=message.id)
    return len(looked_up)


def _claim_look_ups(rt: Runtime, limit: int) -> list[tuple[int, datetime, OutgoingText]]:
    taken = []
    with rt.transaction() as tx:
        for message_id in outgoing.abandoned(tx.session, claimed_before=tx.now - CLAIM_OPEN_FOR, limit=limit):
            outgoing.store(tx.session, message_id, delivery=Delivery.UNKNOWN, reason="worker_gone", next_attempt_at=tx.now)
        for message, contact in outgoing.unknown(tx.session, now=tx.now, limit=limit):
            look_ups = (message.look_ups or 0) + 1
            # Due again by then whatever happens to this worker.
            again = tx.now + max(LOOK_UP_AFTER, retry_delay(look_ups))
            outgoing.store(tx.session, message.id, look_ups=look_ups, next_attempt_at=again)
            text = OutgoingText(message.id, message.attempts or 1, contact.address or "", message.body)
            taken.append((contact.id, message.claimed_at or message.created_at, text))
    return taken
