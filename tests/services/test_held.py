"""A phone with a ticket that is on hold or sealed: whatever we start asks about the phone, by text and by call, whatever it is about."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from hotline.domain.closing import HowTold
from hotline.domain.danger import BroughtIn
from hotline.domain.delivery import Reason
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.services.tickets import acting, casework, replies
from hotline.services.tickets.reach import SafeContact, reach
from hotline.services.tickets.replies import ReplyRefused
from hotline.services.tickets.routing import route_due
from hotline.storage import holds
from hotline.storage.models import Contact, Message, Question, Ticket
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, missed, reasons
from tests.services.colleagues import settle, volunteer
from tests.support import HER, SNATCHED, Clock, alter, count, hand_over, text_in, tickets

HELD = "mere bhai ko aghwa kar liya hai"
SEALED = "thana ke SHO ne rishwat mangi"
both_kinds = pytest.mark.parametrize("words", [HELD, SEALED])


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


def open_two(rt: Runtime, clock: Clock, words: str) -> tuple[Ticket, Ticket]:
    """The same phone writes about a theft, and later about something that is put on hold or sealed. Both receipts have left."""
    for body in (SNATCHED, words):
        text_in(rt, body)
        clock.forward(minutes=11)
    route_due(rt)
    if words == SEALED:
        only(rt, hold=False)
    hand_over(rt)
    plain, kept = tickets(rt)
    assert (plain.hold or plain.sealed, kept.hold, kept.sealed) == (False, words == HELD, words == SEALED)
    return plain, kept


def only(rt: Runtime, **values: object) -> None:
    """Set these values in the newest ticket."""
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == tickets(rt)[-1].id).values(**values))


def move(rt: Runtime, ticket: Ticket, to: Status, *, by: str = "alice") -> None:
    if to in (Status.RESOLVED, Status.CLOSED):  # without an act nobody ends the work on danger
        before = tickets(rt)[ticket.id - 1].version
        acting.bring_in(rt, volunteer(rt, by), ticket.reference, version=before, whom=BroughtIn.RESCUE, note="")
    undemanding = dataclasses.replace(rt, protocols=())  # what protocol cards demand is another matter
    version = tickets(rt)[ticket.id - 1].version
    casework.change_status(undemanding, volunteer(rt, by), ticket.reference, version=version, to=to, told=HowTold.CALL)


def write(rt: Runtime, ticket: Ticket, *, by: str = "alice") -> None:
    version = tickets(rt)[ticket.id - 1].version
    replies.reply(rt, volunteer(rt, by), ticket.reference, version=version, body="Where was it?", confirmed=frozenset())


def last(rt: Runtime) -> tuple[str | None, str | None]:
    """What became of the newest text of ours."""
    hand_over(rt)
    with rt.reading() as session:
        message = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id.desc())).first()
    assert message is not None
    return message.delivery, message.reason


@both_kinds
def test_no_machine_texts_the_phone_about_another_ticket_until_the_one_is_closed(rt: Runtime, clock: Clock, words: str) -> None:
    plain, kept = open_two(rt, clock, words)
    owner = "alice" if words == HELD else "charlie"
    move(rt, plain, Status.IN_PROGRESS)
    assert last(rt) == ("failed", "not_safe")
    move(rt, kept, Status.RESOLVED, by=owner)
    move(rt, plain, Status.REFERRED)
    move(rt, plain, Status.IN_PROGRESS)
    assert last(rt) == ("failed", "not_safe"), "resolved is not closed"
    move(rt, kept, Status.CLOSED, by=owner)
    move(rt, plain, Status.RESOLVED)
    assert last(rt) == ("sent", None)


@both_kinds
def test_a_text_that_waits_is_held_back_by_a_ticket_that_comes_meanwhile(rt: Runtime, clock: Clock, words: str) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    hand_over(rt)
    move(rt, tickets(rt)[0], Status.IN_PROGRESS)
    clock.forward(minutes=11)
    text_in(rt, words)
    hand_over(rt)
    with rt.reading() as session:
        texts = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id)).all()
    assert [(m.text_key, m.delivery, m.reason) for m in texts] == [
        ("receipt", "sent", None),
        ("status_in_progress", "failed", "not_safe"),
        ("receipt", "sent", None),
    ]


@pytest.mark.parametrize(("words", "reason"), [(HELD, "hold"), (SEALED, "sealed")])
@pytest.mark.parametrize("to", [Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED])
def test_no_machine_texts_about_the_held_or_sealed_ticket_itself_whatever_its_status(
    rt: Runtime, clock: Clock, words: str, reason: str, to: Status
) -> None:
    _, kept = open_two(rt, clock, words)
    move(rt, kept, to, by="alice" if words == HELD else "charlie")
    assert last(rt) == ("failed", reason)
    assert count(rt, Question) == 0


@both_kinds
@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
def test_no_question_is_opened_that_will_not_be_sent(rt: Runtime, clock: Clock, words: str, to: Status) -> None:
    plain, _ = open_two(rt, clock, words)
    move(rt, plain, to)
    assert count(rt, Question) == 0


def test_no_question_is_opened_to_a_phone_that_is_marked(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    alter(rt, Contact, on_hold=True)
    move(rt, tickets(rt)[0], Status.RESOLVED)
    assert count(rt, Question) == 0


@both_kinds
def test_answers_to_the_phones_own_texts_go_all_the_same(rt: Runtime, clock: Clock, words: str) -> None:
    plain, _ = open_two(rt, clock, words)
    text_in(rt, plain.reference)
    assert last(rt) == ("sent", None)


@both_kinds
def test_a_volunteer_of_another_ticket_is_refused_as_for_any_marked_phone(rt: Runtime, clock: Clock, words: str) -> None:
    plain, _ = open_two(rt, clock, words)
    with pytest.raises(ReplyRefused) as because_of_another:
        write(rt, plain)
    only(rt, hold=False, sealed=False)
    write(rt, plain)
    only(rt, hold=words == HELD, sealed=words == SEALED)
    assert last(rt) == ("failed", "not_safe"), "asked again as it leaves"
    only(rt, hold=False, sealed=False)
    alter(rt, Contact, on_hold=True)
    with pytest.raises(ReplyRefused) as because_it_is_marked:
        write(rt, plain)
    assert because_of_another.value.args == because_it_is_marked.value.args == (Reason.NOT_SAFE,)


def test_about_the_sealed_ticket_itself_a_person_may_write_and_about_the_held_one_nobody(rt: Runtime, clock: Clock) -> None:
    _, sealed = open_two(rt, clock, SEALED)
    write(rt, sealed, by="charlie")
    assert last(rt) == ("sent", None)
    only(rt, hold=True)
    with pytest.raises(ReplyRefused) as refused:
        write(rt, sealed, by="charlie")
    assert refused.value.args == (Reason.HOLD,)


def test_two_sealed_tickets_do_not_silence_their_own_team(rt: Runtime, clock: Clock) -> None:
    open_two(rt, clock, SEALED)
    text_in(rt, SEALED)
    route_due(rt)
    only(rt, hold=False)
    hand_over(rt)
    write(rt, tickets(rt)[-1], by="charlie")
    assert last(rt) == ("sent", None)


@both_kinds
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_missed_call_of_the_phone_is_not_called_back(rt: Runtime, clock: Clock, words: str, when: str) -> None:
    gateway = CallingGateway()
    if when == "after":
        missed(rt)
    text_in(rt, words)
    only(rt, hold=words == HELD, status=Status.RESOLVED)
    if when == "before":
        missed(rt)
    place_calls(rt, gateway)
    assert (gateway.placed, reasons(rt)[-1][1]) == ([], "not_safe")
    only(rt, status=Status.CLOSED)
    clock.forward(minutes=6)
    missed(rt)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [HER]


def shown(rt: Runtime, ticket: Ticket) -> SafeContact:
    """The safe contact as the ticket's page shows it."""
    with rt.reading() as session:
        contact = session.get_one(Contact, ticket.contact_id)
        return SafeContact.of(contact, phone_held=holds.of(session, contact.id, ticket).phone_held)


def test_the_safe_contact_of_another_ticket_shows_a_hold_and_never_takes_it_for_its_own_mark(rt: Runtime, clock: Clock) -> None:
    plain, sealed = open_two(rt, clock, SEALED)
    before = shown(rt, plain)
    assert (before.on_hold, shown(rt, sealed).on_hold) == (True, False)
    safer = dataclasses.replace(before, may_call=False)
    reach(rt, volunteer(rt, "bob"), plain.reference, version=tickets(rt)[0].version, was=before.mark, wanted=safer, note="")
    with rt.reading() as session:
        contact = session.get_one(Contact, plain.contact_id)
    assert (contact.may_call, contact.on_hold) == (False, False)
    looser = dataclasses.replace(safer, on_hold=False)
    reach(rt, volunteer(rt, "lead"), plain.reference, version=tickets(rt)[0].version, was=safer.mark, wanted=looser, note="why")
    assert shown(rt, plain).on_hold, "lifting a mark lifts nothing that another ticket asks for"


def test_what_holds_a_phone_back_is_found_by_an_index(rt: Runtime, clock: Clock) -> None:
    """The sending worker asks it of each text that is due."""
    open_two(rt, clock, HELD)
    statement = select(holds.phone_held()).select_from(Contact).outerjoin(Ticket, Ticket.id == 0)
    with rt.transaction() as tx:
        written = str(statement.compile(tx.session.connection(), compile_kwargs={"literal_binds": True}))
        if tx.session.get_bind().dialect.name == "sqlite":
            plan = " ".join(row[-1] for row in tx.session.execute(text(f"EXPLAIN QUERY PLAN {written}")))
        else:
            tx.session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = " ".join(row[0] for row in tx.session.execute(text(f"EXPLAIN {written}")))
    assert "ix_tickets_holds_back" in plan
