"""A complaint typed in by a volunteer: one ticket, and a number that is a note until its phone gives the reference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain import texts
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.ticket import Priority, Status
from hotline.outbox import queue_text
from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.services.people.account import choose
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework, walkin
from hotline.services.tickets.walkin import Complaint, FormUsed, NoPhone
from hotline.storage import calls, outgoing
from hotline.storage.models import Contact, Event, Message, Question, Ticket, TypedPhone
from tests.calling import contact_of as contact_with
from tests.services.calls.test_missedcalls import CallingGateway
from tests.services.colleagues import settle, volunteer
from tests.support import HER, ScriptedGateway, count, said, text_in, texts_out, tickets

TOKEN = "0" * 31 + "1"
SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
AT_THE_DESK = Complaint(token=TOKEN, words=SNATCHED, language="sd", number="0300 1234501")


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def take_down(rt: Runtime, told: Complaint = AT_THE_DESK) -> Ticket:
    """Alice types the complaint in."""
    reference = walkin.take_down(rt, volunteer(rt, "alice"), told)
    return next(ticket for ticket in tickets(rt) if ticket.reference == reference)


def contact_of(rt: Runtime, ticket: Ticket) -> Contact:
    with rt.reading() as session:
        return session.get_one(Contact, ticket.contact_id)


def typed(rt: Runtime) -> list[str]:
    """The typed numbers, oldest first."""
    with rt.reading() as session:
        return [one.address for one in session.scalars(select(TypedPhone).order_by(TypedPhone.made_at))]


def phone_of(rt: Runtime, login: str) -> Contact:
    """That volunteer's own phone: its number was typed in, and it has not contacted us."""
    choose(rt, volunteer(rt, login).id, phone=HER, takes_women=False, keeps_pauses=True)
    return contact_with(rt, HER)


def resolve(rt: Runtime, ticket: Ticket) -> None:
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.RESOLVED)


def test_it_opens_a_ticket_with_her_words_and_is_routed(rt: Runtime) -> None:
    ticket = take_down(rt, replace(AT_THE_DESK, wants_woman=True))
    with rt.reading() as session:
        [event] = session.scalars(select(Event))
        [message] = session.scalars(select(Message))
    assert (ticket.walk_in, ticket.wants_woman, ticket.status, ticket.category) == (True, True, Status.NEW, "snatching")
    assert (event.kind, event.volunteer_id, event.data["by"]) == ("opened", volunteer(rt, "alice").id, "walk_in")
    assert (message.direction, message.body, message.read_as, message.ticket_id) == ("in", SNATCHED, "written", ticket.id)
    contact = contact_of(rt, ticket)
    assert (contact.address, contact.kind, contact.language, typed(rt)) == (None, "withheld", "sd", [HER])
    assert rt.bell.rung == ["workers.jobs.route_due"]  # type: ignore[attr-defined]


def test_no_receipt_leaves_whoever_the_number_is(rt: Runtime) -> None:
    take_down(rt)
    text_in(rt, "salam", sender="+923331234502")
    before = said(rt)
    take_down(rt, replace(AT_THE_DESK, token="2" * 32, number="03331234502"))
    assert said(rt) == before


def test_a_typed_number_was_never_heard_from(rt: Runtime) -> None:
    ticket, other = take_down(rt), take_down(rt, replace(AT_THE_DESK, token="2" * 32))
    assert ticket.contact_id != other.contact_id
    assert (count(rt, Contact), contact_of(rt, ticket).times_seen, typed(rt)) == (2, 0, [HER, HER])


def test_a_change_of_status_is_not_texted_to_it_and_asks_it_nothing(rt: Runtime) -> None:
    resolve(rt, take_down(rt))
    assert texts_out(rt) == []
    assert count(rt, Question) == 0


def test_nothing_is_queued_to_it_not_even_an_answer(rt: Runtime) -> None:
    contact = contact_of(rt, take_down(rt))
    with rt.transaction() as tx:
        for answers_id in (None, 1):
            assert not queue_text(rt, tx, texts.RECEIPT, contact, ticket_id=None, ref="482719365", answers_id=answers_id)


@pytest.mark.parametrize("text_key", [texts.RECEIPT.key, None])
def test_what_stands_queued_to_it_all_the_same_is_not_sent(rt: Runtime, text_key: str | None) -> None:
    contact = contact_of(rt, take_down(rt))
    with rt.transaction() as tx:
        row = {"contact_id": contact.id, "body": "x", "text_key": text_key, "language": "sd", "segments": 1, "rank": 0}
        outgoing.queue(tx.session, ticket_id=None, answers_id=None, **outgoing.due_at_once(now=tx.now, **row))
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert gateway.taken == []
    assert (texts_out(rt)[0].delivery, texts_out(rt)[0].reason) == (Delivery.FAILED, Reason.NOT_SAFE)


def test_a_volunteers_own_phone_is_texted_for_herself_and_for_no_ticket(rt: Runtime) -> None:
    ticket, contact = take_down(rt), phone_of(rt, "bob")
    with rt.transaction() as tx:
        row = {"contact_id": contact.id, "text_key": None, "language": "sd", "segments": 1, "rank": 0}
        for body, about in (("to her", None), ("of a ticket", ticket.id)):
            queued = outgoing.due_at_once(now=tx.now, body=body, **row)
            outgoing.queue(tx.session, ticket_id=about, answers_id=None, **queued)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [text.body for text in gateway.taken] == ["to her"]


def test_it_is_not_rung(rt: Runtime) -> None:
    contact, gateway = phone_of(rt, "bob"), CallingGateway()
    with rt.transaction() as tx:
        row = {"direction": "back", "gateway": "twilio", "gateway_id": None, "contact_id": contact.id, "walk": {}}
        calls.keep(tx.session, now=tx.now, next_attempt_at=tx.now, **row)
    place_calls(rt, gateway)
    assert gateway.placed == []
    with rt.transaction() as tx:  # the same call is placed to a citizen who rang us: the refusal was about a number that never contacted us
        tx.session.execute(update(Contact).where(Contact.id == contact.id).values(times_seen=1))
        calls.keep(tx.session, now=tx.now, next_attempt_at=tx.now, **row)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER]


def test_without_a_number_nobody_can_be_reached(rt: Runtime) -> None:
    ticket = take_down(rt, replace(AT_THE_DESK, number=""))
    other = take_down(rt, replace(AT_THE_DESK, token="2" * 32, number=""))
    assert contact_of(rt, ticket).address is None
    assert ticket.contact_id != other.contact_id
    resolve(rt, ticket)
    assert texts_out(rt) == []


@pytest.mark.parametrize(
    "number",
    [
        "+92 300 1234501",
        "0300-1234501",
        "0092 300 1234501",
        "۰۳۰۰ ۱۲۳۴۵۰۱",
        "3001234501",
        "0300\u20111234\u2013501",
        "\u200e0300\u00a01234501",
    ],
)
def test_a_number_is_read_however_it_is_written(rt: Runtime, number: str) -> None:
    take_down(rt, replace(AT_THE_DESK, number=number))
    assert typed(rt) == [HER]


@pytest.mark.parametrize("number", ["0300", "my brother", "8300", "0300-PIZZAAA", "15", "<b>", "anonymous"])
def test_what_is_no_phone_number_is_refused_and_opens_nothing(rt: Runtime, number: str) -> None:
    with pytest.raises(NoPhone):
        take_down(rt, replace(AT_THE_DESK, number=number))
    assert (tickets(rt), count(rt, Contact)) == ([], 0)


def test_a_form_sent_twice_opens_one_ticket(rt: Runtime) -> None:
    assert take_down(rt).reference == take_down(rt).reference
    assert (len(tickets(rt)), count(rt, Message), count(rt, Event)) == (1, 1, 1)


def test_a_form_sent_many_times_at_once_opens_one_ticket(rt: Runtime) -> None:
    alice = volunteer(rt, "alice")
    with ThreadPoolExecutor(8) as pool:
        opened = [pool.submit(walkin.take_down, rt, alice, AT_THE_DESK) for _ in range(8)]
        references = {one.result() for one in opened}
    assert references == {tickets(rt)[0].reference}
    assert (len(tickets(rt)), count(rt, Message), count(rt, Event), count(rt, Contact)) == (1, 1, 1, 1)
    assert typed(rt) == [HER]


def test_a_form_sent_again_with_other_words_says_which_ticket_it_opened(rt: Runtime) -> None:
    ticket = take_down(rt)
    with pytest.raises(FormUsed) as refused:
        take_down(rt, replace(AT_THE_DESK, words="something else altogether"))
    assert refused.value.args == (ticket.reference,)
    assert len(tickets(rt)) == 1


def test_her_words_seal_hold_and_raise_it_whatever_kind_was_chosen(rt: Runtime) -> None:
    sealed = take_down(rt, replace(AT_THE_DESK, words=BRIBED, category="theft"))
    assert (sealed.sealed, sealed.hold, sealed.category) == (True, True, "police")
    cry = take_down(rt, replace(AT_THE_DESK, token="2" * 32, words="bachao"))
    assert cry.priority == Priority.URGENT


def test_the_kind_she_chose_is_its_kind(rt: Runtime) -> None:
    ticket = take_down(rt, replace(AT_THE_DESK, words="something happened", category="police"))
    assert (ticket.category, ticket.sealed) == ("police", True)
