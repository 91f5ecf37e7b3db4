"""What an administrator or a lead could do alone, by taking something away."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.grant import Right, RightKind
from hotline.runtime import Runtime
from hotline.services.people import grants, staff
from hotline.services.people.invitations import LinkNotGood, invited
from hotline.services.people.login import come_in, find
from hotline.services.tickets import facts, reach
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.routing import route_due
from hotline.storage.events import EventKind
from hotline.storage.models import Contact, Event
from hotline.storage.peoplemodels import Grant, Volunteer
from tests.services.colleagues import settle, volunteer
from tests.support import Clock, text_in, tickets


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def become(rt: Runtime, login: str, role: str) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(role=role))


@pytest.mark.parametrize("role", [RightKind.AUDITOR, RightKind.ADMINISTRATOR])
def test_to_lose_a_role_gives_no_right_to_read_tickets(rt: Runtime, role: RightKind) -> None:
    become(rt, "alice", role)
    key = come_in(rt, volunteer(rt, "alice"), "")
    staff.take_away(rt, volunteer(rt, "admin").id, "alice", Right(role))
    with rt.reading() as session:
        alice = session.scalars(select(Volunteer).where(Volunteer.login == "alice")).one()
    assert (alice.role, alice.password_hash, find(rt, key)) == ("volunteer", None, None)


def test_links_and_requests_of_a_person_who_has_left_are_void(rt: Runtime) -> None:
    become(rt, "lead", "administrator")
    leaver = volunteer(rt, "lead").id
    token = staff.bring_in(rt, leaver, "dora", "Dora")
    grants.request(rt, leaver, "bob", Right(RightKind.NUMBERS))
    assert invited(rt, token).login == "dora"
    staff.deactivate(rt, volunteer(rt, "admin").id, "lead")
    with pytest.raises(LinkNotGood):
        invited(rt, token)
    with rt.reading() as session:
        assert [one.given for one in session.scalars(select(Grant).where(Grant.asked_by == leaver))] == [False]


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_nobody_is_shut_out_who_works_no_tickets(rt: Runtime, role: str) -> None:
    become(rt, "bob", role)
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    [ticket] = tickets(rt)
    with pytest.raises(NoSuchChoice):
        facts.shut_out(rt, volunteer(rt, "lead"), ticket.reference, version=ticket.version, whom=volunteer(rt, "bob").id, out=True)


def test_a_change_of_the_safe_contact_stands_on_every_open_ticket_of_the_phone(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    clock.forward(hours=100)
    text_in(rt, "thana ke SHO ne rishwat mangi")
    route_due(rt)
    ordinary, sealed = tickets(rt)
    assert sealed.sealed
    with rt.reading() as session:
        contact = session.get_one(Contact, ordinary.contact_id)
    was = SafeContact.of(contact, phone_held=True)  # the sealed one holds the phone
    wanted = SafeContact(may_text=True, may_call=False, safe_from=None, safe_until=None, on_hold=True)
    reach.reach(rt, volunteer(rt, "alice"), ordinary.reference, version=ordinary.version, was=was.mark, wanted=wanted, note="afraid")
    with rt.reading() as session:
        changes = session.scalars(select(Event).where(Event.kind == EventKind.CHANGED).order_by(Event.id)).all()
    assert [(one.ticket_id, one.data["fact"], one.note_id is not None) for one in changes] == [
        (ordinary.id, "may_call", True),
        (sealed.id, "may_call", False),
    ]
