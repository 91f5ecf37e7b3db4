"""The people page: rights that take two people, and somebody who goes."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from hotline.alarms import AlarmKind
from hotline.runtime import Runtime
from hotline.services.organisation import add_volunteer
from hotline.services.routing import route_due
from hotline.storage import people
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event
from hotline.storage.peoplemodels import Grant
from tests.services.people import volunteer
from tests.support import text_in, tickets
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]


def teams_of(rt: Runtime, login: str) -> dict[str, bool]:
    """Code → whether she leads it."""
    with rt.reading() as session:
        return {team.code: is_lead for i, team, is_lead in people.memberships(session) if i == volunteer(rt, login).id}


def grants(rt: Runtime) -> list[Grant]:
    with rt.reading() as session:
        return list(session.scalars(select(Grant).order_by(Grant.id)))


def test_a_right_takes_a_second_person_and_the_head_is_told(rt: Runtime, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    admin.post("/people/bob/rights", right="team:integrity")
    admin.post("/people/bob/rights", right="team:integrity")  # a double click
    [grant] = grants(rt)
    assert "integrity" not in teams_of(rt, "bob")
    with rt.reading() as session:
        [alarm] = session.scalars(select(Alarm))
    assert (alarm.kind, alarm.about, alarm.volunteer_id) == (AlarmKind.GRANT, f"grant:{grant.id}", volunteer(rt, "head").id)
    assert "A right was asked for" in head.text("/")
    assert head.post(f"/alarms/{alarm.id}/acknowledge").status_code == 302
    assert "A right was asked for" not in head.text("/")
    assert admin.post(f"/people/grants/{grant.id}", answer="give").status_code == 403  # who asked
    assert head.post(f"/people/grants/{grant.id}", answer="give").status_code == 302
    assert teams_of(rt, "bob")["integrity"] is False
    assert head.post(f"/people/grants/{grant.id}", answer="refuse").status_code == 409  # decided


def test_what_was_refused_is_not_given(rt: Runtime, as_: As) -> None:
    as_("lead").post("/people/bob/rights", right="numbers")
    as_("head").post(f"/people/grants/{grants(rt)[0].id}", answer="refuse")
    assert (grants(rt)[0].given, volunteer(rt, "bob").shows_numbers) == (False, False)


@pytest.mark.parametrize("login", ["lead", "head", "admin"])
def test_nobody_asks_for_herself(rt: Runtime, as_: As, login: str) -> None:
    for right in ("administrator", "numbers", "team:integrity", "lead:integrity"):
        assert as_(login).post(f"/people/{login}/rights", right=right).status_code == 403
    assert grants(rt) == []


def test_whom_it_is_for_does_not_give_it(rt: Runtime, as_: As) -> None:
    as_("lead").post("/people/head/rights", right="team:integrity")
    assert as_("head").post(f"/people/grants/{grants(rt)[0].id}", answer="give").status_code == 403
    assert as_("admin").post(f"/people/grants/{grants(rt)[0].id}", answer="give").status_code == 302
    assert "integrity" in teams_of(rt, "head")


@pytest.mark.parametrize("right", ["", "everything", "lead", "team:", "administrator:street", "link", "lead:nothing"])
def test_what_is_no_right_is_not_asked_for(rt: Runtime, as_: As, right: str) -> None:
    assert as_("admin").post("/people/bob/rights", right=right).status_code in (400, 409)
    assert grants(rt) == []


def test_a_team_that_sees_nothing_sealed_takes_one_person_only(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    admin.post("/people/charlie/teams", team="street")
    assert teams_of(rt, "charlie") == {"integrity": False, "street": False}
    admin.post("/people/bob/teams", team="integrity")
    assert teams_of(rt, "bob") == {"street": False}
    assert len(grants(rt)) == 1


def test_a_new_link_for_whoever_has_such_a_right_takes_two_people(rt: Runtime, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    assert re.search(r"/welcome/[\w-]{20,}", admin.post("/people/bob/link").get_data(as_text=True))
    assert "/welcome/" not in admin.client.get(admin.post("/people/lead/link").location, base_url="https://hotline.example.org").text
    page = head.post(f"/people/grants/{grants(rt)[0].id}", answer="give").get_data(as_text=True)
    found = re.search(r"/welcome/[\w-]{20,}", page)
    assert found
    assert head.get(found[0]).status_code == 200


def test_an_invitation_is_shown_once_and_a_taken_login_is_refused(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    page = admin.post("/people/invite", login=" Dana ", name="Dana <script>").get_data(as_text=True)
    assert re.search(r"https://hotline.example.org/welcome/[\w-]{20,}", page)
    assert "<script>" not in page
    assert "/welcome/" not in admin.text("/people")
    answer = admin.post("/people/invite", login="dana", name="Another")
    assert (answer.status_code, told(answer)) == (409, "Somebody has that login already. Choose another.")
    assert admin.post("/people/invite", login="a b", name="x").status_code == 409


def test_whoever_goes_leaves_her_tickets_to_others_and_her_log_ins_end(rt: Runtime, as_: As) -> None:
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    [ticket] = tickets(rt)
    with rt.reading() as session:
        holder = people.names(session, [ticket.assignee_id])[ticket.assignee_id or 0].lower()
    her = as_(holder)
    as_("admin").post(f"/people/{holder}/deactivate")
    assert not her.is_in()
    [ticket] = tickets(rt)
    assert (ticket.assignee_id, ticket.routed_at, ticket.status) == (None, None, "new")
    with rt.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == EventKind.HANDED_BACK)).one().ticket_id == ticket.id
    route_due(rt)
    assert tickets(rt)[0].assignee_id not in (None, volunteer(rt, holder).id)
    assert her.post("/login", login=holder, password="correct-horse-battery").status_code == 401


def test_nobody_puts_herself_out_or_takes_her_own_role(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    assert admin.post("/people/admin/deactivate").status_code == 403
    assert admin.post("/people/admin/rights/take-away", right="administrator").status_code == 403
    assert admin.is_in() or admin.get("/").location == "/people"


def test_languages_are_codes(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    admin.post("/people/bob/languages", languages="ur, ps bal")
    assert volunteer(rt, "bob").languages == ["bal", "ps", "ur"]
    assert admin.post("/people/bob/languages", languages="klingon").status_code == 409
    assert admin.post("/people/bob/languages", languages="").status_code == 409


def test_an_administrator_works_no_tickets_by_that(rt: Runtime, as_: As) -> None:
    assert add_volunteer(rt, "dana", "Dana")
    as_("head").post("/people/alice/rights", right="administrator")
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    as_("admin").post(f"/people/grants/{grants(rt)[0].id}", answer="give")
    assert teams_of(rt, "alice") == {}
    assert as_("alice").get(f"/tickets/{tickets(rt)[0].reference}").status_code == 404
