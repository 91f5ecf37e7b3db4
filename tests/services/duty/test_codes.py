"""Two digits answer a text to a volunteer's own phone, and nothing that can be guessed does: the sender of a text can be forged.

The clock stands at noon on a Monday in Karachi; an urgent ticket of the team "general" goes to the lead."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.services.duty.attendance import watch_shifts
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets import casework
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event, Message, Ticket
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, answered
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, codes, days, give_phone, raised, urgent
from tests.services.duty.test_paging import raise_one
from tests.support import HER, Clock, count, said, text_in


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def code(rt: Runtime, clock: Clock) -> str:
    """The code that the lead's phone was just shown."""
    give_phone(rt, "lead")
    urgent(rt)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 1
    [code] = codes(rt)
    return code


def others(code: str) -> list[str]:
    return [str(n) for n in range(10, 100) if str(n) != code]


def alarms(rt: Runtime) -> dict[str, Alarm]:
    with rt.reading() as session:
        return {alarm.kind: alarm for alarm in session.scalars(select(Alarm).order_by(Alarm.id))}


def read_as(rt: Runtime) -> list[str | None]:
    """How the texts that came from the volunteer's phone were read."""
    with rt.reading() as session:
        return list(session.scalars(select(Message.read_as).where(Message.direction == "in").order_by(Message.id)))[1:]


def answered_at(rt: Runtime) -> object:
    return alarms(rt)["nobody_on_duty"].answered_at


def test_the_code_is_new_for_each_alarm_text(rt: Runtime, clock: Clock, code: str) -> None:
    shown = {code}
    for n in range(5):
        raise_one(rt, alarm_id=n + 10)
        clock.forward(minutes=5, seconds=1)
        assert page_unseen(rt) == 1
        [newest] = codes(rt)
        assert re.fullmatch("[1-9][0-9]", newest)
        shown.add(newest)
    assert len(shown) > 1


def test_the_code_answers_the_alarm_and_the_phone_is_not_rung(rt: Runtime, clock: Clock, code: str) -> None:
    text_in(rt, code, sender=PHONE)
    assert (answered_at(rt), read_as(rt), count(rt, Ticket)) == (clock.now, ["duty"], 1)
    gateway = CallingGateway()
    place_calls(rt, gateway)
    assert gateway.placed == []


def test_an_alarm_answered_by_text_stays_on_the_page_and_its_ticket_says_how(rt: Runtime, code: str) -> None:
    for _ in range(2):
        text_in(rt, code, sender=PHONE)
    alarm = alarms(rt)["nobody_on_duty"]
    assert (alarm.acknowledged_at, alarm.seen_at) == (None, None)
    with rt.reading() as session:
        [done] = session.scalars(select(Event).where(Event.kind == EventKind.ALARM_ACKNOWLEDGED))
    assert (done.data["by"], done.volunteer_id) == ("phone", volunteer(rt, "lead").id)
    casework.acknowledge(rt, volunteer(rt, "lead"), alarm.id)
    assert alarms(rt)["nobody_on_duty"].acknowledged_at is not None


def test_by_key_on_our_own_call_9_still_acknowledges(rt: Runtime, clock: Clock, code: str) -> None:
    gateway = CallingGateway()
    place_calls(rt, gateway)
    answered(rt, gateway).press("9")
    assert alarms(rt)["nobody_on_duty"].acknowledged_at == clock.now


@pytest.mark.parametrize("body", ["9", "7", "8", "{code}0", "0{code}", "{code} ok", "seen"])
def test_no_fixed_word_and_no_code_among_others_answers(rt: Runtime, code: str, body: str) -> None:
    text_in(rt, body.format(code=code), sender=PHONE)
    assert answered_at(rt) is None


def test_from_another_phone_the_code_is_a_citizens_text(rt: Runtime, code: str) -> None:
    text_in(rt, code, sender=HER)
    assert answered_at(rt) is None
    assert read_as(rt) == ["joined"]


def test_ninety_guesses_do_not_find_it_and_the_page_says_that_somebody_tried(rt: Runtime, code: str) -> None:
    guesses = others(code)
    for guess in guesses[:2]:
        text_in(rt, guess, sender=PHONE)
    assert "code_tried" not in alarms(rt)
    for guess in (*guesses[2:], code):
        text_in(rt, guess, sender=PHONE)
    assert answered_at(rt) is None
    assert set(read_as(rt)) == {"wrong_code"}
    assert alarms(rt)["code_tried"].volunteer_id == volunteer(rt, "lead").id
    assert count(rt, Ticket) == 1


def test_two_wrong_codes_and_the_right_one_is_right(rt: Runtime, code: str) -> None:
    for body in (*others(code)[:2], code):
        text_in(rt, body, sender=PHONE)
    assert answered_at(rt) is not None


def test_the_next_alarm_text_shows_a_code_that_counts_again(rt: Runtime, clock: Clock, code: str) -> None:
    for guess in others(code)[:3]:
        text_in(rt, guess, sender=PHONE)
    raise_one(rt)
    clock.forward(minutes=5)
    assert page_unseen(rt) == 1
    [newest] = codes(rt)
    text_in(rt, newest, sender=PHONE)
    assert None not in (answered_at(rt), alarms(rt)["no_show"].answered_at)


def test_that_somebody_tried_is_told_on_the_page_only_and_again_after_it_was_seen(rt: Runtime, clock: Clock, code: str) -> None:
    for guess in others(code)[:3]:
        text_in(rt, guess, sender=PHONE)
    clock.forward(minutes=10)
    assert (page_unseen(rt), said(rt).count("page_needs_you")) == (0, 1)
    casework.acknowledge(rt, volunteer(rt, "lead"), alarms(rt)["code_tried"].id)
    raise_one(rt)
    clock.forward(minutes=5)
    page_unseen(rt)
    for guess in others(*codes(rt))[:3]:
        text_in(rt, guess, sender=PHONE)
    assert alarms(rt)["code_tried"].acknowledged_at is None


def test_a_code_is_no_answer_after_some_days(rt: Runtime, clock: Clock, code: str) -> None:
    clock.forward(days=4)
    text_in(rt, code, sender=PHONE)
    assert answered_at(rt) is None


@pytest.mark.parametrize("body", ["7", "8"])
def test_a_forged_7_or_8_says_nothing_about_a_shift(rt: Runtime, body: str) -> None:
    give_phone(rt, "alice")
    watch_shifts(rt)
    text_in(rt, body, sender=PHONE)
    assert [day.comes for day in days(rt) if day.asked_at] == [None]
    assert ("not_coming", "lead") not in raised(rt)


def test_guesses_take_nobody_off_duty(rt: Runtime) -> None:
    give_phone(rt, "alice")
    watch_shifts(rt)
    yes, no = codes(rt)
    for guess in [str(n) for n in range(10, 100) if str(n) not in (yes, no)]:
        text_in(rt, guess, sender=PHONE)
    text_in(rt, no, sender=PHONE)
    assert [day.comes for day in days(rt) if day.asked_at] == [None]
    assert "code_tried" in alarms(rt)


def test_an_alarm_and_a_shift_are_told_apart_by_their_codes(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "alice")
    watch_shifts(rt)
    _, no = codes(rt)
    raise_one(rt, "alice")
    clock.forward(seconds=90)
    page_unseen(rt)
    [seen] = codes(rt)
    text_in(rt, seen, sender=PHONE)
    assert [day.comes for day in days(rt) if day.asked_at] == [None]
    text_in(rt, no, sender=PHONE)
    assert [day.comes for day in days(rt) if day.asked_at] == [False]
