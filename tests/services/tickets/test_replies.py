"""A volunteer writes to the citizen: once, in the citizen's hours, and never what the phone must not show."""

import threading
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.conversation import ReadAs
from hotline.domain.delivery import Reason
from hotline.runtime import Runtime
from hotline.sections import Hours, Sending
from hotline.services.access import NoSuchTicket, NotAllowed
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework, replies
from hotline.services.tickets.replies import FormSent, NothingWritten, ReplyRefused, SaysTooMuch
from hotline.storage import drafts
from hotline.storage.models import Contact, Draft, Event, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved
from tests.opened import numbered
from tests.services.colleagues import settle, volunteer
from tests.support import HER, SNATCHED, Clock, ScriptedGateway, alter, count, text_in, texts_out, tickets

BODY = "We have read it. Where was it?"


def write(rt: Runtime, ticket: Ticket, body: str = BODY, *, by: str = "alice", confirmed: frozenset[str] = frozenset()) -> datetime | None:
    return replies.reply(rt, volunteer(rt, by), ticket.reference, version=ticket.version, body=body, confirmed=confirmed)


def written(rt: Runtime) -> list[str]:
    return [text.body for text in texts_out(rt) if text.volunteer_id is not None]


def test_what_she_writes_leaves_through_the_outbox_and_is_told(rt: Runtime, ticket: Ticket) -> None:
    assert write(rt, ticket) is None
    [text] = [one for one in texts_out(rt) if one.volunteer_id is not None]
    assert (text.body, text.segments, text.delivery, text.volunteer_id) == (BODY, 1, "queued", volunteer(rt, "alice").id)
    with rt.reading() as session:
        [event] = session.scalars(select(Event).where(Event.kind == "replied"))
    was = {"status": "assigned", "assignee_id": ticket.assignee_id, "unread": True, "unattended": False}
    assert event.data == {"version": ticket.version, "all_the_same": False, "was": was}
    assert (tickets(rt)[0].version, tickets(rt)[0].unread) == (ticket.version + 1, False)
    send_due(rt, (gateway := ScriptedGateway()).alone, for_s=5)
    assert BODY in [taken.body for taken in gateway.taken]


def test_another_text_by_an_older_page_of_hers_is_no_double_click_and_is_not_lost(rt: Runtime, ticket: Ticket) -> None:
    write(rt, ticket)
    with pytest.raises(TicketMoved):
        write(rt, ticket, "And when was it?")
    assert written(rt) == [BODY]


def test_a_double_click_sends_one_text_and_another_volunteers_form_none(rt: Runtime, ticket: Ticket) -> None:
    write(rt, ticket)
    write(rt, ticket)
    with pytest.raises(TicketMoved):
        write(rt, ticket, by="bob")
    assert written(rt) == [BODY]


def test_other_words_from_a_second_tab_are_not_taken_for_a_double_click(rt: Runtime, ticket: Ticket) -> None:
    write(rt, ticket)
    with pytest.raises(TicketMoved):
        write(rt, ticket, "And when was it?")
    assert written(rt) == [BODY]


@pytest.mark.parametrize(
    ("model", "values", "reason"),
    [
        (Ticket, {"hold": True}, Reason.HOLD),
        (Contact, {"on_hold": True}, Reason.NOT_SAFE),
        (Contact, {"may_text": False}, Reason.NOT_SAFE),
        (Contact, {"stopped_at": datetime.fromisoformat("2026-11-01T00:00+00:00")}, Reason.STOPPED),
        (Contact, {"refused_texts_at": datetime.fromisoformat("2026-11-01T00:00+00:00")}, Reason.REFUSED),
        (Contact, {"kind": "withheld"}, Reason.NO_PHONE),
        (Contact, {"country": "US"}, Reason.NO_PHONE),
        (Contact, numbered("+922135662222"), Reason.LANDLINE),
    ],
)
def test_what_may_not_go_is_refused_with_why(
    rt: Runtime, ticket: Ticket, clock: Clock, model: type, values: dict[str, object], reason: Reason
) -> None:
    clock.forward(minutes=10)  # what the citizen wrote is not so fresh any more that a volunteer may answer it
    alter(rt, model, **values)
    if reason is Reason.LANDLINE:
        alter(rt, Message, read_as=ReadAs.WRITTEN)  # it called: one that texts takes texts
    with pytest.raises(ReplyRefused) as refused:
        write(rt, ticket)
    assert refused.value.args == (reason,)
    assert written(rt) == []


def test_a_text_that_names_too_much_asks_first_and_then_for_the_words_it_showed_only(rt: Runtime, ticket: Ticket) -> None:
    body = "The police of Boat Basin know. Ask for Alice."
    with pytest.raises(SaysTooMuch) as asked:
        write(rt, ticket, body)
    assert asked.value.args == (("police", "Boat Basin", "Alice"),)
    with pytest.raises(SaysTooMuch):
        write(rt, ticket, body, confirmed=frozenset({"police"}))
    assert written(rt) == []
    write(rt, ticket, body, confirmed=frozenset({"police", "Boat Basin", "Alice"}))
    assert written(rt) == [body]


def test_invisible_characters_and_odd_line_ends_do_not_go_out(rt: Runtime, ticket: Ticket) -> None:
    write(rt, ticket, "a\u200bb\u202ec\r\nd\0 \u06c1\u200c\u06d2\ud800 ")
    assert written(rt) == ["abc\nd \u06c1\u200c\u06d2"]
    with pytest.raises(NothingWritten):
        write(rt, tickets(rt)[0], "\u200b \n")


def test_out_of_hours_it_waits_and_she_is_told_until_when(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock) -> None:
    rt = make_rt(contact_hours=Hours())
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    alter(rt, Contact, safe_from=time(14), safe_until=time(16))
    until = write(rt, tickets(rt)[0])
    assert until is not None
    assert until.isoformat() == "2026-11-23T14:00:00+05:00"
    send_due(rt, (gateway := ScriptedGateway()).alone, for_s=5)
    assert BODY not in [taken.body for taken in gateway.taken]
    clock.forward(hours=2)
    send_due(rt, gateway.alone, for_s=5)
    assert BODY in [taken.body for taken in gateway.taken]


def test_the_price_is_by_segments(make_rt: Callable[..., Runtime]) -> None:
    rt = make_rt(sending=Sending(segment_price="3.50"))
    with rt.reading() as session:
        assert str(replies.count(rt, session, "ہ" * 71).price) == "7.00"


def test_nobody_writes_on_a_ticket_that_is_not_hers_to_see_or_work(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Volunteer, role="auditor")
    with pytest.raises(NotAllowed):
        write(rt, ticket)
    alter(rt, Volunteer, role="volunteer")
    alter(rt, Ticket, sealed=True)
    with pytest.raises(NoSuchTicket):
        write(rt, ticket, by="charlie")
    with pytest.raises(NoSuchTicket):
        replies.keep_draft(rt, volunteer(rt, "charlie"), ticket.reference, BODY)
    assert (written(rt), count(rt, Draft)) == ([], 0)


def test_her_next_text_answers_the_ticket_she_was_written_to_about(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    clock.forward(hours=1)
    write(rt, ticket)
    clock.forward(hours=20)
    text_in(rt, "saddar ke paas", sender=HER)
    assert (len(tickets(rt)), tickets(rt)[0].unread) == (1, True)
    clock.forward(hours=73)
    text_in(rt, "kuch aur baat hai", sender=HER)
    assert len(tickets(rt)) == 2


def test_a_draft_is_kept_replaced_and_gone_when_sent(rt: Runtime, ticket: Ticket) -> None:
    for body in ("We", BODY):
        replies.keep_draft(rt, volunteer(rt, "alice"), ticket.reference, body)
    with rt.reading() as session:
        assert [(d.body, d.volunteer_id) for d in session.scalars(select(Draft))] == [(BODY, volunteer(rt, "alice").id)]
    write(rt, ticket)
    assert count(rt, Draft) == 0


def at_once(monkeypatch: pytest.MonkeyPatch, name: str, other: Callable[[], object]) -> threading.Thread:
    """Start `other` after that function of the drafts, before its transaction ends."""
    was, thread = getattr(drafts, name), threading.Thread(target=other)

    def then(*args: object, **values: object) -> None:
        was(*args, **values)
        monkeypatch.setattr(drafts, name, was)
        thread.start()
        thread.join(0.5)

    monkeypatch.setattr(drafts, name, then)
    return thread


@pytest.mark.parametrize("first", ["sent", "saved"])
def test_a_draft_on_its_way_while_she_sends_does_not_come_back(
    rt: Runtime, ticket: Ticket, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    alice, refused = volunteer(rt, "alice"), []

    def save() -> None:
        try:
            replies.keep_draft(rt, alice, ticket.reference, BODY[:9], typed_at=ticket.version)
        except FormSent as fault:
            refused.append(fault)

    def send() -> None:
        write(rt, ticket)

    thread = at_once(monkeypatch, "forget" if first == "sent" else "keep", save if first == "sent" else send)
    send() if first == "sent" else save()
    thread.join()
    assert (written(rt), count(rt, Draft), len(refused)) == ([BODY], 0, 1 if first == "sent" else 0)


def test_every_opening_is_told_once_in_ten_minutes_of_a_person(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    alice = volunteer(rt, "alice")

    def viewed(login: str) -> int:
        with rt.reading() as session:
            by = Event.volunteer_id == volunteer(rt, login).id
            return len(session.scalars(select(Event).where(Event.kind == "viewed", by)).all())

    for minutes in (0, 5, 6):
        clock.forward(minutes=minutes)
        casework.view(rt, alice, ticket.reference)
    for login in ("lead", "auditor"):
        casework.view(rt, volunteer(rt, login), ticket.reference)
    assert [viewed(login) for login in ("alice", "lead", "auditor")] == [2, 1, 1]
    assert tickets(rt)[0].version == ticket.version
    clock.forward(minutes=11)
    windows = [threading.Thread(target=lambda: casework.view(rt, alice, ticket.reference)) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert viewed("alice") == 3, "two windows at once are one opening"
