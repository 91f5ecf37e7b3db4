"""How often a phone is tried, and until when a promised call is to be made."""

from datetime import UTC, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

from hotline.domain.bridge import Came, Try, due, may_try
from hotline.domain.contact import ContactHours

KARACHI = ZoneInfo("Asia/Karachi")


def test_only_a_line_that_dropped_while_they_spoke_is_tried_once_more() -> None:
    assert may_try(())
    allowed = [one for one in (Try(joined, came) for joined, came in product((True, False), (*Came, None))) if may_try((one,))]
    assert allowed == [Try(True, Came.DROPPED)]
    assert not may_try((Try(True, Came.DROPPED), Try(True, Came.DROPPED)))


def test_a_promise_is_due_two_hours_after_the_phone_may_be_rung() -> None:
    hours = ContactHours(time(9), time(21), KARACHI)
    assert due(datetime(2026, 11, 23, 7, tzinfo=UTC), hours) == datetime(2026, 11, 23, 14, tzinfo=KARACHI)
    assert due(datetime(2026, 11, 23, 20, tzinfo=UTC), hours) == datetime(2026, 11, 24, 11, tzinfo=KARACHI)
