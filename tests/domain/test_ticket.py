"""Statuses and the moves between them."""

import itertools

import pytest

from hotline.domain.ticket import MOVES, OPEN, MoveNotAllowed, Priority, Stage, Status, check_move, stage

ALLOWED = {
    (Status.NEW, Status.ASSIGNED),
    (Status.NEW, Status.IN_PROGRESS),
    (Status.NEW, Status.REFERRED),
    (Status.NEW, Status.RESOLVED),
    (Status.NEW, Status.CLOSED),
    (Status.ASSIGNED, Status.IN_PROGRESS),
    (Status.ASSIGNED, Status.REFERRED),
    (Status.ASSIGNED, Status.RESOLVED),
    (Status.ASSIGNED, Status.CLOSED),
    (Status.IN_PROGRESS, Status.REFERRED),
    (Status.IN_PROGRESS, Status.RESOLVED),
    (Status.IN_PROGRESS, Status.CLOSED),
    (Status.REFERRED, Status.IN_PROGRESS),
    (Status.REFERRED, Status.RESOLVED),
    (Status.REFERRED, Status.CLOSED),
    (Status.RESOLVED, Status.CLOSED),
    (Status.RESOLVED, Status.REOPENED),
    (Status.CLOSED, Status.REOPENED),
    (Status.REOPENED, Status.IN_PROGRESS),
    (Status.REOPENED, Status.REFERRED),
    (Status.REOPENED, Status.RESOLVED),
    (Status.REOPENED, Status.CLOSED),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_a_status_follows_another_only_where_the_table_says_so(before: Status, after: Status) -> None:
    if (before, after) in ALLOWED:
        check_move(before, after)
    else:
        with pytest.raises(MoveNotAllowed) as refused:
            check_move(before, after)
        assert refused.value.args == (before, after)


def test_every_status_has_its_moves_and_none_is_the_end() -> None:
    assert set(MOVES) == set(Status)
    assert all(MOVES.values())


def test_what_is_done_comes_back_only_by_being_reopened() -> None:
    assert MOVES[Status.CLOSED] == {Status.REOPENED}
    assert {before for before in Status if Status.NEW in MOVES[before]} == set()
    assert {before for before in Status if Status.REOPENED in MOVES[before]} == {Status.RESOLVED, Status.CLOSED}


def test_open_is_everything_that_is_neither_resolved_nor_closed() -> None:
    assert set(Status) - OPEN == {Status.RESOLVED, Status.CLOSED}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status.NEW, Stage.RECEIVED),
        (Status.ASSIGNED, Stage.WORKED_ON),
        (Status.IN_PROGRESS, Stage.WORKED_ON),
        (Status.REFERRED, Stage.WORKED_ON),
        (Status.RESOLVED, Stage.WORKED_ON),
        (Status.CLOSED, Stage.CLOSED),
        (Status.REOPENED, Stage.WORKED_ON),
    ],
)
def test_a_citizen_who_asks_is_told_one_of_three_stages(status: Status, told: Stage) -> None:
    assert stage(status) is told


def test_the_more_pressing_priority_sorts_first() -> None:
    assert Priority.URGENT < Priority.HIGH < Priority.NORMAL
