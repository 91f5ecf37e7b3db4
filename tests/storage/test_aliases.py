"""An alias that a module keeps is whole before two threads can use it: else a condition may compare the wrong table from then on.

That happened: a lead would have seen every sealed ticket in danger that somebody was alarmed about.
"""

import importlib
import pkgutil
import sys
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import exists, inspect
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

import hotline.storage
from hotline.storage.base import other
from hotline.storage.models import Alarm, Ticket


def kept_aliases() -> dict[str, AliasedClass[object]]:
    """Module and name → alias, of every alias that a module of the storage keeps."""
    names = [one.name for one in pkgutil.iter_modules(hotline.storage.__path__) if not one.ispkg]
    modules = [importlib.import_module(f"hotline.storage.{name}") for name in names]
    return {f"{one.__name__}.{name}": value for one in modules for name, value in vars(one).items() if isinstance(value, AliasedClass)}


def columns_missing(alias: AliasedClass[object]) -> set[str]:
    """The columns of an alias that are still made by those who use them first."""
    columns = set(inspect(alias).mapper.columns.keys())
    whole = inspect(alias).selectable
    return {name for name in columns if name not in vars(alias) or vars(alias)[name].expression.table is not whole}


def test_every_alias_that_a_module_keeps_is_whole() -> None:
    found = kept_aliases()
    assert len(found) > 5
    assert {name: missing for name, alias in found.items() if (missing := columns_missing(alias))} == {}


def test_an_alias_that_is_not_whole_is_seen() -> None:
    assert "ticket_id" in columns_missing(aliased(Alarm))  # type: ignore[arg-type]
    assert columns_missing(other(Alarm)) == set()  # type: ignore[arg-type]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_threads_that_meet_at_an_alias_leave_it_whole() -> None:
    for _ in range(40):
        alias, together = other(Alarm), threading.Barrier(6)

        def first(alias: type[Alarm] = alias, together: threading.Barrier = together) -> None:
            together.wait()
            str(exists().where(alias.ticket_id == Ticket.id, alias.kind == "x", alias.volunteer_id == 3))

        threads = [threading.Thread(target=first) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = str(exists().where(alias.ticket_id == Ticket.id, alias.kind == "x", alias.volunteer_id == 3))
        assert " alarms." not in found
        assert found.count("alarms AS") == 1
