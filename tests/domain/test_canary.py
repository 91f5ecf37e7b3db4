"""Canary texts: only we can make one, and one is known whenever it comes in."""

from datetime import UTC, datetime

import pytest

from hotline.domain import canary
from hotline.domain.segments import count

KEY, AT = b"m" * 32, datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC)
NAMES = ("sim1", "sim2")


def test_a_canary_text_is_known_and_says_for_whom_and_when_it_was_made() -> None:
    text = canary.write(KEY, "sim2", AT)
    assert canary.read(KEY, NAMES, text) == ("sim2", AT)
    assert canary.read(KEY, NAMES, f" {text}\n") == ("sim2", AT)


def test_it_is_one_part_and_says_nothing() -> None:
    text = canary.write(KEY, "sim2", AT)
    assert count(text).segments == 1
    assert "sim2" not in text


@pytest.mark.parametrize(
    "text",
    [
        canary.write(b"n" * 32, "sim2", AT),
        canary.write(KEY, "sim3", AT),
        canary.write(KEY, "sim2", AT)[:-1],
        canary.write(KEY, "sim2", AT).replace("05-", "06-"),
        canary.write(KEY, "sim2", AT).upper(),
        canary.write(KEY, "sim2", AT) + " salam",
        "#",
        "# " * 50_000,
        "",
        "orangi town mein mobile cheena",
    ],
)
def test_nothing_else_is_one(text: str) -> None:
    assert canary.read(KEY, NAMES, text) is None
