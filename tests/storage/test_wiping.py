"""What is wiped is gone from the database, and a restored backup wipes it again."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select, update

from hotline.domain.look import Look
from hotline.runtime import Runtime
from hotline.services.calls import callplans
from hotline.services.tickets import casework, otherphones, replies, taking
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.storage import recordings as rows
from hotline.storage import sealed, wiping
from hotline.storage.erasuremodels import Wiping
from hotline.storage.models import Contact, Draft, Message, Note, Ticket, TicketWord, TypedPhone
from hotline.storage.recordings import RecordingState
from hotline.storage.wiping import Why, Wiped, WipingKind
from tests.recorded import RecordingGateway, a_recording, fetch, recordings
from tests.services.colleagues import settle, volunteer
from tests.support import OTHER, Clock, count, text_in, tickets


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def _a_full_ticket(rt: Runtime) -> Ticket:
    text_in(rt, "do larkon ne orangi town mein mera mobile cheen liya")
    route_due(rt)
    ticket = tickets(rt)[0]
    alice = volunteer(rt, "alice")
    taking.claim(rt, alice, ticket.reference, ticket.version)
    casework.write_note(rt, alice, ticket.reference, version=tickets(rt)[0].version, note="unki behen ne bataya")
    replies.keep_draft(rt, alice, ticket.reference, "kal baat karte hain")
    otherphones.add(rt, alice, ticket.reference, version=tickets(rt)[0].version, number=OTHER, note="bhai ka")
    callplans.keep_word(rt, alice, ticket.reference, version=tickets(rt)[0].version, word="gulab")
    while index_words(rt):
        pass
    return tickets(rt)[0]


def _sealed_values(rt: Runtime) -> list[str]:
    """Every column with something sealed in it, as table.column."""
    meta = MetaData()
    meta.reflect(rt.engine)
    columns = {name: meta.tables[name.split(".")[0]].c[name.split(".")[1]] for name in sealed.SEALED}
    with rt.engine.connect() as connection:
        return [name for name, column in columns.items() if connection.scalar(select(func.count(column)))]


def test_a_wiped_ticket_has_no_word_and_keeps_what_names_nobody(rt: Runtime) -> None:
    ticket = _a_full_ticket(rt)
    before = (ticket.reference, ticket.category, ticket.area, ticket.status)
    assert {"messages.sealed", "notes.sealed", "drafts.sealed", "call_plans.code_word", "typed_phones.number"} <= set(_sealed_values(rt))
    with rt.transaction() as tx:
        wiping.wipe_ticket(tx.session, ticket.id, now=tx.now, why=Why.AGE)
    # The volunteers' own phones and the contact stay: it may have other tickets.
    assert set(_sealed_values(rt)) <= {"contacts.number", "contacts.wrapped_key", "messages.sealed"}
    with rt.reading() as session:
        assert session.scalars(select(Message.sealed).where(Message.ticket_id == ticket.id, Message.sealed.is_not(None))).all() == []
        assert {note.sealed for note in session.scalars(select(Note))} == {None}
        assert {(phone.number, phone.mark) for phone in session.scalars(select(TypedPhone))} == {(None, None)}
        assert (count(rt, Draft), count(rt, TicketWord)) == (0, 0)
        assert wiping.when(session, ticket.id) == (rt.clock(), Why.AGE)
    assert (tickets(rt)[0].reference, tickets(rt)[0].category, tickets(rt)[0].area, tickets(rt)[0].status) == before


def test_a_wiped_contact_has_no_key_no_number_and_nothing_that_opens(rt: Runtime) -> None:
    ticket = _a_full_ticket(rt)
    text_in(rt, "meri gari chori ho gai gulshan mein", sender=OTHER)
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, ticket.contact_id, now=tx.now, why=Why.WISH)
        wiping.wipe_contact(tx.session, ticket.contact_id, now=tx.now, why=Why.WISH)
    with rt.reading() as session:
        contact = session.get_one(Contact, ticket.contact_id)
        assert (contact.mark, contact.number, contact.wrapped_key, contact.kind) == (None, None, None, "erased")
        assert (contact.may_text, contact.heard_at) == (False, None)
        left = session.scalars(select(Message).where(Message.contact_id == ticket.contact_id)).all()
        assert left
        assert {message.sealed for message in left} == {None}
        assert {message.delivery for message in left} == {None, "failed"}  # nothing waits to be sent to nobody
        other = session.scalars(select(Message).where(Message.contact_id != ticket.contact_id, Message.direction == "in")).one()
        assert sealed.body_of(session, other) == "meri gari chori ho gai gulshan mein"


def test_what_an_earlier_owner_of_the_number_left_stays_and_opens(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "purane malik ki baat lyari mein")
    clock.forward(hours=24)
    since = clock()
    text_in(rt, "meri gari chori ho gai gulshan mein")
    old = tickets(rt)[0]
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, old.contact_id, now=tx.now, why=Why.WISH, since=since)
    with rt.reading() as session:
        contact = session.get_one(Contact, old.contact_id)
        assert (contact.mark, contact.number) == (None, None)
        words = [
            sealed.body_of(session, one) for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))
        ]
        assert words == ["purane malik ki baat lyari mein", ""]


def test_a_wiped_recording_is_removed_here_and_at_the_gateway_and_does_not_come_again(rt: Runtime, clock: Clock) -> None:
    gateway = RecordingGateway()
    name = a_recording(rt, gateway)
    fetch(rt, gateway)
    kept = recordings(rt)[0]
    assert rt.store.size(kept.stored_as or "") is not None
    with rt.transaction() as tx:
        assert wiping.wipe_recording(tx.session, kept.id, now=tx.now, why=Why.AGE) == kept.stored_as
        wiping.wipe_recording(tx.session, kept.id, now=tx.now, why=Why.AGE)
    fetch(rt, gateway)
    gone = recordings(rt)[0]
    assert (gone.state, gone.reason, gone.stored_as, gone.sha256) == (RecordingState.LOST, "erased", None, None)
    assert rt.store.size(kept.stored_as or "") is None
    clock.forward(hours=1)
    with rt.transaction() as tx:
        same = {"call_id": gone.call_id, "gateway": gone.gateway, "gateway_id": name}
        assert not rows.note(tx.session, **same, promised_s=7, look=Look.FIRST, now=tx.now)
    fetch(rt, gateway)
    assert recordings(rt)[0].state == RecordingState.LOST


def test_a_restored_backup_wipes_the_same_again_and_nothing_that_came_later(rt: Runtime, clock: Clock) -> None:
    ticket = _a_full_ticket(rt)
    with rt.reading() as session:
        before = {message.id: message.sealed for message in session.scalars(select(Message))}
    clock.forward(hours=1)
    with rt.transaction() as tx:
        wiping.wipe_ticket(tx.session, ticket.id, now=tx.now, why=Why.AGE)
    with rt.transaction() as tx:  # as a backup of before has it
        carried = wiping.listed(tx.session)
        tx.session.execute(Wiping.__table__.delete())  # type: ignore[attr-defined]
        for message_id, words in before.items():
            tx.session.execute(update(Message).where(Message.id == message_id).values(sealed=words))
    clock.forward(hours=1)
    text_in(rt, "meri gari chori ho gai gulshan mein", sender=OTHER)
    later = tickets(rt)[-1]
    foreign = Wiped(WipingKind.TICKET, later.id, None, clock() - timedelta(hours=2), Why.AGE)
    with rt.transaction() as tx:
        assert wiping.replay(tx.session, [*carried, foreign], now=tx.now) == len(carried)
    with rt.reading() as session:
        assert {one.sealed for one in session.scalars(select(Message).where(Message.ticket_id == ticket.id))} == {None}
        assert all(one.sealed for one in session.scalars(select(Message).where(Message.ticket_id == later.id)))
        assert wiping.when(session, ticket.id) == (clock() - timedelta(hours=1), Why.AGE)


def test_a_contact_without_a_key_is_wiped_whole_when_a_backup_is_restored(rt: Runtime) -> None:
    ticket = _a_full_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == ticket.contact_id).values(wrapped_key=None))
    with rt.transaction() as tx:
        assert wiping.replay(tx.session, [], now=tx.now) == 1
    with rt.reading() as session:
        assert session.get_one(Contact, ticket.contact_id).kind == "erased"
        assert {one.sealed for one in session.scalars(select(Message).where(Message.contact_id == ticket.contact_id))} == {None}
