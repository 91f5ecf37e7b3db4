"""What became of a text: reports come late, twice and out of order."""

import itertools
from datetime import timedelta

import pytest

from hotline.domain.delivery import Delivery, Reason, handset_retry_delay, moves_forward, retry_delay

END = {Delivery.DELIVERED, Delivery.UNDELIVERED, Delivery.FAILED}
WAY = (Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN, Delivery.SENT)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Delivery, Delivery)))
def test_a_delivery_only_moves_forward_and_an_end_stays_but_for_a_phone_that_has_it_after_all(before: Delivery, after: Delivery) -> None:
    if before in END:
        expected = after is Delivery.DELIVERED and before is not Delivery.DELIVERED
    elif after in END:
        expected = True
    else:
        expected = WAY.index(after) > WAY.index(before)
    assert moves_forward(before, after) is expected


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Delivery, Delivery)))
def test_of_a_text_of_parts_the_part_that_failed_counts(before: Delivery, after: Delivery) -> None:
    failed = {Delivery.UNDELIVERED, Delivery.FAILED}
    if before is Delivery.DELIVERED:
        expected = after in failed
    elif after is Delivery.DELIVERED:
        expected = before in WAY[1:]
    else:
        expected = moves_forward(before, after)
    assert moves_forward(before, after, of_part=True) is expected


def test_every_order_of_the_reports_of_a_delivered_text_ends_the_same() -> None:
    for reports in itertools.permutations([Delivery.SENT, Delivery.SENT, Delivery.DELIVERED, Delivery.SENDING]):
        known = Delivery.QUEUED
        for report in reports:
            known = report if moves_forward(known, report) else known
        assert known is Delivery.DELIVERED


def test_tries_that_sent_nothing_come_farther_and_farther_apart_and_never_stop() -> None:
    delays = [retry_delay(attempts) for attempts in range(1, 30)]
    assert delays[0] == timedelta(seconds=5)
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


def test_a_phone_that_is_off_is_tried_a_few_times_half_an_hour_apart_and_more() -> None:
    delays = [handset_retry_delay(attempts) for attempts in range(1, 6)]
    assert delays == [timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6), None, None]


def test_our_own_reasons_are_never_taken_for_a_gateways_code() -> None:
    assert not any(any(c.isdigit() for c in reason) for reason in Reason)
    assert all(len(reason) <= 16 for reason in Reason)
