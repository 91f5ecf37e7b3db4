"""Words and numbers are kept no longer than needed, and no shorter."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from hotline.domain.category import Category
from hotline.domain.danger import Danger
from hotline.domain.look import Look
from hotline.domain.ticket import Status
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.sections import Conversation, Keeping
from hotline.services import showings
from hotline.services.books.binding import bind_books
from hotline.services.books.verifying import verify
from hotline.services.keeping import retention
from hotline.services.keeping.forgetting import forget_due
from hotline.services.tickets import casework, replies
from hotline.storage import db, schema, sealed, wiping
from hotline.storage.auditmodels import Showing
from hotline.storage.binding import Book
from hotline.storage.callmodels import Call, Recording
from hotline.storage.events import EventKind
from hotline.storage.models import Contact, Draft, Event, Message, Note, Ticket, TicketWord
from hotline.storage.peoplemodels import Login, ShiftDay, Volunteer
from hotline.storage.photos import PhotoState
from hotline.storage.recordings import RecordingState
from hotline.storage.showings import ShowingKind
from hotline.storage.wiping import Why
from tests import photographed
from tests.calling import MISSED, Caller
from tests.photographed import PhotoGateway, a_photo, photos
from tests.recorded import Killed, RecordingGateway, a_recording, fetch, recordings
from tests.services.colleagues import settle, volunteer
from tests.services.keeping.ended import SECOND, end, ended, forward, is_known, looked_at, of, words_of
from tests.support import HER, OTHER, SNATCHED, Clock, RecordingBell, ScriptedGateway, count, text_in, tickets

BRIBE = "thana ke SHO ne orangi town mein rishwat mangi"


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def sweep(rt: Runtime) -> None:
    """One sweep; nothing is left to do after it."""
    assert retention.sweep(rt) is False


def until_gone(rt: Runtime, clock: Clock, days: int) -> None:
    """So many days after now, as the clock sweeps: the week before, and on the day."""
    forward(clock, days - 7)
    sweep(rt)
    forward(clock, 7)
    sweep(rt)


def kept(rt: Runtime, ticket: Ticket) -> bool:
    """Whether the ticket has its words; that it has some and lacks others is a fault."""
    found = set(words_of(rt, ticket.reference))
    assert len(found) == 1
    return found.pop()


def test_every_sealed_column_has_a_rule_by_which_it_is_emptied() -> None:
    assert set(retention.RULES) == set(sealed.SEALED)


def test_words_go_when_their_days_are_over_and_not_a_second_sooner(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    clock.now -= SECOND
    sweep(rt)
    assert of(rt, ticket.reference).goes_at is None  # leads are told a week before
    clock.now += SECOND
    sweep(rt)
    forward(clock, 7)
    clock.now -= SECOND
    sweep(rt)
    assert kept(rt, ticket)
    clock.now += SECOND
    sweep(rt)
    assert not kept(rt, ticket)
    with rt.reading() as session:
        assert {note.sealed for note in session.scalars(select(Note))} == {None}
        assert wiping.when(session, ticket.id) == (clock(), Why.AGE)
        assert EventKind.WORDS_GONE in session.scalars(select(Event.kind)).all()
    assert (of(rt, ticket.reference).status, of(rt, ticket.reference).category) == (Status.CLOSED, ticket.category)
    assert count(rt, TicketWord) == 0


def test_the_number_goes_with_the_last_words_of_the_phone(rt: Runtime, clock: Clock) -> None:
    first = ended(rt)
    forward(clock, 100)
    ended(rt, "aur ek shikayat lyari mein bijli nahi hai")
    until_gone(rt, clock, 80)
    assert (kept(rt, first), is_known(rt, first)) == (False, True)
    until_gone(rt, clock, 100)
    assert not is_known(rt, first)
    with rt.reading() as session:
        assert session.scalars(select(Contact).where(Contact.id == first.contact_id)).one().wrapped_key is None


def test_words_are_kept_that_nobody_was_told_of_a_week_before(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 1000)  # the machine was off, or the days were made fewer
    sweep(rt)
    assert (kept(rt, ticket), of(rt, ticket.reference).goes_at) == (True, clock() + timedelta(days=7))
    forward(clock, 7)
    sweep(rt)
    assert not kept(rt, ticket)


def test_a_sealed_ticket_is_kept_for_its_own_days(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt, BRIBE, who="charlie")
    assert ticket.sealed
    until_gone(rt, clock, 1094)
    assert kept(rt, ticket)
    until_gone(rt, clock, 8)
    assert not kept(rt, ticket)


@pytest.mark.parametrize(("days", "words", "who"), [(60, SNATCHED, "lead"), (400, SNATCHED, "lead"), (60, BRIBE, "charlie")])
def test_a_kind_has_days_of_its_own_sealed_or_not(rt: Runtime, clock: Clock, days: int, words: str, who: str) -> None:
    ticket = ended(rt, words, who=who)

    def with_days(one: Category) -> Category:
        return replace(one, keep_days=days) if one.code == ticket.category else one

    rt = replace(rt, categories=tuple(map(with_days, rt.categories)))
    forward(clock, days - 7)
    sweep(rt)
    forward(clock, 7)
    clock.now -= SECOND
    sweep(rt)
    assert kept(rt, ticket)
    clock.now += SECOND
    sweep(rt)
    assert not kept(rt, ticket)


def test_what_is_sealed_after_leads_were_told_stays(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    sweep(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(sealed=True))
    forward(clock, 7)
    sweep(rt)
    assert (kept(rt, ticket), of(rt, ticket.reference).goes_at) == (True, None)


def test_a_ticket_that_is_opened_again_counts_from_its_next_end(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 175)
    sweep(rt)
    assert of(rt, ticket.reference).goes_at is not None
    casework.change_status(rt, volunteer(rt, "lead"), ticket.reference, version=of(rt, ticket.reference).version, to=Status.REOPENED)
    assert (of(rt, ticket.reference).kept_from, of(rt, ticket.reference).goes_at) == (None, None)
    until_gone(rt, clock, 200)
    assert kept(rt, ticket)
    end(rt, ticket.reference)
    until_gone(rt, clock, 179)
    assert kept(rt, ticket)
    until_gone(rt, clock, 8)
    assert not kept(rt, ticket)


NEEDED: dict[str, Callable[[Runtime], None]] = {
    "open": lambda rt: _set(rt, Ticket, status=Status.IN_PROGRESS),
    "unread": lambda rt: _set(rt, Ticket, unread=True),
    "still to be read by the machine": lambda rt: _set(rt, Ticket, to_read=True),
    "on hold": lambda rt: _set(rt, Ticket, hold=True, status=Status.RESOLVED),
    "in danger": lambda rt: _set(rt, Ticket, danger=Danger.SURE, danger_at=rt.clock(), acted_at=None),
    "waits for a look": lambda rt: _set(rt, Message, look=Look.NEXT),
    "a text of it is to be sent": lambda rt: _set(rt, Message, delivery="queued"),
    "a text of it may have been sent": lambda rt: _set(rt, Message, delivery="unknown"),
}


def _set(rt: Runtime, model: type, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(model).values(**values))


@pytest.mark.parametrize("why", NEEDED)
def test_nothing_goes_that_somebody_may_still_need(rt: Runtime, clock: Clock, why: str) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    sweep(rt)
    NEEDED[why](rt)  # also after leads were told
    forward(clock, 30)
    sweep(rt)
    assert kept(rt, ticket)
    assert is_known(rt, ticket)


def test_a_ticket_that_was_on_hold_goes_once_it_is_closed(rt: Runtime, clock: Clock) -> None:
    """Its words are a danger to the citizen; closed, it holds nothing back any more."""
    ticket = ended(rt)
    _set(rt, Ticket, hold=True)
    until_gone(rt, clock, 180)
    assert not kept(rt, ticket)


@pytest.mark.parametrize(
    "mark",
    [
        {"stopped_at": True},
        {"refused_texts_at": True},
        {"refused_calls_at": True},
        {"on_hold": True},
        {"may_text": False},
        {"may_call": False},
    ],
)
def test_a_phone_that_was_marked_or_asked_for_silence_is_known_for_as_long_as_it_may_text(
    rt: Runtime, clock: Clock, mark: dict[str, object]
) -> None:
    ticket = ended(rt)
    _set(rt, Contact, **{name: clock() if name.endswith("_at") else value for name, value in mark.items()})
    until_gone(rt, clock, 300)
    assert (kept(rt, ticket), is_known(rt, ticket)) == (False, True)


def test_a_volunteers_own_phone_rings_on_though_its_complaint_has_gone(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    _set(rt, Volunteer, phone_id=ticket.contact_id)
    until_gone(rt, clock, 300)
    assert (kept(rt, ticket), is_known(rt, ticket)) == (False, True)


def test_who_texts_after_the_number_has_gone_is_met_as_new(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    until_gone(rt, clock, 180)
    assert not is_known(rt, ticket)
    text_in(rt, SNATCHED)
    assert tickets(rt)[-1].contact_id != ticket.contact_id
    assert kept(rt, tickets(rt)[-1])


def test_a_text_that_comes_after_the_words_have_gone_counts_from_then(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    _set(rt, Contact, stopped_at=clock())  # so that its phone is known
    until_gone(rt, clock, 180)
    _set(rt, Contact, heard_at=clock())  # so that it is no stranger's
    text_in(rt, f"{ticket.reference} ka kya hua?")
    looked_at(rt)
    came = clock()
    clock.forward(hours=2)
    sweep(rt)
    assert of(rt, ticket.reference).kept_from == came
    forward(clock, 172)
    sweep(rt)
    assert any(words_of(rt, ticket.reference))
    until_gone(rt, clock, 8)
    assert not any(words_of(rt, ticket.reference))


def test_a_text_that_comes_while_it_is_looked_for_keeps_a_tickets_words(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    sweep(rt)
    forward(clock, 7)
    found = retention.retention.ids

    def meanwhile(session: object, due: object, *, limit: int) -> object:
        ids = found(session, due, limit=limit)  # type: ignore[arg-type]
        if ids:
            session.execute(update(Ticket).values(unread=True))  # type: ignore[attr-defined]
        return ids

    monkeypatch.setattr(retention.retention, "ids", meanwhile)
    retention.sweep(rt)
    assert kept(rt, ticket)


def test_texts_and_sweeps_at_once_lose_no_text(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    sweep(rt)
    forward(clock, 7)
    faults: list[BaseException] = []
    start = threading.Barrier(4)

    def together(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            start.wait()
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 - told to the test
                faults.append(fault)

        return run

    def two_texts() -> None:
        text_in(rt, "wo phir aaye orangi town mein")
        text_in(rt, "gulshan mein bhi wohi larke")

    work = (lambda: retention.sweep(rt), lambda: retention.sweep(rt), two_texts, two_texts)
    threads = [threading.Thread(target=together(one)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert not any(words_of(rt, ticket.reference)[:1])
    with rt.reading() as session:
        new = session.scalars(select(Message).where(Message.direction == "in", Message.id > 1, Message.created_at == clock())).all()
        assert len(new) == 4
        assert all(one.body for one in new)
        owners = {session.get_one(Contact, one.contact_id).number is not None for one in new}
        assert owners == {True}


# Recordings


def heard(rt: Runtime, clock: Clock) -> Ticket:
    """A ticket of a call, with a recording that is with us and was listened to."""
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    fetch(rt, gateway)
    _set(rt, Recording, look=None)
    with rt.transaction() as tx:
        tx.session.execute(update(Call).values(next_attempt_at=None, ended_at=clock()))
    looked_at(rt)
    return tickets(rt)[-1]


def is_heard(rt: Runtime) -> bool:
    return recordings(rt)[0].state == RecordingState.DONE


def test_a_recording_goes_when_its_words_were_written_down_for_long_enough(rt: Runtime, clock: Clock) -> None:
    ticket = heard(rt, clock)
    lead = volunteer(rt, "lead")
    casework.write_down(rt, lead, ticket.reference, version=of(rt, ticket.reference).version, body="orangi town mein pistol dikhayi")
    forward(clock, 200)
    sweep(rt)
    assert is_heard(rt)  # its ticket is open
    end(rt, ticket.reference)
    forward(clock, 7)
    clock.now -= SECOND
    sweep(rt)
    assert is_heard(rt)
    clock.now += SECOND
    sweep(rt)
    assert not is_heard(rt)
    name = recordings(rt)[0].stored_as or ""
    assert rt.store.size(name) is not None  # the row names the file until it is removed
    assert isinstance(rt.bell, RecordingBell)
    assert Job.FETCH_RECORDINGS in rt.bell.rung
    fetch(rt, RecordingGateway())
    assert (rt.store.size(name), recordings(rt)[0].stored_as) == (None, None)
    assert any(words_of(rt, ticket.reference))


def test_a_recording_that_nobody_wrote_down_goes_some_days_after_the_end(rt: Runtime, clock: Clock) -> None:
    ticket = heard(rt, clock)
    end(rt, ticket.reference)
    forward(clock, 90)
    clock.now -= SECOND
    sweep(rt)
    assert is_heard(rt)
    clock.now += SECOND
    sweep(rt)
    assert not is_heard(rt)


# What has no ticket


def test_texts_without_a_ticket_go_and_those_that_somebody_waits_for_stay(make_rt: Callable[..., Runtime], clock: Clock) -> None:
    rt = make_rt(conversation=Conversation(junk_senders=("8300",)))
    text_in(rt, "Super card offer!", sender="8300")
    text_in(rt, "Super card offer again!", sender="8300")
    with rt.transaction() as tx:
        first = tx.session.scalars(select(Message.id).order_by(Message.id)).first()
        tx.session.execute(update(Message).where(Message.id == first).values(look=Look.LAST))

    def left() -> list[bool]:
        with rt.reading() as session:
            return [one is not None for one in session.scalars(select(Message.sealed).order_by(Message.id))]

    forward(clock, 30)
    clock.now -= SECOND
    sweep(rt)
    assert left() == [True, True]
    clock.now += SECOND
    sweep(rt)
    assert left() == [True, False]


def test_a_missed_call_goes_and_with_it_the_number_of_whom_nothing_else_is_left(rt: Runtime, clock: Clock) -> None:
    Caller(rt, HER, line=MISSED).ring().hang_up()
    Caller(rt, OTHER).ring().hang_up()
    ended(rt, sender=OTHER)
    with rt.transaction() as tx:
        tx.session.execute(update(Call).values(next_attempt_at=None, ended_at=clock()))
    before = count(rt, Call)
    forward(clock, 30)
    clock.now -= SECOND
    assert not forget_due(
        rt, ScriptedGateway().alone, {"twilio": RecordingGateway()}
    )  # a call that lies at the gateway is not forgotten here
    sweep(rt)
    assert count(rt, Call) == before > 0
    clock.now += SECOND
    sweep(rt)
    assert count(rt, Call) == 0
    with rt.reading() as session:
        phones = session.scalars(select(Contact).where(Contact.times_seen > 0).order_by(Contact.id)).all()
        assert [phone.number is not None for phone in phones] == [False, True]


@pytest.mark.parametrize("name", [None, "0f.wav.sealed"])  # rows from before have the name of a file that never came
def test_a_recording_that_was_lost_keeps_no_number_once_somebody_has_looked(rt: Runtime, clock: Clock, name: str | None) -> None:
    Caller(rt, HER).ring().hang_up()
    with rt.transaction() as tx:
        call = tx.session.scalars(select(Call)).one()
        lost = {"state": RecordingState.LOST, "reason": "404", "stored_as": name, "look": Look.FIRST, "attempts": 0}
        tx.session.add(Recording(call_id=call.id, gateway="twilio", gateway_id="RE1", created_at=tx.now, **lost))
    _set(rt, Call, next_attempt_at=None, ended_at=clock())

    def numbers() -> list[bool]:
        with rt.reading() as session:
            return [one is not None for one in session.scalars(select(Contact.wrapped_key).where(Contact.times_seen > 0))]

    forward(clock, 40)
    sweep(rt)
    assert numbers() == [True]  # nobody has looked yet whether it was danger
    _set(rt, Recording, look=None)
    sweep(rt)
    assert numbers() == [False]


def test_the_key_of_a_number_that_changed_hands_goes_with_the_words_that_it_opens(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    forward(clock, 100)
    with rt.transaction() as tx:  # who has the number since is erased
        wiping.wipe_contact(tx.session, ticket.contact_id, now=tx.now, why=Why.WISH, since=tx.now)
    sweep(rt)
    with rt.reading() as session:
        assert session.get_one(Contact, ticket.contact_id).wrapped_key is not None
    until_gone(rt, clock, 80)
    assert not kept(rt, ticket)
    with rt.reading() as session:
        assert session.get_one(Contact, ticket.contact_id).wrapped_key is None


def meanwhile(monkeypatch: pytest.MonkeyPatch, model: type, **values: object) -> None:
    """Somebody changes rows between the moment when a sweep finds what is due and the moment when it has locked it."""
    found = retention.retention.ids

    def ids(session: Session, due: retention.Due, *, limit: int) -> object:
        if rows := found(session, due, limit=limit):
            session.execute(update(model).values(**values))
        return rows

    monkeypatch.setattr(retention.retention, "ids", ids)


def seen(rt: Runtime) -> Ticket:
    """A ticket with a photo that is with us."""
    gateway = PhotoGateway()
    a_photo(rt, gateway)
    photographed.fetch(rt, gateway)
    looked_at(rt)
    return tickets(rt)[-1]


@pytest.mark.parametrize("what", ["recording", "photo"])
def test_what_a_lead_keeps_for_longer_while_it_is_looked_for_stays(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ticket = heard(rt, clock) if what == "recording" else seen(rt)
    end(rt, ticket.reference)

    def is_there() -> bool:
        return is_heard(rt) if what == "recording" else photos(rt)[0].state == PhotoState.DONE

    forward(clock, 90)
    with monkeypatch.context() as patch:
        meanwhile(patch, Ticket, keep_until=clock() + timedelta(days=50))
        sweep(rt)
    assert (is_there(), of(rt, ticket.reference).keep_until) == (True, clock() + timedelta(days=50))
    forward(clock, 50)
    sweep(rt)
    assert not is_there()


def test_what_others_have_locked_waits_for_the_next_sweep(rt: Runtime, clock: Clock) -> None:
    if rt.engine.dialect.name == "sqlite":
        return  # it has one writer at a time
    ticket = heard(rt, clock)
    end(rt, ticket.reference)
    forward(clock, 90)
    for model in (Ticket, Recording):
        with rt.transaction() as tx:
            tx.session.execute(select(model.id).with_for_update())
            sweep(rt)
        assert is_heard(rt)
    sweep(rt)
    assert not is_heard(rt)


def test_a_text_that_somebody_is_to_look_at_meanwhile_stays(
    make_rt: Callable[..., Runtime], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = make_rt(conversation=Conversation(junk_senders=("8300",)))
    text_in(rt, "Super card offer!", sender="8300")
    forward(clock, 30)
    meanwhile(monkeypatch, Message, look=Look.LAST)
    sweep(rt)
    with rt.reading() as session:
        assert session.scalars(select(Message.sealed)).one() is not None


# What volunteers wrote for themselves and for each other


def test_drafts_hand_over_notes_and_what_was_searched_for_go(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    looked_at(rt)
    ticket, alice = tickets(rt)[0], volunteer(rt, "alice")
    replies.keep_draft(rt, alice, ticket.reference, "kal baat karte hain")
    with rt.transaction() as tx:
        tx.session.add(Login(volunteer_id=alice.id, key_sha256="k", browser="", began_at=clock(), seen_at=clock(), sought=b"1"))
        day = {"team_id": 1, "volunteer_id": alice.id, "on_date": clock().date(), "starts": clock().time(), "ends": clock().time()}
        tx.session.add(ShiftDay(**day, note=b"2", handed_over_at=clock()))

    def left() -> tuple[int, int, int]:
        with rt.reading() as session:
            own = session.scalars(select(Login.sought).where(Login.sought.is_not(None))).all()
            notes = session.scalars(select(ShiftDay.note).where(ShiftDay.note.is_not(None))).all()
        return count(rt, Draft), len(own), len(notes)

    forward(clock, 30)
    clock.now -= SECOND
    sweep(rt)
    assert left() == (1, 1, 1)
    clock.now += SECOND
    sweep(rt)
    assert left() == (0, 0, 0)
    assert kept(rt, ticket)


# Steps


def test_a_sweep_that_is_killed_half_way_goes_on(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [ended(rt, sender=f"+92300555{n:04d}") for n in range(4)]
    forward(clock, 173)
    sweep(rt)
    forward(clock, 7)
    monkeypatch.setattr(retention, "TICKETS", 1)
    wipe, left = wiping.wipe_ticket, [2]

    def killed(*given: object, **named: object) -> None:
        left[0] -= 1
        wipe(*given, **named)  # type: ignore[arg-type]
        if left[0] < 0:
            raise Killed

    with monkeypatch.context() as breaking:
        breaking.setattr(wiping, "wipe_ticket", killed)
        with pytest.raises(Killed):
            retention.sweep(rt)
    assert [kept(rt, ticket) for ticket in found] == [False, False, True, True]
    sweep(rt)
    assert [kept(rt, ticket) for ticket in found] == [False] * 4
    before = count(rt, Event)
    sweep(rt)
    assert count(rt, Event) == before


def test_a_sweep_stops_when_its_time_is_over_and_says_so(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(rt)
    ended(rt, sender=OTHER)
    forward(clock, 173)
    monkeypatch.setattr(retention, "ROWS", 1)
    announced = []
    while retention.keep_due(rt, for_s=0):
        announced.append(sum(ticket.goes_at is not None for ticket in tickets(rt)))
    assert announced == [0, 1, 2]  # texts that came late are looked for first


def test_it_sweeps_once_an_hour(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    assert retention.keep_due(rt) is False
    _set(rt, Ticket, kept_from=clock() - timedelta(days=180))
    clock.forward(minutes=59)
    retention.keep_due(rt)
    assert of(rt, ticket.reference).goes_at is None
    clock.forward(minutes=1)
    retention.keep_due(rt)
    assert of(rt, ticket.reference).goes_at is not None


def test_what_is_expected_is_counted_by_rule_and_no_word_is_read(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(rt)
    forward(clock, 173)
    sweep(rt)
    monkeypatch.setattr(sealed, "body_of", None)
    assert retention.expected(rt, days=6)["tickets"] == 0
    assert retention.expected(rt, days=7)["tickets"] == 1


def test_shorter_days_are_taken_from_the_configuration(make_rt: Callable[..., Runtime], clock: Clock) -> None:
    rt = make_rt(keeping=Keeping(text_days=40))
    ticket = ended(rt)
    until_gone(rt, clock, 40)
    assert not kept(rt, ticket)


# Before this


def test_a_ticket_that_had_ended_before_counts_from_its_last_move(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    values = "'theft', 2, false, false, false, false, '2026-01-01 07:00:00', '2026-05-05 07:00:00', 1"
    with engine.connect() as connection:
        command.upgrade(schema._alembic(connection), "0025")
        connection.execute(
            text(
                "INSERT INTO contacts (id, uid, kind, language, language_named, may_text, may_call, on_hold, created_at, times_seen)"
                " VALUES (1, :uid, 'phone', 'ur', false, true, true, false, '2026-01-01 07:00:00', 1)"
            ),
            {"uid": b"1" * 16},
        )
        columns = "category, priority, sealed, hold, unread, unattended, opened_at, changed_at, version"
        for n, status in enumerate(("closed", "resolved", "in_progress", "closed"), 1):
            connection.execute(
                text(
                    f"INSERT INTO tickets (id, reference, contact_id, status, {columns})"
                    f" VALUES ({n}, '20000000{n}', 1, '{status}', {values})"
                )
            )
        for n, at in ((1, "2026-02-01"), (1, "2026-03-01"), (2, "2026-04-01"), (3, "2026-04-01")):
            moved = "INSERT INTO events (ticket_id, kind, happened_at, data) VALUES (:n, 'moved', :at, '{}')"
            connection.execute(text(moved.replace(":at", f"'{at} 07:00:00'")), {"n": n})
        command.upgrade(schema._alembic(connection), "head")
        connection.commit()
    with Session(engine) as session:
        found = session.scalars(select(Ticket.kept_from).order_by(Ticket.id)).all()
    engine.dispose()
    assert [one and (one.month, one.day) for one in found] == [(3, 1), (4, 1), None, (5, 5)]


def test_old_pages_of_the_book_of_looks_go_and_what_is_left_holds(make_rt: Callable[..., Runtime], clock: Clock, tmp_path: Path) -> None:
    rt = make_rt(keeping=Keeping(audit_days=10))
    settle(rt, tmp_path)
    shown_at = []
    for days in (0, 6):
        forward(clock, days)
        for n in range(3):
            showings.note(rt, ShowingKind.SEARCH, volunteer_id=volunteer(rt, "alice").id, what=f"search {n}")
        shown_at.append(clock.now)
        clock.forward(hours=1)
        bind_books(rt)
    sweep(rt)
    assert count(rt, Showing) == 6
    forward(clock, 5)
    sweep(rt)
    with rt.reading() as session:
        assert {row.shown_at for row in session.scalars(select(Showing))} == {shown_at[1]}
    with rt.reading() as session:
        found = verify(session, Book.SHOWINGS)
    assert (found.faults, found.removed, found.rows) == ((), 1, 3)
