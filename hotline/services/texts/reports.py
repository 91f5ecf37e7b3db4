"""What became of a text: the gateway reports it, or we ask."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.domain.delivery import CLAIM_OPEN_FOR, LOOK_UP_AFTER, Delivery, Reason, handset_retry_delay, moves_forward, retry_delay
from hotline.gateways.base import GatewayError, LookUp, Outcome, OutgoingText, Report, Sent, TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import RANK_ANSWER, RANK_OURS, tried_again
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.outbound import again_in, put_back, store_sent
from hotline.storage import contacts, eras, gatewaycopies, outgoing, sealed
from hotline.storage.models import Contact, Message

BATCH = 50


@dataclass(frozen=True)
class _Doubtful:
    """A text to look up at the gateway that has claimed it. If it was sent, that was after `since`, under an id that is not in `known`.
    `twin`: the same sentence to the same contact is on its way."""

    gateway: str
    text: OutgoingText
    since: datetime
    known: set[str]
    twin: bool


_REPEATS = 7
"""How often a text is sent once more under its id to a gateway that does not answer; each time later, and in all for some two hours."""

_LOOK_UPS = 2
"""A text is sent again only after the gateway has said this many times that it has no such text."""


def receive_report(rt: Runtime, gateway: str, report: Report) -> None:
    """Move a delivery forward. Reports come late, twice and out of order: a report that is no news changes nothing."""
    with rt.transaction() as tx:
        message = outgoing.reported(
            tx.session,
            gateway=gateway,
            gateway_id=report.gateway_id,
            message_id=report.message_id,
            attempt=report.attempt,
            delivered=report.delivery is Delivery.DELIVERED,
        )
        if message is None and report.message_id is not None:  # of an attempt that was given up: its copy lies at the gateway too
            gatewaycopies.note_attempt(tx.session, report.message_id, gateway, report.gateway_id, now=tx.now)
        of_part = report.of_part and message is not None and (message.segments or 1) > 1
        if message is None or not moves_forward(Delivery(message.delivery or ""), report.delivery, of_part=of_part):
            if message is not None and report.delivery == message.delivery == Delivery.SENT and message.next_attempt_at is not None:
                outgoing.store(tx.session, message.id, next_attempt_at=None)  # it has left: it is not asked for any more
            return
        if _queued_again(tx, message, gateway, report):
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
    ids = {"message_id": message.id, "gateway": gateway, "gateway_id": report.gateway_id}
    logger().info("delivery reported", **ids, delivery=report.delivery, code=report.code)


def _queued_again(tx: Transaction, message: Message, gateway: str, report: Report) -> bool:
    """Queue a text again that failed where that may help. False if it does not, or was done often enough."""
    if report.outcome is Outcome.UNREACHABLE:
        return _try_later(tx, message, gateway, report)
    if report.outcome not in (Outcome.NOT_SENT, Outcome.ILL):
        return False
    # It was taken, and then surely not sent.
    gatewaycopies.note_attempt(tx.session, message.id, gateway, report.gateway_id, now=tx.now)
    outgoing.store(tx.session, message.id, gateway_id=report.gateway_id, delivered_at=None)
    put_back(tx, message, report.code or "not_sent", is_ill=report.outcome is Outcome.ILL)
    return True


def _try_later(tx: Transaction, message: Message, gateway: str, report: Report) -> bool:
    """Queue a text again for a phone that is off: a few times, far apart. False if that was done often enough.

    The text's rank counts these times, and goes one further back each time. Its attempts cannot count them: they also count the times
    when the gateway had no room.
    """
    rank = message.rank or RANK_ANSWER
    delay = handset_retry_delay(tried_again(rank) + 1)
    if delay is None:
        return False
    gatewaycopies.note_attempt(tx.session, message.id, gateway, report.gateway_id, now=tx.now)
    outgoing.store(
        tx.session,
        message.id,
        delivery=Delivery.QUEUED,
        unsent=None,
        repeats=None,  # it left, and did not arrive: the gateway would not send it once more under its id
        gateway=gateway,
        gateway_id=report.gateway_id,
        reason=report.code,
        rank=max(rank, RANK_OURS) + 1 if rank >= RANK_ANSWER else rank + 1,
        next_attempt_at=tx.now + delay,
    )
    return True


def settle_unknown(rt: Runtime, gateways: Mapping[str, TextGateway], *, for_s: float = 10, limit: int = BATCH) -> bool:
    """Look up the texts whose outcome is unknown, with those that dead workers may have handed over. True if there may be more.

    It takes about `for_s` seconds: a gateway that hangs must not keep tickets from being routed.

    A text that is found was sent. A text that is not found twice is queued again. If the gateway cannot be asked just now, it is asked
    again later, until the text is too old to be sent. A gateway that can never tell is given the text once more under the same id, if it
    knows by that whether it has it; else a person decides (`outgoing.never_known`).
    """
    _give_up_claims(rt, limit)
    ends = time.monotonic() + for_s
    for _ in range(limit):
        if time.monotonic() > ends:
            return True
        doubtful = _claim_look_up(rt)
        if doubtful is None:
            return False
        _settle(rt, gateways, doubtful)
    return True


def _give_up_claims(rt: Runtime, limit: int) -> None:
    """Give up the claims of dead workers. What they surely did not hand over is due again at once, for any gateway."""
    with rt.transaction() as tx:
        for message_id, may_have_left in outgoing.abandoned(tx.session, claimed_before=tx.now - CLAIM_OPEN_FOR, limit=limit):
            if may_have_left:
                outgoing.store(tx.session, message_id, delivery=Delivery.UNKNOWN, reason="worker_gone", next_attempt_at=tx.now)
                continue
            # The attempt is used up: a worker that was only slow must not take the next claim for its own.
            outgoing.store(tx.session, message_id, delivery=Delivery.QUEUED, unhanded=None, claimed_at=None, next_attempt_at=tx.now)
            tx.ring(Job.SEND_DUE)


def _claim_look_up(rt: Runtime) -> _Doubtful | None:
    """The next text to look up, or None. It is due again in a while, whatever happens to this worker."""
    with rt.transaction() as tx:
        for message, contact in outgoing.unknown(tx.session, now=tx.now, limit=1):
            outgoing.store(tx.session, message.id, next_attempt_at=tx.now + LOOK_UP_AFTER)
            body = _words(rt, contact, message)
            attempt = message.attempts or 1
            number = sealed.number_of(rt.keys, contact) or ""
            ours = eras.our_id(tx.session, message.id, attempt)
            text = OutgoingText(message.id, attempt, number, body, ours, line=message.line)
            known = outgoing.known_ids(tx.session, contact.id)
            # While the same sentence to the same contact is on its way, what the gateway shows could be either.
            twin = outgoing.is_leaving(tx.session, contact.id, body)
            return _Doubtful(message.gateway, text, message.claimed_at or message.created_at, known, twin)
    return None


def _words(rt: Runtime, contact: Contact, message: Message) -> str:
    """The words of a text. Those that do not open are no reason to ask nobody: a gateway may find the text by its id."""
    return sealed.readable(f"text {message.id}", lambda: sealed.body_by(sealed.key_in(rt.keys, contact), message), "")


def _settle(rt: Runtime, gateways: Mapping[str, TextGateway], doubtful: _Doubtful) -> None:
    # A restored database does not know by which gateway a text left that was still waiting when the backup was made: each is asked.
    asked = [gateway for name, gateway in gateways.items() if name == doubtful.gateway or not doubtful.gateway]
    can_tell = [gateway for gateway in asked if gateway.can.look_up is not LookUp.NEVER]
    if doubtful.twin and any(gateway.can.look_up is LookUp.LIST for gateway in can_tell):
        return
    try:
        found = _look_up(can_tell, doubtful)
    except GatewayError as fault:
        logger().warning("a text could not be looked up", message_id=doubtful.text.message_id, code=fault.code)
        is_old = rt.clock() - timedelta(hours=rt.config.sending.expires_hours) > doubtful.since
        if not is_old:
            return
        found, can_tell = None, []
    with rt.transaction() as tx:
        message = outgoing.locked(tx.session, doubtful.text.message_id)
        if message.attempts != doubtful.text.attempt or message.delivery != Delivery.UNKNOWN:
            return
        if found is not None:
            gateway, sent = found
            store_sent(tx, message, gateway, sent)
            # What failed since is tried again as if the gateway had reported it.
            _queued_again(tx, message, gateway.name, Report(sent.gateway_id, None, None, sent.delivery, sent.code, sent.outcome))
        elif asked and len(can_tell) == len(asked):
            _not_found(tx, message)
        elif doubtful.gateway and asked and asked[0].can.idempotent:
            _repeat(tx, message)
        else:
            _give_to_a_person(tx, message)


def _look_up(gateways: Iterable[TextGateway], doubtful: _Doubtful) -> tuple[TextGateway, Sent] | None:
    """The gateway that has the text, and what it says of it; None if none has it."""
    for gateway in gateways:
        sent = gateway.look_up(doubtful.text, doubtful.since, doubtful.known)
        if sent is not None:
            return gateway, sent
    return None


def _not_found(tx: Transaction, message: Message) -> None:
    look_ups = (message.look_ups or 0) + 1  # only those that the gateway answered
    if look_ups < _LOOK_UPS:
        outgoing.store(tx.session, message.id, look_ups=look_ups)
        return
    outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, next_attempt_at=tx.now + again_in(message))
    logger().info("a text was not at the gateway and is sent again", message_id=message.id)


def _repeat(tx: Transaction, message: Message) -> None:
    repeats = (message.look_ups or 0) + 1
    if repeats > _REPEATS:
        _give_to_a_person(tx, message)
        return
    again = tx.now + retry_delay(repeats)
    outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, repeats=True, look_ups=repeats, next_attempt_at=again)
    tx.ring(Job.SEND_DUE)


def _give_to_a_person(tx: Transaction, message: Message) -> None:
    outgoing.store(tx.session, message.id, reason=Reason.NEVER_KNOWN, next_attempt_at=None)
    logger().warning("nobody can tell whether a text was sent", message_id=message.id, gateway=message.gateway)
