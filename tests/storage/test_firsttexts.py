"""First texts of phones that nobody knows, stored together on PostgreSQL: each is stored once, or by itself, or its fault is told."""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Engine, select, text

from hotline.domain import reference
from hotline.domain.look import Look
from hotline.runtime import Runtime
from hotline.services.texts import intake
from hotline.services.texts.intake import Received
from hotline.storage import db, firsttexts
from hotline.storage.db import DatabaseFault, RowRefused
from hotline.storage.firsttexts import FirstText, Stored, StoredTogether
from hotline.storage.models import Contact, Event, Message, Ticket
from tests.support import HER, Clock, count, said, text_in, texts_out, tickets

BODY = "mera mobile korangi 2 number par cheen liya hai"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """On SQLite there is nothing of it."""
    return postgres_url


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    """A Runtime that has read the names of its people."""
    made = make_rt()
    text_in(made, BODY, sender="+923451234599")
    return made


def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each statement stores, from now on."""
    sizes: list[int] = []
    together = StoredTogether._together

    def noted(self: StoredTogether, texts: Sequence[FirstText]) -> dict[bytes, Stored]:
        sizes.append(len(texts))
        return together(self, texts)

    monkeypatch.setattr(StoredTogether, "_together", noted)
    return sizes


def all_at_once(steps: Sequence[Callable[[], object]]) -> list[object]:
    """What each step gives or raises, done in threads that wait for the same turn."""
    found: list[object] = [None] * len(steps)

    def run(n: int) -> None:
        try:
            found[n] = steps[n]()
        except Exception as fault:  # noqa: BLE001 - the test looks at it
            found[n] = fault

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def held(rt: Runtime, steps: Sequence[Callable[[], object]], monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The same, with the turn given only when all of them wait for it."""
    first = rt.first_texts
    assert first is not None
    wait = threading.Barrier(len(steps) + 1)

    class Waiting(list[object]):
        def append(self, one: object) -> None:
            super().append(one)
            wait.wait(5)

    monkeypatch.setattr(first, "_waiting", Waiting())
    found: list[object] = []
    with first._turn:
        others = threading.Thread(target=lambda: found.extend(all_at_once(steps)))
        others.start()
        wait.wait(5)
    others.join()
    return found


def stored_alike(rt: Runtime) -> None:
    """Each text has its contact, ticket, event and receipt."""
    for ticket, message, receipt in zip(tickets(rt), texts_in(rt), texts_out(rt), strict=True):
        assert (message.ticket_id, receipt.ticket_id, receipt.answers_id) == (ticket.id, ticket.id, message.id)
        assert message.contact_id == receipt.contact_id == ticket.contact_id
        assert message.body == BODY
        assert receipt.body.startswith(reference.written(ticket.reference))


def texts_in(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.query(Message).filter_by(direction="in").order_by(Message.ticket_id))


def test_texts_that_come_at_one_time_are_stored_by_one_statement(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = taken(monkeypatch)
    found = held(rt, [lambda n=n: text_in(rt, BODY, sender=f"+9230012345{n:02}") for n in range(5)], monkeypatch)  # type: ignore[misc]
    assert (found, sizes) == ([Received.STORED] * 5, [5])
    assert [count(rt, model) for model in (Contact, Ticket, Event)] == [6, 6, 6]
    assert said(rt) == ["receipt"] * 6
    stored_alike(rt)


def test_two_texts_of_one_phone_at_one_time_are_both_stored_and_the_second_joins(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = taken(monkeypatch)
    found = held(rt, [lambda body=body: text_in(rt, body) for body in (BODY, f"{BODY} kal raat")], monkeypatch)  # type: ignore[misc]
    assert (found, sizes) == ([Received.STORED] * 2, [2])
    assert [count(rt, model) for model in (Contact, Ticket)] == [2, 2]
    assert len(texts_in(rt)) == 3


def test_a_text_told_twice_at_one_time_is_stored_once(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    found = held(rt, [lambda: text_in(rt, BODY, gateway_id="SMtwice")] * 3, monkeypatch)
    assert sorted(map(str, found)) == ["seen_before", "seen_before", "stored"]
    assert [count(rt, model) for model in (Contact, Ticket)] == [2, 2]


def test_where_one_is_refused_each_is_stored_by_itself(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    other = [lambda n=n: text_in(rt, BODY, sender=f"+9230012345{n:02}") for n in range(3)]  # type: ignore[misc]
    [before] = texts_in(rt)
    again = lambda: text_in(rt, BODY, sender="+923331234567", gateway_id=before.gateway_id)  # noqa: E731 - beside the others
    assert held(rt, [*other, again], monkeypatch) == [Received.STORED] * 3 + [Received.SEEN_BEFORE]
    assert (count(rt, Contact), count(rt, Ticket)) == (4, 4)


def test_a_reference_that_is_taken_is_drawn_again(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    [before] = tickets(rt)
    fresh = reference.draw(lambda below: below // 2)
    drawn = iter([before.reference, before.reference, fresh])
    monkeypatch.setattr(reference, "draw", lambda _: next(drawn))
    assert text_in(rt, BODY) is Received.STORED
    assert [ticket.reference for ticket in tickets(rt)] == [before.reference, fresh]


def test_while_the_database_is_away_each_hears_of_it_and_nothing_waits(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise db.StatementFailed("gone") from psycopg.OperationalError("gone")

    monkeypatch.setattr(firsttexts, "run_alone", away)
    found = held(rt, [lambda n=n: text_in(rt, BODY, sender=f"+9230012345{n:02}") for n in range(3)], monkeypatch)  # type: ignore[misc]
    assert all(isinstance(fault, DatabaseFault) for fault in found)
    assert rt.first_texts is not None
    assert rt.first_texts._waiting == []
    monkeypatch.undo()
    assert text_in(rt, BODY) is Received.STORED


def test_where_no_connection_can_be_made_it_is_the_databases_fault(rt: Runtime) -> None:
    """By that the spool knows that the database is away, and rests."""
    nowhere = db.make_engine("postgresql://127.0.0.1:1/none")
    with pytest.raises(DatabaseFault):
        text_in(dataclasses.replace(rt, first_texts=StoredTogether(nowhere)), BODY)
    assert count(rt, Contact) == 1


def test_what_the_database_refuses_leaves_the_connection_as_it_was(rt: Runtime) -> None:
    engine: Engine = rt.engine
    with pytest.raises(RowRefused):
        db.run_alone(engine, b"INSERT INTO marks (name, value) VALUES ($1, $2)", ["x" * 99, 1])
    assert db.run_alone(engine, b"SELECT $1::int + 1", [1]) == [(2,)]
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO marks (name, value) VALUES ('rolled back', 1)"))
    with rt.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM marks WHERE name = 'rolled back'")) == 0


@pytest.mark.parametrize(
    "body",
    [
        "madad",
        "meri behan ko aghwa kar liya hai, goli maar dein ge",
        "482-719-365",
        "42",
        "salam",
        "aurat se baat karni hai, mera mobile cheen liya",
        "ye number mere shohar ka hai, jawab mat dena. mera mobile cheen liya",
    ],
)
def test_who_is_in_danger_or_asks_for_something_goes_the_ordinary_way(rt: Runtime, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    sizes = taken(monkeypatch)
    assert text_in(rt, body) is Received.STORED
    assert sizes == []


def test_a_known_phone_is_known_and_a_first_text_that_came_late_is_stored_with_others(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    text_in(rt, BODY)
    text_in(rt, "do larkay thay")
    assert count(rt, Contact) == 2
    sizes, came_at = taken(monkeypatch), clock() - timedelta(days=2)
    late = intake.IncomingText("SMlate", "+923331234567", BODY)
    intake.receive_text(rt, "twilio", late, came_at=came_at)
    assert sizes == [1]
    with rt.reading() as session:
        kept = session.scalars(select(Message).where(Message.gateway_id == "SMlate")).one()
    assert (kept.sent_at, kept.look) == (came_at, Look.NEXT), "a person decides what is answered after a day"
    assert [text for text in texts_out(rt) if text.contact_id == kept.contact_id] == []


def test_a_text_whose_words_name_one_of_us_is_shut_to_that_person(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = taken(monkeypatch)
    monkeypatch.setattr("hotline.services.texts.firsttext.naming.names_nobody", lambda *_, **__: False)
    text_in(rt, BODY, sender=HER)
    assert sizes == []
