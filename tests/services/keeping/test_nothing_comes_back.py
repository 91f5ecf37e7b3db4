"""What was erased stays erased, whatever comes late, twice, or was under way."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, IncomingText, Outcome, Report
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.services.calls import leavings
from hotline.services.keeping.erasing import erase_due
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.reports import receive_report
from hotline.services.texts.sealing import seal_plain
from hotline.services.tickets import casework, indexing, replies
from hotline.services.tickets.indexing import index_words
from hotline.storage import erasures, sealed, ticketwords
from hotline.storage.callmodels import Call, Recording
from hotline.storage.erasuremodels import Erasure
from hotline.storage.models import Contact, Draft, Message, Note, Ticket, TicketWord
from hotline.storage.recordings import RecordingState
from hotline.storage.sealed import Erased
from tests.recorded import RecordingGateway, a_recording, calls, fetch, recordings
from tests.recorded import told as call_told
from tests.services.colleagues import settle, volunteer
from tests.services.keeping.test_erasing import WORDS, agree, ask, close, contact, ended, erased, words
from tests.support import HER, Clock, alter, count, text_in, texts_out, tickets


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def asked(rt: Runtime, clock: Clock, ticket: Ticket) -> None:
    """Two people agreed, and the days of grace are over."""
    ask(rt, ticket)
    agree(rt, ticket)
    clock.forward(hours=7 * 24)


def index_while_erasing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are indexed by a worker that has looked at its rows when the erasing begins, which waits for that worker."""
    threads: list[threading.Thread] = []
    real = ticketwords.still_there

    def held(*given: object) -> object:
        found = real(*given)  # type: ignore[arg-type]
        if not threads:
            threads.append(threading.Thread(target=erase_due, args=(rt,)))
            threads[0].start()
            threads[0].join(0.3)
            assert threads[0].is_alive()  # it waits for this transaction
        return found

    monkeypatch.setattr(indexing.ticketwords, "still_there", held)
    while index_words(rt):
        pass
    threads[0].join()


def test_a_text_that_the_gateway_delivers_again_is_known_and_opens_nothing(rt: Runtime, clock: Clock) -> None:
    again = IncomingText("SM" + "a" * 32, HER, WORDS)
    receive_text(rt, "twilio", again)
    ticket = close(rt)
    erased(rt, clock, ticket)
    assert receive_text(rt, "twilio", again) is Received.SEEN_BEFORE
    assert (len(tickets(rt)), count(rt, Contact)) == (1, 1)
    assert words(rt) == [""]


def test_a_late_delivery_report_counts_and_brings_no_word(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    with rt.transaction() as tx:
        values = {"delivery": "sent", "gateway_id": "SMx", "gateway": "twilio", "attempts": 1}
        tx.session.execute(update(Message).where(Message.direction == "out").values(**values))
    erased(rt, clock, ticket)
    receive_report(rt, "twilio", Report("SMx", texts_out(rt)[0].id, 1, Delivery.DELIVERED, None))
    assert [(one.delivery, one.sealed) for one in texts_out(rt)] == [("delivered", None)]


def test_a_text_that_waits_to_leave_never_does(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    assert [one.delivery for one in texts_out(rt)] == ["queued"]
    erased(rt, clock, ticket)
    assert [(one.delivery, one.reason, one.next_attempt_at) for one in texts_out(rt)] == [("failed", "erased", None)]


@pytest.mark.parametrize("delivery", [Delivery.SENDING, Delivery.UNKNOWN])
def test_a_text_that_may_have_left_is_waited_for(rt: Runtime, clock: Clock, delivery: Delivery) -> None:
    ticket = ended(rt)
    asked(rt, clock, ticket)
    with rt.transaction() as tx:
        tx.session.execute(
            update(Message).where(Message.direction == "out").values(delivery=delivery, claimed_at=tx.now, next_attempt_at=tx.now)
        )
    assert erase_due(rt) is False
    assert words(rt) == [WORDS]
    alter(rt, Message, delivery="sent")
    clock.forward(minutes=1)
    erase_due(rt)
    assert words(rt) == [""]


def test_a_call_that_is_on_is_waited_for(rt: Runtime, clock: Clock) -> None:
    a_recording(rt, RecordingGateway())
    ticket = close(rt)
    alter(rt, Recording, look=None, state=RecordingState.LOST, next_attempt_at=None)
    asked(rt, clock, ticket)
    assert calls(rt)[0].next_attempt_at is not None
    erase_due(rt)
    assert contact(rt, ticket).kind == "phone"
    alter(rt, Call, next_attempt_at=None)
    clock.forward(minutes=1)
    erase_due(rt)
    assert contact(rt, ticket).kind == "erased"


def test_a_recording_that_is_still_to_come_is_waited_for(rt: Runtime, clock: Clock) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    ticket = close(rt)
    alter(rt, Call, next_attempt_at=None)
    alter(rt, Recording, look=None)
    asked(rt, clock, ticket)
    erase_due(rt)
    assert contact(rt, ticket).kind == "phone"
    fetch(rt, gateway)
    alter(rt, Recording, look=None)
    close(rt)
    clock.forward(minutes=1)
    erase_due(rt)
    assert contact(rt, ticket).kind == "erased"


def _recorded(rt: Runtime, clock: Clock) -> tuple[RecordingGateway, Ticket, str]:
    """A caller whose recording is with us was erased; the file is not removed yet."""
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    fetch(rt, gateway)
    ticket = close(rt)
    alter(rt, Call, next_attempt_at=None)
    alter(rt, Recording, look=None)
    name = recordings(rt)[0].stored_as or ""
    erased(rt, clock, ticket)
    assert rt.store.size(name) is not None
    assert recordings(rt)[0].stored_as == name  # what is still to be removed stands in the row
    return gateway, ticket, name


def test_the_file_of_a_recording_goes_and_what_breaks_on_the_way_is_made_up_for(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, _, name = _recorded(rt, clock)

    def broken(_: str) -> None:
        raise StoreFault("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(rt.store), "remove", lambda _self, _name: broken(_name))
        fetch(rt, gateway)
    row = recordings(rt)[0]
    assert (row.state, row.stored_as, row.next_attempt_at is not None) == (RecordingState.GOING, name, True)
    gateway.script.append(GatewayError("503", Outcome.UNKNOWN))
    clock.forward(hours=40 * 24)  # it is never given up
    fetch(rt, gateway)
    assert (recordings(rt)[0].state, rt.store.size(name)) == (RecordingState.GOING, None)
    clock.forward(hours=2)
    fetch(rt, gateway)
    row = recordings(rt)[0]
    assert (row.state, row.reason, row.stored_as, row.next_attempt_at) == (RecordingState.LOST, "erased", None, None)


def test_a_recording_that_the_gateway_tells_of_late_is_deleted_there_and_opens_no_ticket(rt: Runtime, clock: Clock) -> None:
    gateway, _, _ = _recorded(rt, clock)
    fetch(rt, gateway)
    call = calls(rt)[0]
    gateway.audio["RElate"] = b"x" * 900
    with rt.transaction() as tx:
        tx.session.execute(update(Call).values(ticket_id=None))
    before = len(tickets(rt))
    for recording in (recordings(rt)[0].gateway_id, "RElate"):
        leavings.receive_recording(rt, call_told(call=call.gateway_id or "", recording=recording, recorded_s=7))
    fetch(rt, gateway)
    assert len(tickets(rt)) == before
    assert {(one.state, one.stored_as, one.look) for one in recordings(rt)} == {(RecordingState.LOST, None, None)}
    assert "RElate" not in gateway.audio
    assert ("fetch", "RElate") not in gateway.asked


def test_words_that_were_read_before_are_not_indexed_after(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = ended(rt)
    asked(rt, clock, ticket)
    real = ticketwords.still_there

    def late(*given: object) -> object:
        thread = threading.Thread(target=erase_due, args=(rt,))
        if rt.engine.dialect.name == "postgresql":
            thread.start()  # between reading and writing; SQLite has one writer at a time
            thread.join()
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(indexing.ticketwords, "still_there", late)
    if rt.engine.dialect.name == "sqlite":
        transaction = type(rt).transaction

        def after(self: Runtime, **options: bool) -> object:
            if contact(rt, ticket).kind != "erased" and not flag:
                flag.append(1)
                erase_due(rt)
            return transaction(self, **options)

        flag: list[int] = []
        monkeypatch.setattr(type(rt), "transaction", after)
    while index_words(rt):
        pass
    assert contact(rt, ticket).kind == "erased"
    assert count(rt, TicketWord) == 0


def test_who_indexes_first_holds_the_erasing_up_and_its_words_go_too(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    if rt.engine.dialect.name == "sqlite":
        return  # it has one writer at a time
    ticket = ended(rt)
    asked(rt, clock, ticket)
    index_while_erasing(rt, monkeypatch)
    assert contact(rt, ticket).kind == "erased"
    assert count(rt, TicketWord) == 0


def test_a_text_from_before_that_is_not_sealed_yet_goes_too(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    alter(rt, Message, sealed=None, plain="purani baat")
    erased(rt, clock, ticket)
    assert seal_plain(rt) == 0
    with rt.reading() as session:
        assert {(one.plain, one.sealed) for one in session.scalars(select(Message))} == {(None, None)}


def test_nothing_is_written_on_a_page_that_is_still_open(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    erased(rt, clock, ticket)
    alice, version = volunteer(rt, "alice"), tickets(rt)[0].version
    with pytest.raises(Erased):
        replies.keep_draft(rt, alice, ticket.reference, "assalam o alaikum")
    with pytest.raises((Erased, replies.ReplyRefused)):
        replies.reply(rt, alice, ticket.reference, version=version, body="We read it.", confirmed=frozenset())
    with pytest.raises(Erased):
        casework.write_note(rt, alice, ticket.reference, version=version, note="wo phir aayi thi")
    with rt.reading() as session:
        assert (count(rt, Draft), {one.sealed for one in session.scalars(select(Note))}) == (0, {None})


def test_neither_key_nor_number_nor_words_stay_in_the_log_of_the_database(rt: Runtime, clock: Clock) -> None:
    """Who has it and the keys file reads everything but the erased."""
    if rt.engine.dialect.name == "postgresql":
        return  # docs/operator.md says what is left there
    ticket = ended(rt)
    with rt.reading() as session:
        bodies = session.scalars(select(Message.sealed).where(Message.ticket_id == ticket.id)).all()
    left = [bytes(value) for value in (contact(rt, ticket).wrapped_key, contact(rt, ticket).number, *bodies) if value is not None]
    path = Path(rt.engine.url.database or "")

    def found() -> set[str]:
        return {file.name for file in path.parent.glob(f"{path.name}*") if any(value in file.read_bytes() for value in left)}

    assert found()
    erased(rt, clock, ticket)
    assert found() == set()


def test_two_workers_erase_once(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    asked(rt, clock, ticket)
    threads = [threading.Thread(target=erase_due, args=(rt,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with rt.reading() as session:
        row = session.scalars(select(Erasure)).one()
        assert row.done_at == clock()
    assert contact(rt, ticket).kind == "erased"


def test_killed_half_way_nothing_is_half_erased(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = ended(rt)
    asked(rt, clock, ticket)
    with monkeypatch.context() as patch:
        patch.setattr(erasures, "done", lambda *_args, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            erase_due(rt)
    assert words(rt) == [WORDS]
    erase_due(rt)
    assert words(rt) == [""]


def test_a_text_that_comes_while_its_phone_is_erased_is_kept_under_a_new_contact(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ended(rt)
    asked(rt, clock, ticket)
    came: list[threading.Thread] = []
    real = erasures.done

    def meanwhile(session: object, erasure_id: int, **more: object) -> None:
        came.append(threading.Thread(target=text_in, args=(rt, "meri gari gulshan se chori ho gai")))
        came[0].start()
        came[0].join(0.3)
        real(session, erasure_id, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(erasures, "done", meanwhile)
    erase_due(rt)
    came[0].join()
    assert words(rt) == ["", "meri gari gulshan se chori ho gai"]
    new = tickets(rt)[-1]
    assert new.contact_id != ticket.contact_id
    with rt.reading() as session:
        assert sealed.number_of(rt.keys, session.get_one(Contact, new.contact_id)) == HER
