"""One phone is not rung twice at once, whatever rings it: an alarm, the daily test, a call that joins two people, or a call back.

The clock stands at noon on a Monday in Karachi, an hour after the time of the test; alice is on duty until 20:00."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.bridge import Bar, Leg
from hotline.domain.call import CallDirection
from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.services.duty import paging
from hotline.services.duty.ringtests import ring_all
from hotline.services.tickets.routing import route_due
from hotline.storage import contacts, rings
from hotline.storage.models import Contact
from tests.calling import Caller, calls_of
from tests.opened import is_phone
from tests.services.calls.test_bridging import ask, barred, over, ringing, wanted
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, missed, ours, reasons
from tests.services.colleagues import settle
from tests.services.duty.test_attendance import PHONE, give_phone
from tests.support import HER, OTHER, Clock, text_in, tickets

LINE = "+923451110000"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """Alice alone gave a phone, and one phone stands in the duty line."""
    rt = make_rt(voice=replace(VOICE, duty_line=(LINE,)), data_dir=tmp_path)
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    return rt


@pytest.fixture
def gateway() -> CallingGateway:
    return CallingGateway()


def alarm(rt: Runtime) -> None:
    """Somebody is in danger, and it is the turn of alice's phone."""
    text_in(rt, "bachao", sender=OTHER)
    route_due(rt)
    ticket = tickets(rt)[-1]
    with rt.transaction() as tx:
        phone = tx.session.scalars(select(Contact).where(is_phone(PHONE))).one()
        rings.rang(tx.session, ticket.id, phone.id, None, now=tx.now)
        paging.ring_phone(tx, contacts.locked(tx.session, phone.id), "en")


def rung(rt: Runtime, gateway: CallingGateway, number: str = PHONE) -> list[str]:
    """The directions of the calls that were placed to a phone, in turn."""
    place_calls(rt, gateway)
    directions = {call.id: call.direction for call in calls_of(rt)}
    return [directions[call_id] for to, call_id in gateway.placed if to == number]


def end(rt: Runtime, gateway: CallingGateway, number: str = PHONE) -> None:
    """The call that was placed to a phone last ends."""
    call_id = next(call_id for to, call_id in reversed(gateway.placed) if to == number)
    Caller(rt, number, gateway_id=ours(call_id)).hang_up(duration_s=0)


def ask_for_bridge(rt: Runtime) -> None:
    ask(rt, wanted(rt))


# The volunteer's own phone

FIRST: dict[str, tuple[CallDirection, Callable[[Runtime], object]]] = {
    "alarm": (CallDirection.ALARM, alarm),
    "test": (CallDirection.TEST, ring_all),
    "bridge": (CallDirection.BRIDGE, ask_for_bridge),
}


@pytest.mark.parametrize(("first", "second"), [("test", "bridge"), ("test", "alarm"), ("bridge", "alarm")])
def test_the_second_call_waits_for_the_end_of_the_first(
    rt: Runtime, gateway: CallingGateway, clock: Clock, first: str, second: str
) -> None:
    (one, begins), (other, follows) = FIRST[first], FIRST[second]
    begins(rt)
    assert rung(rt, gateway) == [one]
    follows(rt)
    clock.forward(seconds=10)
    assert rung(rt, gateway) == [one]
    end(rt, gateway)
    clock.forward(seconds=5)
    assert rung(rt, gateway) == [one, other]


def test_a_call_whose_end_was_lost_lets_the_next_one_go_after_two_minutes(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    assert rung(rt, gateway) == ["test"]
    clock.forward(minutes=2)
    alarm(rt)
    assert rung(rt, gateway) == ["test", "alarm"]


# The daily test gives way


def test_a_test_that_is_not_placed_yet_gives_way_to_an_alarm(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    alarm(rt)
    assert rung(rt, gateway) == ["alarm"]
    end(rt, gateway)
    clock.forward(minutes=5)
    assert "test" not in rung(rt, gateway), "nobody has acted: the phone is to ring for that"


def test_an_alarm_that_comes_while_the_test_rings_rings_when_it_is_over(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ring_all(rt)
    assert rung(rt, gateway) == ["test"]
    alarm(rt)
    end(rt, gateway)
    clock.forward(seconds=5)
    assert rung(rt, gateway) == ["test", "alarm"], "and not only in the next round"


def test_no_test_begins_for_a_phone_that_is_to_ring_or_talks(rt: Runtime, gateway: CallingGateway) -> None:
    ask_for_bridge(rt)
    assert ring_all(rt) == 1
    assert (rung(rt, gateway), rung(rt, gateway, LINE)) == (["bridge"], ["test"])
    end(rt, gateway)
    assert ring_all(rt) == 1


def test_nor_for_a_phone_of_the_duty_line_at_which_somebody_in_danger_is(rt: Runtime) -> None:
    Caller(rt).ring().press("1", "0").say_nothing()
    assert ring_all(rt) == 1
    assert [call.direction for call in calls_of(rt)] == ["in", "test"]


# The citizen's phone


def test_a_missed_call_while_a_volunteer_calls_is_not_called_back(rt: Runtime, gateway: CallingGateway) -> None:
    ask_for_bridge(rt)
    missed(rt)
    assert rung(rt, gateway, HER) == []
    assert reasons(rt)[-1] == ("missed", "under_way")


def test_a_call_back_and_the_call_of_a_volunteer_never_ring_the_same_phone(rt: Runtime, gateway: CallingGateway) -> None:
    ticket = wanted(rt)
    missed(rt)
    assert barred(rt, ticket) == {Bar.UNDER_WAY}
    assert rung(rt, gateway, HER) == ["back"]
    end(rt, gateway, HER)
    caller = ringing(rt, gateway, ticket)
    missed(rt)
    assert rung(rt, gateway, HER) == ["back"]
    over(rt, caller, Leg.NO_ANSWER)
    missed(rt)
    assert rung(rt, gateway, HER) == ["back", "back"]
