"""A volunteer with some rights tries for more than two people granted."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.runtime import Runtime
from hotline.services.people.invitations import invite
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Draft, Event, Ticket
from hotline.storage.peoplemodels import ShiftRow
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import Clock, count, text_in, tickets
from tests.web.test_access import routes
from tests.web.test_factor import code, half_in
from tests.web.test_keeping import log_in_again, logged_out, owner_of
from tests.web.test_people import grants, teams_of
from tests.web.test_roles import become
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]


def test_what_she_does_not_lead_cannot_be_taken_from_her_to_put_her_there(rt: Runtime, as_: As) -> None:
    as_("admin").post("/people/bob/rights/take-away", right="lead:integrity")
    assert "integrity" not in teams_of(rt, "bob")


def test_whoever_leads_no_more_keeps_her_shifts(rt: Runtime, as_: As) -> None:
    as_("lead").post("/people/bob/rights", right="lead:street")
    as_("head").post(f"/people/grants/{grants(rt)[0].id}", answer="give")
    assert teams_of(rt, "bob")["street"] is True
    as_("admin").post("/people/bob/rights/take-away", right="lead:street")
    assert teams_of(rt, "bob")["street"] is False
    with rt.reading() as session:
        assert len(session.scalars(select(ShiftRow).where(ShiftRow.volunteer_id == volunteer(rt, "bob").id)).all()) == 5


@pytest.mark.parametrize("right", ["team:integrity", "lead:street", "numbers", "auditor"])
def test_a_link_that_one_person_made_is_no_way_to_a_right_that_takes_two(app: Flask, rt: Runtime, as_: As, right: str) -> None:
    admin, visitor = as_("admin"), Visitor(app)
    token = invite(rt, "dora", "Dora", made_by=volunteer(rt, "admin").id)
    assert visitor.get(f"/welcome/{token}").status_code == 200
    admin.post("/people/dora/rights", right=right)
    as_("head").post(f"/people/grants/{grants(rt)[0].id}", answer="give")
    assert visitor.get(f"/welcome/{token}").status_code == 404
    assert visitor.post(f"/welcome/{token}", password=PASSWORD).status_code == 404
    assert visitor.get("/").status_code == 302


@pytest.mark.parametrize("login", ["alice", "lead"])
def test_at_a_browser_left_open_nobody_chooses_her_second_factor(rt: Runtime, as_: As, login: str) -> None:
    left_open = as_(login)
    assert left_open.post("/second-factor", code="000000").location == "/"
    assert left_open.get("/second-factor/code.svg").location == "/"
    assert volunteer(rt, login).totp_seed is None


def test_half_a_log_in_comes_to_nothing_but_its_second_half(rt: Runtime, app: Flask) -> None:
    half = half_in(app, "charlie")
    token = half.token()
    through = set()
    for endpoint, rule, methods in routes(app):
        for method in methods if endpoint != "auth.log_out" else ():
            path = re.sub("<[^>]+>", lambda found: "482719365" if "reference" in found[0] else "1", rule)
            answer = half.client.open(path, method=method, base_url=BASE, data={"csrf_token": token} if method == "POST" else None)
            assert answer.headers["Cache-Control"] == "no-store"
            if not (answer.location or "").startswith("/second-factor"):
                through.add((method, endpoint, answer.status_code))
    assert through == {("GET", "factor.factor", 200), ("POST", "factor.prove", 401), ("GET", "factor.code", 200)}


def test_a_stranger_who_never_stops_guessing_does_not_keep_her_out_of_her_own_browser(app: Flask, as_: As, clock: Clock) -> None:
    alice, stranger = as_("alice"), Visitor(app)
    alice.post("/logout")
    while stranger.post("/login", login="alice", password="wrong").status_code != 429:
        pass
    assert Visitor(app).post("/login", login="alice", password=PASSWORD).status_code == 429  # a browser in which alice never logged in
    assert alice.post("/login", login=" ALICE ", password=PASSWORD).status_code == 302
    assert alice.is_in()


def test_guessing_is_slowed_at_a_browser_she_came_in_by_too_and_it_is_known_for_her_alone(app: Flask, as_: As) -> None:
    alice = as_("alice")
    alice.post("/logout")
    while alice.post("/login", login="alice", password="wrong").status_code != 429:
        pass
    assert alice.post("/login", login="alice", password=PASSWORD).status_code == 429
    stranger = Visitor(app)
    while stranger.post("/login", login="bob", password="wrong").status_code != 429:
        pass
    assert alice.post("/login", login="bob", password=PASSWORD).status_code == 429


def test_nobody_is_known_by_a_cookie_that_somebody_made(app: Flask, as_: As) -> None:
    alice = as_("alice")
    [known] = [cookie for cookie in alice.client._cookies.values() if cookie.key.startswith("known-")]
    assert (known.http_only, known.secure, known.path) == (True, True, "/login")
    forged = Visitor(app)
    forged.client.set_cookie(known.key, known.value[:-3] + "abc", domain="hotline.example.org", path="/login")
    while Visitor(app).post("/login", login="alice", password="wrong").status_code != 429:
        pass
    assert forged.post("/login", login="alice", password=PASSWORD).status_code == 429


def test_a_stranger_who_guesses_does_not_keep_her_from_another_password(app: Flask, as_: As) -> None:
    alice, stranger = as_("alice"), Visitor(app)
    while stranger.post("/login", login="alice", password="wrong").status_code != 429:
        pass
    assert alice.post("/account/password", old=PASSWORD, new="another-good-password").status_code == 302


# Words that are kept must open nothing


BRIBED = "police wale rishwat mang rahe hain"


@pytest.fixture
def sealed(rt: Runtime, app: Flask) -> Ticket:
    text_in(rt, BRIBED)
    route_due(rt)
    [ticket] = tickets(rt)
    assert ticket.sealed
    return ticket


def test_words_that_are_kept_wait_for_the_second_factor_and_come_back_after_it(rt: Runtime, clock: Clock, as_: As, sealed: Ticket) -> None:
    charlie, at = as_("charlie"), f"/tickets/{sealed.reference}"
    owner = owner_of(charlie.text(at))
    page = logged_out(charlie, f"{at}/status", owner=owner, note="she was seen there", version="1")
    answer, _, html = log_in_again(charlie, page, "charlie")
    assert answer == 200
    assert BRIBED not in html
    assert charlie.get(at).location.startswith("/second-factor")
    token, kept = (re.search(f'name="{name}" value="([^"]+)"', html) for name in ("csrf_token", "kept"))
    assert token
    assert kept
    form = {"csrf_token": token[1], "kept": unescape(kept[1]), "code": code(rt, "charlie", clock)}
    back = charlie.client.post("/second-factor", base_url=BASE, data=form)
    assert back.status_code == 409
    assert BRIBED in back.text
    assert "she was seen there</textarea>" in back.text


def test_half_a_log_in_is_given_no_page_for_a_form_that_ran_out(rt: Runtime, app: Flask, as_: As, sealed: Ticket) -> None:
    at = f"/tickets/{sealed.reference}"
    owner = owner_of(as_("charlie").text(at))
    half = half_in(app, "charlie")
    answer = half.client.post(f"{at}/status", base_url=BASE, data={"owner": owner, "csrf_token": "old", "note": "mine"})
    assert (answer.status_code, BRIBED in answer.text) == (401, False)


@pytest.mark.parametrize("role", ["auditor", "administrator"])
@pytest.mark.parametrize("what", ["note", "body"])
def test_whoever_reads_no_tickets_any_more_is_given_none_with_her_words(rt: Runtime, as_: As, role: str, what: str) -> None:
    text_in(rt, "My motorcycle was stolen")
    route_due(rt)
    ticket = tickets(rt)[0]
    alice, at = as_("alice"), f"/tickets/{ticket.reference}"
    owner = owner_of(alice.text(at))
    page = logged_out(alice, f"{at}/status", owner=owner, **{what: "mine"})
    become(rt, "alice", role=role)
    assert "motorcycle" not in log_in_again(alice, page, "alice")[2]
    alice.prove()
    answer = alice.client.post(f"{at}/status", base_url=BASE, data={"owner": owner, "csrf_token": "old", what: "mine"})
    assert (answer.status_code, "motorcycle" in answer.text) == (400, False)
    assert count(rt, Draft) == 0


@pytest.mark.parametrize("form", ["status", "reply", "read"])
def test_a_sealed_ticket_that_is_read_by_way_of_a_form_was_read(rt: Runtime, as_: As, clock: Clock, sealed: Ticket, form: str) -> None:
    charlie = as_("charlie")
    fields = {"version": "99", "status": "in_progress", "do": "check", "body": "x"}
    assert BRIBED in charlie.post(f"/tickets/{sealed.reference}/{form}", **fields).text
    with rt.reading() as session:
        assert session.scalars(select(Event.volunteer_id).where(Event.kind == "viewed")).all() == [volunteer(rt, "charlie").id]
