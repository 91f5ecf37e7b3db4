"""The forms of a ticket's page that change what is known of it, and who may send them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.storage.peoplemodels import Volunteer
from tests.services.people import volunteer
from tests.support import HER, tickets
from tests.web.test_tickets import BRIBED, SNATCHED, a_ticket
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]

FORMS: dict[str, dict[str, str]] = {
    "category": {"category": "theft"},
    "area": {"area": "saddar"},
    "priority": {"priority": "1"},
    "hold": {"on": "yes"},
    "seal": {"on": "yes"},
    "promise": {"day": "2026-11-24", "hour": "15:30"},
    "woman": {"wants": "yes"},
    "safe-contact": {"may_text": "yes"},
    "pass-on": {"to": "volunteer:1"},
    "shut-out": {"whom": "1", "out": "yes"},
    "number": {},
}


def become(rt: Runtime, login: str, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(**values))


def test_each_form_does_what_it_says(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    lead, at = as_("lead"), f"/tickets/{ticket.reference}"
    bob = volunteer(rt, "bob")
    changes = FORMS | {
        "pass-on": {"to": f"volunteer:{bob.id}", "note": "she knows the street"},
        "shut-out": {"whom": str(bob.id), "out": "yes"},
    }
    for what, form in changes.items():
        if what != "number":
            answer = lead.post(f"{at}/{what}", version=str(tickets(rt)[-1].version), **form)
            assert (answer.status_code, answer.location) == (302, at), what
    now = tickets(rt)[-1]
    assert (now.category, now.area, now.priority, now.hold, now.sealed, now.wants_woman) == ("theft", "saddar", 1, True, True, True)
    assert now.promised_at == datetime(2026, 11, 24, 10, 30, tzinfo=UTC)  # half past three in Karachi
    page = lead.text(at)
    for shown in ("Saddar", "Asks for a woman", "she knows the street", "Sealed.", "Lift the hold", "Unseal it"):
        assert shown in page, shown


@pytest.mark.parametrize("role", ["administrator", "auditor", "stranger", "charlie"])
def test_no_form_is_taken_from_whoever_may_not_send_it(rt: Runtime, as_: As, role: str) -> None:
    sealed = a_ticket(rt, BRIBED)
    if role in ("administrator", "auditor"):
        become(rt, "bob", role=role)
    seen = {"stranger": 302, "charlie": 302}.get(role, 403)
    who = None if role == "stranger" else as_("charlie" if role == "charlie" else "bob")
    for what, form in FORMS.items():
        if role == "charlie" and what in ("shut-out", "number", "pass-on"):
            continue
        sent = {"version": str(tickets(rt)[-1].version), **form}
        if who is not None:
            assert who.post(f"/tickets/{sealed.reference}/{what}", **sent).status_code == seen, what
    if role != "charlie":
        assert tickets(rt)[-1].version == sealed.version


def test_an_auditor_sees_what_was_done_and_not_what_was_said(rt: Runtime, as_: As) -> None:
    ticket, sealed = a_ticket(rt), a_ticket(rt, BRIBED, sender="+923331234509")
    as_("alice").post(f"/tickets/{ticket.reference}/status", version=str(ticket.version), status="in_progress", note="a secret of hers")
    become(rt, "bob", role="auditor")
    bob = as_("bob")
    page = bob.text(f"/tickets/{ticket.reference}")
    assert "Status changed" in page
    for hidden in (SNATCHED, "a secret of hers", HER, "Change the status", "Pass it on"):
        assert hidden not in page, hidden
    assert bob.get(f"/tickets/{sealed.reference}").status_code == 404


def test_an_administrator_sees_no_ticket(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    become(rt, "bob", role="administrator")
    bob = as_("bob")
    assert ticket.reference not in bob.text("/")
    assert bob.get(f"/tickets/{ticket.reference}").status_code == 404


def test_a_right_taken_away_is_gone_with_the_next_click(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    become(rt, "alice", shows_numbers=True)
    alice, at = as_("alice"), f"/tickets/{ticket.reference}"
    assert HER in alice.post(f"{at}/number").text
    assert HER not in alice.text(at)
    become(rt, "alice", shows_numbers=False)
    refused = alice.post(f"{at}/number")
    assert (refused.status_code, HER in refused.text) == (403, False)


def test_whoever_was_second_is_told_who_was_first(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice, bob, at = as_("alice"), as_("bob"), f"/tickets/{ticket.reference}"
    alice.post(f"{at}/area", version=str(ticket.version), area="lyari")
    answer = bob.post(f"{at}/hold", version=str(ticket.version), on="yes", note="keep these words")
    assert answer.status_code == 409
    assert "Alice" in answer.text
    assert "keep these words" in answer.text
    assert not tickets(rt)[-1].hold


def test_lowering_without_a_note_says_so(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    lead, at = as_("lead"), f"/tickets/{ticket.reference}"
    lead.post(f"{at}/priority", version=str(ticket.version), priority="1")
    answer = lead.post(f"{at}/priority", version=str(ticket.version + 1), priority="3")
    assert (answer.status_code, "say why" in answer.text) == (400, True)
    assert tickets(rt)[-1].priority == Priority.URGENT


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("category", {"category": "<b>"}),
        ("area", {"area": "nowhere"}),
        ("priority", {"priority": "9"}),
        ("priority", {"priority": "x"}),
        ("hold", {"on": "maybe"}),
        ("promise", {"day": "2026-13-45"}),
        ("promise", {"day": "1999-01-01"}),
        ("promise", {"day": "9999-12-31", "hour": "23:59"}),
        ("promise", {"day": "2026-11-24", "hour": "25:00"}),
        ("pass-on", {"to": "volunteer:9" * 9}),
        ("pass-on", {"to": "head:1"}),
        ("shut-out", {"whom": "-1", "out": "yes"}),
        ("area", {"area": "saddar", "version": "x"}),
    ],
)
def test_a_broken_form_changes_nothing(rt: Runtime, as_: As, what: str, form: dict[str, str]) -> None:
    ticket = a_ticket(rt)
    answer = as_("lead").post(f"/tickets/{ticket.reference}/{what}", **{"version": str(ticket.version), **form})
    assert answer.status_code == 400
    assert tickets(rt)[-1].version == ticket.version
