"""First texts of phones that nobody knows, on SQLite: what the database refuses goes the ordinary way, and harms none beside it."""

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text

from hotline.domain import reference
from hotline.runtime import Runtime
from hotline.services.texts import firsttext
from hotline.services.texts.intake import Received
from hotline.storage.db import DatabaseFault
from hotline.storage.models import Contact, Event, Message, Ticket
from hotline.storage.writing import SharedCommits
from tests.storage.test_firsttexts import BODY, all_at_once
from tests.support import count, text_in, tickets

ALL = (Contact, Ticket, Event, Message)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """PostgreSQL stores them by one statement: test_firsttexts.py."""
    return sqlite_url


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    """A Runtime that has read the names of its people."""
    made = make_rt()
    text_in(made, BODY, sender="+923451234599")
    return made


def refusing(rt: Runtime, monkeypatch: pytest.MonkeyPatch, table: str, fault: BaseException) -> None:
    """From now on no first text can store its row of that table."""
    assert isinstance(rt.writing, SharedCommits)
    driver = rt.writing.driver

    class Refusing:
        def __init__(self, real: sqlite3.Connection) -> None:
            self._real = real

        def execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
            if sql.startswith(f"INSERT INTO {table} "):
                raise fault
            return self._real.execute(sql, values)

    @contextlib.contextmanager
    def refused() -> Iterator[Refusing]:
        with driver() as real:
            yield Refusing(real)

    monkeypatch.setattr(rt.writing, "driver", refused)


def counts(rt: Runtime) -> list[int]:
    return [count(rt, model) for model in ALL]


@pytest.mark.parametrize("table", ["contacts", "tickets", "events", "messages"])
def test_what_the_database_refuses_is_stored_the_ordinary_way(rt: Runtime, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    refusing(rt, monkeypatch, table, sqlite3.IntegrityError("refused"))
    assert text_in(rt, BODY) is Received.STORED
    assert counts(rt) == [2, 2, 2, 4]


@pytest.mark.parametrize("table", ["contacts", "tickets", "events", "messages"])
def test_a_fault_between_the_rows_leaves_nothing_and_told_again_it_is_stored_once(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    with monkeypatch.context() as while_it_fails:
        refusing(rt, while_it_fails, table, sqlite3.OperationalError("disk I/O error"))
        with pytest.raises(DatabaseFault):
            text_in(rt, BODY, gateway_id="SMagain")
    assert counts(rt) == [1, 1, 1, 2]
    assert [text_in(rt, BODY, gateway_id="SMagain") for _ in range(2)] == [Received.STORED, Received.SEEN_BEFORE]
    assert counts(rt) == [2, 2, 2, 4]


def test_a_reference_that_is_taken_is_drawn_again_and_undoes_nothing_beside_it(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    [before] = tickets(rt)
    real, its = reference.draw, threading.local()

    def drawn(randbelow: Callable[[int], int]) -> str:
        if getattr(its, "is_taken", False):
            its.is_taken = False
            return before.reference
        return real(randbelow)

    def told(n: int) -> object:
        its.is_taken = n % 2 == 0
        return text_in(rt, BODY, sender=f"+92300111{n:04}")

    monkeypatch.setattr(reference, "draw", drawn)
    assert all_at_once([lambda n=n: told(n) for n in range(16)]) == [Received.STORED] * 16  # type: ignore[misc]
    assert counts(rt) == [17, 17, 17, 34]


def test_texts_of_one_phone_and_texts_told_twice_at_one_time_are_stored_once_by_whichever_way(rt: Runtime) -> None:
    ordinary = dataclasses.replace(rt, first_texts=None)
    for at in range(5):
        told = [(rt if n % 2 else ordinary, f"+9230012{at:02}00{n % 4}0", f"SM{at}-{n % 6}") for n in range(8)]
        found = all_at_once([lambda one=one: text_in(one[0], BODY, sender=one[1], gateway_id=one[2]) for one in told])  # type: ignore[misc]
        assert sorted(map(str, found)) == ["seen_before"] * 2 + ["stored"] * 6
    with rt.reading() as session:
        assert len(session.scalars(select(Message.id).where(Message.direction == "in")).all()) == 1 + 5 * 6
        for table, key in (("contacts", "contact_id"), ("tickets", "ticket_id")):
            alone = f"SELECT count(*) FROM {table} WHERE id NOT IN (SELECT {key} FROM messages WHERE {key} IS NOT NULL)"
            assert session.scalar(text(alone)) == 0


def test_a_phone_that_was_met_is_not_made_ready_for_nothing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(rt, BODY)
    made: list[object] = []
    real = firsttext._first

    def noted(*told: Any, **more: Any) -> object:
        made.append(told)
        return real(*told, **more)

    monkeypatch.setattr(firsttext, "_first", noted)
    assert text_in(rt, f"{BODY} kal raat") is Received.STORED
    assert made == []
    assert text_in(rt, BODY, sender="+923001110000") is Received.STORED
    assert len(made) == 1
