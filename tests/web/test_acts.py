"""Acts on the pages: a kind that does more asks first, what was done is undone, several tickets at once, a colleague is called."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from hotline.runtime import Runtime
from hotline.sections import Sending
from hotline.services.tickets import bulk
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Message, Ticket
from tests.services.colleagues import volunteer
from tests.support import Clock, alter, hand_over, text_in, tickets
from tests.web.test_working import at, box
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    return make_rt(sending=Sending())


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    text_in(rt, "mera mobile chori ho gaya")
    alter(rt, Ticket, sealed=False, hold=False, category="theft", priority=3)
    alter(rt, Message, look=None)
    route_due(rt)
    return tickets(rt)[0]


def hidden(page: str) -> dict[str, str]:
    """The fields of the form that asks, but for its token."""
    form = page[page.index('name="sure"') - 40 :]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)[:10])


def test_a_kind_that_does_more_says_so_first_and_is_undone_by_who_lost_sight_of_it(
    rt: Runtime, as_: As, clock: Clock, ticket: Ticket
) -> None:
    alice = as_("alice")
    fields = {"version": str(ticket.version), "category": "police", "area": "lyari", "wants_woman": "1"}
    asked = alice.post(at(ticket, "/facts"), **fields)
    assert (asked.status_code, tickets(rt)[0].version) == (422, ticket.version)
    assert all(
        said in asked.text for said in ("It is sealed. Only this team sees it:", "Integrity", "on hold", "You will not see it any more.")
    )
    assert hidden(asked.text) == fields | {"sure": "police"}
    other = alice.post(at(ticket, "/facts"), **fields | {"sure": "suicide"})
    assert other.status_code == 422, "the yes to one kind is none to another"
    done = alice.post(at(ticket, "/facts"), **hidden(asked.text))
    landed = at(ticket, "/kind")
    assert (done.location, tickets(rt)[0].sealed, tickets(rt)[0].area) == (landed, True, "lyari")
    route_due(rt)
    assert at(ticket, "/kind/undo") in alice.text(landed)
    assert [as_(login).get(landed).status_code for login in ("bob", "lead", "head", "auditor")] == [404] * 4
    assert alice.get(at(ticket)).status_code == 404
    clock.forward(minutes=9)
    assert alice.post(at(ticket, "/kind/undo")).location == f"{at(ticket)}?done=undone"
    assert (tickets(rt)[0].sealed, tickets(rt)[0].category, tickets(rt)[0].area) == (False, "theft", "lyari")
    page = alice.text(f"{at(ticket)}?done=undone&stayed=hold&stayed=nonsense")
    assert "The change of the kind was undone" in page
    assert page.count("This stayed as it is") == 1
    assert alice.get(landed).location == at(ticket)
    done = alice.post(at(ticket, "/facts"), **fields | {"sure": "police", "version": str(tickets(rt)[0].version)})
    assert done.location == landed
    clock.forward(minutes=10)
    assert [alice.get(landed).status_code, alice.post(at(ticket, "/kind/undo")).status_code] == [404, 404]


def test_a_kind_that_does_no_more_asks_nothing_and_its_page_offers_the_undo(rt: Runtime, as_: As, clock: Clock, ticket: Ticket) -> None:
    alice = as_("alice")
    fields = {"version": str(ticket.version), "category": "theft", "wants_woman": "1"}
    assert alice.post(at(ticket, "/facts"), **fields).status_code == 302
    assert "/kind/undo" not in alice.text(at(ticket)), "its kind was not changed"
    version = tickets(rt)[0].version
    alter(rt, Ticket, priority=1, hold=True, danger="person", danger_at=clock.now, acted_at=clock.now)
    assert alice.post(at(ticket, "/facts"), version=str(version), category="suicide").status_code == 422  # another team
    alter(rt, Ticket, status="in_progress")
    assert alice.post(at(ticket, "/facts"), version=str(version), category="suicide").status_code == 302
    assert "/kind/undo" in alice.text(at(ticket))
    assert "/kind/undo" in as_("lead").text(at(ticket))
    assert "/kind/undo" not in as_("bob").text(at(ticket))
    clock.forward(minutes=10)
    assert "/kind/undo" not in alice.text(at(ticket))
    late = alice.post(at(ticket, "/kind/undo"))
    assert (late.status_code, "cannot be undone any more" in late.text) == (409, True)


def test_a_text_is_taken_back_from_the_page_and_not_after_it_left(rt: Runtime, as_: As, clock: Clock, ticket: Ticket) -> None:
    alice = as_("alice")
    sent = alice.post(at(ticket, "/reply"), version=str(ticket.version), body="We have read it.")
    page = alice.text(sent.location)
    assert (at(ticket, "/take-back") in page, 'data-seconds="10"' in page, "is on its way" in page) == (True, True, False)
    assert at(ticket, "/take-back") not in as_("lead").text(at(ticket))
    back = alice.post(at(ticket, "/take-back"))
    assert box(alice.text(back.location)) == "We have read it."
    assert "Took a text back before it left" in alice.text(at(ticket))
    alice.post(at(ticket, "/reply"), version=str(tickets(rt)[0].version), body="We have read it.")
    clock.forward(seconds=11)
    hand_over(rt)
    assert at(ticket, "/take-back") not in alice.text(at(ticket))
    late = alice.post(at(ticket, "/take-back"))
    assert (late.status_code, "It cannot" in late.text or "cannot be taken back" in late.text) == (409, True)


def test_a_note_calls_a_colleague_by_name_or_from_the_list_and_says_who_cannot_be_called(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, bob = as_("alice"), as_("bob")
    form = {"version": str(ticket.version), "status": "", "note": "@Bob the bag is red"}
    assert alice.post(at(ticket, "/status"), **form).location == f"{at(ticket)}?done=saved&at=reply"
    strip = bob.text("/queue/alarms")
    assert ("A colleague asks you to look at a ticket." in strip, "bag" in strip) == (True, False)
    with_a_text = {"version": str(tickets(rt)[0].version), "body": "We read it.", "note": "@nobody at all"}
    sent = alice.post(at(ticket, "/reply"), **with_a_text).location
    assert (sent, "A name after @ is nobody" in alice.text(sent)) == (f"{at(ticket)}?sent=1&at=reply&unclear=1", True)
    alter(rt, Ticket, sealed=True)
    charlie = volunteer(rt, "charlie")
    form = {"version": str(tickets(rt)[0].version), "status": "", "note": "@somebody", "call": str(charlie.id)}
    page = alice.text(alice.post(at(ticket, "/status"), **form).location)
    assert "<bdi>Charlie</bdi> may not see this ticket, and was not called." in page
    assert "A name after @ is nobody" in page
    assert f'name="call" value="{charlie.id}"' not in page
    assert f'name="call" value="{volunteer(rt, "bob").id}"' in page
    assert alice.post(at(ticket, "/status"), **form | {"call": "x"}).status_code == 400


def test_several_are_chosen_on_the_list_without_a_script(rt: Runtime, as_: As, ticket: Ticket) -> None:
    for n, body in enumerate(("bachao", "meri cycle chori ho gayi", "mera purse chori ho gaya")):
        text_in(rt, body, sender=f"+92300555450{n}")
    route_due(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.ticket_id.in_([one.id for one in tickets(rt)[1:3]])).values(look=None))
    plain, urgent, two, unseen = tickets(rt)
    bob = as_("bob")
    page = bob.text("/?list=all")
    boxes = re.findall(r'name="chosen" value="([^"]*)"', page)
    assert sorted(boxes) == sorted(f"{one.reference}:{one.version}" for one in (plain, two))
    chosen = [f"{one.reference}:{one.version}" for one in (plain, urgent, two, unseen)]
    token = bob.token()

    def send(**fields: object) -> str:
        answer = bob.client.post("/queue/several", base_url="https://hotline.example.org", data={"csrf_token": token, **fields})
        return f"{answer.status_code} {answer.get_data(as_text=True)}"

    done = send(chosen=chosen, do="take", back="/?list=all")
    assert all(said in done for said in ("200", "Yours now", "it is urgent", "nobody has looked at all of it yet", 'href="/?list=all"'))
    assert [one.assignee_id == volunteer(rt, "bob").id for one in tickets(rt)] == [True, False, True, False]
    assert "somebody was first" in send(chosen=chosen[:1], do="take")
    again = [f"{one.reference}:{one.version}" for one in tickets(rt)[:1]]
    assert send(chosen=again, do="pass", to="").startswith("422")
    assert send(do="take").startswith("422")
    assert "Passed on" in send(chosen=again, do="pass", to=f"volunteer:{volunteer(rt, 'alice').id}")
    again = [f"{one.reference}:{one.version}" for one in tickets(rt)[:1]]
    assert "a second person" in send(chosen=again, do="close")
    bulk.close(rt, volunteer(rt, "alice"), [(plain.reference, tickets(rt)[0].version)])
    assert tickets(rt)[0].status == "closed"
    for wrong in ({"chosen": "1:x"}, {"chosen": ["100000000:1"] * 60}, {"do": "burn"}, {"do": "pass", "to": "team:" + "x" * 50}):
        assert send(**{"chosen": again, "do": "take", **wrong}).startswith("400")
    assert 'href="/"' in send(chosen=again, do="take", back="https://elsewhere.example")


def test_the_auditors_book_tells_every_opening(rt: Runtime, as_: As, ticket: Ticket) -> None:
    as_("bob").get(at(ticket))
    auditor = as_("auditor")
    auditor.get(at(ticket))
    book = auditor.text("/audit")
    assert book.count("Read this page") == 2
    assert "Bob" in book
    assert "Auditor" in as_("lead").text(at(ticket)).split("Who read this page")[1]
