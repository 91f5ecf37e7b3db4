"""The list of what is deleted soon, and the form that keeps it: who sees them, and what they say."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.services.keeping import retention
from hotline.storage.models import Ticket
from tests.services.colleagues import settle
from tests.services.keeping.ended import ended, forward, of, words_of
from tests.support import Clock
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    return create_app(rt)


def soon(rt: Runtime, clock: Clock) -> Ticket:
    """A ticket whose words go within a week."""
    ticket = ended(rt)
    forward(clock, 175)
    retention.sweep(rt)
    return of(rt, ticket.reference)


def test_a_lead_finds_it_in_the_menu_and_on_the_list_with_its_day_and_no_words(app: Flask, rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = soon(rt, clock)
    lead = as_("lead")
    assert 'href="/going"' in lead.text("/")
    page = lead.text("/going")
    assert f'href="/tickets/{ticket.reference}#keep-longer"' in page
    assert ticket.goes_at is not None
    assert ticket.goes_at.isoformat() in page
    assert "pistol" not in page
    assert 'href="/going"' not in as_("alice").text("/")
    assert as_("alice").get("/going").status_code == 403


def test_the_tickets_page_says_the_day_and_a_lead_keeps_it_there(app: Flask, rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = soon(rt, clock)
    assert ticket.goes_at is not None
    at = f"/tickets/{ticket.reference}"
    plain = as_("alice").text(at)
    assert (ticket.goes_at.isoformat() in plain, 'id="keep-longer"' in plain) == (True, False)
    lead = as_("lead")
    assert 'id="keep-longer"' in lead.text(at)
    answer = lead.post(f"{at}/keep", version=str(ticket.version), days="100", note="the court sits in spring")
    assert (answer.status_code, answer.headers["Location"].endswith("done=saved&at=keep-longer")) == (302, True)
    assert of(rt, ticket.reference).goes_at is None
    assert "What was written here is kept for longer: 100 days" in re.sub(r"\s+", " ", lead.text(at))


@pytest.mark.parametrize("days", ["", "x", "1096", "-1"])
def test_days_that_are_none_are_refused(app: Flask, rt: Runtime, as_: As, clock: Clock, days: str) -> None:
    ticket = soon(rt, clock)
    answer = as_("lead").post(f"/tickets/{ticket.reference}/keep", version=str(ticket.version), days=days, note="the court")
    assert answer.status_code == 400
    assert of(rt, ticket.reference).keep_until is None


def test_who_was_late_finds_the_reason_on_the_page(app: Flask, rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = soon(rt, clock)
    answer = as_("lead").post(f"/tickets/{ticket.reference}/keep", version=str(ticket.version - 1), days="100", note="the spring court")
    assert answer.status_code == 409
    assert "the spring court" in answer.text


def test_a_ticket_whose_words_have_gone_says_so(app: Flask, rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = soon(rt, clock)
    forward(clock, 7)
    retention.sweep(rt)
    assert not any(words_of(rt, ticket.reference))
    page = as_("lead").text(f"/tickets/{ticket.reference}")
    assert clock().isoformat() in page
    assert "Its words were deleted on" in page
    assert "pistol" not in page
