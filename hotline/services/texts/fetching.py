"""Texts are asked for where a gateway does not tell of them, and compared with what is here."""

from collections.abc import Collection, Mapping

from hotline.domain import catchup
from hotline.gateways.base import GatewayError, IncomingText, TextGateway, second_id
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.texts.intake import Received, receive_text
from hotline.storage import gatewaycopies, messages
from hotline.storage.writing import Overloaded


def fetch_texts(rt: Runtime, gateways: Mapping[str, TextGateway]) -> int:
    """Take in the texts of the gateways that have to be asked; returns how many were new. A gateway that fails is asked again soon."""
    return sum(_fetch(rt, name, gateway) for name, gateway in gateways.items() if gateway.can.polls)


def _fetch(rt: Runtime, name: str, gateway: TextGateway) -> int:
    try:
        return _take_in(rt, name, list(gateway.poll()))
    except GatewayError as fault:
        logger().warning("a gateway could not be asked for texts", gateway=name, code=fault.code)
    except Overloaded:
        logger().warning("texts that a gateway lists cannot be stored now", gateway=name)
    except Exception:  # noqa: BLE001 - whatever it is, other gateways are asked
        logger().exception("the texts of a gateway could not be fetched", gateway=name)
    return 0


def _take_in(rt: Runtime, name: str, texts: Collection[IncomingText]) -> int:
    """Take in what is new, the oldest first. Raises `Overloaded`."""
    here, now, stored = here_already(rt, name, texts), rt.clock(), 0
    # It was asked some seconds ago: what has no time, or one to come, came since.
    came = [(catchup.came_at(text.received_at, now, oldest=now), text) for text in texts if text.gateway_id not in here]
    for came_at, text in sorted(came, key=lambda one: one[0]):
        try:
            stored += receive_text(rt, name, text, came_at=came_at) is Received.STORED
        except Overloaded:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, those after it are taken in
            logger().exception("a text that a gateway lists could not be taken in", gateway=name)
    return stored


def here_already(rt: Runtime, name: str, texts: Collection[IncomingText]) -> set[str]:
    """The ids of those of a gateway's texts that came in before, under that id or another of theirs.

    So did a text that was erased: a hash stands for its id, and what was erased does not come back because a gateway still lists it.
    """
    names = {text.gateway_id: (text.gateway_id, second_id(rt.keys.mark, text.gateway_id), *text.other_ids) for text in texts}
    names = {one: (*ids, *(gatewaycopies.hashed(rt.keys, id_) for id_ in ids)) for one, ids in names.items()}
    with rt.reading() as session:
        known = messages.known(session, name, {id_ for ids in names.values() for id_ in ids})
    return {one for one, ids in names.items() if not known.isdisjoint(ids)}
