"""Two tabs, a stale form, a double click, the back button: for every form of a ticket, of the people and of the roster."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.domain.texts import Text
from hotline.runtime import Runtime
from hotline.services.tickets import replies
from hotline.services.tickets.reach import SafeContact
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Membership, Team
from tests.services.colleagues import volunteer
from tests.support import Clock, alter, tickets
from tests.test_registries import snapshot
from tests.web.test_keeping import called
from tests.web.test_people import grants
from tests.web.test_roster import of
from tests.web.test_working import BODY, at, ticket
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]

__all__ = ["called", "ticket"]  # fixtures


def rows(rt: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row but log-ins, which any page may touch, and events of who read a sealed ticket, which any look at it adds."""
    there = {table: rows for table, rows in snapshot(rt.engine).items() if table != "logins"}
    return there | {"events": [row for row in there["events"] if "viewed" not in row]}


def lead_everything(rt: Runtime) -> None:
    """Alice leads the team for sealed tickets too, and the ticket belongs to that team."""
    with rt.transaction() as tx:
        integrity = tx.session.scalars(select(Team.id).where(Team.code == "integrity")).one()
        tx.session.add(Membership(team_id=integrity, volunteer_id=volunteer(rt, "alice").id, is_lead=True))
        tx.session.execute(update(Ticket).values(team_id=integrity))


def forms(rt: Runtime) -> Iterator[tuple[str, dict[str, str]]]:
    """Every form of a ticket that takes a version, in an order in which each can be done."""
    bob = volunteer(rt, "bob").id
    with rt.reading() as session:
        was = SafeContact.of(session.scalars(select(Contact)).one(), phone_held=False).mark
    yield "/claim", {}
    yield "/read", {}
    yield "/written-down", {"words": "we were two"}
    yield "/status", {"status": "in_progress", "note": "why"}
    yield "/facts", {"category": "theft", "area": "lyari", "wants_woman": "1"}
    yield "/facts", {"category": "theft", "area": "lyari", "wants_woman": "1", "by": "tomorrow"}
    yield "/contact", {"was": was, "may_text": "1", "may_call": "1", "safe_from": "09:00", "note": "why"}
    yield "/reply", {"body": BODY}
    yield "/reply", {"body": f"{BODY} And more.", "status": "referred", "note": "why"}
    yield "/prank", {"note": "why"}
    yield "/prank/unmark", {"note": "why"}
    yield "/hold", {"on": "1"}
    yield "/priority", {"priority": "1"}
    yield "/hold", {"on": "", "note": "why"}
    yield "/shut-out", {"whom": str(bob), "out": "1"}
    yield "/shut-out", {"whom": str(bob)}
    yield "/pass-on", {"to": f"volunteer:{bob}", "note": "why"}
    yield "/seal", {"kind": "", "note": "why"}
    yield "/unseal", {"note": "why"}


def test_a_double_click_on_any_form_of_a_ticket_is_one_click(rt: Runtime, as_: As, called: Ticket) -> None:
    alter(rt, Ticket, unread=True)
    lead_everything(rt)
    alice = as_("alice")
    for path, form in forms(rt):
        [now], before = tickets(rt), rows(rt)
        form |= {"version": str(now.version)}
        one = alice.post(at(called, path), **form)
        assert (one.status_code, tickets(rt)[0].version > now.version) == (302, True), path
        after = rows(rt)
        assert after != before, path
        two = alice.post(at(called, path), **form)
        assert rows(rt) == after, path
        assert two.status_code == 302 or told(two).startswith("You changed this ticket in another window"), path


def test_any_form_of_a_ticket_in_another_tab_is_stale_and_changes_nothing(rt: Runtime, as_: As, called: Ticket) -> None:
    alter(rt, Ticket, unread=True)
    lead_everything(rt)
    alice, bob = as_("alice"), as_("bob")
    alice.get("/")  # notes that alice has come to the shift
    assert bob.post(at(called, "/facts"), version=str(called.version), category="theft", wants_woman="1").status_code == 302
    before = rows(rt)
    for path, form in forms(rt):
        if path in ("/priority", "/seal") or form == {"on": "1"}:  # what only makes it safer is done at any version
            continue
        answer = alice.post(at(called, path), **form, version=str(called.version))
        assert (answer.status_code, told(answer)[:18]) == (409, "Somebody was first"), path
        assert f'name="version" value="{called.version + 1}"' in answer.text
        changed = {table for table, there in rows(rt).items() if there != before[table]}
        assert changed <= ({"drafts"} if path == "/reply" else set()), path
        alice.post(at(called, "/draft"), body="", version=str(called.version))


@pytest.mark.parametrize("path", ["/", "/walk-in", "/people", "/roster", "/handover", "/search", "/account", "{ticket}"])
def test_who_goes_back_is_shown_a_page_as_it_is_now(rt: Runtime, as_: As, called: Ticket, path: str) -> None:
    page = as_("lead").get(path.format(ticket=at(called)))
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")


def test_two_forms_for_walk_ins_in_two_tabs_open_two_tickets(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    for token, number in (("a" * 32, 1), ("b" * 32, 2)):
        for _ in range(2):
            alice.post("/walk-in", token=token, words="mera mobile cheen liya", language="ur", category="", number="")
            assert len(tickets(rt)) == number


def test_a_double_click_on_any_form_of_the_people_is_one_click(rt: Runtime, as_: As) -> None:
    alter(rt, Membership, is_lead=False)
    admin, head = as_("admin"), as_("head")
    twice = [
        (admin, "/people/invite", {"login": "dana", "name": "Dana"}, {302, 200, 409}),
        (admin, "/people/bob/languages", {"languages": "en sd"}, {302}),
        (admin, "/people/bob/teams", {"team": "general"}, {302}),
        (admin, "/people/bob/rights", {"right": "numbers"}, {302}),
        (head, "/people/grants/{grant}", {"answer": "give"}, {302, 409}),
        (admin, "/people/bob/rights/take-away", {"right": "numbers"}, {302}),
        (admin, "/people/bob/deactivate", {}, {302, 404, 409}),
    ]
    for her, path, form, codes in twice:
        before, address = rows(rt), path.format(grant=grants(rt)[-1].id if grants(rt) else 0)
        assert her.post(address, **form).status_code in {200, 302}, path
        after = rows(rt)
        assert after != before, path
        assert her.post(address, **form).status_code in codes, path
        assert rows(rt) == after, path


def test_a_double_click_on_any_form_of_the_roster_is_one_click(rt: Runtime, as_: As, clock: Clock) -> None:
    alice, bob, lead = as_("alice"), as_("bob"), as_("lead")
    hers, bobs = of(rt, "alice"), str(volunteer(rt, "bob").id)
    plan = {"team": hers["team"], "volunteer": bobs, "weekday": "6", "starts": "22:00", "ends": "06:00"}
    twice = [
        (alice, "/roster/coming", hers | {"comes": "yes"}, {302}),
        (alice, "/roster/ask", hers | {"colleague": bobs}, {302, 409}),
        (alice, "/roster/take-back", hers, {302, 409}),
        (alice, "/roster/ask", hers | {"colleague": bobs}, {302, 409}),
        (bob, "/roster/answer", hers | {"agrees": "yes"}, {302, 409}),
        (bob, "/roster/coming", hers | {"comes": "no"}, {404}),
        (lead, "/roster/add", plan, {302}),
    ]
    for her, path, form, codes in twice:
        before = rows(rt)
        assert her.post(path, **form).status_code == 302, path
        after = rows(rt)
        assert after != before, path
        assert her.post(path, **form).status_code in codes, path
        assert rows(rt) == after, path


# A template with a missing value


def test_a_template_that_lacks_a_value_is_left_out_and_the_page_is_there(
    rt: Runtime, as_: As, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    holed = Text("reply_place", "{ref}: come to {place}", 1, False)
    monkeypatch.setattr(replies, "REPLIES", (replies.REPLIES[0], holed))
    alice = as_("alice")
    page = alice.text(at(ticket))
    assert page.count('<option value="reply_') == 1
    assert "{place}" not in page
    answer = alice.post(at(ticket, "/reply"), do="insert", template="reply_place", body="", version=str(ticket.version))
    assert answer.status_code == 400
