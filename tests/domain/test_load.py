"""What a line of a gateway may still carry, never passes a limit in any stretch of time, and says when it has room."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from hotline.domain.load import MINUTE, Limits, Load

NOW = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)
SIM = Limits(150, 250, 1000, reserve_percent=10)


def minute(ago: float) -> datetime:
    return (NOW - timedelta(minutes=ago)).replace(second=0)


@pytest.mark.parametrize(
    ("minutes", "ordinary", "urgent"),
    [
        ({}, 135, 150),
        ({minute(1): 135}, 0, 15),
        ({minute(1): 150}, 0, 0),
        ({minute(1): 200}, 0, 0),  # the limit was lowered
        ({minute(15): 150}, 0, 0),  # a part of that minute may be within the quarter of an hour
        ({minute(16): 150}, 75, 100),  # the hour counts it still
        ({minute(61): 225}, 135, 150),
        ({minute(60 * n): 100 for n in range(2, 11)}, 0, 100),
        ({minute(60 * 24 + 1): 1000}, 135, 150),
    ],
)
def test_what_is_left(minutes: dict[datetime, int], ordinary: int, urgent: int) -> None:
    load = Load(SIM, minutes, NOW)
    assert (load.left(urgent=False), load.left(urgent=True)) == (ordinary, urgent)


def test_without_limits_there_is_always_room() -> None:
    load = Load(Limits(), {minute(0): 10**9}, NOW)
    assert (load.left(urgent=False), load.free_at(9, urgent=False), load.parts) == (None, NOW, ())


@pytest.mark.parametrize(
    ("minutes", "units", "urgent", "expected"),
    [
        ({}, 3, False, NOW),
        ({minute(5): 100, minute(3): 35}, 1, False, minute(5) + MINUTE + timedelta(minutes=15)),
        ({minute(5): 80, minute(3): 55}, 90, False, minute(3) + MINUTE + timedelta(minutes=15)),
        ({minute(5): 100, minute(3): 35}, 120, False, minute(5) + MINUTE + timedelta(hours=1)),
        ({minute(5): 100, minute(3): 35}, 1, True, NOW),
        ({minute(50): 225}, 1, False, minute(50) + MINUTE + timedelta(hours=1)),
        ({}, 136, False, None),  # never
        ({}, 136, True, NOW),
    ],
)
def test_when_there_is_room(minutes: dict[datetime, int], units: int, urgent: bool, expected: datetime | None) -> None:
    assert Load(SIM, minutes, NOW).free_at(units, urgent=urgent) == expected


def test_who_asks_later_comes_behind_who_was_promised_room_but_danger_does_not() -> None:
    load = Load(Limits(10, reserve_percent=0), {minute(9): 5, minute(3): 5}, NOW)
    times = []
    for _ in range(6):
        times.append(load.free_at(1, urgent=False))
        load.promise(1)
    frees = [minute(ago) + MINUTE + timedelta(minutes=15) for ago in (9, 3)]
    assert times == [frees[0]] * 5 + [frees[1]]
    assert load.free_at(1, urgent=True) == frees[0]


@pytest.mark.parametrize("seed", range(5))
def test_no_stretch_of_time_ever_holds_more_than_its_limit(seed: int) -> None:
    draw, limits = random.Random(seed), Limits(20, 50, 200, reserve_percent=10)
    minutes: dict[datetime, int] = {}
    left_at: list[tuple[datetime, int]] = []
    now = NOW
    for _ in range(3_000):
        now += timedelta(seconds=draw.choice((0, 1, 7, 61, 200)))
        units, urgent = draw.choice((1, 2, 3)), draw.random() < 0.2
        load = Load(limits, minutes, now)
        left = load.left(urgent=urgent)
        assert left is not None
        if left >= units:
            assert load.free_at(units, urgent=urgent) == now
            begins = now.replace(second=0)
            minutes[begins] = minutes.get(begins, 0) + units
            left_at.append((now, units))
        else:
            at = load.free_at(units, urgent=urgent)
            assert at is not None
            assert at > now
            assert (Load(limits, minutes, at).left(urgent=urgent) or 0) >= units
    for stretch, most in limits.stretches:
        for end, _ in left_at:
            assert sum(units for at, units in left_at if end - stretch < at <= end) <= most
