"""The numbers in what people wrote are whole for nobody without the right, on no page; who works on a ticket may ask for them."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from hotline.domain.message import READ
from hotline.domain.rights import Role
from hotline.runtime import Runtime
from hotline.services.tickets import indexing, search
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Message, Ticket
from tests.services.colleagues import volunteer
from tests.support import OTHER, Clock, alter, text_in, tickets
from tests.web.test_otherphones import add
from tests.web.test_roles import become
from tests.web.test_roster import team
from tests.web.test_working import at, happened
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]

CNIC, CARD, ACCOUNT, MOBILE, URDU = "42101-7654321-9", "4111 1111 1111 1111", "PK36SCBL0000001123456702", "0333.9876543", "۰۳۱۲ ۵۵۵۴۴۴۳"
PIECES = ("42101", "765432", "4111 1", "1111 1", "PK36", "112345", "0333.9", "98765", "۰۳۱۲", "۵۵۵۴")
# Where the page shows the beginning of it, that ends within a number: after 80 characters, 120 and `READ`.
LONG = f"{'motorcycle chori hui '.ljust(72, 'm')} {CNIC} {'m' * 22} {URDU} ".ljust(READ - 8, "m") + f" {CARD} {MOBILE} {ACCOUNT} the end"


@pytest.fixture
def ticket(rt: Runtime, as_: As, clock: Clock) -> Ticket:
    """A ticket of alice's, with numbers in everything that can be written on one."""
    text_in(rt, LONG)
    route_due(rt)
    text_in(rt, f"cnic {CNIC} card {CARD} raabta {MOBILE} ya {URDU} {ACCOUNT}")
    [found] = tickets(rt)
    alice = as_("alice")
    assert found.assignee_id == volunteer(rt, "alice").id
    assert add(rt, alice, found, note=f"rang from {MOBILE}") == 302
    for path, said in (
        ("/status", {"status": "", "note": f"{ACCOUNT}, {CNIC}"}),
        ("/reply", {"body": f"Is it {CARD} or {URDU}?", "do": "send"}),
    ):
        assert alice.post(at(found, path), version=str(tickets(rt)[0].version), **said).status_code == 302
    clock.forward(minutes=1)
    return tickets(rt)[0]


def addresses(app: Flask, rt: Runtime, ticket: Ticket, visitor: Visitor) -> set[str]:
    """Every page that can be opened, with all links to the whole of a long text."""
    with rt.reading() as session:
        look_id = session.query(Message).order_by(Message.id).first().id  # type: ignore[union-attr]
    values = {"reference": ticket.reference, "look_id": look_id}
    with app.test_request_context():
        urls = app.url_map.bind("")
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.arguments <= values.keys()]
        found = {urls.build(rule.endpoint, {key: values[key] for key in rule.arguments}) for rule in rules}
    wholes = re.findall(r'href="(/tickets/[^"]*/whole[^"]*)"', visitor.text(at(ticket)))
    return {*found, "/?list=all", "/queue/list?list=all", *wholes}


def test_no_page_shows_a_whole_number_to_a_reader_without_the_right(rt: Runtime, app: Flask, as_: As, ticket: Ticket) -> None:
    while indexing.index_words(rt):
        pass
    shown = {}
    for login in ("bob", "lead", "head", "admin", "auditor"):
        reader = as_(login)
        shown |= {(login, page): reader.text(page) for page in addresses(app, rt, ticket, reader) if "logout" not in page}
        shown |= {(login, q): reader.post("/search", q=q).text for q in ("motorcycle", ticket.reference)}
        shown |= {(login, q): reader.get(reader.post("/search", q=q).location or "/").text for q in ("motorcycle", "raabta")}
    assert {(where, piece) for where, page in shown.items() for piece in PIECES if piece in page} == set()
    # They were there to be seen: in a row, on the ticket, in a choice, on the page of one text, in what was found.
    assert "motorcycle chori" in shown["lead", "/?list=all"]
    page = shown["bob", at(ticket)]
    assert page.count('<bdi dir="ltr">…321</bdi>') == 0
    assert page.count('<bdi dir="ltr">…219</bdi>') >= 3
    assert "cnic …219 card …111 raabta …543" in page  # the choice of a text that agreed to a call
    assert sum('<bdi dir="ltr">…702</bdi> the end' in text for (login, _), text in shown.items() if login == "bob") == 1
    assert '<bdi dir="ltr">…219</bdi>' in shown["bob", "raabta"]


def test_by_right_they_are_whole_on_every_page(rt: Runtime, as_: As, ticket: Ticket) -> None:
    become(rt, "bob", shows_numbers=True)
    bob = as_("bob")
    assert f"{CNIC}</bdi> card" in bob.text(at(ticket))
    assert "Show these numbers" not in bob.text(at(ticket))
    assert CNIC in bob.text("/?list=all")
    assert "۰۳۱۲" not in bob.text("/?list=all")  # the row ends within it
    become(rt, "bob", role=Role.AUDITOR)
    assert not any(piece in bob.text(page) for page in ("/", at(ticket)) for piece in PIECES)


def test_who_works_on_the_ticket_may_have_them_shown_once_and_that_is_noted(rt: Runtime, as_: As, ticket: Ticket) -> None:
    bob, alice = as_("bob"), as_("alice")
    assert "Only the last digits are shown." in bob.text(at(ticket))
    assert "Show these numbers" not in bob.text(at(ticket))
    assert bob.post(at(ticket, "/numbers")).status_code == 403
    assert happened(rt, "number_shown") == []
    page = alice.text(at(ticket))
    assert "Show these numbers" in page
    assert not any(piece in page for piece in PIECES)
    shown = alice.post(at(ticket, "/numbers"))
    assert shown.headers["Cache-Control"] == "no-store"
    assert all(number in shown.text for number in (CNIC, CARD, ACCOUNT, "9876543"))
    assert "Show these numbers" not in shown.text
    assert OTHER[1:] not in shown.text  # the citizen's own phones take the right
    assert [(event.volunteer_id, event.data) for event in happened(rt, "number_shown")] == [(volunteer(rt, "alice").id, {"said": True})]
    assert "those in what was written" in shown.text
    assert not any(piece in alice.text(at(ticket)) for piece in PIECES)
    assert f'action="{at(ticket, "/numbers?until=1-0")}"' in alice.text(at(ticket, "?until=1-0"))  # of the same part of the timeline
    place = re.search(r'/whole\?at=([0-9-]+)"', page)
    assert place
    whole = alice.post(at(ticket, "/numbers"), at=place[1]).text
    assert f"{ACCOUNT} the end" in whole
    assert "Show these numbers" in alice.text(at(ticket, f"/whole?at={place[1]}"))
    alter(rt, Ticket, assignee_id=None)
    assert alice.post(at(ticket, "/numbers")).status_code == 403
    assert as_("lead").post(at(ticket, "/numbers")).status_code == 200


def test_a_note_of_a_shift_shows_none_either(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=2)  # the end of charlie's shift
    form = {"team": str(team(rt, "integrity")), "volunteer": str(volunteer(rt, "charlie").id), "on_date": "2026-11-23", "starts": "10:00"}
    charlie = as_("charlie")
    assert charlie.post("/handover", **form, note=f"ring {CNIC}").status_code == 302
    assert '<p class="written" dir="auto">ring <bdi dir="ltr">…219</bdi></p>' in charlie.text("/handover")


def test_no_part_of_a_number_is_searched_for(rt: Runtime, ticket: Ticket) -> None:
    while indexing.index_words(rt):
        pass
    bob = volunteer(rt, "bob")

    def finds(typed: str) -> bool:
        with rt.reading() as session:
            return any(search.by_words(rt, session, bob, marks).tickets for marks in search.parse(rt, typed).marks)

    assert [typed for typed in (*PIECES, "42101", "7654321", "1111", CNIC, CARD, MOBILE, ACCOUNT, "raabta") if finds(typed)] == ["raabta"]
