"""Rights that take two people, and what a browser is called."""

import pytest

from hotline.domain.browser import named
from hotline.domain.grant import Right, RightKind, may_decide, parse


@pytest.mark.parametrize(
    "right", [Right(RightKind.ADMINISTRATOR), Right(RightKind.LEAD, "street"), Right(RightKind.TEAM, "integrity"), Right(RightKind.LINK)]
)
def test_a_right_is_read_as_it_was_written(right: Right) -> None:
    assert parse(str(right)) == right


@pytest.mark.parametrize("text", ["", "king", "lead", "team:", "numbers:street", ":street", "Administrator"])
def test_what_is_no_right_is_none(text: str) -> None:
    assert parse(text) is None


def test_neither_who_asked_nor_whom_it_is_for_decides() -> None:
    assert [may_decide(decider, asked_by=1, subject=2) for decider in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 13; SM-A135F) AppleWebKit/537.36 SamsungBrowser/23.0 Chrome/115.0", "Samsung Internet · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1", "Safari · iPhone"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_by_short_names_and_never_by_what_it_says(user_agent: str, name: str) -> None:
    assert named(user_agent) == name
