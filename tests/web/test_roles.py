"""What administrators and auditors may see and do: an administrator sees no ticket, an auditor what was done and not what was said."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from hotline.runtime import Runtime
from hotline.storage.peoplemodels import Volunteer
from tests.support import HER, tickets
from tests.web.test_tickets import BRIBED, SNATCHED, a_ticket
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]

FORMS: dict[str, dict[str, str]] = {
    "claim": {},
    "read": {},
    "status": {"status": "in_progress"},
    "facts": {"category": "theft", "by": "tomorrow"},
    "priority": {"priority": "1"},
    "hold": {"on": "1"},
    "seal": {},
    "unseal": {},
    "shut-out": {"whom": "1", "out": "1"},
    "pass-on": {"to": "team:emergency"},
    "contact": {"may_text": "1"},
    "number": {},
    "reply": {"body": "we have read it"},
}


def become(rt: Runtime, login: str, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(**values))


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_no_form_of_a_ticket_is_taken_from_them(rt: Runtime, as_: As, role: str) -> None:
    ticket = a_ticket(rt)
    become(rt, "bob", role=role)
    bob = as_("bob")
    for what, form in FORMS.items():
        answer = bob.post(f"/tickets/{ticket.reference}/{what}", version=str(ticket.version), **form)
        assert answer.status_code == (403 if role == "auditor" else 404), what
    assert tickets(rt)[-1].version == ticket.version


def test_an_auditor_sees_what_was_done_and_not_what_was_said(rt: Runtime, as_: As) -> None:
    ticket, sealed = a_ticket(rt), a_ticket(rt, BRIBED, sender="+923331234509")
    as_("alice").post(f"/tickets/{ticket.reference}/status", version=str(ticket.version), status="in_progress", note="a secret of hers")
    become(rt, "bob", role="auditor")
    bob = as_("bob")
    page = bob.text(f"/tickets/{ticket.reference}")
    assert "Status changed" in page
    for hidden in (SNATCHED, "a secret of hers", HER, "Change the status to", "Pass it on"):
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
