"""The page of the gateways: who opens it, what it shows and never shows, and what its buttons do."""

import dataclasses
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.app import create_app
from hotline.domain.delivery import Reason
from hotline.domain.health import BAD
from hotline.domain.standing import State
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome
from hotline.gateways.sip.settings import read_line
from hotline.runtime import Runtime
from hotline.services.texts import doubts, gatewayview
from hotline.services.texts.outbound import send_due
from hotline.services.texts.reports import settle_unknown
from hotline.services.tickets.routing import route_due
from hotline.storage import gatewaysigns, gatewaystates
from hotline.storage.auditmodels import Showing
from hotline.storage.models import Message, Ticket
from hotline.storage.peoplemodels import Membership, PeopleEvent
from hotline.web.words import RESTS
from tests.gateways.http.world import account_at
from tests.services.colleagues import settle, volunteer
from tests.support import HER, Clock, ScriptedGateway, text_in, texts_out, tickets
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]
SAID = "orangi town mein mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    """A hotline with two gateways; the first has two lines with limits."""
    account = make_rt().config.gateways["twilio"]
    terms = dataclasses.replace(account.terms, sims=("1", "2"), per_15_minutes=150, per_hour=250, lines=("+923000000001",))
    return make_rt(gateways={"sim1": dataclasses.replace(account, terms=terms), "twilio": account})


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    return create_app(rt)


def lose(rt: Runtime, clock: Clock, said: str = SAID, sender: str = HER) -> int:
    """The id of a text, the receipt of a ticket, of which nobody can tell whether it was sent."""
    text_in(rt, said, sender=sender)
    route_due(rt)
    gateway = ScriptedGateway([GatewayError("ReadTimeout", Outcome.UNKNOWN)], can=Abilities(LookUp.NEVER))
    send_due(rt, gateway.alone, for_s=5)
    clock.forward(seconds=25)
    settle_unknown(rt, gateway.alone)
    assert texts_out(rt)[-1].reason == Reason.NEVER_KNOWN
    return texts_out(rt)[-1].id


def shown(page: str, name: str) -> str:
    """The words of one gateway's panel."""
    found = re.search(rf'<section class="panel gateway" aria-labelledby="gateway-{name}">(.*?)</section>', page, re.DOTALL)
    assert found, name
    return words(found[1])


def words(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html)))


def states(rt: Runtime) -> dict[str, State]:
    return {view.name: view.state for view in gatewayview.overview(rt)}


def happened(rt: Runtime) -> list[tuple[str, int | None, str | None]]:
    with rt.reading() as session:
        events = session.scalars(select(PeopleEvent).order_by(PeopleEvent.id))
        return [(one.kind, one.by_id, one.data["gateway"]) for one in events if "gateway" in one.data]


def test_the_menu_leads_there_those_who_may_go_and_nobody_else(as_: As) -> None:
    for login, page in (("head", "/"), ("admin", "/people"), ("auditor", "/audit")):
        visitor = as_(login)
        assert 'href="/gateways"' in visitor.text(page), login
        assert visitor.get("/gateways").status_code == 200
    for login in ("alice", "bob", "charlie", "lead"):
        visitor = as_(login)
        assert 'href="/gateways"' not in visitor.text("/"), login
        assert visitor.get("/gateways").status_code == 404
        assert visitor.post("/gateways/twilio/stop", why="no balance").status_code == 404


def test_it_shows_each_gateway_with_what_it_carried_and_what_is_left(rt: Runtime, as_: As) -> None:
    text_in(rt, SAID)
    send_due(rt, {name: ScriptedGateway(name=name) for name in ("sim1", "twilio")}, for_s=5)
    page = as_("admin").text("/gateways")
    twilio, sim1 = shown(page, "twilio"), shown(page, "sim1")
    assert "Works" in twilio
    for said in ("Came in 1 1", "Sent 1 1", "Delivered 0 0", "Last text that came in 23 November 2026", "Cost today PKR 0.00"):
        assert said in twilio, said
    assert "Left of what it may send" not in twilio
    for said in ("Our numbers +923000000001", "none yet", "Line 1 in 15 minutes 135 of 150", "in an hour 225 of 250"):
        assert said in sim1, said
    assert page.count("<meter ") == 4
    assert re.search(r'<meter aria-labelledby="left-sim1-2-1" min="0" max="150" low="30" high="75" optimum="150" value="135">', page)
    [day] = re.findall(r'<div role="img" aria-label="The most texts in one hour: 1">(.*?)</div>', page, re.DOTALL)
    assert day.count("<span ") == 24
    assert day.count("h10") == 2
    assert "style=" not in page


def test_it_says_that_a_gateway_rests_until_when_and_why(rt: Runtime, as_: As) -> None:
    with rt.transaction() as tx:
        gatewaystates.rest(tx.session, "sim1", "no_balance", now=tx.now)
        gatewaystates.rest(tx.session, "twilio", "29999", now=tx.now)
    page = as_("auditor").text("/gateways")
    assert "Rests until 23 November 2026, 12:01 no balance is left" in shown(page, "sim1")
    assert "its code: 29999" in shown(page, "twilio")


def test_a_phone_shows_what_it_told_of_itself_and_that_it_hears_nothing(rt: Runtime, as_: As, clock: Clock) -> None:
    admin = as_("admin")
    assert not any(said in admin.text("/gateways") for said in ("Battery", "Last test text", "Hears nothing"))
    with rt.transaction() as tx:
        gatewaysigns.store(tx.session, "sim1", pinged_at=tx.now, battery=17, charging=False, online=False, heard_at=tx.now)
    clock.forward(minutes=14)
    page = admin.text("/gateways")
    for said in ("Battery 17 % · not charging", "The phone told of itself 23 November 2026, 12:00 · it has no internet", "Last test text"):
        assert said in shown(page, "sim1"), said
    assert re.search(r'<meter aria-label="Battery" min="0" max="100" low="20" high="50" optimum="100" value="17">', page)
    assert "Battery" not in shown(page, "twilio")
    assert '<div class="bad"><dt>The phone told' not in page
    clock.forward(minutes=2)
    with rt.transaction() as tx:
        gatewaysigns.store(tx.session, "sim1", battery=None, deaf_since=tx.now)
    page = admin.text("/gateways")
    assert '<div class="bad"><dt>The phone told' in page
    assert "Hears nothing since 23 November 2026, 12:16 : texts to it do not come in" in shown(page, "sim1")
    assert "Battery not known" in shown(page, "sim1")


def test_an_alarm_about_a_gateway_leads_a_head_to_the_page(rt: Runtime, as_: As) -> None:
    with rt.transaction() as tx:
        for kind in (AlarmKind.GATEWAY_RESTS, AlarmKind.GATEWAY_DEAF, AlarmKind.ALL_REST):
            raise_alarm_about(tx, f"{kind}:sim1", kind, volunteer(rt, "head").id)
    strip = re.search(r'<section id="alarms".*?</section>', as_("head").text("/"), re.DOTALL)
    assert strip
    assert strip[0].count('href="/gateways"') == 3
    assert "/roster" not in strip[0]


def test_every_illness_that_we_find_ourselves_has_words() -> None:
    assert set(BAD) <= RESTS.keys()


@pytest.mark.parametrize("login", ["head", "admin"])
def test_a_person_stops_a_gateway_with_a_reason_and_lets_it_carry_again(rt: Runtime, as_: As, login: str) -> None:
    visitor = as_(login)
    answer = visitor.post("/gateways/twilio/stop", why="رقم ختم، 0300-1234567")
    assert (answer.status_code, answer.location) == (302, "/gateways?done=stopped")
    assert states(rt) == {"sim1": State.WELL, "twilio": State.STOPPED}
    page = visitor.text(answer.location)
    assert "Nothing leaves by it until somebody lets it carry again." in page
    assert f"Stopped by {login.title()} , since 23 November 2026, 12:00 رقم ختم، …567" in shown(page, "twilio")
    assert "0300" not in page
    assert 'action="/gateways/twilio/stop"' not in page
    answer = visitor.post("/gateways/twilio/start")
    assert (answer.status_code, answer.location) == (302, "/gateways?done=started")
    assert states(rt)["twilio"] is State.WELL
    by = volunteer(rt, login).id
    assert happened(rt) == [("gateway_stopped", by, "twilio"), ("gateway_started", by, "twilio")]
    book = words(as_("auditor").text("/audit/people"))
    assert f"{login.title()} Gateway stopped twilio" in book


def test_without_a_reason_nothing_is_stopped(rt: Runtime, as_: As) -> None:
    for why in ({}, {"why": ""}, {"why": " \n "}):
        assert as_("admin").post("/gateways/twilio/stop", **why).status_code == 422
    assert states(rt)["twilio"] is State.WELL


def test_what_is_set_up_nowhere_is_not_there(rt: Runtime, as_: As) -> None:
    admin = as_("admin")
    for name in ("sim9", "Twilio", "%00", "a" * 300):
        assert admin.post(f"/gateways/{name}/stop", why="no balance").status_code == 404
        assert admin.post(f"/gateways/{name}/start").status_code == 404
    assert happened(rt) == []


def test_two_people_who_stop_it_at_once_find_it_stopped(rt: Runtime, as_: As) -> None:
    assert as_("head").post("/gateways/twilio/stop", why="the bill").status_code == 302
    assert as_("admin").post("/gateways/twilio/stop", why="another reason").status_code == 302
    assert "the bill" in shown(as_("admin").text("/gateways"), "twilio")
    assert len(happened(rt)) == 1


def test_whoever_stops_the_last_one_is_told_that_every_text_will_wait(as_: As) -> None:
    head = as_("head")
    warning = "No other gateway carries now"
    assert warning not in head.text("/gateways")
    head.post("/gateways/sim1/stop", why="lost")
    assert warning in shown(head.text("/gateways"), "twilio")


def test_an_auditor_reads_it_without_reasons_and_numbers_and_changes_nothing(rt: Runtime, as_: As, clock: Clock) -> None:
    message_id = lose(rt, clock)
    as_("head").post("/gateways/sim1/stop", why="stolen from his car")
    auditor = as_("auditor")
    page = auditor.text("/gateways")
    assert "Stopped by Head" in shown(page, "sim1")
    main = page[page.index("<main") :]
    assert not any(hidden in main for hidden in ("stolen", "<form", "…", HER, tickets(rt)[0].reference))
    assert "Nobody can tell whether they were sent" in main
    for path, form in (("twilio/stop", {"why": "x"}), ("sim1/start", {}), (f"doubts/{message_id}", {"answer": "again"})):
        assert auditor.post(f"/gateways/{path}", **form).status_code == 403
    assert states(rt) == {"sim1": State.STOPPED, "twilio": State.WELL}
    assert texts_out(rt)[0].reason == Reason.NEVER_KNOWN


def test_texts_of_which_nobody_can_tell_are_listed_without_words_and_whole_numbers(rt: Runtime, as_: As, clock: Clock) -> None:
    lose(rt, clock)
    reference = tickets(rt)[0].reference
    for login, sees in (("head", True), ("admin", False)):
        page = as_(login).text("/gateways")
        assert ("+92300…01" in page, "number not shown" in page) == (sees, not sees)
        assert not any(hidden in page for hidden in (HER, "cheen liya", "complaint was received"))
        assert (f'href="/tickets/{reference}"' in page) is sees
    with rt.reading() as session:
        looks = list(session.scalars(select(Showing).where(Showing.what == "gateways")))
    assert {look.volunteer_id for look in looks} == {volunteer(rt, login).id for login in ("head", "admin")}


def test_a_text_of_a_sealed_ticket_looks_to_the_head_like_one_of_no_ticket(rt: Runtime, as_: As, clock: Clock) -> None:
    lose(rt, clock, BRIBED)
    [ticket] = tickets(rt)
    assert ticket.sealed
    for login in ("head", "admin"):
        page = as_(login).text("/gateways")
        assert ("number not shown" in page, "+92300…" in page) == (True, False)
        assert ticket.reference not in page.replace(" ", "")
    [of_the_ticket] = re.findall('<ul class="people">.*?</ul>', as_("head").text("/gateways"), re.DOTALL)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).values(ticket_id=None))
    [of_none] = re.findall('<ul class="people">.*?</ul>', as_("head").text("/gateways"), re.DOTALL)
    assert re.sub('csrf_token" value="[^"]*"', "", of_none) == re.sub('csrf_token" value="[^"]*"', "", of_the_ticket)


def test_to_who_leads_the_team_a_text_of_a_sealed_ticket_shows_no_digit_without_another_person(
    rt: Runtime, clock: Clock, tmp_path: Path
) -> None:
    settle(rt, tmp_path)
    lose(rt, clock, BRIBED)
    with rt.transaction() as tx:  # a head who is of the sealed ticket's own team
        [ticket] = tx.session.scalars(select(Ticket))
        tx.session.add(Membership(team_id=ticket.team_id, volunteer_id=volunteer(rt, "head").id, is_lead=True))
    [doubt] = doubts.listed(rt, volunteer(rt, "head").id)
    assert (doubt.reference, doubt.number) == (ticket.reference, "…")
    assert [one.number for one in doubts.listed(rt, None)] == ["+92300…01"]  # who has the server reads it


def test_it_says_what_each_carries_and_how_far_it_was_tried(make_rt: Callable[..., Runtime], rt: Runtime, tmp_path: Path) -> None:
    faults: list[str] = []
    line = read_line("line1", {"host": "sip.example.pk", "user": "1", "lines": ["+922131234567"]}, {"HOTLINE_LINE1_PASSWORD": "x"}, faults)
    tried = account_at("http://127.0.0.1:9", "example")
    assert faults == []
    with_line = make_rt(gateways={"line1": line, "own": tried, "twilio": rt.config.gateways["twilio"]})
    app = create_app(with_line)
    settle(with_line, tmp_path)
    admin = Visitor(app).log_in("admin")
    page = admin.text("/gateways")
    of_line = shown(page, "line1")
    assert "Experimental It may fail without warning." in of_line
    assert "It carries calls Our numbers +922131234567" in of_line
    assert not any(said in of_line for said in ("Works", "Came in", "Cost today", "Last text", "Stop it"))
    assert "It carries texts and calls" in shown(page, "twilio")
    assert "Untried Nobody has tried it with the real service yet." in shown(page, "twilio")
    assert "It carries texts Last" in shown(page, "own")
    assert "Untried" not in shown(page, "own")
    assert admin.post("/gateways/line1/stop", why="x").status_code == 404
    admin.post("/gateways/own/stop", why="x")
    assert "No other gateway carries now" in shown(admin.text("/gateways"), "twilio")  # the line carries no texts


def test_of_a_number_that_takes_two_people_no_digit_is_shown_to_who_sees_its_ticket(rt: Runtime, as_: As, clock: Clock) -> None:
    lose(rt, clock, "mera shohar mujhe marta hai")
    [ticket] = tickets(rt)
    assert ticket.hold
    page = words(as_("head").text("/gateways"))
    assert ("number not shown" in page, "+92300…" in page) == (True, False)


def test_a_person_has_one_sent_again_or_leaves_it(rt: Runtime, as_: As, clock: Clock) -> None:
    first, second = lose(rt, clock), lose(rt, clock, sender="+923331234502")
    head = as_("head")
    assert "the citizen may get it twice" in words(head.text("/gateways"))
    answer = head.post(f"/gateways/doubts/{first}", answer="again")
    assert (answer.status_code, answer.location) == (302, "/gateways?done=sent_again")
    assert as_("admin").post(f"/gateways/doubts/{second}", answer="leave").location == "/gateways?done=left"
    assert "There is none." in words(head.text("/gateways"))
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [text.message_id for text in gateway.taken] == [first]
    assert [kind for kind, _, _ in happened(rt)] == ["text_sent_again", "text_left"]


def test_whoever_decides_second_or_too_late_is_told_and_nothing_is_sent(rt: Runtime, as_: As, clock: Clock) -> None:
    first, second = lose(rt, clock), lose(rt, clock, sender="+923331234502")
    as_("head").post(f"/gateways/doubts/{first}", answer="leave")
    answer = as_("admin").post(f"/gateways/doubts/{first}", answer="again")
    assert (answer.status_code, "There is nothing to decide any more" in told(answer)) == (409, True)
    clock.forward(days=4)
    admin = as_("admin")
    assert "It is too old to be sent again." in words(admin.text("/gateways"))
    answer = admin.post(f"/gateways/doubts/{second}", answer="again")
    assert (answer.status_code, "too old to be sent again" in told(answer)) == (409, True)
    for wrong in ({}, {"answer": "both"}):
        assert admin.post(f"/gateways/doubts/{second}", **wrong).status_code == 400
    assert admin.post("/gateways/doubts/999999", answer="again").status_code == 409
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert gateway.taken == []


def test_a_right_that_was_taken_away_stops_no_gateway(rt: Runtime, as_: As) -> None:
    head = as_("head")
    token = head.token()
    with rt.transaction() as tx:
        tx.session.get_one(type(volunteer(rt, "head")), volunteer(rt, "head").id).is_head = False
    answer = head.client.post("/gateways/twilio/stop", base_url="https://hotline.example.org", data={"csrf_token": token, "why": "x"})
    assert answer.status_code == 404
    assert states(rt)["twilio"] is State.WELL
