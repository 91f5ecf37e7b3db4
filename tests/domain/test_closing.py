"""Which tickets only a person closes."""

from types import SimpleNamespace

import pytest

from hotline.domain.closing import by_person
from hotline.domain.ticket import Priority
from hotline.tables import load_categories

PLAIN = {"sealed": False, "hold": False, "priority": Priority.NORMAL, "danger": None, "category": "theft"}
TABLE = load_categories(None)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, False),
        ({"category": "snatching", "priority": Priority.HIGH}, False),
        ({"category": "gone from the table"}, False),
        ({"sealed": True}, True),
        ({"hold": True}, True),
        ({"priority": Priority.URGENT}, True),
        ({"danger": "read"}, True),
        *(
            ({"category": code}, True)
            for code in ("kidnapping", "extortion", "sexual_violence", "violence_home", "violence", "child", "missing")
        ),
    ],
)
def test_danger_seal_hold_and_some_kinds_are_closed_by_a_person(facts: dict[str, object], expected: bool) -> None:
    assert by_person(SimpleNamespace(**PLAIN | facts), TABLE) is expected


def test_every_kind_that_is_put_on_hold_or_urgent_is_closed_by_a_person() -> None:
    assert {c.code for c in TABLE if (c.quiet and not c.sealed) and not c.by_person} == set()
