"""The books are bound into pages: whatever is changed, cut, added or put elsewhere in them is named."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from hotline.config import Hours
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
from hotline.services import showings
from hotline.services.books import binding as binder
from hotline.services.books import verifying, witness
from hotline.services.books.verifying import FaultKind
from hotline.services.people import staff
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage import binding, codesofdays, sealed
from hotline.storage.auditmodels import BookCode, BookPage, Showing, ShownTicket
from hotline.storage.binding import Book
from hotline.storage.db import table
from hotline.storage.models import Event, Message
from hotline.storage.peoplemodels import PeopleEvent
from hotline.storage.showings import ShowingKind
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import Clock, text_in, tickets

TABLES: dict[Book, Any] = {Book.EVENTS: table(Event), Book.PEOPLE: table(PeopleEvent), Book.SHOWINGS: table(Showing)}
WHO = {Book.EVENTS: "volunteer_id", Book.PEOPLE: "by_id", Book.SHOWINGS: "volunteer_id"}
SAID = "orangi town mein do larkon ne mobile cheen liya"

every_book = pytest.mark.parametrize("book", Book)


@pytest.fixture(autouse=True)
def _small_pages(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "PAGE_ROWS", 4)
    monkeypatch.setattr(binder, "PAGE_ROWS", 4)
    settle(rt, tmp_path)


def fill(rt: Runtime, clock: Clock, *, times: int = 6) -> None:
    """Rows in every book, some minutes apart."""
    for n in range(times):
        text_in(rt, SAID, sender=f"+92300123460{n % 10}")
        route_due(rt)
        staff.speak(rt, volunteer(rt, "admin").id, "bob", ["ur"] if n % 2 else ["sd"])
        showings.note(rt, ShowingKind.LIST, volunteer_id=volunteer(rt, "alice").id, tickets=[one.id for one in tickets(rt)], what="queue")
        clock.forward(minutes=1)


def bind(rt: Runtime, clock: Clock) -> None:
    clock.forward(minutes=30)
    while binder.bind_books(rt):
        pass


def faults(rt: Runtime, book: Book) -> list[tuple[int, FaultKind, tuple[int, ...]]]:
    with rt.reading() as session:
        return [(one.page, one.kind, one.rows) for one in verifying.verify(session, book).faults]


def ids(rt: Runtime, book: Book) -> list[int]:
    with rt.reading() as session:
        return list(session.scalars(select(TABLES[book].c.id).order_by(TABLES[book].c.id)))


def pages(rt: Runtime, book: Book) -> list[BookPage]:
    with rt.reading() as session:
        return list(binding.pages(session, book))


def tampered(rt: Runtime, *statements: Any) -> None:
    """What a thief of the database does, without the keys."""
    with rt.transaction() as tx:
        for one in statements:
            tx.session.execute(one)


def without(book: Book, *row_ids: int) -> list[Any]:
    shown = [delete(ShownTicket).where(ShownTicket.showing_id.in_(row_ids))] if book is Book.SHOWINGS else []
    return [*shown, delete(TABLES[book]).where(TABLES[book].c.id.in_(row_ids))]


@every_book
def test_what_is_bound_and_as_it_was_has_no_fault(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock)
    bind(rt, clock)
    assert faults(rt, book) == []
    bound = pages(rt, book)
    assert sum(page.count for page in bound) == len(ids(rt, book)) > 4
    assert [page.number for page in bound] == [*range(1, len(bound) + 1)]
    fill(rt, clock, times=2)
    bind(rt, clock)
    assert faults(rt, book) == []


@every_book
def test_a_row_that_was_changed_is_named(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock)
    bind(rt, clock)
    fifth = ids(rt, book)[4]
    tampered(rt, update(TABLES[book]).where(TABLES[book].c.id == fifth).values({WHO[book]: volunteer(rt, "head").id}))
    assert faults(rt, book) == [(2, FaultKind.CHANGED, (fifth,))]


def test_a_ticket_that_was_taken_out_of_a_look_is_found(rt: Runtime, clock: Clock) -> None:
    fill(rt, clock)
    bind(rt, clock)
    last = ids(rt, Book.SHOWINGS)[-1]
    tampered(rt, delete(ShownTicket).where(ShownTicket.showing_id == last, ShownTicket.ticket_id == tickets(rt)[0].id))
    assert faults(rt, Book.SHOWINGS) == [(2, FaultKind.CHANGED, (last,))]


@every_book
def test_a_row_that_was_cut_is_named(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock)
    bind(rt, clock)
    second = ids(rt, book)[1]
    tampered(rt, *without(book, second))
    assert faults(rt, book) == [(1, FaultKind.CUT, (second,))]


@every_book
def test_a_tail_that_was_cut_is_named(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock)
    bind(rt, clock)
    last = ids(rt, book)[-1]
    tampered(rt, *without(book, last))
    assert faults(rt, book) == [(len(pages(rt, book)), FaultKind.TAIL_CUT, (last,))]


@every_book
def test_rows_that_changed_places_are_named(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock)
    bind(rt, clock)
    one, other = ids(rt, book)[1:3]
    with rt.transaction() as tx:
        kept = {row.id: dict(row._mapping) for row in tx.session.execute(select(TABLES[book]).where(TABLES[book].c.id.in_((one, other))))}
        shown = list(
            tx.session.execute(select(ShownTicket.showing_id, ShownTicket.ticket_id).where(ShownTicket.showing_id.in_((one, other))))
        )
        for statement in without(book, one, other):
            tx.session.execute(statement)
        for row_id, whose in ((one, other), (other, one)):
            tx.session.execute(insert(TABLES[book]).values(kept[whose] | {"id": row_id}))
        if book is Book.SHOWINGS:
            swap = {one: other, other: one}
            tx.session.execute(insert(table(ShownTicket)), [{"showing_id": swap[i], "ticket_id": ticket_id} for i, ticket_id in shown])
    assert faults(rt, book) == [(1, FaultKind.REORDERED, (one, other))]


@every_book
def test_a_row_that_appears_between_bound_ones_is_named(rt: Runtime, clock: Clock, book: Book) -> None:
    """So is a row whose transaction was open for longer than rows are left to settle."""
    fill(rt, clock)
    fourth = ids(rt, book)[3]
    tampered(rt, *without(book, fourth))  # not committed yet
    bind(rt, clock)
    assert faults(rt, book) == []
    with rt.transaction() as tx:
        row = dict(tx.session.execute(select(TABLES[book]).limit(1)).one()._mapping)
        tx.session.execute(insert(TABLES[book]).values(row | {"id": fourth}))
    assert faults(rt, book) == [(1, FaultKind.ADDED, (fourth,))]


@every_book
def test_a_row_put_behind_the_last_page_with_an_old_time_is_named_before_and_after_it_is_bound(
    rt: Runtime, clock: Clock, book: Book
) -> None:
    fill(rt, clock, times=5)
    bind(rt, clock)
    first, last = ids(rt, book)[0], ids(rt, book)[-1]
    assert pages(rt, book)[-1].count < 4, "everything until then is in the pages"
    clock.forward(hours=3)
    with rt.transaction() as tx:
        row = dict(tx.session.execute(select(TABLES[book]).where(TABLES[book].c.id == first)).one()._mapping)
        tx.session.execute(insert(TABLES[book]).values(row | {"id": last + 1} | _an_hour_before(book, pages(rt, book)[-1].bound_at)))
    assert faults(rt, book) == [(0, FaultKind.ADDED, (last + 1,))]
    bind(rt, clock)
    assert faults(rt, book) == [(len(pages(rt, book)), FaultKind.ADDED, (last + 1,))]


def _an_hour_before(book: Book, at: datetime) -> dict[str, datetime]:
    return {"shown_at" if book is Book.SHOWINGS else "happened_at": at - timedelta(hours=1, seconds=1)}


@every_book
def test_pages_that_are_changed_cut_or_exchanged_are_named(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock, times=14)
    bind(rt, clock)
    bound = pages(rt, book)
    assert len(bound) >= 4
    of_page = lambda number: (BookPage.book == book, BookPage.number == number)  # noqa: E731 - a line
    marks = {page.number: page.marks for page in bound}
    tampered(rt, update(BookPage).where(*of_page(2)).values(bound_at=bound[1].bound_at - timedelta(days=1)))
    assert faults(rt, book) == [(2, FaultKind.PAGE_CHANGED, ())]
    tampered(rt, update(BookPage).where(*of_page(2)).values(bound_at=bound[1].bound_at))
    assert faults(rt, book) == []
    tampered(rt, *(update(BookPage).where(*of_page(one)).values(marks=marks[other]) for one, other in ((1, 2), (2, 1))))
    assert faults(rt, book) == [(1, FaultKind.PAGE_CHANGED, ()), (2, FaultKind.PAGE_CHANGED, ())]
    tampered(rt, *(update(BookPage).where(*of_page(one)).values(marks=marks[one]) for one in (1, 2)))
    tampered(rt, delete(BookPage).where(*of_page(2)))
    assert faults(rt, book) == [(3, FaultKind.PAGE_CUT, ())]


def test_rows_are_not_bound_before_they_have_settled_nor_one_by_one(rt: Runtime, clock: Clock) -> None:
    bind(rt, clock)  # what loading the organisation made
    text_in(rt, SAID)
    before = len(pages(rt, Book.EVENTS))
    clock.forward(minutes=14, seconds=59)
    binder.bind_books(rt)
    assert len(pages(rt, Book.EVENTS)) == before
    clock.forward(seconds=2)
    text_in(rt, SAID, sender="+923001234609")
    binder.bind_books(rt)
    assert len(pages(rt, Book.EVENTS)) == before + 1
    newest = ids(rt, Book.EVENTS)[-1]
    assert pages(rt, Book.EVENTS)[-1].last_id < newest, "this one may still have a neighbour with a lower id"


def test_of_two_workers_at_once_one_binds(rt: Runtime, clock: Clock) -> None:
    fill(rt, clock)
    clock.forward(minutes=30)
    with rt.reading() as session:
        before = binding.last_page(session, Book.EVENTS)
        found = binding.rows(session, Book.EVENTS, after=None, limit=4)
    while binder.bind_books(rt):
        pass
    with rt.transaction() as tx:  # the slower one, who had read the same rows
        assert not binding.bind(tx.session, Book.EVENTS, before, found, now=tx.now)
    assert faults(rt, Book.EVENTS) == []


@every_book
def test_killed_half_way_nothing_is_bound_and_the_next_run_goes_on(
    rt: Runtime, clock: Clock, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(rt, clock)
    clock.forward(minutes=30)
    stored, times = binding.bind, list[int]()

    def die(*given: Any, **more: Any) -> bool:
        done = stored(*given, **more)
        times.append(1)
        if len(times) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(binding, "bind", die)
    with pytest.raises(KeyboardInterrupt):
        binder.bind_books(rt)
    monkeypatch.setattr(binding, "bind", stored)
    with rt.reading() as session:
        assert session.scalar(select(func.count()).select_from(BookPage)) == 1
    while binder.bind_books(rt):
        pass
    assert faults(rt, book) == []
    assert sum(page.count for page in pages(rt, book)) == len(ids(rt, book))


@every_book
def test_retention_removes_whole_pages_and_what_is_left_still_holds(rt: Runtime, clock: Clock, book: Book) -> None:
    fill(rt, clock, times=10)
    bind(rt, clock)
    first, *rest = pages(rt, book)
    with rt.transaction() as tx:
        assert binding.clear(tx.session, book, first.until, now=tx.now) == 0, "a row is not older"
        assert binding.clear(tx.session, book, first.until + timedelta(seconds=1), now=tx.now, limit=9) == 1
    assert len(ids(rt, book)) == sum(page.count for page in rest)
    with rt.reading() as session:
        found = verifying.verify(session, book)
    assert (found.faults, found.removed, found.removed_until) == ((), 1, first.until)
    tampered(rt, *without(book, *ids(rt, book)[: rest[0].count]))
    tampered(
        rt, update(BookPage).where(BookPage.book == book, BookPage.number == 2).values(marks=None, removed_at=clock.now, removal=b"x" * 16)
    )
    assert faults(rt, book) == [(2, FaultKind.NOT_REMOVED, ())]


# The witness


def sent(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        found = session.scalars(select(Message).where(Message.text_key == "days_code").order_by(Message.id)).all()
        return [sealed.shown_body_of(session, one) for one in found]


def next_morning(clock: Clock) -> date:
    """Nine o'clock in Karachi on the next day; returns the day before."""
    day = clock.now.date()
    clock.now = clock.now.replace(hour=4, minute=0) + timedelta(days=1)
    return day


def wrong_days(rt: Runtime, given: tuple[date, str] | None = None) -> list[date | None]:
    with rt.reading() as session:
        return [one.day for one in verifying.verify_codes(rt, session, given=given)]


def test_the_code_of_a_day_is_texted_once_to_the_auditor_and_the_head(rt: Runtime, clock: Clock) -> None:
    for login, number in (("auditor", "+923211234501"), ("head", "+923211234502"), ("alice", "+923211234503")):
        give_phone(rt, login, number)
    fill(rt, clock)
    bind(rt, clock)
    assert witness.tell_codes(rt) == 0
    day = next_morning(clock)
    assert witness.tell_codes(rt) == 2
    assert witness.tell_codes(rt) == 0
    with rt.reading() as session:
        [(of, code)] = codesofdays.all_of(session)
    assert of == day
    assert [code in one for one in sent(rt)] == [True, True]
    assert all("hotline" not in one.lower() and "audit" not in one.lower() for one in sent(rt))
    assert wrong_days(rt, (day, code)) == []
    bind(rt, clock)
    fill(rt, clock)
    bind(rt, clock)
    assert wrong_days(rt, (day, code)) == [], "later pages do not change it"
    assert wrong_days(rt, (day, code[:-1] + ("0" if code[-1] != "0" else "1"))) == [day]


def test_at_night_the_code_is_made_and_waits_for_the_morning(make_rt: Callable[..., Runtime], clock: Clock, tmp_path: Path) -> None:
    rt = make_rt(contact_hours=Hours(opens="08:00", closes="21:00"))
    settle(rt, tmp_path)
    give_phone(rt, "head", "+923211234502")
    bind(rt, clock)
    clock.now = clock.now.replace(hour=19, minute=6)  # six minutes past midnight in Karachi
    assert witness.tell_codes(rt) == 0
    with rt.reading() as session:
        assert len(codesofdays.all_of(session)) == 1
    clock.now = clock.now.replace(hour=4) + timedelta(days=1)
    assert witness.tell_codes(rt) == 1


def test_a_book_that_a_thief_of_the_keys_bound_anew_is_found_by_the_code(rt: Runtime, clock: Clock) -> None:
    fill(rt, clock)
    bind(rt, clock)
    day = next_morning(clock)
    witness.tell_codes(rt)
    with rt.reading() as session:
        [(_, code)] = codesofdays.all_of(session)
    kept = clock.now
    clock.now = pages(rt, Book.EVENTS)[-1].bound_at
    tampered(rt, delete(BookPage), *without(Book.EVENTS, ids(rt, Book.EVENTS)[1]))
    while binder.bind_books(rt):
        pass
    clock.now = kept
    assert all(faults(rt, book) == [] for book in Book), "it was bound with the right keys"
    assert wrong_days(rt) == [day]
    tampered(rt, delete(BookCode))
    assert wrong_days(rt) == []
    assert wrong_days(rt, (day, code)) == [day], "the code on the phone cannot be changed"


def test_a_book_that_a_worker_bound_anew_after_its_pages_were_deleted_is_told_as_bound_late(rt: Runtime, clock: Clock) -> None:
    fill(rt, clock)
    bind(rt, clock)
    with rt.reading() as session:
        assert verifying.verify(session, Book.EVENTS).bound_late == 0
    clock.forward(hours=7)
    tampered(rt, delete(BookPage), *without(Book.EVENTS, ids(rt, Book.EVENTS)[1]))
    while binder.bind_books(rt):
        pass
    with rt.reading() as session:
        found = verifying.verify(session, Book.EVENTS)
    assert (found.faults, found.bound_late) == ((), found.pages)


@every_book
def test_the_log_has_the_digest_of_every_page_also_of_those_that_are_not_full(
    rt: Runtime, clock: Clock, book: Book, logged: list[Any]
) -> None:
    fill(rt, clock)
    bind(rt, clock)
    assert [one["digest"] for one in logged if one.get("book") == book] == [page.digest.hex()[:16] for page in pages(rt, book)]


def test_pages_cut_from_the_end_are_found_by_the_code(rt: Runtime, clock: Clock) -> None:
    fill(rt, clock)
    bind(rt, clock)
    day = next_morning(clock)
    witness.tell_codes(rt)
    last = pages(rt, Book.SHOWINGS)[-1]
    gone = [i for i in ids(rt, Book.SHOWINGS) if i >= last.first_id]
    tampered(rt, *without(Book.SHOWINGS, *gone), delete(BookPage).where(BookPage.book == Book.SHOWINGS, BookPage.number == last.number))
    assert faults(rt, Book.SHOWINGS) == []
    assert wrong_days(rt) == [day]


# Looks


def looks(rt: Runtime, kind: ShowingKind) -> list[list[int]]:
    """The tickets of each look of a kind, the oldest look first."""
    with rt.reading() as session:
        found = session.scalars(select(Showing.id).where(Showing.kind == kind).order_by(Showing.id)).all()
        return [
            list(session.scalars(select(ShownTicket.ticket_id).where(ShownTicket.showing_id == one).order_by(ShownTicket.ticket_id)))
            for one in found
        ]


def test_what_a_list_shows_again_within_ten_minutes_is_one_look(rt: Runtime, clock: Clock) -> None:
    for n in range(3):
        text_in(rt, SAID, sender=f"+92300123460{n}")
    one, two, three = (ticket.id for ticket in tickets(rt))
    alice, bob = volunteer(rt, "alice").id, volunteer(rt, "bob").id
    showings.note_list(rt, alice, [one, two], what="queue")
    showings.note_list(rt, alice, [], what="queue")
    clock.forward(minutes=9, seconds=59)
    showings.note_list(rt, alice, [two, one], what="found")
    showings.note_list(rt, alice, [one, three], what="queue")
    showings.note_list(rt, bob, [one], what="queue")
    clock.forward(seconds=1)
    showings.note_list(rt, alice, [one, three], what="queue")
    assert looks(rt, ShowingKind.LIST) == [[one, two], [three], [one], [one]]


def test_opening_and_hearing_are_noted_once_in_ten_minutes(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SAID)
    route_due(rt)
    [ticket] = tickets(rt)
    alice = volunteer(rt, "alice")

    def counted() -> int:
        with rt.reading() as session:
            return session.scalar(select(func.count()).where(Event.kind.in_(("viewed", "listened")))) or 0

    for expected in (2, 4):
        for _ in range(2):
            casework.view(rt, alice, ticket.reference)
            casework.listen(rt, alice, ticket.reference, 1)
        clock.forward(minutes=9, seconds=59)
        casework.view(rt, alice, ticket.reference)
        casework.listen(rt, alice, ticket.reference, 1)
        assert counted() == expected
        clock.forward(seconds=1)


def test_a_look_that_is_rolled_back_is_in_no_book(rt: Runtime) -> None:
    def record(tx: Transaction) -> None:
        showings.record(tx, ShowingKind.EXPORT, volunteer_id=None, what="export")
        raise RuntimeError

    with pytest.raises(RuntimeError), rt.transaction() as tx:
        record(tx)
    assert looks(rt, ShowingKind.EXPORT) == []


def test_the_job_is_rung_by_the_clock() -> None:
    assert Job.BIND_BOOKS.value == "workers.jobs.bind_books"
