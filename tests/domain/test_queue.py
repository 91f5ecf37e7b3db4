"""What of the news may change a page of the queue: held against lists that are made anew after each change."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.queue import Changed, News, QueueList, Shown, Walk, walks
from hotline.domain.rights import Rights

HER, TEAM, ROWS = 1, 7, 3
RIGHTS = Rights(teams=frozenset({TEAM}), leads=frozenset({TEAM}))


@dataclass(frozen=True)
class Row:
    team_id: int | None
    assignee_id: int | None
    rank: int
    on_queue: bool


ROW = st.builds(
    Row,
    st.sampled_from([None, TEAM, 8]),
    st.sampled_from([None, HER, 2]),
    st.integers(1, 9),
    st.booleans(),
)
TICKETS = st.lists(ROW, max_size=9)


def is_on(walk: Walk, row: Row) -> bool:
    return {"": True, "team": row.team_id == walk.id, "assignee": row.assignee_id == walk.id}[walk.of]


def look(rows: dict[int, Row], of: QueueList) -> Shown:
    """A page of the list, as storage makes it."""
    each = walks(of, HER, RIGHTS)
    there = sorted((row.rank, n) for n, row in rows.items() if row.on_queue and any(is_on(walk, row) for walk in each))[:ROWS]
    letters = repr([(n, rows[n]) for _, n in there])
    return Shown(letters, frozenset(n for _, n in there), each, there[-1][0] if len(there) == ROWS else None)


@given(TICKETS, st.dictionaries(st.integers(0, 11), ROW, min_size=1, max_size=4), st.sampled_from(QueueList))
def test_a_page_that_is_another_is_never_missed(before: list[Row], changes: dict[int, Row], of: QueueList) -> None:
    rows = dict(enumerate(before))
    shown = look(rows, of)
    news = News.of(Changed(n, row.team_id, row.assignee_id, row.rank) for n, row in changes.items())
    if look(rows | changes, of).letters != shown.letters:
        assert news.may_change(shown)


def test_a_page_is_left_alone_for_what_is_not_on_it() -> None:
    first, last, later = (1, 5, 6)
    full = Shown("", frozenset({1, 2, 3}), (Walk("team", TEAM), Walk("team")), last)
    assert not News.of([Changed(9, TEAM, None, later)]).may_change(full)  # behind what she sees
    assert not News.of([Changed(9, 8, None, first)]).may_change(full)  # another team's
    assert News.of([Changed(9, TEAM, None, last)]).may_change(full)
    assert News.of([Changed(9, None, None, first)]).may_change(full)
    assert News.of([Changed(3, 8, 2, later)]).may_change(full)  # one she sees
    assert News.of([Changed(9, TEAM, None, later)]).may_change(Shown("", frozenset({1}), full.walks))  # her page has room
    assert News.of([], unknown=True).may_change(full)
