"""The roster and the hand-over on the pages. It is noon on a Monday in Karachi; alice and bob work in one team until 20:00 every day."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import select, update

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage import shiftdays
from hotline.storage.models import Alarm
from hotline.storage.peoplemodels import ShiftDay, ShiftRow, Team, Volunteer
from hotline.workdays import calendar
from tests.services.colleagues import volunteer
from tests.support import Clock, text_in, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
TUESDAY = date(2026, 11, 24)
SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"


def team(rt: Runtime, code: str) -> int:
    with rt.reading() as session:
        return session.scalars(select(Team.id).where(Team.code == code)).one()


def of(rt: Runtime, login: str, on_date: date = TUESDAY) -> dict[str, str]:
    """The fields of a volunteer's shift in the street team on a day."""
    return {
        "team": str(team(rt, "street")),
        "volunteer": str(volunteer(rt, login).id),
        "on_date": on_date.isoformat(),
        "starts": "08:00",
    }


def present(rt: Runtime, clock: Clock) -> set[str]:
    """Who is on duty in the street team on Tuesday at noon."""
    local = clock.now.replace(day=24).astimezone(rt.config.zone)
    with rt.reading() as session:
        ids = shiftdays.present(session, team(rt, "street"), local, calendar(rt.config))
        return set(session.scalars(select(Volunteer.login).where(Volunteer.id.in_(ids))))


def day(rt: Runtime, login: str) -> ShiftDay:
    with rt.reading() as session:
        return session.scalars(select(ShiftDay).where(ShiftDay.volunteer_id == volunteer(rt, login).id, ShiftDay.on_date == TUESDAY)).one()


def test_a_colleague_who_agrees_comes_instead(as_: As, rt: Runtime, clock: Clock) -> None:
    asked = as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id))
    assert (asked.status_code, present(rt, clock)) == (302, {"alice", "bob"})
    lead = as_("lead")
    assert "I will come" in lead.text("/roster")
    assert "I will come" not in as_("bob").text("/roster")
    assert lead.post("/roster/answer", **of(rt, "alice"), agrees="yes").status_code == 302
    assert present(rt, clock) == {"lead", "bob"}
    assert lead.post("/roster/answer", **of(rt, "alice"), agrees="yes").status_code == 409  # a double click
    assert present(rt, clock) == {"lead", "bob"}


def test_a_colleague_who_does_not_agree_changes_nothing_and_another_can_be_asked(as_: As, rt: Runtime, clock: Clock) -> None:
    alice = as_("alice")
    alice.post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id))
    assert alice.post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "bob").id)).status_code == 409
    as_("lead").post("/roster/answer", **of(rt, "alice"), agrees="no")
    assert present(rt, clock) == {"alice", "bob"}
    assert alice.post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "bob").id)).status_code == 302


def test_two_who_swap_each_come_for_the_other(as_: As, rt: Runtime, clock: Clock) -> None:
    alice, bob = as_("alice"), as_("bob")
    alice.post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "bob").id))
    bob.post("/roster/ask", **of(rt, "bob", date(2026, 11, 25)), colleague=str(volunteer(rt, "alice").id))
    bob.post("/roster/answer", **of(rt, "alice"), agrees="yes")
    alice.post("/roster/answer", **of(rt, "bob", date(2026, 11, 25)), agrees="yes")
    assert present(rt, clock) == {"bob"}


def test_a_stand_in_who_cannot_after_all_leaves_nobody_and_the_lead_is_told(as_: As, rt: Runtime, clock: Clock) -> None:
    as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "bob").id))
    as_("bob").post("/roster/answer", **of(rt, "alice"), agrees="yes")
    as_("bob").post("/roster/coming", **of(rt, "alice"), comes="no")
    assert present(rt, clock) == {"bob"}  # in bob's own shift
    assert (day(rt, "alice").comes, day(rt, "alice").stand_in_id) == (False, None)
    with rt.reading() as session:
        assert session.scalars(select(Alarm.kind)).all() == ["not_coming"]


def test_a_stand_in_who_was_removed_comes_no_more(as_: As, rt: Runtime, clock: Clock) -> None:
    as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id))
    as_("lead").post("/roster/answer", **of(rt, "alice"), agrees="yes")
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(active=False))
    assert present(rt, clock) == {"bob"}
    assert "does not come" in as_("alice").text("/roster")


@pytest.mark.parametrize("who", ["bob", "charlie", "lead", "head"])
def test_nobody_asks_for_somebody_else(as_: As, rt: Runtime, who: str) -> None:
    assert as_(who).post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "bob").id)).status_code == 404
    assert as_(who).post("/roster/coming", **of(rt, "alice"), comes="no").status_code == 404


def test_nobody_of_another_team_can_be_asked_or_agree(as_: As, rt: Runtime) -> None:
    assert as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "charlie").id)).status_code == 404
    assert as_("charlie").post("/roster/answer", **of(rt, "alice"), agrees="yes").status_code == 404


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"on_date": "2026-11-28"}, 404),  # a Saturday
        ({"on_date": "2026-11-20"}, 404),  # over
        ({"on_date": "nonsense"}, 400),
        ({"on_date": "9999-12-31"}, 400),
        ({"starts": "25:00"}, 400),
        ({"starts": "09:00"}, 404),
        ({"team": "9" * 40}, 400),
        ({"volunteer": "-1"}, 400),
        ({"comes": "perhaps"}, 400),
    ],
)
def test_a_shift_that_is_not_there_is_refused(as_: As, rt: Runtime, changed: dict[str, str], code: int) -> None:
    assert as_("alice").post("/roster/coming", **{**of(rt, "alice"), "comes": "yes"} | changed).status_code == code


def test_a_lead_plans_and_takes_out_and_nobody_else_does(as_: As, rt: Runtime) -> None:
    fields = {
        "team": str(team(rt, "street")),
        "volunteer": str(volunteer(rt, "bob").id),
        "weekday": "6",
        "starts": "22:00",
        "ends": "06:00",
    }
    for other in ("alice", "charlie", "head"):
        assert as_(other).post("/roster/add", **fields).status_code == 404
    lead = as_("lead")
    assert [lead.post("/roster/add", **fields, rests="yes").status_code for _ in range(2)] == [302, 302]
    with rt.reading() as session:
        [row] = session.scalars(select(ShiftRow).where(ShiftRow.weekday == 6))
    assert (row.starts, row.ends, row.on_holidays) == (time(22), time(6), False)
    gone = {"team": fields["team"], "shift": str(row.id)}
    assert as_("alice").post("/roster/remove", **gone).status_code == 404
    assert [lead.post("/roster/remove", **gone).status_code for _ in range(2)] == [302, 302]
    with rt.reading() as session:
        assert session.scalars(select(ShiftRow).where(ShiftRow.weekday == 6)).all() == []


def test_a_lead_does_not_plan_in_another_team_by_her_own_teams_name(as_: As, rt: Runtime) -> None:
    with rt.reading() as session:
        other = session.scalars(select(ShiftRow.id).where(ShiftRow.team_id == team(rt, "integrity"))).one()
    as_("lead").post("/roster/remove", team=str(team(rt, "street")), shift=str(other))
    with rt.reading() as session:
        assert session.get(ShiftRow, other) is not None


def test_each_sees_the_roster_of_her_teams_only(as_: As, rt: Runtime) -> None:
    page = as_("charlie").text("/roster")
    assert ("Integrity" in page, "Street" in page, "Alice" in page) == (True, False, False)
    assert "Add the shift" not in page
    assert "Add the shift" in as_("lead").text("/roster")


def test_an_open_page_means_she_has_come(as_: As, rt: Runtime, clock: Clock) -> None:
    as_("bob").get("/")
    with rt.reading() as session:
        [row] = session.scalars(select(ShiftDay))
    assert (row.volunteer_id, row.came_at) == (volunteer(rt, "bob").id, clock.now)


def test_a_ticket_that_was_opened_is_not_taken_to_her_phone(as_: As, rt: Runtime) -> None:
    text_in(rt, "bachao")
    route_due(rt)
    [ticket] = tickets(rt)
    as_("lead").get(f"/tickets/{ticket.reference}")
    with rt.reading() as session:
        [alarm] = session.scalars(select(Alarm))
    assert (alarm.seen_at is not None, alarm.told_at, alarm.acknowledged_at) == (True, None, None)


def test_at_the_end_of_her_shift_she_writes_a_note_and_the_next_shift_reads_it(as_: As, rt: Runtime, clock: Clock) -> None:
    today = of(rt, "alice", date(2026, 11, 23))
    alice = as_("alice")
    assert alice.post("/handover", **today, note="too early").status_code == 404
    clock.forward(hours=7, minutes=30)
    assert "Your note" in alice.text("/handover")
    assert alice.post("/handover", **today, note="<b>Ring</b> \u202eback\u200b at nine").status_code == 302
    clock.forward(hours=12, minutes=30)  # Tuesday, 08:00
    page = as_("bob").text("/handover")
    assert "&lt;b&gt;Ring&lt;/b&gt;" in page
    assert "Ring" not in as_("charlie").text("/handover")
    assert as_("bob").post("/handover", **today, note="not hers").status_code == 404


def test_the_sheet_shows_what_is_open_and_nothing_sealed_that_is_not_the_readers(as_: As, rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi", sender="+923009999999")
    route_due(rt)
    open_, sealed = tickets(rt)
    assert sealed.sealed
    shown = {who: as_(who).text("/handover") for who in ("alice", "bob", "charlie", "lead")}
    assert {who for who, page in shown.items() if open_.reference in page} == {"alice", "bob", "lead"}
    assert {who for who, page in shown.items() if sealed.reference in page} == {"charlie"}


def test_a_night_of_last_week_that_still_runs_on_monday_morning_is_shown(as_: As, clock: Clock, rt: Runtime) -> None:
    with rt.transaction() as tx:
        who, general = volunteer(rt, "alice").id, team(rt, "general")
        tx.session.add(ShiftRow(volunteer_id=who, team_id=general, weekday=6, starts=time(21), ends=time(7)))
    clock.now = clock.now.replace(hour=1, minute=30)  # 06:30 in Karachi
    page = as_("alice").text("/roster")
    assert re.search(r'datetime="2026-11-22">22 November</time></bdi>\s*<bdi dir="ltr" class="number">21:00–07:00', page)
    assert [(row[0], row[1]) for row in grid(page, "This week")[1:]] == [
        ("21:00–07:00", "Sunday 22 November Alice"),
        ("22:00–06:00", "Alice"),
    ]


def grid(page: str, caption: str) -> list[list[str]]:
    """The words of a week's table, by rows and columns; the first row and the first column are its headers."""
    table, *_of_other_teams = re.findall(rf"<table[^>]*>\s*<caption>{caption}</caption>(.*?)</table>", page, re.DOTALL)
    rows = [re.findall(r"<t([hd])([^>]*)>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    assert all('scope="col"' in attributes for _, attributes, _ in rows[0])
    assert all(row[0][0] == "h" and 'scope="row"' in row[0][1] for row in rows[1:])
    return [[" ".join(re.sub("<[^>]+>", " ", cell).split()) for _, _, cell in row] for row in rows]


def test_the_roster_is_a_grid_of_two_weeks_that_says_in_words_who_is_missing(as_: As, rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.add(ShiftRow(volunteer_id=volunteer(rt, "bob").id, team_id=team(rt, "street"), weekday=6, starts=time(20), ends=time(2)))
    as_("alice").post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id))
    as_("lead").post("/roster/answer", **of(rt, "alice"), agrees="yes")
    as_("bob").post("/roster/coming", **of(rt, "bob"), comes="no")
    page = as_("bob").text("/roster")
    head, day, night = grid(page, "This week")
    assert head[:3] == ["Hours", "Monday 23 November", "Tuesday 24 November"]
    assert (day[0], day[1], day[3]) == ("08:00–20:00", "Alice Bob", "Alice Bob")
    assert day[2] == "Alice stands in: Lead Bob does not come"
    assert (night[0], night[7], set(night[1:7])) == ("20:00–02:00", "Bob", {""})
    assert grid(page, "Next week")[0][7] == "Sunday 6 December"
    # Once for each day of the list that a small screen shows in place of the grid.
    assert len(re.findall(r"<h4[^>]*>", page)) == 6 + 6


def test_a_shift_whose_hours_are_moved_says_its_own_and_too_few_are_called_so(as_: As, rt: Runtime, clock: Clock) -> None:
    moved = replace(rt.config, duty=replace(rt.config.duty, least=3, pauses=("tue 12:00-13:00",)))
    app = create_app(replace(rt, config=moved))
    page = Visitor(app).log_in("bob").text("/roster")
    day = grid(page, "This week")[1]
    assert day[1] == "Alice Bob too few"
    assert day[2] == "08:00–12:00 13:00–20:00 Alice 08:00–12:00 13:00–20:00 Bob too few"


def test_an_older_page_of_hers_does_not_write_over_the_note_she_handed_over(as_: As, rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=7, minutes=30)
    alice, today = as_("alice"), of(rt, "alice", date(2026, 11, 23))
    for _ in range(2):  # a double click
        assert alice.post("/handover", **today, was="", note="Ring her\r\nat nine").status_code == 302
    assert alice.post("/handover", **today, was="", note="").status_code == 409
    assert "Ring her\nat nine" in as_("bob").text("/handover")
    assert alice.post("/handover", **today, was="Ring her\r\nat nine", note="Ring her at ten").status_code == 302
    assert "Ring her at ten" in as_("bob").text("/handover")
