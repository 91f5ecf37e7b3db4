"""What the books of a rehearsal read of a database: everything that came in, went out, was left and done."""

from pathlib import Path

from hotline.domain.conversation import ReadAs
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime
from hotline.services.calls import callflow, hangup
from hotline.storage import accounting, people
from hotline.storage.accounting import Everything
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Message
from hotline.storage.recordings import RecordingState
from tests.recorded import RecordingGateway, a_recording
from tests.support import HER, alter, hand_over, keys_file, text_in, tickets

BODY = "orangi town mein mera mobile cheen liya do larkon ne"


def everything(rt: Runtime) -> Everything:
    with accounting.opened(rt.config.database_url, Path(keys_file())) as session:
        return accounting.everything(session)


def unsettled(rt: Runtime) -> dict[str, int]:
    with accounting.opened(rt.config.database_url, Path(keys_file())) as session:
        return accounting.unsettled(session)


def test_a_text_its_ticket_and_its_receipt_are_read_with_words_and_number(rt: Runtime) -> None:
    text_in(rt, BODY)
    found = everything(rt)
    [came], [went], [ticket] = found.came_in, found.went_out, found.tickets
    assert (came.number, came.words, came.read_as, came.ticket_id) == (HER, BODY, ReadAs.OPENED, ticket.id)
    assert (went.number, went.key, went.ticket_id, went.delivery, went.sent_at) == (HER, "receipt", ticket.id, "queued", None)
    assert (ticket.in_danger, ticket.must_ring, ticket.rings, ticket.acted, ticket.refuses) == (False, False, False, False, False)
    assert not found.calls


def test_a_cry_must_ring_until_somebody_acts(rt: Runtime) -> None:
    text_in(rt, "bachao")
    [ticket] = everything(rt).tickets
    assert (ticket.in_danger, ticket.must_ring, ticket.rings, ticket.acted) == (True, True, True, False)


def test_what_is_left_to_do_is_counted_until_it_is_done(rt: Runtime) -> None:
    text_in(rt, BODY)
    assert unsettled(rt) == {"texts to send": 1, "texts to read": 1, "tickets to route": 1}
    hand_over(rt)
    assert "texts to send" not in unsettled(rt)
    [went] = everything(rt).went_out
    assert (went.delivery, went.sent_at is not None) == ("sent", True)


def test_acts_are_counted_by_who_did_what_to_which_ticket(rt: Runtime) -> None:
    text_in(rt, BODY)
    [ticket] = tickets(rt)
    with rt.transaction() as tx:
        alice = people.add(tx.session, "alice", "Alice Kazmi", password_hash=None)
        for kind in (EventKind.CLAIMED, EventKind.CLAIMED, EventKind.READ):
            happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=alice)
    assert everything(rt).acts == {("alice", ticket.reference, "claimed"): 2, ("alice", ticket.reference, "read"): 1}


def test_a_text_of_which_nobody_can_tell_is_left_to_do_until_nobody_asks_any_more(rt: Runtime) -> None:
    text_in(rt, BODY)
    alter(rt, Message, delivery="unknown", reason="never_known", next_attempt_at=None)
    [went] = everything(rt).went_out
    assert (went.delivery, went.reason) == ("unknown", "never_known")
    assert "texts to look up" not in unsettled(rt)
    alter(rt, Message, delivery="unknown", next_attempt_at=rt.clock())
    assert unsettled(rt)["texts to look up"] == 2  # the test alters the text that came in too


def test_a_call_is_read_with_its_recordings_and_whether_its_end_is_still_asked(rt: Runtime) -> None:
    incoming = IncomingCall("twilio", "CA1", HER, "+15005550006")
    callflow.start_call(rt, incoming)
    [call] = everything(rt).calls
    assert (call.gateway_id, call.ticket_id, call.ended, call.asks, call.recordings) == ("CA1", None, False, True, set())
    hangup.end_call(rt, incoming, 4)
    assert everything(rt).calls[0].ended


def test_a_recording_is_there_once_it_is_with_us_and_left_to_do_until_then(rt: Runtime) -> None:
    a_recording(rt, RecordingGateway(), caller=HER)
    alter(rt, Recording, state=RecordingState.AWAITED, next_attempt_at=None)
    assert (everything(rt).calls[0].recordings, unsettled(rt)["recordings to fetch"]) == (set(), 1)
    for state in (RecordingState.STORED, RecordingState.DONE):
        alter(rt, Recording, state=state)
        assert len(everything(rt).calls[0].recordings) == 1
    alter(rt, Recording, state=RecordingState.LOST)
    assert everything(rt).calls[0].recordings == set()
    assert "recordings to fetch" not in unsettled(rt)
