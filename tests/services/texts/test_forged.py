"""What a text may change, if somebody else forged its sender (docs/adr/0017-what-a-forged-number-can-do.md)."""

from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.ticket import Priority, Status
from hotline.gateways.base import GatewayError, Outcome
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.storage.models import Contact, Event, Ticket
from tests.calling import Caller
from tests.services.colleagues import settle, volunteer
from tests.support import OTHER, SNATCHED, Clock, ScriptedGateway, alter, hand_over, said, text_in, tickets


@pytest.fixture
def ticket(rt: Runtime, tmp_path: Path, clock: Clock) -> Ticket:
    """A citizen texted, and gets no more answers to this text."""
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    hand_over(rt)
    clock.forward(hours=1)
    return tickets(rt)[0]


def resolve(rt: Runtime, to: Status = Status.RESOLVED) -> None:
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=to)


def status(rt: Runtime) -> str:
    return tickets(rt)[0].status


@pytest.mark.parametrize("digit", ["1", "2"])
@pytest.mark.parametrize("with_reference", [False, True])
def test_1_and_2_count_only_once_the_question_was_sent(rt: Runtime, ticket: Ticket, digit: str, with_reference: bool) -> None:
    resolve(rt)
    body = f"{ticket.reference} {digit}" if with_reference else digit
    text_in(rt, body)
    assert status(rt) == Status.RESOLVED
    hand_over(rt)
    text_in(rt, body)
    assert status(rt) == (Status.CLOSED if digit == "1" else Status.REOPENED)


@pytest.mark.parametrize(("code", "outcome", "counts"), [("21614", Outcome.REFUSED, False), ("503", Outcome.UNKNOWN, True)])
def test_a_question_the_gateway_refused_is_none_and_one_that_may_have_left_is(
    rt: Runtime, ticket: Ticket, code: str, outcome: Outcome, counts: bool
) -> None:
    resolve(rt)
    hand_over(rt, ScriptedGateway([GatewayError(code, outcome)]))
    text_in(rt, "2")
    assert status(rt) == (Status.REOPENED if counts else Status.RESOLVED)


def test_a_question_asked_anew_is_not_answered_by_the_text_of_the_one_before(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    resolve(rt)
    hand_over(rt)
    text_in(rt, "2")
    clock.forward(minutes=1)
    alter(rt, Contact, may_text=False)
    resolve(rt)
    hand_over(rt)
    text_in(rt, "1")
    assert status(rt) == Status.RESOLVED


def test_an_answer_to_the_reference_is_no_question(rt: Runtime, ticket: Ticket) -> None:
    """Our question did not leave. Later the phone asks about its reference: the answer asks nothing, so a digit answers nothing."""
    resolve(rt)
    hand_over(rt, ScriptedGateway([GatewayError("21614", Outcome.REFUSED)]))
    text_in(rt, ticket.reference)
    assert said(rt)[-1] == "status_in_progress"
    hand_over(rt)
    text_in(rt, "2")
    assert status(rt) == Status.RESOLVED


@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
def test_a_question_is_too_old_after_thirty_days(rt: Runtime, ticket: Ticket, clock: Clock, to: Status) -> None:
    resolve(rt, to)
    hand_over(rt)
    clock.forward(days=30, seconds=1)
    text_in(rt, "2")
    assert status(rt) == to


def test_another_phone_answers_nothing(rt: Runtime, ticket: Ticket) -> None:
    resolve(rt)
    hand_over(rt)
    text_in(rt, "1", sender=OTHER)
    text_in(rt, f"{ticket.reference} 1", sender=OTHER)
    assert status(rt) == Status.RESOLVED


@pytest.mark.parametrize("values", [{"priority": Priority.URGENT}, {"hold": True}, {"sealed": True}], ids=["urgent", "held", "sealed"])
def test_what_is_urgent_held_or_sealed_is_never_closed_by_a_text_and_2_reopens_it(
    rt: Runtime, ticket: Ticket, values: dict[str, object]
) -> None:
    resolve(rt)
    hand_over(rt)
    alter(rt, Ticket, **values)
    text_in(rt, "1")
    [now] = tickets(rt)
    assert (now.status, now.unread) == (Status.RESOLVED, True), "a person reads the answer, and closes the ticket or does not"
    text_in(rt, "2")
    assert status(rt) == Status.REOPENED


def test_a_ticket_closed_by_a_text_says_so_and_a_2_reopens_it_even_if_the_answer_to_the_1_was_left_out(rt: Runtime, ticket: Ticket) -> None:
    resolve(rt)
    hand_over(rt)
    for _ in range(rt.config.conversation.replies_per_sender):  # somebody who forges the number uses up its answers for this hour
        text_in(rt, "MENU")
    text_in(rt, "1")
    with rt.reading() as session:
        closed = session.scalars(select(Event).where(Event.kind == "moved").order_by(Event.id.desc())).first()
    assert closed is not None
    assert (status(rt), closed.data["by"]) == (Status.CLOSED, "citizen")
    text_in(rt, "2")
    assert status(rt) == Status.REOPENED


@pytest.mark.parametrize("mark", [{"may_text": False}, {"may_call": False}, {"on_hold": True}])
def test_neither_on_nor_a_yes_on_a_call_undoes_what_a_volunteer_marked(rt: Runtime, ticket: Ticket, mark: dict[str, bool]) -> None:
    alter(rt, Contact, **mark)
    text_in(rt, "ON")
    Caller(rt).ring().press("1", "1", "1", "1", "1").hang_up()
    with rt.reading() as session:
        contact = session.scalars(select(Contact)).one()
    assert {name: getattr(contact, name) for name in mark} == mark


@pytest.mark.parametrize("word", ["OFF", "no"])
def test_off_and_a_no_on_a_call_stop_what_we_start_and_no_answer(rt: Runtime, ticket: Ticket, word: str) -> None:
    if word == "no":
        Caller(rt).ring().press("1", "1", "2", "2").hang_up()  # it is known: its call starts at the main menu
    else:
        text_in(rt, word)
    resolve_first(rt)
    gateway = hand_over(rt)
    assert not any("kaam ho raha" in text.body for text in gateway.taken)
    text_in(rt, ticket.reference)
    assert len(hand_over(rt).taken) == 1
    text_in(rt, "ON")
    with rt.reading() as session:
        assert session.scalars(select(Contact)).one().wants_no_texts is (word == "no"), "only a person takes a no back"


def resolve_first(rt: Runtime) -> None:
    first = tickets(rt)[0]
    casework.change_status(rt, volunteer(rt, "alice"), first.reference, version=first.version, to=Status.IN_PROGRESS)
