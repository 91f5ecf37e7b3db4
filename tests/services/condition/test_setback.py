"""The clock of the machine was hours ahead and is put right: what was to be done at an hour of then is done now.

It stands at 23:00 in Karachi once it is right."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.delivery import Delivery
from hotline.outbox import RANK_OURS
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.condition import telling, ticks
from hotline.services.duty.paging import page_unseen
from hotline.services.texts.reports import settle_unknown
from hotline.storage import alarms, gatewaystates, setback
from hotline.storage.models import Alarm, Message
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.services.duty.test_ringing import PHONES, RINGS_VOICE, House, cry
from tests.support import Clock, ScriptedGateway, alter, hand_over, said, text_in, texts_out

AHEAD = timedelta(hours=6)


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock) -> Runtime:
    rt = make_rt(voice=RINGS_VOICE, data_dir=tmp_path, public_url="http://127.0.0.1:8000", contact_hours=Hours("08:00", "21:00"))
    settle(rt, tmp_path)
    for login, address in PHONES.items():
        give_phone(rt, login, address)
    clock.forward(hours=11)
    telling.watch(rt)
    clock.now += AHEAD
    return rt


def put_right(rt: Runtime, clock: Clock) -> None:
    """The clock rings while it is ahead, and again once it is right."""
    telling.watch(rt)
    clock.now -= AHEAD
    telling.watch(rt)


def test_a_receipt_leaves(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "the drain is blocked")
    put_right(rt, clock)
    assert "receipt" in said(rt)
    hand_over(rt)
    assert {one.delivery for one in texts_out(rt) if one.text_key == "receipt"} == {Delivery.SENT}


def test_phones_ring_for_danger(rt: Runtime, clock: Clock) -> None:
    house = House(rt, clock)
    cry(rt)
    assert house.passes(30)
    put_right(rt, clock)
    assert len(house.passes(180)) >= 2


def test_what_a_dead_worker_held_is_looked_up(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "the drain is blocked")
    alter(rt, Message, delivery=Delivery.SENDING, claimed_at=clock.now, next_attempt_at=None, gateway="twilio", attempts=1, unhanded=None)
    put_right(rt, clock)
    clock.forward(seconds=61)
    gateway = ScriptedGateway()
    settle_unknown(rt, {gateway.name: gateway})
    assert {one.delivery for one in texts_out(rt)} & {Delivery.SENDING} == set()


def test_a_gateway_that_was_to_rest_for_minutes_does_not_rest_for_hours(rt: Runtime, clock: Clock) -> None:
    with rt.transaction() as tx:
        gatewaystates.rest(tx.session, "twilio", "no_signal", now=tx.now)
    put_right(rt, clock)
    with rt.reading() as session:
        assert gatewaystates.resting(session, now=clock.now) == {}


def test_an_alarm_that_nobody_saw_is_brought_to_the_phone(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "bijli ke bill ki shikayat hai")
    with rt.transaction() as tx:
        tx.session.add(Alarm(kind="promise_late", about="x", volunteer_id=volunteer(rt, "alice").id, raised_at=tx.now))
    put_right(rt, clock)
    clock.forward(minutes=5)
    page_unseen(rt)
    with rt.reading() as session:
        assert session.scalar(select(Alarm.told_at).where(Alarm.about == "x")) == clock.now


def test_what_waits_for_its_hours_asks_for_them_anew_and_an_answer_that_cannot_ask_keeps_them(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "the drain is blocked")
    morning = clock.now + timedelta(hours=12)
    alter(rt, Message, next_attempt_at=morning, rank=RANK_OURS)
    put_right(rt, clock)
    [receipt] = [one for one in texts_out(rt) if one.text_key == "receipt"]
    assert receipt.next_attempt_at == morning


def test_a_worker_that_died_meanwhile_is_missed_minutes_later(rt: Runtime, clock: Clock) -> None:
    ticks.note(rt, *ticks.ALL)
    put_right(rt, clock)
    assert telling.tell_of_stillness(rt) == []
    clock.forward(minutes=5)
    ticks.note(rt, *(set(ticks.ALL) - {"calls"}))
    assert telling.tell_of_stillness(rt) == ["calls"]


def test_a_clock_that_was_right_all_along_brings_nothing_back(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    telling.watch(rt)
    clock.forward(minutes=-9)
    monkeypatch.setattr(setback, "bring_back", None)
    telling.watch(rt)
    with rt.reading() as session:
        assert ticks.read(session)[ticks.CLOCK] == clock.now.replace(microsecond=0)
        assert alarms.is_about(session, "nothing") is False
