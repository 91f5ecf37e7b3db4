"""Another phone of the citizen's: two people, a reason and the reference, and then it hears what the citizen's own phone hears."""

import pytest
from sqlalchemy import select, update

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.tickets import casework, otherphones
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.otherphones import NoOtherPhone
from hotline.services.tickets.walkin import NoPhone
from hotline.storage.models import Contact, Event, Message, Note, Question, Ticket, TypedPhone
from hotline.storage.tickets import TicketMoved
from tests.calling import Caller, contact_of
from tests.services.colleagues import volunteer
from tests.support import HER, OTHER, alter, count, text_in, texts_out, tickets

GRAVE = ({"hold": True}, {"sealed": True}, {"priority": Priority.URGENT})


def now(rt: Runtime, ticket: Ticket) -> Ticket:
    """The ticket as it is now."""
    return next(one for one in tickets(rt) if one.id == ticket.id)


def add(rt: Runtime, ticket: Ticket, number: str = OTHER, *, by: str = "alice", note: str = "his brother's, they came together") -> int:
    before = {one.id for one in phones(rt)}
    otherphones.add(rt, volunteer(rt, by), ticket.reference, version=now(rt, ticket).version, number=number, note=note)
    [added] = {one.id for one in phones(rt)} - before
    return added


def confirm(rt: Runtime, ticket: Ticket, phone_id: int, *, by: str = "lead") -> None:
    otherphones.confirm(rt, volunteer(rt, by), ticket.reference, version=now(rt, ticket).version, phone_id=phone_id)


def met(rt: Runtime, ticket: Ticket) -> int:
    """The id of another phone that was typed in, confirmed and met."""
    phone_id = add(rt, ticket)
    confirm(rt, ticket, phone_id)
    text_in(rt, ticket.reference, sender=OTHER)
    return phone_id


def phones(rt: Runtime) -> list[TypedPhone]:
    with rt.reading() as session:
        return list(session.scalars(select(TypedPhone).order_by(TypedPhone.made_at)))


def events_of(rt: Runtime) -> list[tuple[str, str]]:
    """What happened to phones, and by whom."""
    with rt.reading() as session:
        found = session.scalars(select(Event).where(Event.kind.startswith("phone_")).order_by(Event.id)).all()
    logins = {volunteer(rt, login).id: login for login in ("alice", "bob", "lead", "head")}
    return [(one.kind, logins.get(one.volunteer_id or 0, one.data.get("by", ""))) for one in found]


def hears(rt: Runtime, body: str) -> str | None:
    """The key of what the other phone is told when it sends that."""
    before = len(texts_out(rt))
    text_in(rt, body, sender=OTHER)
    [answer] = texts_out(rt)[before:]
    return answer.text_key


def test_typed_in_confirmed_and_met_it_hears_what_the_citizens_own_phone_hears(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, status=Status.REFERRED)
    stranger, own = hears(rt, ticket.reference), "status_in_progress"
    assert stranger == "told_elsewhere"
    phone_id = add(rt, ticket, "0333-1234502")
    assert (phones(rt)[0].address, hears(rt, ticket.reference)) == (OTHER, stranger)
    confirm(rt, ticket, phone_id)
    assert phones(rt)[0].met_at is None
    assert hears(rt, ticket.reference) == own
    assert phones(rt)[0].met_at is not None
    assert now(rt, ticket).contact_id == contact_of(rt, HER).id
    assert events_of(rt) == [("phone_added", "alice"), ("phone_confirmed", "lead"), ("phone_met", "citizen")]
    with rt.reading() as session:
        assert session.scalars(select(Note)).one().body == "his brother's, they came together"


def test_keyed_in_on_a_call_it_is_met_too(rt: Runtime, ticket: Ticket) -> None:
    confirm(rt, ticket, add(rt, ticket))
    caller = Caller(rt, OTHER).ring().press("1", "2", ticket.reference)
    assert (caller.hears[0], caller.row.lookups, events_of(rt)[-1]) == ("stage_worked_on", 0, ("phone_met", "call"))


def test_its_text_with_the_reference_is_added_and_one_without_is_its_own(rt: Runtime, ticket: Ticket) -> None:
    met(rt, ticket)
    alter(rt, Ticket, unread=False)
    text_in(rt, f"{ticket.reference} wo phir aaye thay", sender=OTHER)
    with rt.reading() as session:
        added = session.scalars(select(Message).where(Message.read_as == "added")).one()
    assert (added.ticket_id, added.contact_id, now(rt, ticket).unread) == (ticket.id, contact_of(rt, OTHER).id, True)
    text_in(rt, "mera batwa gum gaya", sender=OTHER)
    assert [one.contact_id for one in tickets(rt)] == [contact_of(rt, HER).id, contact_of(rt, OTHER).id]


def test_nothing_is_started_to_it_and_it_is_asked_nothing(rt: Runtime, ticket: Ticket) -> None:
    met(rt, ticket)
    sent = len(texts_out(rt))
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=now(rt, ticket).version, to=Status.RESOLVED)
    assert [text.contact_id for text in texts_out(rt)[sent:]] == [contact_of(rt, HER).id]
    with rt.reading() as session:
        assert session.scalars(select(Question.contact_id)).all() == [contact_of(rt, HER).id]
    text_in(rt, "1", sender=OTHER)
    text_in(rt, f"1 {ticket.reference}", sender=OTHER)
    assert now(rt, ticket).status == Status.RESOLVED


def test_two_people_confirm_it(rt: Runtime, ticket: Ticket) -> None:
    phone_id = add(rt, ticket, by="lead")
    for login in ("lead", "alice"):
        with pytest.raises(NotAllowed):
            confirm(rt, ticket, phone_id, by=login)
    confirm(rt, ticket, phone_id, by="head")
    confirm(rt, ticket, phone_id, by="head")
    assert events_of(rt) == [("phone_added", "lead"), ("phone_confirmed", "head")]


def test_it_takes_a_reason_and_a_phones_number(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoteMissing):
        add(rt, ticket, note=" ")
    for number in ("0300", "my brother", ""):
        with pytest.raises(NoPhone):
            add(rt, ticket, number)
    assert (phones(rt), count(rt, Note)) == ([], 0)


def test_a_form_sent_twice_adds_one_phone(rt: Runtime, ticket: Ticket) -> None:
    for refused in (False, True):
        try:
            otherphones.add(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, number=OTHER, note="hers")
        except TicketMoved:
            assert refused
    assert len(phones(rt)) == 1


def test_the_number_that_opened_the_ticket_and_a_number_twice_are_taken_like_any_other(rt: Runtime, ticket: Ticket) -> None:
    for number in (HER, OTHER, OTHER):
        confirm(rt, ticket, add(rt, ticket, number))
    text_in(rt, ticket.reference)
    text_in(rt, ticket.reference, sender=OTHER)
    assert [one.met_at is not None for one in phones(rt)].count(True) == 1
    assert count(rt, Contact) == 2


@pytest.mark.parametrize("grave", GRAVE, ids=str)
def test_on_hold_sealed_or_urgent_no_other_phone_is_added_or_confirmed(rt: Runtime, ticket: Ticket, grave: dict[str, object]) -> None:
    phone_id = add(rt, ticket)
    alter(rt, Ticket, **grave)
    with pytest.raises(NoOtherPhone):
        add(rt, ticket)
    with pytest.raises(NoOtherPhone):
        confirm(rt, ticket, phone_id)
    assert [event for event, _ in events_of(rt)] == ["phone_added"]


@pytest.mark.parametrize("grave", GRAVE, ids=str)
@pytest.mark.parametrize("was_met", [False, True])
def test_on_a_ticket_that_became_so_it_hears_what_a_stranger_hears(
    rt: Runtime, ticket: Ticket, grave: dict[str, object], was_met: bool
) -> None:
    alter(rt, Ticket, status=Status.REFERRED)
    stranger = "+923211234505"
    phone_id = add(rt, ticket)
    confirm(rt, ticket, phone_id)
    if was_met:
        text_in(rt, ticket.reference, sender=OTHER)
    alter(rt, Ticket, **grave)
    text_in(rt, ticket.reference, sender=stranger)
    assert hears(rt, ticket.reference) == texts_out(rt)[-2].text_key != "status_in_progress"
    assert (phones(rt)[0].met_at is not None) is was_met
    alter(rt, Ticket, hold=False, sealed=False, priority=Priority.NORMAL)
    assert hears(rt, ticket.reference) == "status_in_progress"


def test_taken_away_it_is_a_stranger_again(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, status=Status.REFERRED)
    phone_id = met(rt, ticket)
    otherphones.take_away(rt, volunteer(rt, "bob"), ticket.reference, version=now(rt, ticket).version, phone_id=phone_id)
    assert (phones(rt), events_of(rt)[-1]) == ([], ("phone_taken_away", "bob"))
    assert hears(rt, ticket.reference) == "told_elsewhere"


def test_a_phone_of_another_ticket_is_no_phone_of_this_one(rt: Runtime, ticket: Ticket) -> None:
    phone_id = add(rt, ticket)
    text_in(rt, "mera batwa gum gaya", sender="+923211234505")
    other = tickets(rt)[-1]
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == other.id).values(team_id=ticket.team_id))
    with pytest.raises(NoSuchChoice):
        confirm(rt, other, phone_id)
    with pytest.raises(NoSuchChoice):
        otherphones.take_away(rt, volunteer(rt, "bob"), other.reference, version=other.version, phone_id=phone_id)
