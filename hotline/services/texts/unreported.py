"""A gateway took a text and never reported of it: the telling was lost, or the gateway itself never heard. It is asked, by the id there.

What it says counts as its report. Where it does not know the text any more, nobody can tell whether it left: it was taken, so it is not
sent again by a machine, and a person decides (`doubts`).
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hotline.domain.delivery import Delivery, Reason, ask_in
from hotline.gateways.base import GatewayError, TextGateway
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.reports import receive_report
from hotline.storage import outgoing
from hotline.storage.models import Message

_AGAIN = timedelta(minutes=10)
"""So long after a gateway did not answer, or did not know a text, it is asked once more. A text that a dead worker had waits as long."""

_NOT_KNOWN = 2
"""A text is given to a person only after the gateway has said this many times that it does not know it."""


@dataclass(frozen=True)
class _Asked:
    """A text to ask about: the attempt that the gateway took, its id there, and when it was taken."""

    message_id: int
    attempt: int
    gateway: str
    gateway_id: str
    taken_at: datetime


def ask_unreported(rt: Runtime, gateways: Mapping[str, TextGateway], *, for_s: float = 10) -> bool:
    """Ask gateways what became of texts that they never reported of, for about `for_s` seconds; True if there may be more.

    A gateway that does not answer is asked no more in this run: its other texts wait.
    """
    ends, silent = time.monotonic() + for_s, set[str]()
    while time.monotonic() < ends:
        asked = _claim(rt, silent)
        if asked is None:
            return False
        gateway = gateways.get(asked.gateway)
        try:
            report = gateway.became_of(asked.gateway_id) if gateway is not None and gateway.can.tells else None
        except GatewayError as fault:
            logger().warning("a gateway does not say what became of a text", message_id=asked.message_id, code=fault.code)
            silent.add(asked.gateway)
            _not_answered(rt, asked)
        else:
            if report is None:
                _not_known(rt, asked)
            elif report.delivery is Delivery.SENT:
                _not_news(rt, asked)
            else:
                receive_report(rt, asked.gateway, replace(report, message_id=asked.message_id, attempt=asked.attempt))
    return True


def _claim(rt: Runtime, silent: Collection[str]) -> _Asked | None:
    with rt.transaction() as tx:
        message = outgoing.unreported(tx.session, now=tx.now, but_of=silent)
        if message is None:
            return None
        outgoing.store(tx.session, message.id, next_attempt_at=tx.now + _AGAIN)
        taken_at = message.sent_at or message.created_at
        return _Asked(message.id, message.attempts or 1, message.gateway, message.gateway_id or "", taken_at)


def _not_answered(rt: Runtime, asked: _Asked) -> None:
    """It is asked again, until a text is too old to be sent: then a person decides."""
    with rt.transaction() as tx:
        message = _waiting(tx, asked)
        if message is not None and tx.now - asked.taken_at > timedelta(hours=rt.config.sending.expires_hours):
            _give_to_a_person(tx, message)


def _not_known(rt: Runtime, asked: _Asked) -> None:
    with rt.transaction() as tx:
        message = _waiting(tx, asked)
        if message is None:
            return
        times = (message.look_ups or 0) + 1
        if times >= _NOT_KNOWN:
            _give_to_a_person(tx, message)
        else:
            outgoing.store(tx.session, message.id, look_ups=times)


def _not_news(rt: Runtime, asked: _Asked) -> None:
    """The text waits there, or has left and nobody heard more of it."""
    with rt.transaction() as tx:
        if _waiting(tx, asked) is not None:
            later = ask_in(tx.now - asked.taken_at)
            outgoing.store(tx.session, asked.message_id, look_ups=0, next_attempt_at=tx.now + later if later is not None else None)


def _waiting(tx: Transaction, asked: _Asked) -> Message | None:
    """The text, locked, if nothing was reported of it meanwhile."""
    message = outgoing.locked(tx.session, asked.message_id)
    is_same = (message.attempts, message.delivery, message.gateway_id) == (asked.attempt, Delivery.SENT, asked.gateway_id)
    return message if is_same and message.next_attempt_at is not None else None


def _give_to_a_person(tx: Transaction, message: Message) -> None:
    outgoing.store(tx.session, message.id, delivery=Delivery.UNKNOWN, reason=Reason.NEVER_KNOWN, next_attempt_at=None)
    logger().warning("a gateway took a text, and nobody can tell whether it left", message_id=message.id, gateway=message.gateway)
