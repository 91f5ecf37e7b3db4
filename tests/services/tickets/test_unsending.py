"""A text waits for some seconds before it leaves: until then its volunteer takes it back, and it is never both taken back and sent."""

import threading
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest

from hotline.domain.danger import Danger
from hotline.domain.holder import Holder
from hotline.domain.texts import REPLY_CALL
from hotline.outbox import render
from hotline.runtime import Runtime
from hotline.sections import Sending
from hotline.services.access import NoSuchTicket
from hotline.services.texts.outbound import claim_due, send_one
from hotline.services.tickets import casework, replies, unsending
from hotline.services.tickets.replies import ReplyRefused
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.unsending import HasLeft
from hotline.storage import bridges, drafts, events
from hotline.storage.models import Contact, Ticket
from tests.services.colleagues import settle, volunteer
from tests.support import SNATCHED, Clock, ScriptedGateway, alter, hand_over, text_in, texts_out, tickets

BODY = "We have read it. Where was it?"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """With the ten seconds of the default configuration, and a ticket that nobody has yet."""
    rt = make_rt(sending=Sending())
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    hand_over(rt)
    return rt


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def write(rt: Runtime, body: str = BODY, **more: object) -> None:
    at = (rt, volunteer(rt, "alice"), now(rt).reference)
    replies.reply(*at, version=now(rt).version, body=body, confirmed=frozenset(), **more)  # type: ignore[arg-type]


def take_back(rt: Runtime, by: str = "alice") -> None:
    unsending.take_back(rt, volunteer(rt, by), now(rt).reference)


def draft(rt: Runtime) -> str:
    with rt.reading() as session:
        return drafts.of(session, now(rt).id, volunteer(rt, "alice").id)


def bodies(gateway: ScriptedGateway) -> list[str]:
    return [text.body for text in gateway.taken]


def test_it_waits_ten_seconds_and_a_text_by_machine_does_not(rt: Runtime, clock: Clock) -> None:
    write(rt)
    text_in(rt, "status")
    assert BODY not in bodies(hand_over(rt))
    clock.forward(seconds=9.9)
    assert bodies(hand_over(rt)) == []
    clock.forward(seconds=0.1)
    assert bodies(hand_over(rt)) == [BODY]


def test_taken_back_the_words_are_in_the_draft_and_the_ticket_is_as_it_was(rt: Runtime, clock: Clock) -> None:
    before = {column: getattr(now(rt), column) for column in events.MOVED_BY_REPLY}
    assert before["status"] == "new"
    promise = f"{BODY}\n{render(rt, REPLY_CALL, 'en', ref=now(rt).reference)}"
    alter(rt, Contact, language="en")
    write(rt, promise)
    assert (now(rt).status, now(rt).assignee_id) == ("assigned", volunteer(rt, "alice").id)
    replies.keep_draft(rt, volunteer(rt, "alice"), now(rt).reference, "And when?", typed_at=now(rt).version)
    take_back(rt)
    assert {column: getattr(now(rt), column) for column in events.MOVED_BY_REPLY} == before
    assert draft(rt) == f"{promise}\nAnd when?"
    with rt.reading() as session:
        known = bridges.plan(session, now(rt).id)
        assert known is not None
        assert known.wanted_at is None, "the call was never promised"
    take_back(rt)
    assert draft(rt) == f"{promise}\nAnd when?", "a second click does nothing"
    clock.forward(minutes=1)
    assert bodies(hand_over(rt)) == []
    write(rt, BODY)
    clock.forward(seconds=10)
    assert bodies(hand_over(rt)) == [BODY]


def test_what_changed_since_stays_and_of_two_texts_the_newer_goes_back(rt: Runtime, clock: Clock) -> None:
    write(rt)
    clock.forward(seconds=1)
    text_in(rt, "Saddar mein")
    write(rt, "And when?")
    take_back(rt)
    assert (draft(rt), now(rt).unread, now(rt).assignee_id) == ("And when?", True, volunteer(rt, "alice").id)
    casework.mark_read(rt, volunteer(rt, "alice"), now(rt).reference, now(rt).version)
    take_back(rt)
    assert (draft(rt), now(rt).unread, now(rt).status) == (f"{BODY}\nAnd when?", False, "assigned")
    clock.forward(minutes=1)
    assert bodies(hand_over(rt)) == []


def test_it_is_its_volunteers_alone_and_of_who_sees_the_ticket(rt: Runtime, clock: Clock) -> None:
    write(rt)
    with pytest.raises(HasLeft):
        take_back(rt, "lead")
    alter(rt, Ticket, sealed=True)
    with pytest.raises(NoSuchTicket):
        take_back(rt)
    clock.forward(seconds=10)
    assert bodies(hand_over(rt)) == [BODY]


def test_at_second_eleven_and_while_a_dead_worker_has_it_it_is_not_taken_back(rt: Runtime, clock: Clock) -> None:
    write(rt)
    clock.forward(seconds=11)
    with pytest.raises(HasLeft):
        take_back(rt)
    _, [claimed] = claim_due(rt, {"twilio": 9})
    clock.forward(seconds=-5)  # a page server whose clock is behind
    with pytest.raises(HasLeft):
        take_back(rt)
    assert (draft(rt), [text.delivery for text in texts_out(rt) if text.volunteer_id]) == ("", ["sending"])
    send_one(rt, gateway := ScriptedGateway(), claimed)
    assert bodies(gateway) == [BODY]


def test_a_click_and_a_worker_at_once_never_both_have_it(rt: Runtime, clock: Clock) -> None:
    sent = taken = 0
    for _ in range(8):
        write(rt)
        due, outcomes, start = clock.now + timedelta(seconds=10), list[str](), threading.Barrier(3)
        clock.now = due - timedelta(microseconds=1)

        def click(start: threading.Barrier = start, outcomes: list[str] = outcomes) -> None:
            start.wait()
            try:
                take_back(rt)
                outcomes.append("taken")
            except HasLeft:
                outcomes.append("left")

        clicks = [threading.Thread(target=click) for _ in range(2)]
        for one in clicks:
            one.start()
        start.wait()
        clock.now = due
        gateway = hand_over(rt)
        for one in clicks:
            one.join()
        gateway = hand_over(rt, gateway)
        assert (bodies(gateway) == [BODY]) != ("taken" in outcomes)
        assert draft(rt) == (BODY if "taken" in outcomes else "")
        sent, taken = sent + ("taken" not in outcomes), taken + ("taken" in outcomes)
        replies.keep_draft(rt, volunteer(rt, "alice"), now(rt).reference, "")
        clock.forward(seconds=1)
    assert sent + taken == 8


def test_it_is_an_act_only_once_it_leaves_and_only_on_danger_that_its_writer_knew_of(rt: Runtime, clock: Clock) -> None:
    alter(rt, Ticket, danger=Danger.PERSON, danger_at=rt.clock(), next_ring_at=rt.clock())
    route_due(rt)
    write(rt)
    take_back(rt)
    assert now(rt).acted_at is None
    write(rt)
    version = now(rt).version
    clock.forward(seconds=10)
    hand_over(rt)
    assert (now(rt).acted_at, now(rt).next_ring_at, now(rt).version) == (clock.now, None, version)
    clock.forward(seconds=1)
    write(rt)
    clock.forward(seconds=5)
    alter(rt, Ticket, danger_at=rt.clock(), acted_at=None, next_ring_at=rt.clock())
    clock.forward(seconds=5)
    assert bodies(hand_over(rt)) == [BODY]
    assert now(rt).acted_at is None


def test_a_text_that_was_taken_back_uses_up_neither_the_answer_to_a_quiet_phone_nor_a_leads_yes(rt: Runtime, clock: Clock) -> None:
    route_due(rt)
    alter(rt, Ticket, hold=True)
    alter(rt, Contact, safe_from=time(0), safe_until=time(23, 59))
    for _ in range(2):
        write(rt, holder=Holder.CITIZEN)
        take_back(rt)
    clock.forward(minutes=20)
    with pytest.raises(ReplyRefused):
        write(rt, holder=Holder.CITIZEN)
    replies.agree(rt, volunteer(rt, "lead"), now(rt).reference, version=now(rt).version, note="the sister reads it")
    for _ in range(2):
        clock.forward(seconds=1)
        write(rt, holder=Holder.CITIZEN)
        take_back(rt)
    write(rt, holder=Holder.CITIZEN)
    clock.forward(seconds=10)
    assert bodies(hand_over(rt)) == [BODY]
    with pytest.raises(ReplyRefused):
        write(rt, holder=Holder.CITIZEN)
