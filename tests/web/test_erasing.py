"""The panel by which a citizen is erased, and the pages of an erased citizen's ticket."""

from collections.abc import Callable

import pytest

from hotline.runtime import Runtime
from hotline.services.keeping.erasing import erase_due
from hotline.services.tickets.indexing import index_words
from hotline.storage.models import Ticket
from tests.services.keeping.test_erasing import WORDS, close, ended
from tests.support import Clock, alter, text_in, tickets
from tests.web.test_ticketpage import at, panel, plain
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
PANEL = '<details class="panel" id="erasing"'


def _post(rt: Runtime, who: Visitor, ticket: Ticket, path: str, **form: str) -> int:
    now = next(one for one in tickets(rt) if one.id == ticket.id)
    return who.post(at(ticket, path), version=str(now.version), **form).status_code


def test_two_log_ins_erase_a_citizen_who_asked_by_a_text(rt: Runtime, as_: As, clock: Clock) -> None:
    text_in(rt, "mera number mita dein please")
    ticket = close(rt)
    index_words(rt)
    alice, lead = as_("alice"), as_("lead")
    page = alice.text(at(ticket))
    assert f"{PANEL} open" in page
    assert "A text of this ticket asks for it." in panel(page, PANEL)
    assert _post(rt, alice, ticket, "/erase", how="text", note="") == 422
    assert _post(rt, alice, ticket, "/erase", how="by magic", note="she rang from a neighbour's") == 400
    assert _post(rt, alice, ticket, "/erase", how="text", note="she rang from a neighbour's") == 302
    assert "I agree: erase the citizen" not in alice.text(at(ticket))
    assert _post(rt, alice, ticket, "/erase/agree") == 403
    assert "I agree: erase the citizen" in lead.text(at(ticket))
    assert _post(rt, lead, ticket, "/erase/agree") == 302
    assert "Erased after: 30 November 2026" in panel(alice.text(at(ticket)), PANEL)
    clock.forward(hours=7 * 24)
    erase_due(rt)
    for who in (as_("alice"), as_("lead")):
        page = plain(who.text(at(ticket)))
        assert "Erased on 30 November 2026 at the citizen's wish." in page
        assert "mita dein" not in page
        assert "neighbour" not in page
        assert "Erase the citizen" not in page
    as_("auditor").text(at(ticket))


def test_what_is_written_on_a_page_that_is_still_open_is_refused_in_plain_words(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = ended(rt)
    alice, lead = as_("alice"), as_("lead")
    assert _post(rt, alice, ticket, "/erase", how="visit", note="she came") == 302
    assert _post(rt, lead, ticket, "/erase/agree") == 302
    clock.forward(hours=7 * 24)
    erase_due(rt)
    alice = as_("alice")
    now = str(tickets(rt)[0].version)
    answer = alice.post(at(ticket, "/prank"), version=now, note="why")
    assert answer.status_code == 410
    assert "nothing can be written on this ticket any more" in plain(answer.text)


def test_while_a_ticket_of_the_phone_is_open_the_panel_says_why_and_has_no_form(rt: Runtime, as_: As) -> None:
    ticket = ended(rt)
    alter(rt, Ticket, unread=True)
    page = as_("alice").text(at(ticket))
    assert "has not ended, or something of it waits to be read" in panel(page, PANEL)
    assert 'action="' + at(ticket, "/erase") not in page
    assert _post(rt, as_("alice"), ticket, "/erase", how="visit", note="why") == 409


@pytest.mark.parametrize("who", ["alice", "lead", "head"])
def test_nobody_is_told_of_tickets_that_others_see(rt: Runtime, as_: As, clock: Clock, who: str) -> None:
    text_in(rt, "thana ke SHO ne rishwat mangi saddar mein")
    clock.forward(hours=24)
    ended(rt, WORDS)
    ticket = tickets(rt)[-1]
    assert _post(rt, as_("bob"), ticket, "/erase", how="visit", note="she came") == 302
    before = plain(as_(who).text(at(ticket)))
    assert "All tickets of this phone go with it" not in before
    assert tickets(rt)[0].reference not in before
