"""Two people means two people: an account that was entered by another person's link has no right until a third has confirmed who came."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from hotline import guards
from hotline.domain.grant import Right, RightKind
from hotline.runtime import Runtime
from hotline.services import access
from hotline.services.access import NotAllowed
from hotline.services.duty.paging import page_unseen
from hotline.services.people import grants as asking
from hotline.services.people import staff
from hotline.services.people.grants import NotPossible, NotYours
from hotline.services.people.invitations import invite_again
from hotline.services.people.organisation import load_organisation, reset_password
from hotline.services.tickets.routing import route_due
from hotline.storage.peoplemodels import Grant, Volunteer
from tests.services.colleagues import ORGANISATION, PASSWORD, volunteer
from tests.support import SNATCHED, text_in, tickets
from tests.web.test_access import routes
from tests.web.test_people import alarms, grants, teams_of
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]
GOOD = "violet-kettle-morning"
SECOND_ADMIN = '\n[[volunteer]]\nlogin = "admin2"\nname = "Admin Two"\nrole = "administrator"\n'


def link_of(page: str) -> str:
    found = re.search(r"/welcome/[\w-]{20,}", page)
    assert found, page
    return found[0]


def come(app: Flask, link: str) -> Visitor:
    """Somebody opens the link and chooses a password."""
    visitor = Visitor(app)
    assert visitor.post(link, password=GOOD).status_code == 302
    return visitor


def invited(app: Flask, admin: Visitor, login: str = "dana") -> Visitor:
    return come(app, link_of(admin.post("/people/invite", login=login, name=login.title()).text))


def waits(visitor: Visitor) -> bool:
    """Whether the visitor sees the page that says to wait, and nothing else."""
    answers = [visitor.get(path) for path in ("/", "/account", "/search", "/people", "/tickets/482719365")]
    if {answer.location for answer in answers} != {"/waiting"}:
        return False
    page = visitor.text("/waiting")
    assert "as soon as a second person has confirmed" in page
    assert not any(path in page for path in ('href="/account"', 'href="/people"', 'href="/walk-in"', 'action="/search"'))
    return True


def open_request(rt: Runtime) -> Grant:
    [grant] = [grant for grant in grants(rt) if grant.decided_at is None]
    return grant


def sees(rt: Runtime, login: str, reference: str) -> bool:
    with rt.reading() as session:
        return access.sees(session, volunteer(rt, login), reference) is not None


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> str:
    text_in(rt, SNATCHED)
    route_due(rt)
    return tickets(rt)[0].reference


# One person who would be two


def test_an_administrator_alone_gets_no_account_that_opens_a_ticket(rt: Runtime, app: Flask, as_: As, ticket: str) -> None:
    admin = as_("admin")
    second_self = invited(app, admin)
    admin.post("/people/dana/teams", team="street")
    assert waits(second_self)
    assert not sees(rt, "dana", ticket)
    assert admin.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403
    assert waits(second_self)
    assert waits(Visitor(app).log_in("dana", GOOD))  # nor by the password that was chosen


def test_nor_by_bringing_somebody_back(rt: Runtime, app: Flask, as_: As, ticket: str) -> None:
    admin = as_("admin")
    admin.post("/people/bob/deactivate")
    second_self = come(app, link_of(admin.post("/people/bob/bring-back").text))
    assert waits(second_self)
    assert not sees(rt, "bob", ticket)
    assert admin.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403


def test_nor_by_a_new_link_of_a_volunteer_who_works(rt: Runtime, app: Flask, as_: As, ticket: str) -> None:
    bob, admin = as_("bob"), as_("admin")
    link = link_of(admin.post("/people/bob/link").text)
    assert bob.is_in()  # a link that nobody has used changes nothing
    second_self = come(app, link)
    assert not bob.is_in()
    assert waits(second_self)
    assert not sees(rt, "bob", ticket)
    assert admin.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403


def test_a_link_that_two_people_gave_takes_somebody_else_than_the_one_who_has_seen_it(rt: Runtime, app: Flask, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    admin.post("/people/lead/link")
    second_self = come(app, link_of(head.post(f"/people/grants/{open_request(rt).id}", answer="give").text))
    assert waits(second_self)
    assert head.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403
    assert admin.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 302
    assert second_self.get("/").location.startswith("/second-factor")


def test_a_second_account_does_not_confirm_its_own(rt: Runtime, app: Flask, as_: As) -> None:
    admin = as_("admin")
    second_self = invited(app, admin)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "dana").values(is_head=True, role="administrator"))
    request = open_request(rt).id
    assert second_self.post(f"/people/grants/{request}", answer="give").location == "/waiting"
    with pytest.raises(NotYours):
        asking.decide(rt, volunteer(rt, "dana").id, request, given=True)
    with pytest.raises(NotYours):
        staff.bring_in(rt, volunteer(rt, "dana").id, "eve", "Eve")


def test_the_maker_of_a_later_link_does_not_confirm_who_came_by_it(rt: Runtime, app: Flask, as_: As, tmp_path: Path) -> None:
    path = tmp_path / "organisation.toml"
    path.write_text(ORGANISATION + SECOND_ADMIN, "utf-8")
    load_organisation(rt, path, password=PASSWORD)
    admin, other = as_("admin"), as_("admin2")
    invited(app, admin)
    first = open_request(rt)
    second_self = come(app, link_of(other.post("/people/dana/link").text))
    second = open_request(rt)
    assert (first.id != second.id, second.asked_by) == (True, volunteer(rt, "admin2").id)
    assert other.post(f"/people/grants/{first.id}", answer="give").status_code == 409  # about somebody who came before
    assert other.post(f"/people/grants/{second.id}", answer="give").status_code == 403
    assert waits(second_self)
    assert admin.post(f"/people/grants/{second.id}", answer="give").status_code == 302
    assert second_self.is_in()


@pytest.mark.parametrize("right", [Right(RightKind.ACCOUNT), Right(RightKind.LINK)])
def test_nobody_asks_for_it_in_the_name_of_another(rt: Runtime, app: Flask, as_: As, right: Right) -> None:
    invited(app, as_("admin"))
    with pytest.raises(NotPossible):
        asking.request(rt, volunteer(rt, "lead").id, "dana", right)
    assert as_("lead").post("/people/dana/rights", right=str(right)).status_code == 409


# What the account may do meanwhile


def test_no_route_answers_an_account_that_waits(rt: Runtime, app: Flask, as_: As, ticket: str) -> None:
    dana = invited(app, as_("admin"))
    token = dana.token()
    through = set()
    for endpoint, rule, methods in routes(app):
        for method in methods if endpoint != "auth.log_out" else ():
            path = re.sub("<[^>]+>", lambda found: ticket if "reference" in found[0] else "1", rule)
            answer = dana.client.open(path, method=method, base_url=BASE, data={"csrf_token": token} if method == "POST" else None)
            if answer.location != "/waiting":
                through.add((method, endpoint, answer.status_code))
    assert through == {("GET", "welcome.waiting", 200)}


@pytest.mark.parametrize("role", ["volunteer", "administrator", "auditor"])
def test_whatever_its_role_it_is_no_way_round(rt: Runtime, app: Flask, as_: As, role: str, ticket: str) -> None:
    dana = invited(app, as_("admin"))
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "dana").values(role=role))
    assert waits(dana)
    with rt.reading() as session, pytest.raises(NotAllowed):
        access.enter(session, volunteer(rt, "dana"), ticket, access.Act.AUDIT)
    dana.post("/logout")
    assert dana.get("/").location == "/login?next=/"


def test_its_tickets_go_to_others_and_none_comes(rt: Runtime, app: Flask, as_: As) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    [held] = tickets(rt)
    holder = next(login for login in ("alice", "bob") if volunteer(rt, login).id == held.assignee_id)
    come(app, link_of(as_("admin").post(f"/people/{holder}/link").text))
    assert tickets(rt)[0].assignee_id is None
    for n in range(3):
        text_in(rt, SNATCHED, sender=f"+92300123450{n + 3}")
    route_due(rt)
    assert {ticket.assignee_id for ticket in tickets(rt)} == {volunteer(rt, {"alice": "bob", "bob": "alice"}[holder]).id}


def test_a_ticket_of_a_lead_who_waits_comes_to_the_heads_and_no_phone_is_paged_in_vain(rt: Runtime, app: Flask, as_: As) -> None:
    as_("lead").post("/account/choices", phone="0300 1234567")
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(confirmed=False))
    for login in ("alice", "bob"):
        as_("admin").post(f"/people/{login}/deactivate")
    text_in(rt, SNATCHED)
    route_due(rt)
    assert tickets(rt)[0].assignee_id is None
    assert ("unattended", "head", False) in alarms(rt)
    assert page_unseen(rt) == 0


def test_the_people_page_says_who_waits_and_what_to_do(rt: Runtime, app: Flask, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    invited(app, admin)
    assert "opens nothing until it is confirmed who uses it" in admin.text("/people")
    assert "It was that person" not in admin.text("/people")
    assert "Somebody else has to decide it." in admin.text("/people")
    page = head.text("/people")
    assert "It was that person" in page
    assert "ask whether it was that person" in page
    assert ("grant", "head", False) in alarms(rt)


# The second person


@pytest.mark.parametrize("second", ["head", "admin2"])
def test_a_head_or_another_administrator_confirms_it(rt: Runtime, app: Flask, as_: As, tmp_path: Path, second: str, ticket: str) -> None:
    path = tmp_path / "organisation.toml"
    path.write_text(ORGANISATION + SECOND_ADMIN, "utf-8")
    load_organisation(rt, path, password=PASSWORD)
    dana = invited(app, as_("admin"))
    assert as_(second).post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 302
    assert dana.is_in()
    assert sees(rt, "dana", ticket)
    assert "opens nothing until" not in as_("admin").text("/people")


def test_a_lead_does_not_confirm_it(rt: Runtime, app: Flask, as_: As) -> None:
    dana = invited(app, as_("admin"))
    assert as_("lead").post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403
    assert waits(dana)


def test_if_it_was_somebody_else_that_person_is_put_out(rt: Runtime, app: Flask, as_: As) -> None:
    admin = as_("admin")
    stranger = invited(app, admin)
    as_("head").post(f"/people/grants/{open_request(rt).id}", answer="refuse")
    assert stranger.get("/").location == "/login?next=/"
    assert stranger.post("/login", login="dana", password=GOOD).status_code == 401
    assert not volunteer(rt, "dana").confirmed
    dana = come(app, link_of(admin.post("/people/dana/link").text))
    as_("head").post(f"/people/grants/{open_request(rt).id}", answer="give")
    assert dana.is_in()


def test_whoever_comes_back_is_confirmed_anew_each_time(rt: Runtime, app: Flask, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    invited(app, admin)
    head.post(f"/people/grants/{open_request(rt).id}", answer="give")
    for _ in range(2):
        admin.post("/people/dana/deactivate")
        assert [grant for grant in grants(rt) if grant.decided_at is None] == []
        dana = come(app, link_of(admin.post("/people/dana/bring-back").text))
        assert waits(dana)
        head.post(f"/people/grants/{open_request(rt).id}", answer="give")
        assert dana.is_in()


# A right that is given later


RIGHTS = ["team:integrity", "lead:street", "numbers", "auditor"]


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_ends_the_password_that_was_chosen_by_another_persons_link(rt: Runtime, app: Flask, as_: As, right: str) -> None:
    admin, head = as_("admin"), as_("head")
    second_self = invited(app, admin)
    head.post(f"/people/grants/{open_request(rt).id}", answer="give")  # without asking anybody
    admin.post("/people/dana/rights", right=right)
    link = link_of(head.post(f"/people/grants/{open_request(rt).id}", answer="give").text)
    assert second_self.get("/").location == "/login?next=/"
    assert second_self.post("/login", login="dana", password=GOOD).status_code == 401
    dana = come(app, link)
    assert waits(dana)
    assert head.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 403  # has seen this link
    assert admin.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 302
    assert dana.get("/").location != "/waiting"


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_ends_log_ins_and_links_and_leaves_a_password_that_nobody_else_chose(rt: Runtime, as_: As, right: str) -> None:
    admin, head, bob = as_("admin"), as_("head"), as_("bob")
    link = link_of(admin.post("/people/bob/link").text)
    admin.post("/people/bob/rights", right=right)
    assert "/welcome/" not in head.post(f"/people/grants/{open_request(rt).id}", answer="give").get_data(as_text=True)
    assert bob.get("/").location == "/login?next=/"
    assert bob.get(link).status_code == 404
    assert bob.log_in("bob")


def test_a_password_changed_by_a_volunteer_who_was_confirmed_is_the_volunteers_own(rt: Runtime, app: Flask, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    dana = invited(app, admin)
    head.post(f"/people/grants/{open_request(rt).id}", answer="give")
    assert dana.post("/account/password", old=GOOD, new="seven-green-buckets").status_code == 302
    admin.post("/people/dana/rights", right="numbers")
    assert head.post(f"/people/grants/{open_request(rt).id}", answer="give").status_code == 302
    assert dana.log_in("dana", "seven-green-buckets").is_in()


# The command line: a person who has the machine's shell


def test_a_link_from_the_command_line_needs_nobody(rt: Runtime, app: Flask, as_: As) -> None:
    invited(app, as_("admin"))
    dana = come(app, f"/welcome/{invite_again(rt, 'dana')}")
    assert dana.is_in()
    assert [grant for grant in grants(rt) if grant.decided_at is None] == []


def test_a_password_from_the_command_line_needs_nobody(rt: Runtime, app: Flask, as_: As) -> None:
    dana = invited(app, as_("admin"))
    password = reset_password(rt, "dana")
    assert password
    assert dana.get("/").location == "/login?next=/"
    assert dana.log_in("dana", password).is_in()
    assert [grant for grant in grants(rt) if grant.decided_at is None] == []


MORE = '\n[[volunteer]]\nlogin = "dana"\nname = "Dana"\n'


@pytest.mark.parametrize("gains", ['leads = ["street"]', 'teams = ["integrity"]', "head = true", 'role = "auditor"'])
def test_a_right_from_the_organisation_file_ends_the_old_ways_too(rt: Runtime, app: Flask, as_: As, tmp_path: Path, gains: str) -> None:
    second_self = invited(app, as_("admin"))
    as_("head").post(f"/people/grants/{open_request(rt).id}", answer="give")
    path = tmp_path / "organisation.toml"
    path.write_text(ORGANISATION + MORE, "utf-8")
    load_organisation(rt, path)
    assert second_self.is_in()  # nothing was given
    path.write_text(ORGANISATION + MORE + gains, "utf-8")
    load_organisation(rt, path)
    assert second_self.get("/").location == "/login?next=/"
    assert second_self.post("/login", login="dana", password=GOOD).status_code == 401
    load_organisation(rt, path)
    assert come(app, f"/welcome/{invite_again(rt, 'dana')}").get("/").location != "/waiting"


def test_whoever_the_file_brings_back_has_no_password_that_another_chose(rt: Runtime, app: Flask, as_: As, tmp_path: Path) -> None:
    admin = as_("admin")
    second_self = invited(app, admin)
    as_("head").post(f"/people/grants/{open_request(rt).id}", answer="give")
    admin.post("/people/dana/deactivate")
    path = tmp_path / "organisation.toml"
    path.write_text(ORGANISATION + MORE + "active = true", "utf-8")
    load_organisation(rt, path)
    assert volunteer(rt, "dana").active
    assert second_self.post("/login", login="dana", password=GOOD).status_code == 401


def test_the_first_password_of_a_file_opens_an_account_that_an_administrator_made(rt: Runtime, as_: As, tmp_path: Path) -> None:
    as_("admin").post("/people/invite", login="dana", name="Dana")
    path = tmp_path / "organisation.toml"
    path.write_text(ORGANISATION + MORE, "utf-8")
    load_organisation(rt, path, password=GOOD)
    assert as_("alice").is_in()
    with rt.reading() as session:
        assert session.scalars(select(Volunteer.confirmed)).all() == [True] * 8


def test_everybody_of_a_file_works_at_once(rt: Runtime, app: Flask) -> None:
    for login in ("alice", "lead", "head", "admin", "auditor"):
        assert Visitor(app).log_in(login).get("/").location != "/waiting"
    assert "welcome.waiting" not in guards.OPEN_TO_ALL
    assert teams_of(rt, "alice")
