"""The walk-in's form and the slip: what a volunteer types in, what the page says, and what the paper says."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from playwright.sync_api import Page
from sqlalchemy import select, update

from hotline.domain.reference import written
from hotline.i18n import PROJECT
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.support import Clock, count, text_in, tickets
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
TOKEN = "a" * 32
SHEET = PROJECT / "hotline/web/static/style.css"


def fields(**changes: str) -> dict[str, str]:
    return {"token": TOKEN, "words": SNATCHED, "language": "ur", "category": "", "number": "", **changes}


def token_of(html: str) -> str:
    """The token of the form on a page."""
    found = re.search(r'name="token" value="([0-9a-f]{32})"', html)
    assert found, html
    return found[1]


def shown(html: str) -> str:
    """What a person reads of a page that will be printed."""
    body = re.sub(r'<div class="around">.*?</div>', "", html.partition("<body")[2].partition(">")[2], flags=re.DOTALL)
    return unescape(re.sub("<[^>]+>", "", body)).strip()


def messages(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [message.body for message in session.scalars(select(Message).where(Message.direction == "in"))]


def test_what_she_types_in_opens_a_ticket_and_shows_the_slip(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    form = alice.text("/walk-in")
    answer = alice.post("/walk-in", **fields(token=token_of(form), number="0300 1234501", wants_woman="1"))
    [ticket] = tickets(rt)
    assert (answer.status_code, answer.location) == (302, f"/tickets/{ticket.reference}/slip")
    assert (ticket.walk_in, ticket.wants_woman) == (True, True)
    page = alice.text(f"/tickets/{ticket.reference}")
    assert "Said to a volunteer, and written down" in page
    assert f'href="/tickets/{ticket.reference}/slip"' in page
    assert "Walk-in" in alice.text("/")


def test_the_paper_bears_nine_digits_and_nothing_else(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    alice.post("/walk-in", **fields())
    [ticket] = tickets(rt)
    html = alice.text(f"/tickets/{ticket.reference}/slip")
    assert shown(html) == written(ticket.reference)
    assert re.findall("<title>(.*)</title>", html) == [written(ticket.reference)]
    assert '<bdi dir="ltr"' in html
    assert SNATCHED not in html
    assert alice.get(f"/tickets/{ticket.reference}/slip").headers["Cache-Control"] == "no-store"


def test_printed_it_is_one_sheet_with_the_digits_and_nothing_else(rt: Runtime, as_: As, page: Page) -> None:
    alice = as_("alice")
    alice.post("/walk-in", **fields())
    [ticket] = tickets(rt)
    page.set_content(alice.text(f"/tickets/{ticket.reference}/slip"))
    page.add_style_tag(content=SHEET.read_text("utf-8"))
    page.emulate_media(media="print")
    assert page.inner_text("body").strip() == written(ticket.reference)
    # A browser prints the address and the date in the margins: there are none.
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1
    assert "@page slip { margin: 0; }" in SHEET.read_text("utf-8")


def test_a_double_click_opens_one_ticket_and_shows_the_same_slip(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    one, two = (alice.post("/walk-in", **fields()) for _ in range(2))
    assert (one.status_code, one.location) == (two.status_code, two.location)
    assert len(tickets(rt)) == 1


def test_a_form_gone_back_to_keeps_her_new_words_and_says_which_ticket_it_opened(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    alice.post("/walk-in", **fields())
    answer = alice.post("/walk-in", **fields(words="ghar mein chori hui"))
    [ticket] = tickets(rt)
    assert answer.status_code == 409
    assert told(answer).startswith(f"This form has opened a ticket already: {written(ticket.reference)}.")
    page = answer.get_data(as_text=True)
    assert "ghar mein chori hui" in page
    assert alice.post("/walk-in", **fields(words="ghar mein chori hui", token=token_of(page))).status_code == 302
    assert messages(rt) == [SNATCHED, "ghar mein chori hui"]


def test_a_walk_in_whose_words_seal_it_is_sealed_to_whoever_typed_it(rt: Runtime, as_: As, clock: Clock) -> None:
    alice = as_("alice")
    answer = alice.post("/walk-in", **fields(words=BRIBED))
    route_due(rt)
    [ticket] = tickets(rt)
    page = alice.text(answer.location)
    assert shown(page) == written(ticket.reference)
    assert "The words have sealed this ticket" in page
    assert f'href="/tickets/{ticket.reference}"' not in page
    assert alice.get(f"/tickets/{ticket.reference}").status_code == 404
    assert ticket.reference not in alice.text("/")
    for other in ("bob", "lead", "head"):
        assert as_(other).get(answer.location).status_code == 404, other
    assert as_("charlie").get(answer.location).status_code == 200  # charlie is of its team
    clock.forward(hours=2)
    assert alice.get(answer.location).status_code == 404


def test_a_ticket_that_is_no_walk_in_has_no_slip(rt: Runtime, as_: As) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    alice = as_("alice")
    assert alice.get(f"/tickets/{ticket.reference}/slip").status_code == 404
    assert alice.get("/tickets/482719365/slip").status_code == 404
    assert "Slip" not in alice.text(f"/tickets/{ticket.reference}")


@pytest.mark.parametrize(
    ("changes", "say"),
    [
        ({"words": " \r\n "}, "Nothing is written down yet. Write what happened, then send it."),
        ({"number": "0300"}, "That is no phone number we know. Check its digits, or leave it empty: nothing else is lost."),
    ],
)
def test_what_cannot_be_taken_down_is_said_and_her_words_stay(rt: Runtime, as_: As, changes: dict[str, str], say: str) -> None:
    answer = as_("alice").post("/walk-in", **fields(**changes))
    assert (answer.status_code, told(answer)) == (400, say)
    page = answer.get_data(as_text=True)
    assert token_of(page) == TOKEN
    assert changes.get("number", "") in page
    assert "words" in changes or SNATCHED in page
    assert tickets(rt) == []


@pytest.mark.parametrize(
    "changes", [{"token": "x"}, {"token": "A" * 32}, {"language": "xx"}, {"category": "no such"}, {"category": "'; DROP TABLE tickets"}]
)
def test_a_form_nobody_was_shown_is_refused(rt: Runtime, as_: As, changes: dict[str, str]) -> None:
    assert as_("alice").post("/walk-in", **fields(**changes)).status_code == 400
    assert tickets(rt) == []


HOSTILE = "<script>alert(1)</script> '\" % \0 \u202eevil\u202c \u200b پوليس ڪونه"


def test_hostile_words_are_kept_as_they_are_and_shown_as_text(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    alice.post("/walk-in", **fields(words=HOSTILE))
    [ticket] = tickets(rt)
    assert messages(rt) == [HOSTILE.replace("\0", "\ufffd")]
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(sealed=False))
    assert "<script>alert" not in alice.text(f"/tickets/{ticket.reference}")
    again = alice.post("/walk-in", **fields(words=HOSTILE, token="b" * 32, number='"><b>')).get_data(as_text=True)
    assert "<script>alert" not in again
    assert '"><b>' not in again


def test_ten_thousand_characters_are_kept_and_no_more(rt: Runtime, as_: As) -> None:
    as_("alice").post("/walk-in", **fields(words="چور " * 3000))
    assert len(messages(rt)[0]) == 9999


def test_who_does_not_work_tickets_opens_none(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    alice.post("/walk-in", **fields())
    [ticket] = tickets(rt)
    for role in ("auditor", "administrator"):
        with rt.transaction() as tx:
            tx.session.execute(update(Volunteer).values(role=role))
        assert alice.get("/walk-in").status_code == 404
        assert alice.post("/walk-in", **fields(token="b" * 32)).status_code == (403 if role == "auditor" else 404)
        assert alice.get(f"/tickets/{ticket.reference}/slip").status_code == 404
        assert "/walk-in" not in alice.text("/account/nowhere")
    assert (len(tickets(rt)), count(rt, Contact)) == (1, 1)


def test_a_stranger_is_sent_to_the_log_in(rt: Runtime, visitor: Visitor) -> None:
    assert visitor.get("/walk-in").location == "/login?next=/walk-in"
    assert visitor.post("/walk-in", **fields()).location == "/login"
    assert visitor.get("/tickets/482719365/slip").location == "/login?next=/tickets/482719365/slip"
    assert tickets(rt) == []
