"""Texts that a gateway never told us of are fetched, once, also while one of the gateways is away."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select, update

from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome
from hotline.runtime import Runtime
from hotline.services.texts.fetching import fetch_texts
from hotline.services.texts.intake import receive_text
from hotline.storage import gatewaycopies
from hotline.storage.models import Message
from tests.support import HER, ScriptedGateway

SNATCHED = "orangi town mein mera mobile cheen liya"


@dataclass
class Silent(ScriptedGateway):
    """Tells of no text by itself."""

    can: Abilities = Abilities(LookUp.EXACT, polls=True)  # noqa: RUF009 - frozen
    has: list[IncomingText] = field(default_factory=list)

    def poll(self) -> Iterable[IncomingText]:
        return iter(self.has)


class Away(Silent):
    def poll(self) -> Iterable[IncomingText]:
        raise GatewayError("ConnectTimeout", Outcome.NOT_SENT)


def came_in(rt: Runtime) -> list[tuple[str, str | None]]:
    with rt.reading() as session:
        return [(m.gateway, m.gateway_id) for m in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def test_texts_are_fetched_from_gateways_that_poll_and_each_once(rt: Runtime) -> None:
    texts = [IncomingText(str(n), f"+92300{n:07d}", SNATCHED) for n in range(3)]
    gateways = {"away": Away(name="away"), "jazz": Silent(name="jazz", has=texts), "twilio": ScriptedGateway()}
    assert [fetch_texts(rt, gateways) for _ in range(3)] == [3, 0, 0]
    assert came_in(rt) == [("jazz", "0"), ("jazz", "1"), ("jazz", "2")]


def test_what_was_erased_does_not_come_back_while_the_gateway_lists_it(rt: Runtime) -> None:
    """The phone has written again since: it is known, and only the id tells."""
    gateway = Silent(name="jazz", has=[IncomingText("1", HER, SNATCHED)])
    fetch_texts(rt, gateway.alone)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(gateway_id=gatewaycopies.hashed(rt.keys, "1")))
    for number in range(2):
        receive_text(rt, "jazz", IncomingText(f"new{number}", HER, SNATCHED))
    assert fetch_texts(rt, gateway.alone) == 0
