"""Sends texts by the process that holds the link to the SMSC."""

from dataclasses import asdict
from typing import Any

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome, OutgoingText, Sent, TextGateway, Unit
from hotline.gateways.local import NoAnswer, NoProcess, ask, socket_path
from hotline.gateways.smpp.settings import LONGEST_S

_MORE_S = 2
"""How much longer than the process waits for the SMSC we wait for the process, which mostly answers much sooner."""


class SmppGateway(TextGateway):
    """See `TextGateway`. The id of a text is ours: an SMSC gives one to each part, and gives old ones out anew."""

    can = Abilities(LookUp.NEVER, reports=True, prioritises=True, expires=True, unit=Unit.SEGMENTS)

    def __init__(self, config: Config, name: str) -> None:
        self.name = name
        self._path = socket_path(config, name)
        self._timeout_s = LONGEST_S + _MORE_S

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`."""
        asked = {**asdict(text), "leaves_by": text.leaves_by.isoformat() if text.leaves_by else None}
        try:
            answer = ask(self._path, {"send": asked}, timeout_s=self._timeout_s)
        except NoProcess as fault:
            raise GatewayError("no_process", Outcome.NOT_SENT) from fault
        except NoAnswer as fault:
            raise GatewayError("no_answer", Outcome.UNKNOWN) from fault
        if answer.get("sent") is True:
            return Sent(text.our_id, Delivery.SENT)
        raise GatewayError(str(answer.get("code"))[:16], Outcome(str(answer.get("outcome"))))

    def state(self) -> dict[str, Any]:
        """How the link is: `bound_since`, or the `code` and `outcome` of why it is not. Raises `NoProcess` and `NoAnswer`."""
        return ask(self._path, {"state": True}, timeout_s=self._timeout_s)
