"""Once a day every phone that an alarm could ring is rung and texted, and leads see who did not answer.

The clock stands at noon on a Monday in Karachi, an hour after the time of the test. Alice and bob work until 20:00, charlie until 14:00."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain import prompts, texts
from hotline.domain.call import CallReason
from hotline.domain.segments import count as segments
from hotline.domain.voice import HangUp
from hotline.gateways.base import GatewayError, Outcome
from hotline.runtime import Runtime
from hotline.sections import Duty
from hotline.services.access import NotAllowed
from hotline.services.calls.placing import place_calls
from hotline.services.duty import ringtests
from hotline.services.duty.paging import page_unseen
from hotline.services.duty.ringtests import ring_all, tell_of_unanswered
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Alarm, Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.ringmodels import RingTest
from tests.calling import Caller, calls_of
from tests.opened import is_phone
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, answered, ours
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import at_once, codes, give_phone, raised, urgent
from tests.support import Clock, alter, count, hand_over, said, text_in, texts_out

LINE = "+923451110000"
PHONES = {"alice": "+923211234501", "lead": "+923211234502", "head": "+923211234503"}
UNREACHED = [("not_reached", "head"), ("not_reached", "lead")]

Make = Callable[..., Runtime]


@pytest.fixture
def rt(make_rt: Make, tmp_path: Path) -> Runtime:
    """Alice, the lead and the head gave their phones; bob and charlie gave none."""
    rt = make_rt(voice=replace(VOICE, duty_line=(LINE,)), data_dir=tmp_path)
    settle(rt, tmp_path)
    for login, phone in PHONES.items():
        give_phone(rt, login, phone)
    return rt


@pytest.fixture
def gateway() -> CallingGateway:
    return CallingGateway()


def rows_of(rt: Runtime) -> dict[str, RingTest]:
    """Phone → its newest test."""
    with rt.reading() as session:
        found = select(Contact, RingTest).join(RingTest, RingTest.contact_id == Contact.id).order_by(RingTest.on_date)
        return {row[0].address: row[1] for row in session.execute(found)}


def rings(gateway: CallingGateway, rt: Runtime) -> list[str]:
    place_calls(rt, gateway)
    return sorted(to for to, _ in gateway.placed)


def pick_up(rt: Runtime, gateway: CallingGateway, phone: str) -> Caller:
    """The person with that phone answers the call of the test."""
    place_calls(rt, gateway)
    gateway.placed.sort(key=lambda placed: placed[0] == phone)
    return answered(rt, gateway)


def test_each_phone_of_the_day_and_of_the_duty_line_is_rung_and_volunteers_own_are_texted(rt: Runtime, gateway: CallingGateway) -> None:
    assert ring_all(rt) == 4
    assert rings(gateway, rt) == sorted([*PHONES.values(), LINE])
    assert len(gateway.alarms) == 4  # no phone hears anything else, also after an error
    assert said(rt) == ["ring_test"] * 3
    assert {text.ticket_id for text in texts_out(rt)} == {None}
    assert len(hand_over(rt).taken) == 3


def test_it_is_once_a_day_also_with_two_workers(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    at_once(lambda: ring_all(rt))
    ring_all(rt)
    assert (len(rings(gateway, rt)), count(rt, RingTest), len(said(rt))) == (4, 4, 3)
    clock.forward(hours=24)
    assert ring_all(rt) == 4


@pytest.mark.parametrize(("hours", "tested"), [(-1.1, 0), (-1, 4), (0.9, 4), (1, 0), (9, 0)])
def test_it_is_at_its_time_and_never_late_at_night(rt: Runtime, clock: Clock, hours: float, tested: int) -> None:
    clock.forward(hours=hours)
    assert ring_all(rt) == tested


def test_without_a_time_nothing_is_tested(make_rt: Make, rt: Runtime) -> None:
    assert ring_all(make_rt(voice=VOICE, duty=Duty(ring_test_at=""))) == 0


def test_who_is_off_that_day_is_not_woken(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=5 * 24)  # Saturday
    assert ring_all(rt) == 3
    assert PHONES["alice"] not in rows_of(rt)


def test_a_phone_that_may_not_be_rung_is_not_and_counts_as_not_reached(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(PHONES["alice"])).values(on_hold=True))
    ring_all(rt)
    assert PHONES["alice"] not in rings(gateway, rt)
    assert (rows_of(rt)[PHONES["alice"]].rung, rows_of(rt)[PHONES["alice"]].code) == (False, None)
    clock.forward(minutes=15)
    tell_of_unanswered(rt)
    assert ("not_reached", "lead") in raised(rt)


def test_what_came_under_a_volunteers_number_stops_no_test(rt: Runtime, gateway: CallingGateway) -> None:
    text_in(rt, "OFF", sender=PHONES["alice"])
    Caller(rt, PHONES["alice"]).ring().press("1", "0", "5").hang_up()
    hand_over(rt)
    ring_all(rt)
    assert PHONES["alice"] in [text.to for text in hand_over(rt).taken]
    assert PHONES["alice"] in rings(gateway, rt)


def test_without_a_voice_number_only_texts_go(make_rt: Make, rt: Runtime) -> None:
    silent = make_rt(voice=replace(VOICE, number="", missed_call_number=""))
    ring_all(silent)
    assert (count(rt, Call), said(rt)) == (0, ["ring_test"] * 3)


# The answer


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
def test_the_call_says_that_it_is_a_test_and_takes_a_9(rt: Runtime, gateway: CallingGateway, language: str) -> None:
    alter(rt, Volunteer, page_language=language)
    ring_all(rt)
    caller = pick_up(rt, gateway, PHONES["alice"])
    assert (caller.hears, caller.languages) == (["ring_test"], {language})
    caller.press("9")
    assert (caller.hears, caller.is_over) == (["goodbye"], True)
    test = rows_of(rt)[PHONES["alice"]]
    assert (test.answered_by, test.answered_at) == ("call", rt.clock())
    caller.report_recording("RE" + "a" * 32)
    caller.hang_up()
    assert (count(rt, Ticket), count(rt, Recording), caller.row.next_attempt_at) == (0, 0, None)


@pytest.mark.parametrize("keys", [("1", "0", "5"), ("", "", "")])
def test_another_key_or_a_mailbox_proves_nothing(rt: Runtime, gateway: CallingGateway, keys: tuple[str, ...]) -> None:
    ring_all(rt)
    caller = pick_up(rt, gateway, PHONES["alice"]).press(*keys)
    assert caller.turn.actions == (HangUp(),)
    assert rows_of(rt)[PHONES["alice"]].answered_at is None


def test_the_digits_of_the_text_answer_it_and_stop_a_call_that_is_not_placed_yet(rt: Runtime, gateway: CallingGateway) -> None:
    ring_all(rt)
    test = rows_of(rt)[PHONES["alice"]]
    text_in(rt, test.code or "", sender=PHONES["alice"])
    assert rows_of(rt)[PHONES["alice"]].answered_by == "text"
    assert PHONES["alice"] not in rings(gateway, rt)
    assert CallReason.SEEN in {call.reason for call in calls_of(rt)}
    assert count(rt, Ticket) == 0


def test_other_digits_and_another_phones_digits_answer_nothing(rt: Runtime) -> None:
    ring_all(rt)
    found = rows_of(rt)
    wrong = next(code for n in range(10, 100) if (code := str(n)) != found[PHONES["alice"]].code)
    text_in(rt, wrong, sender=PHONES["alice"])
    text_in(rt, found[PHONES["alice"]].code or "", sender="+923009999999")
    assert rows_of(rt)[PHONES["alice"]].answered_at is None


def test_a_9_on_the_test_acknowledges_no_alarm_and_a_9_on_an_alarm_answers_no_test(
    rt: Runtime, gateway: CallingGateway, clock: Clock
) -> None:
    urgent(rt)
    ring_all(rt)
    pick_up(rt, gateway, PHONES["lead"]).press("9")
    with rt.reading() as session:
        assert session.scalars(select(Alarm.acknowledged_at)).all() == [None]
    clock.forward(hours=24)
    page_unseen(rt)
    pick_up(rt, gateway, PHONES["lead"]).press("9")
    assert ring_all(rt) == 3  # the lead's phone rang for an alarm a moment ago: its test waits
    clock.forward(minutes=5)
    assert ring_all(rt) == 1


def test_its_words_tell_the_family_nothing(rt: Runtime) -> None:
    ring_all(rt)
    [code] = codes(rt)
    assert texts_out(rt)[-1].body == f"This is the daily test of this phone. Nothing has happened. If you have read this, send {code}."
    assert segments(texts_out(rt)[-1].body).segments == 1
    for sentence in (texts.RING_TEST.english, prompts.RING_TEST.english):
        assert not any(word in sentence.lower() for word in ("hotline", "ticket", "volunteer", "duty", "danger", "alarm", "complaint"))


# Nobody answered


def test_a_quarter_of_an_hour_later_the_leads_are_alarmed_once(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    place_calls(rt, gateway)
    clock.forward(minutes=14)
    assert tell_of_unanswered(rt) == 0
    clock.forward(minutes=1)
    at_once(lambda: tell_of_unanswered(rt))
    assert (raised(rt), tell_of_unanswered(rt)) == (UNREACHED, 0)


def test_when_everybody_answered_nobody_is_alarmed(rt: Runtime, clock: Clock) -> None:
    ring_all(rt)
    alter(rt, RingTest, answered_at=rt.clock(), answered_by="call")
    clock.forward(hours=1)
    assert (tell_of_unanswered(rt), raised(rt)) == (0, [])


def test_of_a_lead_who_was_not_reached_the_head_is_told(rt: Runtime, clock: Clock) -> None:
    ring_all(rt)
    with rt.transaction() as tx:
        lead = rows_of(rt)[PHONES["lead"]].id
        tx.session.execute(update(RingTest).where(RingTest.id != lead).values(answered_at=rt.clock(), answered_by="call"))
    clock.forward(minutes=15)
    tell_of_unanswered(rt)
    assert raised(rt) == [("not_reached", "head")]


def test_a_gateway_that_rings_nobody_is_found_out_the_same_day(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    gateway.script += [GatewayError("21215", Outcome.REFUSED)] * 4
    place_calls(rt, gateway)
    assert gateway.placed == []
    clock.forward(minutes=15)
    tell_of_unanswered(rt)
    assert raised(rt) == UNREACHED


def test_a_late_answer_is_noted(rt: Runtime, clock: Clock) -> None:
    ring_all(rt)
    clock.forward(hours=6)
    tell_of_unanswered(rt)
    text_in(rt, rows_of(rt)[PHONES["alice"]].code or "", sender=PHONES["alice"])
    assert rows_of(rt)[PHONES["alice"]].answered_at == rt.clock()


def test_a_call_that_waited_too_long_is_not_placed(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    clock.forward(minutes=10)
    assert rings(gateway, rt) == []


# What leads see


def report(rt: Runtime, login: str) -> list[tuple[tuple[str, ...], int, bool]]:
    """Names, place in the duty line, and whether there is a test."""
    with rt.reading() as session:
        return [(one.names, one.line, one.test is not None) for one in ringtests.report(rt, session, volunteer(rt, login))]


def test_a_head_sees_everybody_and_who_gave_no_phone(rt: Runtime) -> None:
    ring_all(rt)
    assert sorted(report(rt, "head")) == [
        ((), 1, True),
        (("Alice",), 0, True),
        (("Bob",), 0, False),
        (("Charlie",), 0, False),
        (("Head",), 0, True),
        (("Lead",), 0, True),
    ]


def test_a_lead_sees_the_people_of_the_own_teams_and_the_duty_line(rt: Runtime) -> None:
    ring_all(rt)
    assert sorted(report(rt, "lead")) == [((), 1, True), (("Alice",), 0, True), (("Bob",), 0, False), (("Lead",), 0, True)]


def test_others_see_nothing(rt: Runtime) -> None:
    for login in ("alice", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            report(rt, login)


def test_a_test_of_last_week_is_gone(rt: Runtime, clock: Clock) -> None:
    ring_all(rt)
    clock.forward(hours=7 * 24)
    assert not any(has_test for _, _, has_test in report(rt, "head"))


def test_the_call_of_a_test_that_nobody_took_ends_as_any_other(rt: Runtime, gateway: CallingGateway) -> None:
    ring_all(rt)
    place_calls(rt, gateway)
    Caller(rt, LINE, gateway_id=ours(gateway.placed[-1][1])).hang_up(duration_s=0)
    with rt.reading() as session:
        assert session.scalars(select(Message.id).where(Message.direction == "in")).all() == []
    assert rows_of(rt)[LINE].on_date == date(2026, 11, 23)
