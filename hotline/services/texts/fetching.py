"""Texts are asked for where a gateway does not tell of them, and compared with what is here."""

from collections.abc import Collection, Mapping

from hotline.gateways.base import GatewayError, IncomingText, TextGateway
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.texts.intake import Received, receive_text
from hotline.storage import gatewaycopies, messages


def fetch_texts(rt: Runtime, gateways: Mapping[str, TextGateway]) -> int:
    """Take in the texts of the gateways that have to be asked; returns how many were new. A gateway that fails is asked again soon."""
    return sum(_take_in(rt, name, gateway) for name, gateway in gateways.items() if gateway.can.polls)


def _take_in(rt: Runtime, name: str, gateway: TextGateway) -> int:
    try:
        texts = list(gateway.poll())
    except GatewayError as fault:
        logger().warning("a gateway could not be asked for texts", gateway=name, code=fault.code)
        return 0
    here = here_already(rt, name, texts)
    new = [text for text in texts if text.gateway_id not in here]
    return [receive_text(rt, name, text) for text in new].count(Received.STORED)


def here_already(rt: Runtime, name: str, texts: Collection[IncomingText]) -> set[str]:
    """The ids of those of a gateway's texts that came in before, under that id or another of theirs.

    So did a text that was erased: a hash stands for its id, and what was erased does not come back because a gateway still lists it.
    """
    names = {text.gateway_id: (text.gateway_id, *text.other_ids) for text in texts}
    names = {one: (*ids, *(gatewaycopies.hashed(rt.keys, id_) for id_ in ids)) for one, ids in names.items()}
    with rt.reading() as session:
        known = messages.known(session, name, {id_ for ids in names.values() for id_ in ids})
    return {one for one, ids in names.items() if not known.isdisjoint(ids)}
