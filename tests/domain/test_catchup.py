"""How far a log was read: in spans of a day, the oldest first, page by page, and never beyond what could not be taken in."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from hotline.domain.catchup import STILL_COMING, Walk, begin, came_at, is_coming, spans, turned
from tests.support import NOON

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def last(walk: Walk) -> Walk:
    """The walk with its last span, without pages."""
    while walk.until is not None:
        after = turned(walk, None, NOON)
        assert after is not None
        walk = after
    return walk


def test_a_walk_begins_two_days_before_what_is_here_and_goes_day_by_day() -> None:
    walk, seen = begin(NOON - 3 * DAY - HOUR, NOON), []
    while True:
        seen.append((NOON - walk.since, walk.until and NOON - walk.until))
        after = turned(walk, None, NOON)
        if after is None:
            break
        walk = after
    ends = [n * DAY + HOUR for n in (5, 4, 3, 2, 1)]
    assert seen == [*pairwise(ends), (DAY + HOUR, HOUR), (HOUR, None)]
    assert walk.stands_at == NOON - STILL_COMING


def test_pages_of_a_span_come_before_the_next_span() -> None:
    walk = begin(NOON - DAY, NOON)
    on = turned(walk, "2", NOON)
    assert on is not None
    assert (on.since, on.until, on.page, on.taken_until) == (walk.since, walk.until, "2", walk.taken_until)
    after = turned(on, None, NOON)
    assert after is not None
    assert (after.since, after.page) == (walk.until, None)


def test_the_mark_moves_only_when_the_walk_is_over_and_never_back_into_the_overlap() -> None:
    """A text with a time to come is as old as the mark: it may have come in any span of the walk."""
    walk = begin(NOON - 5 * DAY, NOON)
    marks = {walk.taken_until}
    while (after := turned(walk, None, NOON)) is not None:
        walk = after
        marks.add(walk.taken_until)
    assert marks == {NOON - 5 * DAY}
    assert walk.stands_at == NOON - STILL_COMING
    assert begin(NOON - HOUR, NOON).stands_at == NOON - HOUR


def test_what_could_not_be_taken_in_holds_the_mark_wherever_it_was_found() -> None:
    held = NOON - 30 * HOUR
    walk = turned(begin(NOON - HOUR, NOON), "2", NOON, held_at=held)
    assert walk is not None
    assert last(walk).stands_at == held
    later = turned(walk, "3", NOON, held_at=NOON - MINUTE)
    assert later is not None
    assert later.held_at == held


def test_after_thirty_days_it_holds_nothing_any_more() -> None:
    walk = turned(begin(NOON - 40 * DAY, NOON), "2", NOON, held_at=NOON - 40 * DAY)
    assert walk is not None
    assert last(walk).stands_at == NOON - 30 * DAY


def test_a_walk_whose_last_span_was_resumed_ends_where_it_began() -> None:
    walk = last(begin(NOON, NOON))
    assert turned(walk, None, NOON + 3 * DAY) is None
    assert walk.stands_at == NOON  # it was `taken_until` already
    assert last(begin(NOON - HOUR, NOON)).stands_at == NOON - STILL_COMING


def test_a_mark_that_is_yet_to_come_was_made_by_a_clock_that_was_ahead() -> None:
    walk = begin(NOON + 9 * DAY, NOON)
    assert (walk.taken_until, last(walk).stands_at) == (NOON, NOON)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (NOON - HOUR, NOON - HOUR),
        (NOON - 9 * DAY, NOON - 9 * DAY),
        (NOON + MINUTE, NOON),
        (NOON + 3 * MINUTE, NOON - 5 * HOUR),
        (None, NOON - 5 * HOUR),
    ],
)
def test_a_time_to_come_or_none_means_as_old_as_can_be(told: datetime | None, wanted: datetime) -> None:
    assert came_at(told, NOON, oldest=NOON - 5 * HOUR) == wanted


@pytest.mark.parametrize(
    ("told", "wanted"),
    [(NOON - 3 * MINUTE, False), (NOON - MINUTE, True), (NOON + MINUTE, True), (NOON + 3 * MINUTE, False), (None, False)],
)
def test_what_is_as_young_as_two_minutes_may_be_coming(told: datetime | None, *, wanted: bool) -> None:
    assert is_coming(told, NOON) is wanted


def test_the_spans_of_a_time_leave_nothing_out_and_the_last_has_no_end() -> None:
    found = spans(NOON - 2 * DAY - HOUR, NOON)
    assert found == [(NOON - 2 * DAY - HOUR, NOON - DAY - HOUR), (NOON - DAY - HOUR, NOON - HOUR), (NOON - HOUR, None)]
    assert spans(NOON, NOON) == [(NOON, None)]
