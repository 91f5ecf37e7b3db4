"""Canary texts: every hour one gateway texts another's number. If it does not come in, that gateway is deaf, though it sends as before.

A canary text is no row: it goes to nobody, by one gateway only, and is not sent again. It opens no ticket when it comes in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain import canary
from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, IncomingText, LookUp, OutgoingText, TextGateway
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.texts.carriers import give_one_back, take_one
from hotline.services.texts.outbound import NOTHING_LEFT
from hotline.storage import alarms, gatewaysigns, gatewaystates, people

_ABOUT = "deaf:"
"""How the name begins of what an alarm about a deaf gateway is about."""


@dataclass(frozen=True)
class _Sent:
    """A canary text to the gateway `to`, which was made at `at`."""

    to: str
    at: datetime
    text: OutgoingText


def is_one(rt: Runtime, text: IncomingText) -> bool:
    """Whether a text is a canary text of ours."""
    return canary.read(rt.keys.mark, rt.config.gateways, text.body) is not None


def heard(rt: Runtime, gateway: str, text: IncomingText) -> bool:
    """Whether a text that came in is a canary text of ours. Then its gateway hears, and nothing else is to be done with the text."""
    found = canary.read(rt.keys.mark, rt.config.gateways, text.body)
    if found is None:
        return False
    name, _ = found
    if name != gateway:
        logger().warning("a canary text came in by another gateway: see whose number stands in lines", gateway=gateway, meant=name)
        return True
    with rt.transaction() as tx:
        sign = gatewaysigns.locked(tx.session, gateway)
        if sign is not None and sign.deaf_since is not None:
            logger().warning("a gateway hears again", gateway=gateway)
            alarms.forget_about(tx.session, f"{_ABOUT}{gateway}")
        gatewaysigns.store(tx.session, gateway, heard_at=tx.now, deaf_since=None)
    return True


def watch(rt: Runtime, gateways: Mapping[str, TextGateway]) -> None:
    """Send the canary texts that are due, and alarm the heads about gateways that are deaf."""
    for name, settings in rt.config.gateways.items():
        to = settings.terms.canary
        if not to or name not in gateways:
            continue
        target = rt.config.gateways.get(to)
        if target is None or not target.terms.lines:
            logger().error("a canary has nowhere to go: name a gateway that has numbers in lines", gateway=name, to=to)
            continue
        _judge(rt, gateways[name], to)
        _send(rt, gateways[name], to, target.terms.lines[0])


def _judge(rt: Runtime, by: TextGateway, to: str) -> None:
    """Say that a gateway is deaf if the last canary text has left and did not come in."""
    with rt.reading() as session:
        sign, now = gatewaysigns.every(session).get(to), rt.clock()
    if sign is None or sign.canary_at is None or sign.deaf_since is not None or now - sign.canary_at < canary.HEARD_WITHIN:
        return
    if sign.heard_at is not None and sign.heard_at >= sign.canary_at:
        return
    has_left = _has_left(by, _made(rt, to, "", sign.canary_at))
    if has_left is None:  # nobody can tell now
        return
    with rt.transaction() as tx:
        fresh = gatewaysigns.locked(tx.session, to)
        if fresh is None or fresh.canary_at != sign.canary_at or fresh.heard_at != sign.heard_at:
            return
        if not has_left:
            gatewaysigns.store(tx.session, to, canary_at=None)
            return
        gatewaysigns.store(tx.session, to, deaf_since=tx.now)
        for head in people.heads(tx.session):
            raise_alarm_about(tx, f"{_ABOUT}{to}", AlarmKind.GATEWAY_DEAF, head, again=True)
    logger().error("a gateway is deaf: texts to it do not come in; restart the app on the phone", gateway=to, seen_from=by.name)


def _has_left(by: TextGateway, sent: _Sent) -> bool | None:
    """Whether a canary text has left the gateway that was to send it; None if that cannot be known now."""
    if by.can.look_up is not LookUp.EXACT:
        return True
    try:
        found = by.look_up(sent.text, sent.at, set())
    except GatewayError as fault:
        logger().warning("a canary text cannot be looked up", gateway=by.name, code=fault.code)
        return None
    return found is not None and found.delivery is not Delivery.FAILED


def _send(rt: Runtime, by: TextGateway, to: str, number: str) -> None:
    """Send a canary text if it is time. That it is sent is committed before: a worker that dies sends no second one."""
    with rt.transaction() as tx:
        sign = gatewaysigns.locked(tx.session, to)
        is_early = sign is not None and sign.canary_at is not None and tx.now - sign.canary_at < canary.EVERY
        if is_early or by.name in gatewaystates.resting(tx.session, now=tx.now) or not take_one(rt, tx, by.name):
            return
        at = tx.now.replace(microsecond=0)
        gatewaysigns.store(tx.session, to, canary_at=at)
    try:
        by.send(_made(rt, to, number, at).text)
    except GatewayError as fault:
        logger().warning("a canary text was not sent", gateway=by.name, code=fault.code)
        with rt.transaction() as tx:
            gatewaysigns.store(tx.session, to, canary_at=None)
            if fault.outcome in NOTHING_LEFT:  # it is tried again every minute, and the limits of a SIM are for texts that leave
                give_one_back(rt, tx, by.name, at)


def _made(rt: Runtime, to: str, number: str, at: datetime) -> _Sent:
    words = canary.write(rt.keys.mark, to, at)
    our_id = f"{rt.keys.tag}-canary{words[:13].replace('#', '-')}"
    text = OutgoingText(0, 0, number, words, our_id, leaves_by=at + canary.LEAVES_WITHIN)
    return _Sent(to, at, text)
