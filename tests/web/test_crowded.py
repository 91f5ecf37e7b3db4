"""Ten thousand tickets in one view: a page stays short, a count says where it stopped, and nothing is left out without a notice."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.storage import tickets
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Team
from tests.services.colleagues import volunteer
from tests.support import NOON, text_in
from tests.web.test_queues import lists_on
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
MANY = 10_000


@pytest.fixture
def crowded(rt: Runtime, app: Flask) -> None:
    """Ten thousand tickets of bob's team, assigned to bob."""
    text_in(rt, "mera mobile cheen liya")
    bob = volunteer(rt, "bob")
    with rt.transaction() as tx:
        new = tickets.new(contact_id=tx.session.scalars(select(Contact.id)).one(), category="theft", priority=Priority.NORMAL)
        new |= {"status": Status.ASSIGNED, "sealed": False, "hold": False, "changed_at": NOON, "routed_at": NOON, "assignee_id": bob.id}
        new |= {"team_id": tx.session.scalars(select(Team.id).where(Team.code == "street")).one()}
        rows = [new | {"reference": str(200_000_000 + n), "opened_at": NOON + timedelta(seconds=n)} for n in range(MANY)]
        tx.session.execute(insert(Ticket), rows)


def references(html: str) -> list[str]:
    return re.findall(r'<a class="ref" href="/tickets/([0-9]{9})"', html)


@pytest.mark.usefixtures("crowded")
def test_ten_thousand_tickets_in_one_view_are_a_page_and_the_next_and_a_count_that_stops(rt: Runtime, as_: As) -> None:
    bob = as_("bob")
    page = bob.text("/?list=mine")
    assert lists_on(page)["mine"] == lists_on(page)["teams"] == "1,000+"
    assert references(page) == [str(200_000_000 + n) for n in range(rt.config.web.page_rows)]
    assert len(page) < 200_000
    following = re.search(r'href="(/[^"]*after=[^"]*)"', page)
    assert following
    after = references(bob.text(following[1].replace("&amp;", "&")))
    assert after == [str(200_000_000 + n) for n in range(rt.config.web.page_rows, 2 * rt.config.web.page_rows)]


@pytest.mark.usefixtures("crowded")
def test_a_hand_over_sheet_that_is_cut_says_so_and_one_that_is_whole_does_not(rt: Runtime, as_: As) -> None:
    page = as_("bob").text("/handover")
    assert len(references(page)) == 100
    assert "There are more: the queue has them all." in page
    assert len(page) < 200_000
    with rt.transaction() as tx:
        tx.session.query(Ticket).filter(Ticket.reference >= "200000100").update({"status": Status.CLOSED, "unread": False})
    page = as_("bob").text("/handover")
    assert (len(references(page)) >= 99, "There are more" in page) == (True, False)
