"""The people page: rights that take two people, and volunteers who leave."""

import re
from collections.abc import Callable
from datetime import time

import pytest
from sqlalchemy import select, update

from hotline.alarms import AlarmKind
from hotline.runtime import Runtime
from hotline.services.people.invitations import invite
from hotline.services.people.organisation import add_volunteer
from hotline.services.tickets.routing import route_due
from hotline.storage import people
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event
from hotline.storage.peoplemodels import Grant, ShiftRow, Volunteer
from tests.services.colleagues import volunteer
from tests.support import text_in, tickets
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]


def teams_of(rt: Runtime, login: str) -> dict[str, bool]:
    """Code → whether the volunteer leads the team."""
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
    assert admin.post(f"/people/grants/{grant.id}", answer="give").status_code == 403  # asked for it
    assert head.post(f"/people/grants/{grant.id}", answer="give").status_code == 302
    assert teams_of(rt, "bob")["integrity"] is False
    assert head.post(f"/people/grants/{grant.id}", answer="refuse").status_code == 409  # decided it


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
    assert (answer.status_code, told(answer)) == (
        409,
        "Somebody has that login already. Choose another; if you have just invited that person, make a new link below.",
    )
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


def alarms(rt: Runtime) -> list[tuple[str, str, bool]]:
    """Kind, volunteer, and whether it was acknowledged."""
    with rt.reading() as session:
        rows = session.execute(
            select(Alarm.kind, Volunteer.login, Alarm.acknowledged_at)
            .join(Volunteer, Volunteer.id == Alarm.volunteer_id)
            .order_by(Alarm.kind)
        )
        return [(row[0], row[1], row[2] is not None) for row in rows]


def test_the_head_is_told_of_every_link_an_administrator_makes_and_the_page_says_who_made_it(rt: Runtime, as_: As) -> None:
    admin, head = as_("admin"), as_("head")
    admin.post("/people/invite", login="dana", name="Dana")
    admin.post("/people/bob/link")
    assert alarms(rt) == [("account", "head", False)]
    assert "A link to log in by was made for somebody" in head.text("/")
    with rt.reading() as session:
        alarm_id = session.scalars(select(Alarm.id)).one()
    head.post(f"/alarms/{alarm_id}/acknowledge")
    assert alarms(rt) == [("account", "head", True)]
    admin.post("/people/invite", login="eve", name="Eve")  # the alarm was acknowledged, so a new link raises it again
    assert alarms(rt) == [("account", "head", False)]
    assert "Link made by <bdi>Admin</bdi>" in head.text("/people")


def test_a_link_from_the_command_line_is_told_too(rt: Runtime, as_: As) -> None:
    assert invite(rt, "dana", "Dana", made_by=None)
    assert alarms(rt) == [("account", "head", False)]
    assert "Link made by <bdi>the command line</bdi>" in as_("admin").text("/people")


def test_a_head_is_not_told_of_a_link_that_she_gave_herself(rt: Runtime, as_: As) -> None:
    as_("admin").post("/people/lead/link")
    assert alarms(rt) == [("grant", "head", False)]
    as_("head").post(f"/people/grants/{grants(rt)[0].id}", answer="give")
    assert alarms(rt) == [("grant", "head", False)]


def test_somebody_who_went_comes_back_by_a_link_and_without_what_takes_two_people(rt: Runtime, as_: As) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login.in_(["lead", "charlie"])).values(shows_numbers=True))
    admin = as_("admin")
    admin.post("/people/charlie/teams", team="street")
    with rt.transaction() as tx:
        her, street = volunteer(rt, "charlie").id, people.teams(tx.session)["street"].id
        tx.session.add(ShiftRow(volunteer_id=her, team_id=street, weekday=0, starts=time(8), ends=time(20)))
    for login in ("lead", "charlie", "auditor"):
        admin.post(f"/people/{login}/deactivate")
        answer = admin.post(f"/people/{login}/bring-back")
        assert re.search(r"/welcome/[\w-]{20,}", answer.get_data(as_text=True))
        her = volunteer(rt, login)
        assert (her.active, her.role, her.is_head, her.shows_numbers, her.password_hash) == (True, "volunteer", False, False, None)
    assert teams_of(rt, "lead") == {"general": False, "street": False, "emergency": False}
    assert teams_of(rt, "charlie") == {"street": False}
    with rt.reading() as session:
        assert volunteer(rt, "charlie").id not in session.scalars(select(ShiftRow.volunteer_id)).all()
    assert alarms(rt) == [("account", "head", False)]


def test_somebody_who_is_here_is_not_brought_back_and_nobody_but_an_administrator_does_it(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    assert admin.post("/people/bob/bring-back").status_code == 409
    admin.post("/people/bob/deactivate")
    for login in ("head", "lead"):
        assert as_(login).post("/people/bob/bring-back").status_code == 403
    assert as_("alice").post("/people/bob/bring-back").status_code == 404
    assert not volunteer(rt, "bob").active
    assert "Back again: make a link" in admin.text("/people")
    assert "Back again: make a link" not in as_("head").text("/people")
    assert [admin.post("/people/bob/bring-back").status_code for _ in range(2)] == [200, 409]  # a double click
    assert admin.post("/people/nobody/bring-back").status_code == 409


def test_of_two_who_bring_her_back_at_once_one_is_told_that_it_is_done(rt: Runtime, as_: As) -> None:
    as_("admin").post("/people/bob/deactivate")
    with rt.transaction() as tx:
        assert [people.bring_back(tx.session, volunteer(rt, "bob").id) for _ in range(2)] == [True, False]


def test_her_old_password_and_old_links_stay_closed_until_she_came_by_the_new_link(rt: Runtime, as_: As) -> None:
    admin, bob = as_("admin"), as_("bob")
    admin.post("/people/bob/deactivate")
    page = admin.post("/people/bob/bring-back").get_data(as_text=True)
    assert not bob.is_in()
    assert bob.post("/login", login="bob", password="correct-horse-battery").status_code == 401
    link = re.search(r"/welcome/[\w-]{20,}", page)
    assert link
    assert bob.post(link[0], password="another-good-battery").status_code == 302


def test_the_last_head_cannot_be_put_out_by_an_administrator(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    assert admin.post("/people/head/deactivate").status_code == 409
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(is_head=True))
    assert admin.post("/people/head/deactivate").status_code == 302
    assert admin.post("/people/lead/deactivate").status_code == 409
