"""The auditor's second page: what happened to people, their rights and shifts, who did it and when."""

import ast
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.duty.attendance import watch_shifts
from hotline.services.people.organisation import reset_password
from hotline.services.tickets.routing import route_due
from hotline.storage import peopleevents
from tests.services.colleagues import volunteer
from tests.support import Clock, text_in, tickets
from tests.web.test_roster import of, team
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
HOTLINE = Path(peopleevents.__file__).parent.parent


def book(as_: As) -> list[str]:
    """The lines of the page, the oldest first, without their times."""
    page = as_("auditor").text("/audit/people")
    lines = re.findall(r"<li>(.*?)<span class=\"when\">", page, re.DOTALL)
    return [unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", line))).strip() for line in reversed(lines)]


def test_what_happens_to_a_shift_stands_in_the_book(as_: As, rt: Runtime, clock: Clock) -> None:
    alice, bob, bobs = as_("alice"), as_("bob"), str(volunteer(rt, "bob").id)
    alice.post("/roster/ask", **of(rt, "alice"), colleague=bobs)
    alice.post("/roster/take-back", **of(rt, "alice"))
    alice.post("/roster/take-back", **of(rt, "alice"))  # a double click: nothing more happened
    alice.post("/roster/ask", **of(rt, "alice"), colleague=bobs)
    bob.post("/roster/answer", **of(rt, "alice"), agrees="no")
    alice.post("/roster/ask", **of(rt, "alice"), colleague=bobs)
    bob.post("/roster/answer", **of(rt, "alice"), agrees="yes")
    bob.post("/roster/answer", **of(rt, "alice"), agrees="yes")
    bob.post("/roster/coming", **of(rt, "bob"), comes="yes")
    bob.post("/roster/coming", **of(rt, "alice"), comes="no")
    clock.now = clock.now.replace(hour=14, minute=45)  # 19:45 in Karachi
    as_("bob").post("/handover", **of(rt, "bob", clock.now.date()), note="bob's secret words")
    clock.now = clock.now.replace(day=24, hour=3, minute=11)
    watch_shifts(rt)
    assert book(as_)[1:] == [
        "Alice Asked to stand in Bob Street 2026-11-24 08:00",
        "Alice Asked no longer to stand in Bob Street 2026-11-24 08:00",
        "Alice Asked to stand in Bob Street 2026-11-24 08:00",
        "Bob Cannot stand in for Alice Street 2026-11-24 08:00",
        "Alice Asked to stand in Bob Street 2026-11-24 08:00",
        "Bob Agreed to stand in for Alice Street 2026-11-24 08:00",
        "Bob Said that the shift is kept Street 2026-11-24 08:00",
        "Bob Said that the shift is not kept Alice Street 2026-11-24 08:00",
        "Bob Shift handed over Street 2026-11-23 08:00",
        "By the machine Did not come to the shift Bob Street 2026-11-24 08:00",
    ]


def test_what_a_lead_plans_and_takes_out_stands_in_the_book_once(as_: As, rt: Runtime) -> None:
    lead = as_("lead")
    fields = {
        "team": str(team(rt, "street")),
        "volunteer": str(volunteer(rt, "bob").id),
        "weekday": "6",
        "starts": "22:00",
        "ends": "06:00",
    }
    for _ in range(2):
        lead.post("/roster/add", **fields)
    found = re.findall(r'name="shift" value="(\d+)"', lead.text("/roster"))
    gone = {"team": fields["team"], "shift": max(found, key=int)}
    assert [lead.post("/roster/remove", **gone).status_code for _ in range(2)] == [302, 302]
    assert book(as_)[1:] == [
        "Lead Weekly shift planned Bob Street Sunday 22:00–06:00",
        "Lead Weekly shift taken out Bob Street Sunday 22:00–06:00",
    ]


def test_what_happens_to_people_and_rights_stands_in_the_book(as_: As, rt: Runtime) -> None:
    admin, head = as_("admin"), as_("head")
    admin.post("/people/invite", login="dana", name="Dana <b>\u202e\u200b")
    admin.post("/people/bob/languages", languages="ur sd")
    admin.post("/people/charlie/teams", team="street")
    admin.post("/people/bob/rights", right="team:integrity")
    admin.post("/people/bob/rights", right="numbers")
    grants = re.findall(r"/people/grants/(\d+)", head.text("/people"))
    for grant_id, answer in zip(grants, ("give", "refuse"), strict=True):
        head.post(f"/people/grants/{grant_id}", answer=answer)
    admin.post("/people/bob/rights/take-away", right="team:integrity")
    admin.post("/people/bob/deactivate")
    admin.post("/people/bob/bring-back")
    reset_password(rt, "alice")
    assert book(as_) == [
        "By the machine Organisation file loaded",
        "Admin Account made Dana <b>\u202e\u200b",
        "Admin Link to log in by made Dana <b>\u202e\u200b",
        "Admin Languages changed Bob sd ur",
        "Admin Put into a team Charlie Street",
        "Admin Right asked for Bob to be of this team, which sees sealed tickets: Integrity",
        "Admin Right asked for Bob to have phone numbers shown",
        "Head Right given Bob to be of this team, which sees sealed tickets: Integrity",
        "Head Right refused Bob to have phone numbers shown",
        "Admin Right taken away Bob to be of this team, which sees sealed tickets: Integrity",
        "Admin Not here any more Bob",
        "Admin Here again Bob",
        "Admin Link to log in by made Bob",
        "By the machine Password made anew Alice",
    ]


def test_a_link_that_was_used_stands_in_the_book(as_: As, visitor: Visitor) -> None:
    link = re.search(r"/welcome/[\w-]{20,}", as_("admin").post("/people/bob/link").get_data(as_text=True))
    assert link
    visitor.post(link[0], password="another-good-battery")
    assert book(as_)[-3:] == [
        "Admin Link to log in by made Bob",
        "Bob Came in by a link",
        "Admin Right asked for Bob to be confirmed as the person who uses the account",
    ]


def test_the_book_is_the_auditors_and_says_nothing_of_tickets_or_notes(as_: As, rt: Runtime, clock: Clock) -> None:
    text_in(rt, "police wale rishwat mang rahe hain")
    route_due(rt)
    [ticket] = tickets(rt)
    assert ticket.sealed
    clock.now = clock.now.replace(hour=8, minute=45)  # charlie's shift ends at 14:00 in Karachi
    fields = of(rt, "charlie", clock.now.date()) | {"team": str(team(rt, "integrity")), "starts": "10:00"}
    assert as_("charlie").post("/handover", **fields, note="about the SHO").status_code == 302
    as_("admin").post("/people/charlie/deactivate")
    page = as_("auditor").text("/audit/people")
    assert "Charlie" in page
    assert "SHO" not in page
    assert ticket.reference not in page
    for login in ("alice", "charlie", "lead", "head", "admin"):
        if login != "charlie":
            assert as_(login).get("/audit/people").status_code == 404, login


def test_the_book_is_turned_page_by_page(as_: As, make_rt: Callable[..., Runtime], rt: Runtime) -> None:
    admin = as_("admin")
    for n in range(60):
        admin.post("/people/bob/languages", languages="ur" if n % 2 else "sd")
    first = as_("auditor").text("/audit/people")
    further = re.search(r'href="(/audit/people\?before=\d+)"', first)
    assert further
    rows = Web().page_rows
    second = as_("auditor").text(further[1])
    assert (first.count("<li>"), second.count("<li>")) == (rows, 61 - rows)
    for nonsense in ("x", "9" * 30, "-1", "۱"):
        assert as_("auditor").get(f"/audit/people?before={nonsense}").status_code == 200


def test_nothing_of_ours_changes_or_deletes_an_event_of_people() -> None:
    for path in HOTLINE.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in ("update", "delete", "upsert"):
                assert "PeopleEvent" not in [ast.unparse(argument) for argument in call.args], path
