"""The index of the search: what is in it, what is not, and what it costs the texts that come in."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select

from hotline.domain import searching
from hotline.domain.ticket import Status
from hotline.keys import KeyFile, write_keys
from hotline.runtime import Runtime
from hotline.services.tickets import casework, indexing
from hotline.services.tickets.indexing import index_words, reindex
from hotline.services.tickets.routing import route_due
from hotline.storage import messages
from hotline.storage.models import Mark, Message, TicketWord
from tests.services.colleagues import settle, volunteer
from tests.support import KEYS, Clock, count, text_in, tickets

KEY = searching.key_of(KEYS.search)
SNATCHED = "mera mobile cheen liya"


def has(rt: Runtime, word: str, *, key: bytes = KEY) -> list[int]:
    """The tickets that have a word."""
    with rt.reading() as session:
        statement = select(TicketWord.ticket_id).where(TicketWord.word == searching.hashed(key, word)).order_by(TicketWord.ticket_id)
        return list(session.scalars(statement))


def index(rt: Runtime) -> None:
    while index_words(rt):
        pass


def test_texts_and_notes_are_indexed_and_what_the_machine_says_is_not(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.CLOSED, note="neighbour knows")
    index(rt)
    assert has(rt, "mobile") == has(rt, "neighbour") == has(rt, "chin") == [ticket.id]
    with rt.reading() as session:
        ours = [message.body for message in session.scalars(select(Message).where(Message.direction == "out"))]
    assert ours
    for word in {word for body in ours for word in searching.words(body)} - set(searching.words(SNATCHED)):
        assert has(rt, word) == [], word


def test_a_reply_that_a_volunteer_wrote_is_indexed(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    with rt.transaction() as tx:
        row = {"direction": "out", "contact_id": ticket.contact_id, "gateway": "", "gateway_id": None, "created_at": tx.now}
        messages.keep(tx.session, ticket_id=ticket.id, body="please tell us the street", volunteer_id=volunteer(rt, "bob").id, **row)
    index(rt)
    assert has(rt, "strit") == [ticket.id]


def test_the_end_of_a_reference_is_indexed(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    index(rt)
    [ticket] = tickets(rt)
    assert [has(rt, f"#{ticket.reference[-n:]}") for n in range(4, 9)] == [[ticket.id]] * 5
    assert has(rt, ticket.reference[-4:]) == []


def test_no_word_stands_in_the_index(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    index(rt)
    with rt.reading() as session:
        rows = list(session.execute(select(TicketWord.word, TicketWord.ticket_id)))
    assert len(rows) == len(searching.words(SNATCHED)) + 5
    assert has(rt, "mobile", key=searching.key_of(b"x" * 32)) == []


def test_a_text_that_comes_in_writes_nothing_for_the_index(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    assert count(rt, TicketWord) == count(rt, Mark) == 0


def test_a_text_of_no_ticket_is_passed_over(rt: Runtime) -> None:
    text_in(rt, "salam")
    text_in(rt, SNATCHED)
    index(rt)
    assert has(rt, "mobile") == [tickets(rt)[0].id]
    assert has(rt, "salam") == []


def test_what_is_indexed_is_not_written_again(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    index(rt)
    clock.forward(minutes=2)
    index(rt)  # looks again at the rows that are settled by now
    written: list[str] = []
    event.listen(rt.engine, "before_cursor_execute", lambda *call: written.append(call[2]))
    assert not index_words(rt)
    assert [statement for statement in written if not statement.startswith(("SELECT", "BEGIN"))] == []


def test_a_text_that_was_committed_behind_the_mark_is_found_once_it_is_settled(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "the first one")
    text_in(rt, "zebra crossing", sender="+923331234502")
    late = tickets(rt)[0]
    with rt.transaction() as tx:  # the first text's transaction is not committed yet, so its row is not visible
        row = tx.session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).first()
        assert row is not None
        kept = {column.name: getattr(row, column.name) for column in Message.__table__.columns}
        tx.session.execute(delete(Message).where(Message.answers_id == row.id))
        tx.session.execute(delete(Message).where(Message.id == row.id))
    index(rt)
    assert has(rt, "zebra") == [tickets(rt)[1].id]
    with rt.transaction() as tx:
        tx.session.execute(Message.__table__.insert().values(kept))
    index(rt)
    assert has(rt, "first") == []
    clock.forward(seconds=61)
    index(rt)
    assert has(rt, "first") == [late.id]


def settled(rt: Runtime) -> set[str]:
    """The marks of the second look that have moved."""
    with rt.reading() as session:
        return {name for name in session.scalars(select(Mark.name).where(Mark.value > 0)) if name.endswith("settled")}


def test_what_is_younger_than_a_minute_is_not_taken_for_settled(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    clock.forward(seconds=59)
    index(rt)
    assert settled(rt) == set()
    clock.forward(seconds=2)
    index(rt)
    assert settled(rt) == {"words:messages:settled", "words:references:settled"}


def test_more_than_a_batch_says_that_there_is_more(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    for n in range(5):
        text_in(rt, f"complaint number{n}", sender=f"+92300123450{n}")
    rounds = 1
    while index_words(rt):
        rounds += 1
    assert rounds >= 5
    assert len(has(rt, "complaint")) == 5


def test_two_workers_at_once_do_no_harm(rt: Runtime, make_rt: Callable[..., Runtime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 3)
    for n in range(30):
        text_in(rt, f"complaint about things number{n} again", sender=f"+9230012345{n:02d}")
    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(index, make_rt()) for _ in range(4)]
        assert [one.result() for one in working] == [None] * 4
    assert len(has(rt, "complaint")) == len(has(rt, "again")) == 30


def test_another_key_of_words_begins_the_index_anew(rt: Runtime, tmp_path: Path) -> None:
    text_in(rt, SNATCHED)
    index(rt)
    write_keys(tmp_path / "keys.toml", dataclasses.replace(KEYS, search=b"x" * 32), new=True)
    other = dataclasses.replace(rt, key_file=KeyFile(tmp_path / "keys.toml"))
    index(other)
    assert has(rt, "mobile") == []
    assert has(rt, "mobile", key=searching.key_of(b"x" * 32)) == [tickets(rt)[0].id]


def test_the_index_begins_anew_while_workers_write_it(
    rt: Runtime, make_rt: Callable[..., Runtime], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    for n in range(30):
        text_in(rt, f"complaint about things number{n} again", sender=f"+9230012345{n:02d}")
    index(rt)
    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, make_rt()) for work in (index, reindex, index, reindex)]
        assert [one.result() for one in working] == [None] * 4
    clock.forward(minutes=2)
    index(rt)
    assert len(has(rt, "complaint")) == len(has(rt, "again")) == 30


def test_a_worker_that_looked_before_the_index_began_anew_moves_no_mark(
    rt: Runtime, make_rt: Callable[..., Runtime], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_in(rt, SNATCHED)
    other, transaction = make_rt(), Runtime.transaction

    def after_the_other(self: Runtime) -> object:
        monkeypatch.setattr(Runtime, "transaction", transaction)
        indexing._rebuild(other, KEY)
        return transaction(self)

    clock.forward(minutes=2)
    indexing._rebuild(rt, KEY)
    indexing._index(rt, KEY, "messages", settled=False)
    monkeypatch.setattr(Runtime, "transaction", after_the_other)
    indexing._index(rt, KEY, "messages", settled=True)  # what the search found is indexed already
    assert has(rt, "mobile") == []
    indexing._index(rt, KEY, "messages", settled=True)
    assert has(rt, "mobile") == [tickets(rt)[0].id]


def test_reindexing_builds_the_same_index(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    index(rt)
    before = count(rt, TicketWord)
    with rt.transaction() as tx:
        tx.session.execute(delete(TicketWord))
        tx.session.add(TicketWord(word=7, ticket_id=tickets(rt)[0].id))
    index(rt)
    assert count(rt, TicketWord) == 1
    reindex(rt)
    assert count(rt, TicketWord) == before


def test_hostile_texts_are_indexed_by_what_words_they_have(rt: Runtime) -> None:
    text_in(rt, "'; DROP TABLE tickets -- % \ufffd <b>zebra</b> \u202eيك\u202c " + "چور " * 400)
    index(rt)
    assert len(has(rt, "zebra")) == len(has(rt, "drop")) == len(has(rt, "چور")) == 1


def test_the_words_of_one_text_are_bounded(rt: Runtime) -> None:
    text_in(rt, " ".join(f"w{n}x" for n in range(1200)))
    index(rt)
    assert count(rt, TicketWord) == searching.WORDS_MAX + 5
