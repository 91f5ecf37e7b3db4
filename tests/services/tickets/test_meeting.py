"""A phone whose number was typed in on a walk-in: a stranger to it, and a phone of its own, until it gives the reference."""

import contextlib
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain import reference
from hotline.runtime import Runtime
from hotline.services.tickets import reach, replies
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.replies import ReplyRefused
from hotline.storage import holds
from hotline.storage.models import Contact, Event, Message, Question
from tests.calling import Caller
from tests.calling import contact_of as contact_with
from tests.services.colleagues import settle, volunteer
from tests.services.tickets.test_walkin import AT_THE_DESK, SNATCHED, contact_of, resolve, take_down
from tests.support import HER, OTHER, Clock, count, said, text_in, texts_out, tickets


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def messages_of(rt: Runtime, contact: Contact) -> list[str]:
    with rt.reading() as session:
        return [m.body for m in session.scalars(select(Message).where(Message.contact_id == contact.id).order_by(Message.id))]


def events_of(rt: Runtime) -> list[tuple[str, str | None]]:
    """The kind of each event, and for a phone that was met, how."""
    with rt.reading() as session:
        found = session.scalars(select(Event).order_by(Event.id)).all()
    return [(one.kind, one.data.get("by") if one.kind == "phone_met" else None) for one in found]


def unknown(n: int) -> str:
    """A valid reference that no ticket has."""
    return reference.draw(lambda most: n % most)


def test_once_its_phone_has_texted_the_reference_the_ticket_is_that_phones(rt: Runtime) -> None:
    before = take_down(rt)
    text_in(rt, before.reference)
    [ticket] = tickets(rt)
    contact = contact_of(rt, ticket)
    assert (contact.address, contact.times_seen, ticket.version) == (HER, 1, before.version + 1)
    [answer] = texts_out(rt)
    # The status as its own citizen is told it, not the stage that strangers are told, in the language chosen at the desk.
    assert (answer.ticket_id, answer.contact_id, answer.language) == (ticket.id, contact.id, "sd")
    assert messages_of(rt, contact) == [SNATCHED, ticket.reference, answer.body]
    assert events_of(rt) == [("opened", None), ("phone_met", "citizen")]
    text_in(rt, f"{ticket.reference} wo phir aaye thay")
    assert len(tickets(rt)) == 1
    resolve(rt, tickets(rt)[0])
    assert (said(rt)[-1], count(rt, Question)) == ("status_resolved", 1)


def test_once_its_phone_has_keyed_the_reference_the_ticket_is_that_phones(rt: Runtime) -> None:
    ticket = take_down(rt)
    caller = Caller(rt).ring().press("1", "2", ticket.reference)
    assert (caller.hears[0], caller.row.lookups) == ("stage_received", 0)
    assert contact_of(rt, tickets(rt)[0]).address == HER
    assert events_of(rt)[-1] == ("phone_met", "call")


def test_a_first_text_with_words_keeps_its_own_language(rt: Runtime) -> None:
    ticket = take_down(rt)
    text_in(rt, f"{ticket.reference} mera mobile kab milega")
    assert contact_of(rt, tickets(rt)[0]).language == "ur-Latn"


def marks(contact: Contact) -> SafeContact:
    return SafeContact.of(contact, phone_held=contact.on_hold)


def test_what_was_said_at_the_desk_of_the_phone_holds_once_it_is_met(rt: Runtime) -> None:
    text_in(rt, "salam")
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(may_call=False, safe_from=time(9), safe_until=time(18)))
    ticket = take_down(rt)
    wanted = SafeContact(may_text=True, may_call=True, safe_from=time(10), safe_until=None, on_hold=True)
    was = marks(contact_of(rt, ticket))
    reach.reach(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, was=was.mark, wanted=wanted, note="at work")
    known = marks(contact_with(rt, HER))
    assert known == SafeContact(may_text=True, may_call=False, safe_from=time(9), safe_until=time(18), on_hold=False)
    text_in(rt, ticket.reference)
    now = marks(contact_of(rt, tickets(rt)[0]))
    assert now == SafeContact(may_text=True, may_call=False, safe_from=time(10), safe_until=time(18), on_hold=True)


def test_a_known_number_keeps_its_own_and_is_a_stranger_to_the_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "do larkon ne mera mobile cheen liya")
    own, walk_in = tickets(rt)[0], take_down(rt, replace(AT_THE_DESK, words="bachao, ghar mein ghus gaye", category="harassment"))
    assert (walk_in.hold, contact_of(rt, walk_in).language, contact_with(rt, HER).language) == (True, "sd", "ur-Latn")
    # A reply is refused, so no later text answers it; a change of status is texted to nobody.
    sent = said(rt)
    for act in (
        lambda: replies.reply(
            rt, volunteer(rt, "alice"), walk_in.reference, version=walk_in.version, body="We read it.", confirmed=frozenset()
        ),
        lambda: resolve(rt, walk_in),
    ):
        with contextlib.suppress(ReplyRefused):
            act()
    assert said(rt) == sent
    clock.forward(hours=5)
    text_in(rt, "aur unho ne batwa bhi liya")
    assert [ticket.contact_id for ticket in tickets(rt)] == [own.contact_id, walk_in.contact_id, own.contact_id]
    # The walk-in's hold holds nobody else.
    with rt.reading() as session:
        assert not holds.of(session, own.contact_id, None).phone_held


def test_a_stranger_with_the_reference_hears_what_a_stranger_hears(rt: Runtime) -> None:
    ticket = take_down(rt)
    text_in(rt, ticket.reference, sender=OTHER)
    assert contact_of(rt, tickets(rt)[0]).address is None
    assert texts_out(rt)[-1].ticket_id is None


def test_without_a_look_up_left_it_is_met_on_another_day(rt: Runtime, clock: Clock) -> None:
    ticket = take_down(rt)
    text_in(rt, "salam")
    for n in range(rt.config.conversation.lookups_per_day):
        text_in(rt, unknown(n))
    text_in(rt, ticket.reference)
    assert (contact_of(rt, tickets(rt)[0]).address, said(rt)[-1]) == (None, "reference_refused")
    clock.forward(hours=25)
    text_in(rt, ticket.reference)
    assert contact_of(rt, tickets(rt)[0]).address == HER


def test_a_text_with_many_references_meets_by_the_first_alone(rt: Runtime) -> None:
    ticket = take_down(rt)
    text_in(rt, f"{unknown(1)} {ticket.reference}")
    assert contact_of(rt, tickets(rt)[0]).address is None


def test_a_text_delivered_twice_meets_once(rt: Runtime) -> None:
    ticket = take_down(rt)
    for _ in range(2):
        text_in(rt, ticket.reference, gateway_id="SM" + "e" * 32)
    assert events_of(rt) == [("opened", None), ("phone_met", "citizen")]
    assert len(texts_out(rt)) == 1
