"""A phone took a text and never told what became of it: it is asked, and nothing is lost or doubled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from hotline.domain.delivery import Delivery, Reason, ask_in
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome, Report
from hotline.runtime import Runtime
from hotline.services.texts import doubts
from hotline.services.texts.outbound import send_due
from hotline.services.texts.reports import receive_report, settle_unknown
from hotline.services.texts.unreported import ask_unreported
from hotline.simulator.androidfaults import NO_SIGNAL, PhoneFaults
from hotline.storage.models import Message
from tests.gateways.android.world import NAME, AndroidWorld, open_world
from tests.gateways.world import MakeRt, eventually
from tests.support import OTHER, SNATCHED, Clock, ScriptedGateway, text_in, texts_out


@pytest.fixture
def world(make_rt: MakeRt) -> Iterator[AndroidWorld]:
    """The phone of it tells nothing of what it sent."""
    with open_world(make_rt) as world:
        text_in(world.rt, SNATCHED)
        yield world


def tells_nothing(world: AndroidWorld, **faults: object) -> None:
    world.phone.faults = PhoneFaults(webhook_lost_next=-1, **faults)  # type: ignore[arg-type]


def leave(world: AndroidWorld, state: str) -> Message:
    """The receipt leaves, and the phone has come so far with it."""
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    [message] = texts_out(world.rt)
    assert message.delivery == Delivery.SENT
    eventually(lambda: (found := world.phone.find(message.gateway_id or "")) is not None and found.state == state)
    return message


def ask(world: AndroidWorld) -> Message:
    assert ask_unreported(world.rt, {NAME: world.gateway}, for_s=20) is False
    return texts_out(world.rt)[0]


def test_nobody_is_asked_before_a_text_can_leave_no_more(world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tells_nothing(world)
    leave(world, "Delivered")
    clock.forward(minutes=14)
    monkeypatch.setattr(world.gateway, "became_of", lambda _id: 1 / 0)
    assert ask(world).delivery == Delivery.SENT


def test_a_phone_that_does_not_answer_is_asked_about_one_text_only(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_in(world.rt, SNATCHED, sender=OTHER)
    tells_nothing(world)
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    assert [one.delivery for one in texts_out(world.rt)] == [Delivery.SENT] * 2
    clock.forward(minutes=16)
    asked = list[str]()

    def hangs(gateway_id: str) -> Report:
        asked.append(gateway_id)
        raise GatewayError("ReadTimeout", Outcome.UNKNOWN)

    monkeypatch.setattr(world.gateway, "became_of", hangs)
    ask(world)
    assert len(asked) == 1


def test_a_delivery_that_was_never_told_is_known_after_all(world: AndroidWorld, clock: Clock) -> None:
    """Before, such a text stayed "sent" for ever: nothing asked."""
    tells_nothing(world)
    leave(world, "Delivered")
    clock.forward(hours=3)
    settle_unknown(world.rt, {NAME: world.gateway})
    assert texts_out(world.rt)[0].delivery == Delivery.SENT
    message = ask(world)
    assert (message.delivery, message.delivered_at, message.next_attempt_at) == (Delivery.DELIVERED, clock(), None)


def test_a_text_that_the_phone_could_not_send_is_sent_again_once(world: AndroidWorld, clock: Clock) -> None:
    tells_nothing(world, send_error_next=1, send_error=NO_SIGNAL)
    leave(world, "Failed")
    assert world.phone.arrived() == []
    clock.forward(minutes=16)
    message = ask(world)
    assert (message.delivery, message.reason) == (Delivery.QUEUED, "no_service")
    clock.forward(minutes=2)
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    assert len(eventually(world.phone.arrived)) == 1
    eventually(lambda: any(one.state == "Delivered" for one in world.phone._out.values()))
    clock.forward(hours=1)
    assert ask(world).delivery == Delivery.DELIVERED
    assert len(world.phone.arrived()) == 1


def test_a_text_that_a_person_cancelled_at_the_phone_is_sent_again(world: AndroidWorld, clock: Clock) -> None:
    tells_nothing(world)
    message = leave(world, "Delivered")
    found = world.phone._out[message.gateway_id or ""]
    found.state = "Cancelled"
    clock.forward(minutes=16)
    assert (ask(world).delivery, texts_out(world.rt)[0].reason) == (Delivery.QUEUED, "cancelled")


def test_a_text_that_did_not_reach_its_phone_is_tried_later_or_given_up(world: AndroidWorld, clock: Clock) -> None:
    tells_nothing(world, undelivered_next=1, undelivered_status=0x41)
    leave(world, "Failed")
    clock.forward(minutes=16)
    assert (ask(world).delivery, texts_out(world.rt)[0].reason) == (Delivery.UNDELIVERED, "sc_65")


def test_a_text_of_which_the_phone_never_hears_more_is_asked_for_four_times(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells_nothing(world, unreported_next=1)
    leave(world, "Processed")
    asked, became_of = [], world.gateway.became_of
    monkeypatch.setattr(world.gateway, "became_of", lambda given: asked.append(clock()) or became_of(given))  # type: ignore[func-returns-value]
    begun = clock()
    for _ in range(300):
        ask(world)
        clock.forward(minutes=5)
    assert [at - begun for at in asked] == [timedelta(minutes=one) for one in (15, 60, 180, 720)]
    message = texts_out(world.rt)[0]
    assert (message.delivery, message.next_attempt_at) == (Delivery.SENT, None)


def test_a_text_that_the_phone_knows_no_more_is_a_persons_to_decide_and_is_not_sent_twice(world: AndroidWorld, clock: Clock) -> None:
    """The app was installed anew. Perhaps the text had left before: nothing is sent again to be sure."""
    tells_nothing(world)
    leave(world, "Delivered")
    world.phone.reset(stays_set_up=True)
    clock.forward(minutes=16)
    assert ask(world).delivery == Delivery.SENT  # the phone is asked twice
    clock.forward(minutes=11)
    message = ask(world)
    assert (message.delivery, message.reason, message.next_attempt_at) == (Delivery.UNKNOWN, Reason.NEVER_KNOWN, None)
    clock.forward(hours=2)
    settle_unknown(world.rt, {NAME: world.gateway})
    send_due(world.rt, {NAME: world.gateway}, for_s=2)
    assert [one.message_id for one in doubts.listed(world.rt, None)] == [message.id]
    assert world.phone.arrived() == []
    report = Report(message.gateway_id or "", message.id, 1, Delivery.DELIVERED, None)
    receive_report(world.rt, NAME, report)  # it had left: the phone of before tells late
    assert texts_out(world.rt)[0].delivery == Delivery.DELIVERED
    assert doubts.listed(world.rt, None) == []


def test_a_phone_that_is_away_is_asked_until_the_text_is_too_old_and_then_a_person_decides(world: AndroidWorld, clock: Clock) -> None:
    tells_nothing(world)
    leave(world, "Delivered")
    world.gateway._rest._url = "http://127.0.0.1:9"
    for _ in range(47):
        clock.forward(hours=1)
        assert ask(world).delivery == Delivery.SENT
    clock.forward(hours=2)
    assert (ask(world).delivery, texts_out(world.rt)[0].reason) == (Delivery.UNKNOWN, Reason.NEVER_KNOWN)


def test_a_text_that_was_told_to_have_left_is_not_asked_for(world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tells_nothing(world, unreported_next=1)
    leave(world, "Processed")
    world.report(Delivery.SENT)
    monkeypatch.setattr(world.gateway, "became_of", lambda _id: 1 / 0)
    clock.forward(hours=1)
    message = ask(world)
    assert (message.delivery, message.next_attempt_at) == (Delivery.SENT, None)


def test_a_report_that_comes_while_the_phone_is_asked_stays(world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tells_nothing(world)
    message = leave(world, "Delivered")

    def told_meanwhile(_id: str) -> None:
        receive_report(world.rt, NAME, Report(message.gateway_id or "", message.id, 1, Delivery.DELIVERED, None))

    with world.rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.id == message.id).values(look_ups=1))
    monkeypatch.setattr(world.gateway, "became_of", told_meanwhile)
    clock.forward(minutes=16)
    assert ask(world).delivery == Delivery.DELIVERED


def test_two_workers_ask_about_a_text_once(world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tells_nothing(world)
    leave(world, "Delivered")
    asked, became_of = [], world.gateway.became_of

    def beside(given: str) -> Report | None:
        asked.append(given)
        assert ask_unreported(world.rt, {NAME: world.gateway}) is False
        return became_of(given)

    monkeypatch.setattr(world.gateway, "became_of", beside)
    clock.forward(minutes=16)
    assert ask(world).delivery == Delivery.DELIVERED
    assert len(asked) == 1


def test_a_worker_that_dies_as_it_asks_leaves_the_text_to_the_next(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells_nothing(world)
    leave(world, "Delivered")
    clock.forward(minutes=16)
    with monkeypatch.context() as patch:
        patch.setattr(world.gateway, "became_of", lambda _id: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ask_unreported(world.rt, {NAME: world.gateway})
    clock.forward(minutes=11)
    assert ask(world).delivery == Delivery.DELIVERED


def test_a_gateway_that_cannot_be_asked_leaves_its_texts_as_they_were(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway = replace(ScriptedGateway(), can=Abilities(LookUp.LIST, reports=True))
    send_due(rt, gateway.alone, for_s=10)
    assert [(one.delivery, one.next_attempt_at) for one in texts_out(rt)] == [(Delivery.SENT, None)]
    clock.forward(days=3)
    assert ask_unreported(rt, gateway.alone) is False
    assert texts_out(rt)[0].delivery == Delivery.SENT


def test_the_times_at_which_a_gateway_is_asked() -> None:
    minutes = [ask_in(timedelta(minutes=one)) for one in (0, 14, 15, 60, 179, 700, 720, 9999)]
    assert minutes == [timedelta(minutes=one) for one in (15, 1, 45, 120, 1, 20)] + [None, None]
