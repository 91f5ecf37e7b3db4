"""On pages a number that takes two people shows no digit, anywhere, until another person has said yes on a page of their own."""

import re
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask

from hotline.domain.call import CallDirection
from hotline.domain.walk import Step, Walk
from hotline.runtime import Runtime
from hotline.services.calls import callplans
from hotline.services.people import factor
from hotline.services.tickets.routing import route_due
from hotline.storage import calls
from hotline.storage.models import Ticket
from tests.services.colleagues import volunteer
from tests.services.people.test_releasing import become, set_up
from tests.support import HER, NOON, SNATCHED, Clock, alter, text_in, tickets
from tests.web.test_working import at, happened
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]
CNIC = "42101-7654321-9"
WHY = "the ambulance asks, orangi town"


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    """A held ticket whose words have a number. bob may see numbers; he and the lead have a second factor."""
    text_in(rt, f"{SNATCHED} cnic {CNIC}")
    route_due(rt)
    alter(rt, Ticket, hold=True)
    become(rt, "bob", shows_numbers=True)
    for login in ("bob", "lead"):
        set_up(rt, login)
    return tickets(rt)[0]


def code(rt: Runtime, clock: Clock, login: str) -> str:
    clock.forward(seconds=30)
    return pyotp.TOTP(factor.secret(rt, volunteer(rt, login)) or "?").at(clock.now)


def panel(page: str) -> str:
    found = re.search(r'<details class="panel" id="number".*?\n</details>', page, re.DOTALL)
    return found[0] if found else ""


def digits_of(page: str) -> list[str]:
    """What a page shows of the two numbers."""
    return [piece for piece in (HER, "+92300", "…01", CNIC, "42101", "…219", "3219", "7654") if piece in page]


def test_two_people_with_two_log_ins_show_it_and_each_page_says_what_comes_next(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    bob, lead = as_("bob"), as_("lead")
    page = bob.text(at(ticket))
    assert digits_of(page) == []
    assert "number not shown" in page
    assert "Not shown: it takes two people." in page
    assert ("Show the number" in page, "Show these numbers" in page) == (False, False)
    for path in ("/number", "/numbers"):
        refused = bob.post(at(ticket, path))
        assert (refused.status_code, digits_of(refused.text)) == (403, [])
        assert "shown by two people" in refused.text
    assert happened(rt, "number_shown") == []
    assert bob.post(at(ticket, "/number/ask"), note=WHY).status_code == 302
    assert "You have asked." in panel(bob.text(at(ticket)))
    assert "/number/ask" not in panel(bob.text(at(ticket)))
    asked = lead.text(at(ticket))
    assert WHY in panel(asked)
    assert "asks to have a number shown" in lead.text("/")  # the strip
    release = re.search(r'name="release" value="([0-9]+)"', asked)
    assert release
    wrong = lead.post(at(ticket, "/number/decide"), release=release[1], say="yes", code="1")
    assert (wrong.status_code, told(wrong)[:22]) == (422, "That code is not right")
    assert lead.post(at(ticket, "/number/decide"), release=release[1], say="yes", code=code(rt, clock, "lead")).status_code == 302
    again = lead.post(at(ticket, "/number/decide"), release=release[1], say="no")
    assert again.status_code == 409
    assert digits_of(lead.text(at(ticket))) == []
    page = bob.text(at(ticket))
    assert "Open for you until" in panel(page)
    assert digits_of(page) == []  # until he asks for it
    assert HER in bob.post(at(ticket, "/number")).text
    assert CNIC in bob.post(at(ticket, "/numbers")).text
    assert digits_of(bob.text(at(ticket))) == []
    clock.forward(minutes=15)
    assert bob.post(at(ticket, "/number")).status_code == 403
    assert len(happened(rt, "number_shown")) == 2
    assert "Agreed that the number is shown, to: <bdi>Bob</bdi>" in bob.text(at(ticket))


def test_in_need_one_opens_it_and_that_stays_on_the_page(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    bob = as_("bob")
    form = {"note": WHY, "code": "1"}
    refused = bob.post(at(ticket, "/number/open"), **form)
    assert (refused.status_code, told(refused)[:22]) == (422, "That code is not right")
    assert WHY in panel(refused.text)  # the reason is kept
    assert bob.post(at(ticket, "/number/open"), **{**form, "code": code(rt, clock, "bob")}).status_code == 302
    assert HER in bob.post(at(ticket, "/number")).text
    clock.forward(days=40)
    page = as_("lead").text(at(ticket))
    assert "Opened the number without another person" in page
    assert WHY in page
    assert "A number was opened without another person" in as_("head").text("/")


def test_where_nobody_can_say_yes_the_page_says_what_to_do(rt: Runtime, as_: As, ticket: Ticket) -> None:
    become(rt, "lead", totp_step=None)
    answer = as_("bob").post(at(ticket, "/number/ask"), note=WHY)
    assert (answer.status_code, told(answer)[:26]) == (409, "Nobody else can say yes: i")
    assert "Call your head." in told(answer)
    assert WHY in panel(answer.text)


def test_without_an_app_nobody_opens_it_alone(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, assignee_id=volunteer(rt, "alice").id)
    answer = as_("alice").post(at(ticket, "/number/open"), note=WHY, code="123456")
    assert (answer.status_code, told(answer)[:33]) == (403, "Your account has no second factor")


def test_no_list_shows_a_digit_to_who_sees_such_a_ticket(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    with rt.transaction() as tx:
        calls.keep(
            tx.session,
            now=tx.now,
            direction=CallDirection.MISSED,
            gateway="android",
            gateway_id="CA1",
            contact_id=ticket.contact_id,
            walk=Walk(Step.LANGUAGE, "ur").as_row(),
            ended_at=tx.now,
            next_attempt_at=None,
        )
    callplans.promise(rt, volunteer(rt, "bob"), ticket.reference, version=tickets(rt)[0].version)
    bob = as_("bob")
    shown = {path: bob.text(path) for path in ("/?list=all", "/calls", "/calls-to-make", "/looks")}
    assert [path for path, page in shown.items() if digits_of(page)] == []
    assert SNATCHED[:20] in shown["/?list=all"]
    assert "number not shown" in shown["/calls"]
    assert "number not shown" in shown["/calls-to-make"]
    first_look = bob.post("/looks/next").location
    assert digits_of(bob.text(first_look)) == []
    assert f"{SNATCHED} cnic" in bob.text(first_look)
    whole = bob.text("/search")
    assert "no ticket is found whose number takes two people" in whole
    assert ticket.reference not in bob.post("/search", q=HER).text
    alter(rt, Ticket, hold=False)
    assert "+92300…01" in bob.text("/calls")
    assert clock.now >= NOON


def test_a_number_that_was_typed_in_is_kept_too(rt: Runtime, as_: As, ticket: Ticket) -> None:
    bob = as_("bob")
    opened = bob.post("/walk-in", token="0" * 32, words=SNATCHED, language="ur", category="", number="0333 9999999").location
    path = opened.partition("?")[0].removesuffix("/slip")
    assert "+92333…99" in bob.text(path)
    alter(rt, Ticket, hold=True)
    page = bob.text(path)
    assert "+92333" not in page
    assert "…99" not in page
    assert "number not shown" in page


def test_the_panel_is_there_in_urdu_and_for_nobody_who_can_do_nothing_with_it(rt: Runtime, as_: As, ticket: Ticket) -> None:
    become(rt, "bob", page_language="ur")
    page = as_("bob").text(at(ticket))
    assert 'dir="rtl"' in page
    assert panel(page)
    assert "Ask another person" not in page
    assert panel(as_("alice").text(at(ticket)))  # Alice may call the citizen
    alter(rt, Ticket, assignee_id=None)
    assert not panel(as_("alice").text(at(ticket)))
    alter(rt, Ticket, hold=False)
    assert not panel(as_("bob").text(at(ticket)))
