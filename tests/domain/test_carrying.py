"""Which gateway carries a text: home first, then network, price and health; what is alike shares; who waits, and for how long."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hotline.domain.carrying import NO_ROOM, Asked, Carrier, Place, choose, on_network
from hotline.domain.load import Limits, Load

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=60)
TEXT = Asked(1, urgent=False, patience=PATIENCE)


def carrier(
    name: str, *, room: int = 10, limits: Limits | None = None, carried: int = 0, lines: tuple[str, ...] = ("",), **more: object
) -> Carrier:
    loads = {line: Load(limits or Limits(), {NOW - timedelta(minutes=1): carried}, NOW) for line in lines}
    return Carrier(name, room, 10.0, loads=loads, **more)  # type: ignore[arg-type]


def test_a_text_leaves_by_what_its_citizen_wrote_to_even_if_another_is_cheaper() -> None:
    both = [carrier("sim1"), carrier("twilio", price=300)]
    assert choose(both, replace(TEXT, home="twilio"), NOW) == Place("twilio", "")


@pytest.mark.parametrize(
    ("home", "expected"),
    [
        (carrier("home", room=0), NOW + NO_ROOM),  # busy for seconds: it is waited for
        (carrier("home", limits=Limits(5), carried=5), Place("other", "")),  # full for minutes
        (carrier("home", rests_until=NOW + timedelta(seconds=5)), Place("other", "")),
        (carrier("home", back=0), Place("other", "")),
        (carrier("home", back=1), Place("home", "")),
        (carrier("home", room=0, promised=590), NOW + timedelta(seconds=59)),
        (carrier("home", room=0, promised=610), Place("other", "")),  # its turn comes after more than a minute
    ],
)
def test_a_gateway_that_is_busy_for_seconds_is_waited_for(home: Carrier, expected: object) -> None:
    assert choose([home, carrier("other")], replace(TEXT, home="home"), NOW) == expected


def test_danger_and_what_has_waited_for_long_wait_for_no_room() -> None:
    for text in (replace(TEXT, urgent=True), replace(TEXT, old=True)):
        assert choose([carrier("home", room=0), carrier("other")], replace(text, home="home"), NOW) == Place("other", "")


def test_one_that_rests_is_not_waited_for_beside_one_that_is_free_at_the_end_of_the_patience() -> None:
    resting, busy = carrier("resting", rests_until=NOW + timedelta(minutes=3)), carrier("busy", room=0, promised=600)
    assert choose([resting, busy], TEXT, NOW) == NOW + PATIENCE


def test_what_did_not_send_a_text_is_passed_over_while_another_carries_it() -> None:
    unsent = replace(TEXT, home="home", unsent_by="home")
    assert choose([carrier("home"), carrier("other")], unsent, NOW) == Place("other", "")
    assert choose([carrier("home"), carrier("other", room=0)], replace(unsent, urgent=True), NOW) == NOW + NO_ROOM
    full = carrier("other", limits=Limits(5), carried=5)
    assert choose([carrier("home"), full], unsent, NOW) == Place("home", "")
    assert choose([carrier("home")], unsent, NOW) == Place("home", "")


def test_a_text_that_two_do_not_send_finds_the_third() -> None:
    ways = [carrier("dear", price=9), carrier("home"), carrier("cheap")]
    tried = ["home"]
    for _ in range(3):
        place = choose(ways, replace(TEXT, home="home", unsent_by=tried[-1]), NOW)
        assert isinstance(place, Place)
        tried.append(place.gateway)
    assert tried == ["home", "cheap", "dear", "home"]


def test_network_comes_before_price_and_price_before_health() -> None:
    ways = [
        carrier("dear", price=9),
        carrier("back", price=1, back=5),
        carrier("cheap", price=1),
        carrier("jazz", price=5, networks=("0300-0309",)),
    ]
    jazz = replace(TEXT, digits="03071234567")
    assert choose(ways, jazz, NOW) == Place("jazz", "")
    order = []
    for _ in range(3):
        place = choose(ways, replace(TEXT, digits="03331234567"), NOW)
        assert isinstance(place, Place)
        order.append(place.gateway)
        ways = [one for one in ways if one.name != place.gateway]
    assert order == ["cheap", "back", "jazz"]


def test_the_cheaper_is_waited_for_while_it_is_busy_for_seconds() -> None:
    ways = [carrier("cheap", room=0), carrier("dear", price=9)]
    assert choose(ways, TEXT, NOW) == NOW + NO_ROOM
    assert choose(ways, replace(TEXT, old=True), NOW) == Place("dear", "")


def test_alike_gateways_share_in_proportion_to_what_they_have_left() -> None:
    ways = [
        carrier("a", room=999, limits=Limits(per_day=600)),
        carrier("b", room=999, limits=Limits(per_day=300)),
        carrier("c", room=999, limits=Limits(per_day=100, reserve_percent=10)),
    ]
    found = Counter(place.gateway for _ in range(99) if isinstance(place := choose(ways, TEXT, NOW), Place))
    assert found == {"a": 60, "b": 30, "c": 9}


def test_the_lines_of_a_gateway_share_and_the_citizens_own_comes_first() -> None:
    phone = carrier("sim", room=999, lines=("1", "2"), limits=Limits(per_hour=10))
    home = replace(TEXT, home="sim", home_line="2")
    places = [choose([phone], home, NOW) for _ in range(14)]
    assert [place.line for place in places if isinstance(place, Place)] == ["2"] * 10 + ["1"] * 4
    strangers = carrier("sim", room=999, lines=("1", "2"), limits=Limits(per_hour=10))
    found = Counter(place.line for _ in range(8) if isinstance(place := choose([strangers], TEXT, NOW), Place))
    assert found == {"1": 4, "2": 4}


def test_a_gateway_that_counts_segments_takes_a_long_text_for_more() -> None:
    sim = carrier("sim", limits=Limits(per_hour=5), by_segments=True)
    assert choose([sim], replace(TEXT, segments=3), NOW) == Place("sim", "")
    assert isinstance(choose([sim], replace(TEXT, segments=3), NOW), datetime)
    assert choose([sim], replace(TEXT, segments=2), NOW) == Place("sim", "")


def test_a_text_that_only_one_may_take_waits_for_that_one() -> None:
    until = NOW + timedelta(minutes=3)
    ways = [carrier("a", rests_until=until), carrier("b")]
    assert choose(ways, replace(TEXT, only="a"), NOW) == until
    assert choose(ways, replace(TEXT, only="gone", urgent=True), NOW) == NOW + NO_ROOM


def test_while_all_rest_a_text_waits_for_the_first() -> None:
    ways = [carrier("a", rests_until=NOW + timedelta(minutes=9)), carrier("b", rests_until=NOW + timedelta(minutes=3))]
    assert choose(ways, TEXT, NOW) == NOW + timedelta(minutes=3)


def test_a_text_longer_than_every_limit_asks_again_in_an_hour() -> None:
    ways = [carrier("sim", limits=Limits(per_hour=2), by_segments=True)]
    assert choose(ways, replace(TEXT, segments=3), NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("networks", "digits", "is_on"),
    [
        (("0300-0309",), "03091234567", True),
        (("0300-0309",), "03101234567", False),
        (("0321", "0355"), "03551234567", True),
        (("032",), "03291234567", True),
        ((), "03001234567", False),
        (("0300",), "", False),
    ],
)
def test_networks_are_told_by_first_digits(networks: tuple[str, ...], digits: str, is_on: bool) -> None:
    assert on_network(networks, digits) is is_on
