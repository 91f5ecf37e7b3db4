"""A long timeline is shown a page at a time, and a long text by its beginning; nothing is lost, and the whole is one link away."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert

from hotline.domain.message import READ
from hotline.gateways.base import IncomingText
from hotline.runtime import Runtime
from hotline.services.texts.intake import receive_text
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage import events
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Ticket
from tests.services.colleagues import volunteer
from tests.support import HER, Clock, text_in, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


@pytest.fixture
def ticket(rt: Runtime, as_: As) -> Ticket:
    as_("alice")
    text_in(rt, "mera mobile cheen liya, number 1")
    route_due(rt)
    return tickets(rt)[0]


def entries(page: str) -> list[str]:
    found = re.search(r'<ol class="timeline">(.*?)</ol>', page, re.DOTALL)
    assert found
    return re.findall(r"<li.*?</li>", found[1], re.DOTALL)


def link(page: str, words: str) -> str | None:
    found = re.search(rf'<a href="([^"]*)">{words}</a>', page)
    return unescape(found[1]) if found else None


def test_a_text_that_came_late_says_so_and_when_it_was_sent(rt: Runtime, as_: As, clock: Clock, ticket: Ticket) -> None:
    alice, path = as_("alice"), f"/tickets/{ticket.reference}"
    in_time = IncomingText("SMintime", HER, "do larkay thay", received_at=clock() - timedelta(minutes=9))
    receive_text(rt, "twilio", in_time)
    assert "Came late" not in alice.get(path).text
    late = IncomingText("SMlate", HER, "shalwar kameez mein thay")
    receive_text(rt, "twilio", late, came_at=clock() - timedelta(minutes=95))
    [entry] = [one for one in entries(alice.get(path).text) if "Came late" in one]
    assert "shalwar kameez" in entry
    assert "10:25" in entry.partition("Came late. Sent:")[2]


@pytest.mark.parametrize("apart_s", [0, 1])
def test_a_long_timeline_is_paged_and_every_entry_is_shown_once(
    rt: Runtime, as_: As, clock: Clock, ticket: Ticket, *, apart_s: int
) -> None:
    for n in range(2, 131):
        clock.forward(seconds=apart_s)
        text_in(rt, f"aur suno, number {n}")
    alice, path, pages = as_("alice"), f"/tickets/{ticket.reference}", []
    while path:
        page = alice.text(path)
        pages.insert(0, entries(page))
        assert len(pages[0]) <= rt.config.web.page_rows
        assert (link(page, "The newest") is not None) == (len(pages) > 1)
        path = link(page, "What happened before this") or ""
    shown = [int(n) for page in pages for n in re.findall(r"number ([0-9]+)<", "".join(page))]
    assert shown == list(range(1, 131))
    with rt.reading() as session:
        stored = events.newest_of(session, ticket.id, until=None, limit=1000, longest=1)
    assert sum("event" in entry[:20] for page in pages for entry in page) == len(stored)


def test_a_ticket_with_ten_thousand_events_has_a_short_page(rt: Runtime, as_: As, clock: Clock, ticket: Ticket) -> None:
    row = {"ticket_id": ticket.id, "kind": EventKind.READ, "happened_at": clock.now, "data": {}}
    with rt.transaction() as tx:
        tx.session.execute(insert(Event), [row] * 10_000)
        tx.session.execute(insert(Event), [row | {"kind": EventKind.VIEWED}] * 200)
    for login in ("alice", "auditor"):
        page = as_(login).text(f"/tickets/{ticket.reference}")
        assert len(page) < 100_000
    page = as_("alice").text(f"/tickets/{ticket.reference}")
    assert "Earlier readers are not shown." in page
    assert 'href="/tickets/' in as_("auditor").text(f"/tickets/{ticket.reference}")
    assert "Next page" in as_("auditor").text(f"/tickets/{ticket.reference}")


def test_a_long_text_is_shown_by_its_beginning_and_whole_on_a_page_of_its_own(rt: Runtime, as_: As, ticket: Ticket) -> None:
    text_in(rt, "y" * READ + " the end of it")
    alice = as_("alice")
    page = alice.text(f"/tickets/{ticket.reference}")
    whole = link(page, "This is only the beginning: show all of it")
    assert whole
    assert "the end of it" not in page
    assert "the end of it" in alice.text(whole)


def test_a_long_note_is_shown_by_its_beginning_too(rt: Runtime, as_: As, ticket: Ticket) -> None:
    casework.write_note(rt, volunteer(rt, "alice"), ticket.reference, version=tickets(rt)[0].version, note="z" * READ + " and the rest")
    alice = as_("alice")
    whole = link(alice.text(f"/tickets/{ticket.reference}"), "This is only the beginning: show all of it")
    assert whole
    assert "and the rest" in alice.text(whole)


def test_the_whole_of_a_sealed_text_is_for_its_team_and_its_view_is_noted(rt: Runtime, as_: As) -> None:
    as_("alice")
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi " + "x" * READ)
    route_due(rt)
    sealed = tickets(rt)[0]
    whole = link(as_("charlie").text(f"/tickets/{sealed.reference}"), "This is only the beginning: show all of it")
    assert whole
    for login, code in (("charlie", 200), ("alice", 404), ("auditor", 404), ("admin", 404)):
        assert as_(login).get(whole).status_code == code, login
    with rt.reading() as session:
        assert [view.volunteer_id for view in events.views_of(session, sealed.id, limit=9)] == [volunteer(rt, "charlie").id]


@pytest.mark.parametrize("at", ["", "1", "1-", "9999999999999999-999", "-1-1", "1-1000", "x", "\u0661-1"])
def test_a_place_that_is_none_leads_nowhere(as_: As, ticket: Ticket, at: str) -> None:
    assert as_("alice").get(f"/tickets/{ticket.reference}/whole?at={at}").status_code == 404
    assert as_("alice").get(f"/tickets/{ticket.reference}?until={at}").status_code == 200
