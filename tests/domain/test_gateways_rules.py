"""Small rules of gateways: budgets, shutdowns, ranks, health, and how one comes back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.domain import texts
from hotline.domain.budget import Budget, Weight, midnight, next_midnight, read_money
from hotline.domain.health import Facts, Verdict, judge, unwell
from hotline.domain.shutdowns import read_shutdown, shut_until
from hotline.domain.standing import room_back
from hotline.outbox import RANK_ANSWER, RANK_COURTESY, RANK_OURS, RANK_URGENT, rank_of, tried_again, weight_of

KARACHI = ZoneInfo("Asia/Karachi")
GOOD = Facts(tried=20, judged=20)
SILENT = Facts(tried=20, pasts=(9, 7, 5))


@pytest.mark.parametrize(("written", "amount"), [("", None), ("3.50", 35_000), ("0.0001", 1), ("2500", 25_000_000)])
def test_money_is_read_exactly(written: str, amount: int | None) -> None:
    assert read_money(written) == amount


@pytest.mark.parametrize(
    ("spent", "pays"),
    [(0, (True, True, True)), (59, (True, True, True)), (60, (True, True, False)), (79, (True, True, False)), (80, (True, False, False))],
)
def test_courtesies_stop_first_then_answers_and_danger_never(spent: int, pays: tuple[bool, ...]) -> None:
    budget = Budget(100, 20)
    assert tuple(budget.pays(1, spent, weight) for weight in Weight) == pays
    assert budget.pays(500, 10_000, Weight.URGENT)
    assert budget.pays(0, 10_000, Weight.COURTESY), "what costs nothing goes"
    assert Budget(None).pays(10**9, 10**9, Weight.COURTESY)


def test_a_day_is_the_local_one() -> None:
    now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # one in the morning of the 24th
    assert midnight(now, KARACHI).isoformat() == "2026-11-24T00:00:00+05:00"
    assert next_midnight(now, KARACHI).isoformat() == "2026-11-25T00:00:00+05:00"


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-12-05T08:59", None),
        ("2026-12-05T09:00", "2026-12-05T21:00"),
        ("2026-12-05T20:59", "2026-12-05T21:00"),
        ("2026-12-05T21:00", None),
        ("2026-12-06T23:00", "2026-12-07T05:00"),
        ("2026-12-07T04:59", "2026-12-07T05:00"),
    ],
)
def test_a_shutdown_lasts_until_its_end(local: str, until: str | None) -> None:
    written = ("2026-12-05 09:00-21:00", "2026-12-06 22:00-05:00")
    found = shut_until(written, datetime.fromisoformat(local).replace(tzinfo=KARACHI).astimezone(UTC), KARACHI)
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == until


@pytest.mark.parametrize("written", ["", "2026-12-05", "2026-13-05 09:00-21:00", "2026-12-05 09:00-25:00", "2026-12-05 9:00-21:00"])
def test_what_is_no_shutdown_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"[0-9]|^$"):
        read_shutdown(written)


def test_ranks_put_danger_first_and_courtesies_last() -> None:
    ranks = [
        rank_of(texts.STATUS_CLOSED, is_answer=False, urgent=True),
        rank_of(texts.STATUS_CLOSED, is_answer=True, urgent=False),
        rank_of(texts.RECEIPT, is_answer=False, urgent=False),
        rank_of(None, is_answer=False, urgent=False),
        rank_of(texts.SHIFT_ASK, is_answer=False, urgent=False),
        rank_of(texts.STATUS_CLOSED, is_answer=False, urgent=False),
    ]
    assert ranks == [RANK_URGENT, RANK_ANSWER, RANK_ANSWER, RANK_OURS, RANK_OURS, RANK_COURTESY]
    assert [weight_of(rank, urgent=False) for rank in ranks] == [0, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(("rank", "times"), [(-10, 0), (-9, 1), (0, 0), (1, 0), (2, 1), (4, 3), (10, 0), (13, 3)])
def test_a_rank_says_how_often_the_phone_was_off(rank: int, times: int) -> None:
    assert tried_again(rank) == times


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (Facts(), Verdict.UNSURE),
        (GOOD, Verdict.WELL),
        (Facts(tried=9, errors=9), Verdict.UNSURE),
        (Facts(tried=10, errors=5), Verdict.ERRORS),
        (Facts(tried=100, errors=49), Verdict.WELL),
        (Facts(tried=20, judged=19, slow=19), Verdict.WELL),
        (Facts(tried=20, judged=20, slow=10), Verdict.SLOW),
        (SILENT, Verdict.SILENT),
        (Facts(tried=20, pasts=(9, 4, 9)), Verdict.WELL),  # it was as silent before
        (Facts(tried=20, pasts=(9, 9)), Verdict.WELL),  # too few to tell
    ],
)
def test_a_gateway_is_judged_by_what_happened(facts: Facts, verdict: Verdict) -> None:
    assert judge(facts) is verdict


SLOW, ILL, NEW = Facts(tried=20, judged=20, slow=20), Facts(tried=20, errors=20), Facts()


@pytest.mark.parametrize(
    ("facts", "rests"),
    [
        ([SLOW, GOOD], [Verdict.SLOW, None]),
        ([SLOW, SLOW], [None, None]),  # it is the country
        ([SLOW, NEW], [None, None]),  # nobody knows whether the other is better
        ([SLOW, SLOW, GOOD], [Verdict.SLOW, Verdict.SLOW, None]),
        ([SILENT, GOOD], [Verdict.SILENT, None]),
        ([SILENT, SILENT], [None, None]),
        ([ILL, NEW], [Verdict.ERRORS, None]),
        ([ILL, ILL], [None, None]),
        ([ILL], [None]),
        ([], []),
    ],
)
def test_what_all_have_is_no_fault_of_one(facts: list[Facts], rests: list[Verdict | None]) -> None:
    named = {str(n): one for n, one in enumerate(facts)}
    found = unwell(named)
    assert [found.get(name) for name in named] == rests


@pytest.mark.parametrize(
    ("seconds", "carried", "room"), [(0, 0, 1), (29, 1, 0), (30, 1, 5), (59, 6, 0), (60, 6, 25), (119, 99, 0), (120, 0, None)]
)
def test_a_gateway_comes_back_a_few_texts_first(seconds: int, carried: int, room: int | None) -> None:
    assert room_back(timedelta(seconds=seconds), carried) == room
