"""A citizen is erased who also wrote on another phone's ticket: as another phone of that citizen's, or at the desk before."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from hotline.alarms import AlarmKind
from hotline.domain import searching
from hotline.domain.erasure import Bar
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed
from hotline.services.keeping import retention
from hotline.services.keeping.erasing import CannotErase, erase_due
from hotline.services.tickets import indexing, otherphones, walkin
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint
from hotline.storage import erasures
from hotline.storage.models import Alarm, Contact, Message, ShutOut, Ticket, TicketWord, TypedPhone
from tests.services.colleagues import settle, volunteer
from tests.services.keeping.ended import of
from tests.services.keeping.test_erasing import WORDS, agree, ask, close, contact, erased
from tests.services.keeping.test_nothing_comes_back import index_while_erasing
from tests.support import HER, KEYS, OTHER, Clock, alter, hand_over, text_in, tickets

KEY = searching.key_of(KEYS.search)
ON_HERS = "kulhari ke saath phir aya tha"


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def has(rt: Runtime, word: str) -> list[int]:
    """The tickets that are found by a word."""
    with rt.reading() as session:
        return list(session.scalars(select(TicketWord.ticket_id).where(TicketWord.word == searching.hashed(KEY, word))))


def index(rt: Runtime) -> None:
    while index_words(rt):
        pass


def both(rt: Runtime) -> tuple[Ticket, Ticket]:
    """Her ticket, with a text of her other phone on it, and that phone's own; both are closed."""
    text_in(rt, WORDS, sender=HER)
    route_due(rt)
    [hers] = tickets(rt)
    otherphones.add(rt, volunteer(rt, "lead"), hers.reference, version=hers.version, number=OTHER, note="her sister's")
    with rt.reading() as session:
        phone_id = session.scalars(select(TypedPhone.id)).one()
    otherphones.confirm(rt, volunteer(rt, "head"), hers.reference, version=of(rt, hers.reference).version, phone_id=phone_id)
    text_in(rt, hers.reference, sender=OTHER)
    text_in(rt, f"{hers.reference} {ON_HERS}", sender=OTHER)
    text_in(rt, "lyari mein bijli nahi transformer jal gaya", sender=OTHER)
    own = close(rt)
    hand_over(rt)
    assert own.contact_id != hers.contact_id
    return hers, own


def words_on(rt: Runtime, ticket: Ticket) -> list[tuple[int, bool]]:
    """Whose each text is that came in on a ticket, and whether its words are there."""
    with rt.reading() as session:
        found = session.scalars(select(Message).where(Message.ticket_id == ticket.id, Message.direction == "in").order_by(Message.id))
        return [(one.contact_id, one.sealed is not None) for one in found]


def test_nobody_is_erased_while_an_open_ticket_of_another_phone_holds_texts(rt: Runtime, clock: Clock) -> None:
    hers, own = both(rt)
    ask(rt, own)
    agree(rt, own)
    alter(rt, Ticket, status=Status.CLOSED)
    with rt.transaction() as tx:
        tx.session.get_one(Ticket, hers.id).status = Status.ASSIGNED
    with rt.reading() as session:
        assert erasures.bars(session, own.contact_id, volunteer(rt, "lead")) == {Bar.OPEN}
        assert erasures.bars(session, hers.contact_id) == {Bar.OPEN}
    clock.forward(hours=7 * 24)
    erase_due(rt)
    assert contact(rt, own).kind == "phone"
    assert words_on(rt, hers)[-1] == (own.contact_id, True)
    alter(rt, Ticket, status=Status.CLOSED)
    clock.forward(hours=1)
    erase_due(rt)
    assert contact(rt, own).kind == "erased"


def test_it_is_refused_at_once_and_nobody_learns_of_a_ticket_that_is_not_theirs_to_see(rt: Runtime) -> None:
    hers, own = both(rt)
    with rt.transaction() as tx:
        tx.session.get_one(Ticket, hers.id).status = Status.ASSIGNED
    with pytest.raises(CannotErase) as refused:
        ask(rt, own)
    assert refused.value.args[0] == {Bar.OPEN}
    with rt.transaction() as tx:
        ticket = tx.session.get_one(Ticket, hers.id)
        ticket.sealed, ticket.team_id, ticket.assignee_id = True, None, None
    with rt.reading() as session:
        assert erasures.bars(session, own.contact_id, volunteer(rt, "alice")) == set()
        assert erasures.bars(session, own.contact_id) == {Bar.OPEN}


def test_who_is_complained_of_on_another_phones_ticket_agrees_to_nothing_and_its_leads_are_told(rt: Runtime) -> None:
    """It would lose a witness's words."""
    hers, own = both(rt)
    ask(rt, own)
    with rt.transaction() as tx:
        ticket, lead = tx.session.get_one(Ticket, hers.id), volunteer(rt, "lead")
        ticket.sealed, ticket.team_id, ticket.assignee_id = True, None, None
        tx.session.add(ShutOut(ticket_id=hers.id, volunteer_id=lead.id, made_at=tx.now))
    with pytest.raises(NotAllowed):
        agree(rt, own)
    with rt.transaction() as tx:
        tx.session.execute(delete(ShutOut))
    agree(rt, own)
    with rt.reading() as session:
        told = session.scalars(select(Alarm.volunteer_id).where(Alarm.ticket_id == hers.id, Alarm.kind == AlarmKind.MENTIONED)).all()
    assert told == [volunteer(rt, "head").id]


def test_another_phones_ticket_is_found_by_what_is_left_on_it(rt: Runtime, clock: Clock) -> None:
    hers, own = both(rt)
    index(rt)
    clock.forward(minutes=2)
    index(rt)  # the second look is done too: no worker comes back to these rows
    assert has(rt, "cycle") == has(rt, "kulhari") == [hers.id]
    erased(rt, clock, own)
    index(rt)
    assert (has(rt, "cycle"), has(rt, "kulhari"), has(rt, f"#{hers.reference[-4:]}")) == ([hers.id], [], [hers.id])
    assert words_on(rt, hers) == [(hers.contact_id, True), (own.contact_id, False), (own.contact_id, False)]
    assert has(rt, "transformer") == []


def test_a_ticket_of_the_owner_before_is_found_by_what_is_left_on_it(rt: Runtime, clock: Clock) -> None:
    text_in(rt, WORDS, sender=HER)
    hers = close(rt)
    clock.forward(hours=1)
    text_in(rt, f"{hers.reference} {ON_HERS}", sender=HER)
    close(rt)
    alter(rt, Contact, owner_since=clock())
    index(rt)
    assert has(rt, "cycle") == has(rt, "kulhari") == [hers.id]
    erased(rt, clock, hers)
    index(rt)
    assert (has(rt, "cycle"), has(rt, "kulhari")) == ([hers.id], [])


def test_words_of_a_text_that_was_wiped_alone_are_not_indexed_after(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has read the text, and writes its words once the text is gone."""
    hers, own = both(rt)
    ask(rt, own)
    agree(rt, own)
    clock.forward(hours=7 * 24)
    real = indexing.ticketwords.lacking

    def late(*given: object) -> object:
        found = real(*given)  # type: ignore[arg-type]
        if contact(rt, own).kind != "erased":
            erase_due(rt)
        return found

    monkeypatch.setattr(indexing.ticketwords, "lacking", late)
    index(rt)
    assert contact(rt, own).kind == "erased"
    assert (has(rt, "kulhari"), has(rt, "transformer"), has(rt, "cycle")) == ([], [], [hers.id])


def test_who_indexes_a_text_first_holds_its_wiping_up_and_its_words_go_too(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rt.engine.dialect.name == "sqlite":
        return  # it has one writer at a time
    hers, own = both(rt)
    ask(rt, own)
    agree(rt, own)
    clock.forward(hours=7 * 24)
    index_while_erasing(rt, monkeypatch)
    assert contact(rt, own).kind == "erased"
    assert (has(rt, "kulhari"), has(rt, "cycle")) == ([], [hers.id])


def at_the_desk(rt: Runtime, token: str, number: str) -> Ticket:
    walkin.take_down(rt, volunteer(rt, "lead"), Complaint(token * 32, WORDS, "ur", number=number))
    return tickets(rt)[-1]


def keys(rt: Runtime) -> list[bool]:
    """Of each contact, whether it has a key."""
    with rt.reading() as session:
        return [one is not None for one in session.scalars(select(Contact.wrapped_key).order_by(Contact.id))]


def test_the_key_of_the_desk_goes_with_the_citizen_who_took_the_walk_in_over(rt: Runtime, clock: Clock) -> None:
    """It opens the words in a data file from before the hand-over."""
    first = at_the_desk(rt, "a", HER)
    clock.forward(minutes=1)
    second = at_the_desk(rt, "b", OTHER)
    clock.forward(minutes=1)
    third = at_the_desk(rt, "c", "")
    clock.forward(hours=1)
    text_in(rt, first.reference, sender=HER)
    text_in(rt, second.reference, sender=OTHER)
    hers = of(rt, first.reference)
    assert keys(rt) == [True] * 5  # a living complaint opens from every backup
    close(rt)
    erased(rt, clock, hers)
    with rt.reading() as session:
        gone = {one.id for one in session.scalars(select(Contact).where(Contact.kind == "erased"))}
    assert gone == {first.contact_id, hers.contact_id}
    assert [*keys(rt)].count(True) == 3
    assert third.contact_id not in gone


def test_the_key_of_the_desk_stays_as_long_as_data_files_that_it_opens(rt: Runtime, clock: Clock) -> None:
    """Without it a restore wipes a living complaint that was handed over after the data file was made."""
    first = at_the_desk(rt, "a", HER)
    clock.forward(days=60)
    text_in(rt, first.reference, sender=HER)
    clock.forward(days=rt.config.backup.data_days - 1)
    keep(rt)
    assert keys(rt) == [True, True]
    clock.forward(days=2)
    keep(rt)
    assert keys(rt) == [False, True]


def keep(rt: Runtime) -> None:
    while retention.sweep(rt):
        pass
