"""Texts that a gateway never told us of are fetched, once, also while one of the gateways is away."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, Sent
from hotline.runtime import Runtime
from hotline.services.texts import fetching
from hotline.services.texts.fetching import fetch_texts, here_already
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.outbound import send_due
from hotline.storage import gatewaycopies
from hotline.storage.models import Message
from hotline.storage.writing import Overloaded
from tests.support import HER, OTHER, Clock, ScriptedGateway, texts_out, tickets

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


@pytest.mark.parametrize(
    ("ago", "answers"),
    [(None, 1), (timedelta(minutes=9), 1), (timedelta(minutes=11), 0), (timedelta(minutes=-90), 1)],  # a clock that is ahead tells nothing
)
def test_danger_that_is_fetched_late_is_answered_by_no_machine(rt: Runtime, clock: Clock, ago: timedelta | None, answers: int) -> None:
    text = IncomingText("1", HER, "madad", received_at=clock() - ago if ago is not None else None)
    assert fetch_texts(rt, Silent(name="jazz", has=[text]).alone) == 1
    assert ([ticket.danger is not None for ticket in tickets(rt)], len(texts_out(rt))) == ([True], answers)


def test_texts_are_taken_in_in_the_order_of_their_time(rt: Runtime, clock: Clock) -> None:
    texts = [IncomingText(str(minutes), HER, SNATCHED, received_at=clock() - timedelta(minutes=minutes)) for minutes in (1, 5, 3)]
    fetch_texts(rt, Silent(name="jazz", has=texts).alone)
    assert came_in(rt) == [("jazz", "5"), ("jazz", "3"), ("jazz", "1")]


def test_a_text_that_cannot_be_taken_in_holds_up_no_other_and_no_other_gateway(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
) -> None:
    def refusing(rt: Runtime, name: str, text: IncomingText, **more: Any) -> Received:
        if text.body == "poison":
            raise ValueError
        return receive_text(rt, name, text, **more)

    monkeypatch.setattr(fetching, "receive_text", refusing)
    odd = Silent(name="odd", has=[IncomingText("1", HER, "poison"), IncomingText("2", OTHER, SNATCHED)])
    jazz = Silent(name="jazz", has=[IncomingText("3", "+923001234599", SNATCHED)])
    assert fetch_texts(rt, {"odd": odd, "jazz": jazz}) == 2
    assert came_in(rt) == [("odd", "2"), ("jazz", "3")]
    assert [(line["gateway"], line["event"]) for line in logged if line["log_level"] == "error"] == [
        ("odd", "a text that a gateway lists could not be taken in")
    ]


@pytest.mark.parametrize("fault", [ValueError(), Overloaded("busy")])
def test_a_gateway_whose_list_cannot_be_read_or_stored_keeps_no_other_from_being_asked(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def refusing(rt: Runtime, name: str, texts: Collection[IncomingText]) -> set[str]:
        if name == "odd":
            raise fault
        return here_already(rt, name, texts)

    monkeypatch.setattr(fetching, "here_already", refusing)
    gateways = {name: Silent(name=name, has=[IncomingText(name, sender, SNATCHED)]) for name, sender in (("odd", HER), ("jazz", OTHER))}
    assert fetch_texts(rt, gateways) == 1
    assert came_in(rt) == [("jazz", "jazz")]


# One id of a service's for two texts


@pytest.mark.parametrize("fetched", [False, True])
def test_a_citizens_text_under_the_id_of_a_text_of_ours_is_taken_in_once(rt: Runtime, *, fetched: bool) -> None:
    """Some services count the texts of each direction by themselves."""
    first, second = IncomingText("5000", HER, SNATCHED), IncomingText("5001", OTHER, "mera bacha gum gaya")
    receive_text(rt, "twilio", first)
    send_due(rt, ScriptedGateway([Sent("5001", Delivery.SENT)]).alone, for_s=10)
    if fetched:
        assert fetch_texts(rt, Silent(has=[first, second]).alone) == 1
    else:
        assert receive_text(rt, "twilio", second) is Received.STORED
    assert receive_text(rt, "twilio", second) is Received.SEEN_BEFORE
    assert fetch_texts(rt, Silent(has=[first, second]).alone) == 0
    assert len(came_in(rt)) == len(tickets(rt)) == 2


def test_what_was_erased_does_not_come_back_while_the_gateway_lists_it(rt: Runtime) -> None:
    """The phone has written again since: it is known, and only the id tells."""
    gateway = Silent(name="jazz", has=[IncomingText("1", HER, SNATCHED)])
    fetch_texts(rt, gateway.alone)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(gateway_id=gatewaycopies.hashed(rt.keys, "1")))
    for number in range(2):
        receive_text(rt, "jazz", IncomingText(f"new{number}", HER, SNATCHED))
    assert fetch_texts(rt, gateway.alone) == 0
