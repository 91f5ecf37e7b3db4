"""Whether a text to a contact may go now."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.domain.contact import SEND, ContactHours, Held, Outgoing, Verdict, held_back, may_go
from hotline.domain.delivery import Reason

KARACHI = ZoneInfo("Asia/Karachi")
DAY = ContactHours(time(8), time(21), KARACHI)
ROUND_THE_CLOCK = ContactHours(time(0), None, KARACHI)
NOTHING, EVERY_WAY = Held(), Held(ticket_held=True, ticket_sealed=True, phone_held=True, by_person=True)
FRESH_FOR, EXPIRES_AFTER = timedelta(minutes=30), timedelta(hours=48)


def at(clock: str, day: int = 23) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{clock}").replace(tzinfo=KARACHI)


OPENS_TODAY, OPENS_TOMORROW = at("08:00"), at("08:00", 24)


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        (DAY, "00:00", OPENS_TODAY),
        (DAY, "07:59:59", OPENS_TODAY),
        (DAY, "07:59:59.999999", OPENS_TODAY),
        (DAY, "08:00", None),
        (DAY, "12:00", None),
        (DAY, "20:59:59.999999", None),
        (DAY, "21:00", OPENS_TOMORROW),
        (DAY, "23:59:59", OPENS_TOMORROW),
        (ROUND_THE_CLOCK, "00:00", None),
        (ROUND_THE_CLOCK, "23:59:59.999999", None),
        (ContactHours(time(8), None, KARACHI), "23:59:59.999999", None),
        (ContactHours(time(8), None, KARACHI), "07:00", OPENS_TODAY),
    ],
)
def test_hours_open_at_their_start_and_are_over_at_their_end(hours: ContactHours, now: str, opening: datetime | None) -> None:
    assert hours.opening(at(now)) == opening


def test_hours_are_those_of_the_local_clock() -> None:
    utc = ZoneInfo("UTC")
    assert DAY.opening(datetime(2026, 11, 23, 2, 59, 59, tzinfo=utc)) == OPENS_TODAY
    assert DAY.opening(datetime(2026, 11, 23, 3, 0, tzinfo=utc)) is None
    assert DAY.opening(datetime(2026, 11, 23, 16, 0, tzinfo=utc)) == OPENS_TOMORROW


def test_the_last_day_of_a_month_opens_on_the_first() -> None:
    assert DAY.opening(datetime(2026, 12, 31, 22, tzinfo=KARACHI)) == datetime(2027, 1, 1, 8, tzinfo=KARACHI)


@pytest.mark.parametrize(
    ("hours", "safe_from", "safe_until", "opens", "closes"),
    [
        (DAY, None, None, time(8), time(21)),
        (DAY, time(10), time(12), time(10), time(12)),
        (DAY, time(6), time(23), time(8), time(21)),
        (DAY, time(10), None, time(10), time(21)),
        (DAY, None, time(12), time(8), time(12)),
        (ROUND_THE_CLOCK, None, time(12), time(0), time(12)),
        (ROUND_THE_CLOCK, time(22), None, time(22), None),
    ],
)
def test_her_own_safe_hours_narrow_ours_and_never_widen_them(
    hours: ContactHours, safe_from: time | None, safe_until: time | None, opens: time, closes: time | None
) -> None:
    assert hours.narrowed(safe_from, safe_until) == ContactHours(opens, closes, KARACHI)


def test_safe_hours_outside_ours_never_open_at_an_unsafe_one() -> None:
    never = DAY.narrowed(time(22), time(23))
    assert all(never.opening(at(f"{hour:02}:30")) is not None for hour in range(24))


def verdict(
    now: str = "12:00",
    *,
    age: timedelta = timedelta(0),
    is_answer: bool = False,
    may_text: bool = True,
    stopped: bool = False,
    refused: bool = False,
    held: Held = NOTHING,
    by_machine: bool = True,
    hours: ContactHours = DAY,
) -> Verdict:
    text = Outgoing(
        at(now) - age, is_answer=is_answer, may_text=may_text, stopped=stopped, refused=refused, held=held, by_machine=by_machine
    )
    return may_go(text, now=at(now), hours=hours, fresh_for=FRESH_FOR, expires_after=EXPIRES_AFTER)


def test_what_we_start_goes_within_the_hours_and_waits_outside_them() -> None:
    assert verdict("08:00") == SEND
    assert verdict("20:59:59") == SEND
    assert verdict("07:59:59") == Verdict(wait_until=OPENS_TODAY)
    assert verdict("21:00") == Verdict(wait_until=OPENS_TOMORROW)


@pytest.mark.parametrize("now", ["03:00", "12:00", "21:00", "23:59"])
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("held", [Held(), EVERY_WAY])
def test_an_answer_to_a_text_just_received_goes_at_any_hour_stopped_or_on_hold(now: str, stopped: bool, held: Held) -> None:
    assert verdict(now, is_answer=True, stopped=stopped, held=held) == SEND


def test_an_answer_that_was_held_up_keeps_the_hours_and_still_goes() -> None:
    assert verdict("03:00", is_answer=True, age=FRESH_FOR) == SEND
    late = FRESH_FOR + timedelta(seconds=1)
    assert verdict("03:00", is_answer=True, age=late) == Verdict(wait_until=OPENS_TODAY)
    assert verdict("12:00", is_answer=True, age=late, stopped=True, held=EVERY_WAY) == SEND


def test_what_we_start_is_not_sent_to_whoever_asked_for_silence_nor_about_a_ticket_on_hold() -> None:
    assert verdict(stopped=True) == Verdict(reason=Reason.STOPPED)
    assert verdict(refused=True) == verdict(refused=True, stopped=True) == Verdict(reason=Reason.REFUSED)
    assert verdict("03:00", refused=True, is_answer=True) == SEND
    assert verdict(held=Held(ticket_held=True)) == Verdict(reason=Reason.HOLD)
    assert verdict("03:00", held=Held(ticket_held=True)) == Verdict(reason=Reason.HOLD)


@pytest.mark.parametrize(
    ("held", "by_machine", "reason"),
    [
        (Held(), True, None),
        (Held(ticket_held=True), True, Reason.HOLD),
        (Held(ticket_held=True), False, Reason.HOLD),
        (Held(ticket_sealed=True), True, Reason.SEALED),
        (Held(ticket_sealed=True), False, None),
        (Held(by_person=True), True, Reason.BY_PERSON),
        (Held(by_person=True), False, None),
        (Held(phone_held=True), True, Reason.NOT_SAFE),
        (Held(phone_held=True), False, Reason.NOT_SAFE),
        (Held(ticket_sealed=True, phone_held=True), False, Reason.NOT_SAFE),
        (EVERY_WAY, False, Reason.HOLD),
    ],
)
def test_what_holds_a_text_back_by_who_writes_it(held: Held, by_machine: bool, reason: Reason | None) -> None:
    assert held_back(held, by_machine=by_machine) is reason
    assert verdict(held=held, by_machine=by_machine) == Verdict(reason=reason)


@pytest.mark.parametrize("is_answer", [False, True])
def test_a_phone_that_may_not_be_texted_gets_nothing_at_all(is_answer: bool) -> None:
    assert verdict(may_text=False, is_answer=is_answer) == Verdict(reason=Reason.NOT_SAFE)


@pytest.mark.parametrize("is_answer", [False, True])
def test_a_text_too_old_to_make_sense_is_never_sent(is_answer: bool) -> None:
    assert verdict(age=EXPIRES_AFTER, is_answer=is_answer) == SEND
    assert verdict(age=EXPIRES_AFTER + timedelta(seconds=1), is_answer=is_answer) == Verdict(reason=Reason.TOO_LATE)


def test_her_narrowed_hours_count() -> None:
    hours = DAY.narrowed(time(10), time(11))
    assert verdict("09:59:59", hours=hours) == Verdict(wait_until=at("10:00"))
    assert verdict("10:00", hours=hours) == SEND
    assert verdict("11:00", hours=hours) == Verdict(wait_until=at("10:00", 24))
