"""A person stops a gateway, and decides on texts of which nobody can tell; and how the gateways look."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hotline.domain.delivery import Delivery, Reason
from hotline.domain.standing import State
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome, Report
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed
from hotline.services.texts import doubts, gatewayview, stopping
from hotline.services.texts.doubts import Settled, TooOld
from hotline.services.texts.outbound import send_due
from hotline.services.texts.reports import receive_report, settle_unknown
from hotline.services.texts.stopping import NoSuchGateway
from hotline.services.tickets.routing import route_due
from hotline.storage import gatewaystates, peopleevents
from hotline.storage.gatewaystates import rest
from hotline.storage.peoplemodels import PeopleEvent
from tests.services.colleagues import settle, volunteer
from tests.support import HER, Clock, RecordingBell, ScriptedGateway, text_in, texts_out, tickets

SNATCHED = "orangi town mein mera mobile cheen liya"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """A hotline with people and two gateways; the first has limits."""
    account = make_rt().config.gateways["twilio"]
    terms = dataclasses.replace(account.terms, sims=("1", "2"), per_hour=100, lines=("+923000000001",))
    rt = make_rt(gateways={"sim1": dataclasses.replace(account, terms=terms), "twilio": account})
    settle(rt, tmp_path)
    return rt


def book(rt: Runtime) -> list[PeopleEvent]:
    with rt.reading() as session:
        return [one for one in peopleevents.newest(session, before=None, limit=20) if "gateway" in one.data]


def who(rt: Runtime, login: str) -> int:
    return volunteer(rt, login).id


def views(rt: Runtime) -> dict[str, gatewayview.GatewayView]:
    return {view.name: view for view in gatewayview.overview(rt)}


def test_a_stopped_gateway_carries_nothing_until_a_person_starts_it(rt: Runtime, clock: Clock) -> None:
    assert stopping.stop(rt, who(rt, "head"), "twilio", "the bill is too high") is True
    assert stopping.stop(rt, who(rt, "admin"), "twilio", "me too") is False
    text_in(rt, SNATCHED)
    gateways = {name: ScriptedGateway(name=name) for name in ("sim1", "twilio")}
    send_due(rt, gateways, for_s=5)
    assert [len(one.taken) for one in gateways.values()] == [1, 0]
    clock.forward(hours=30)
    view = views(rt)["twilio"]
    assert (view.state, view.stopped_by, view.why) == (State.STOPPED, "Head", "the bill is too high")
    assert view.since == clock() - timedelta(hours=30)
    assert stopping.start(rt, None, "twilio") is True
    assert stopping.start(rt, None, "twilio") is False
    assert views(rt)["twilio"].state is State.WELL
    text_in(rt, SNATCHED, sender="+923001234777")
    send_due(rt, gateways, for_s=5)
    assert [len(one.taken) for one in gateways.values()] == [1, 1]
    assert [(one.kind, one.by_id, one.data) for one in book(rt)] == [
        ("gateway_started", None, {"gateway": "twilio"}),
        ("gateway_stopped", who(rt, "head"), {"gateway": "twilio"}),
    ]


def test_a_gateway_that_is_ill_as_well_rests_on_when_it_is_started(rt: Runtime) -> None:
    with rt.transaction() as tx:
        rest(tx.session, "twilio", "no_balance", now=tx.now)
    stopping.stop(rt, who(rt, "head"), "twilio")
    stopping.start(rt, who(rt, "head"), "twilio")
    view = views(rt)["twilio"]
    assert (view.state, view.reason, view.why) == (State.RESTS, "no_balance", None)


def test_what_is_set_up_nowhere_cannot_be_stopped(rt: Runtime) -> None:
    for name in ("", "nowhere"):
        with pytest.raises(NoSuchGateway):
            stopping.stop(rt, who(rt, "head"), name)


def test_starting_rings_so_that_texts_that_waited_leave(rt: Runtime) -> None:
    stopping.stop(rt, who(rt, "head"), "twilio")
    assert isinstance(rt.bell, RecordingBell)
    rt.bell.rung.clear()
    stopping.start(rt, who(rt, "head"), "twilio")
    assert [job.name for job in rt.bell.rung] == ["SEND_DUE"]


@pytest.fixture
def lost(rt: Runtime, clock: Clock) -> int:
    """The id of a text of which nobody can tell whether it was sent."""
    text_in(rt, SNATCHED)
    route_due(rt)
    gateway = ScriptedGateway([GatewayError("ReadTimeout", Outcome.UNKNOWN)], can=Abilities(LookUp.NEVER))
    send_due(rt, gateway.alone, for_s=5)
    clock.forward(seconds=25)
    settle_unknown(rt, gateway.alone)
    assert texts_out(rt)[0].reason == Reason.NEVER_KNOWN
    return texts_out(rt)[0].id


def test_the_list_shows_no_words_and_no_whole_number(rt: Runtime, lost: int, clock: Clock) -> None:
    [to_admin], [to_head] = doubts.listed(rt, who(rt, "admin")), doubts.listed(rt, who(rt, "head"))
    assert to_admin.reference is None
    assert to_head == dataclasses.replace(to_admin, reference=tickets(rt)[0].reference, number="+92300…01")
    assert (to_admin.message_id, to_admin.gateway, to_admin.at) == (lost, "twilio", clock() - timedelta(seconds=25))
    assert to_admin.number == "…"
    assert HER not in repr(to_head)
    assert doubts.listed(rt, None)[0].reference is None


def test_a_text_is_sent_again_once_and_noted(rt: Runtime, lost: int) -> None:
    doubts.send_again(rt, who(rt, "head"), lost)
    for decide in (doubts.send_again, doubts.leave):
        with pytest.raises(Settled):
            decide(rt, who(rt, "admin"), lost)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [(text.message_id, text.attempt) for text in gateway.taken] == [(lost, 2)]
    assert doubts.listed(rt, None) == []
    assert [(one.kind, one.by_id, one.data) for one in book(rt)] == [
        ("text_sent_again", who(rt, "head"), {"gateway": "twilio", "text": lost})
    ]


def test_a_text_that_is_left_is_listed_no_more_and_a_late_report_still_counts(rt: Runtime, lost: int) -> None:
    doubts.leave(rt, who(rt, "admin"), lost)
    assert doubts.listed(rt, who(rt, "head")) == []
    with pytest.raises(Settled):
        doubts.send_again(rt, who(rt, "head"), lost)
    [message] = texts_out(rt)
    assert (message.delivery, message.reason) == (Delivery.UNKNOWN, Reason.LEFT)
    receive_report(rt, "twilio", Report("x", lost, 1, Delivery.DELIVERED, None))
    assert texts_out(rt)[0].delivery == Delivery.DELIVERED


def test_what_the_gateway_tells_after_all_is_not_for_a_person_any_more(rt: Runtime, lost: int) -> None:
    receive_report(rt, "twilio", Report("x", lost, 1, Delivery.DELIVERED, None))
    with pytest.raises(Settled):
        doubts.send_again(rt, who(rt, "head"), lost)


def test_a_text_that_is_too_old_is_not_sent_again(rt: Runtime, lost: int, clock: Clock) -> None:
    clock.forward(hours=48)
    assert doubts.listed(rt, None)[0].too_old is True
    with pytest.raises(TooOld):
        doubts.send_again(rt, who(rt, "head"), lost)
    doubts.leave(rt, who(rt, "head"), lost)


def test_the_command_line_decides_on_no_text(rt: Runtime, lost: int) -> None:
    with pytest.raises(NotAllowed):
        doubts.leave(rt, None, lost)  # type: ignore[arg-type]


def test_the_reason_of_a_stop_is_sealed(rt: Runtime) -> None:
    stopping.stop(rt, who(rt, "head"), "twilio", "Ahmed says so")
    with rt.reading() as session:
        state = gatewaystates.every(session)["twilio"]
        assert state.why is not None
        assert b"Ahmed" not in state.why


def test_the_view_shows_what_came_and_went_and_what_is_left(rt: Runtime, clock: Clock) -> None:
    for minute in range(3):
        text_in(rt, SNATCHED, sender=f"+92300123456{minute}")
        clock.forward(minutes=50)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    receive_report(rt, "twilio", Report("x", texts_out(rt)[0].id, 1, Delivery.DELIVERED, None))
    shown = views(rt)
    assert list(shown) == ["sim1", "twilio"]
    view = shown["twilio"]
    assert (view.state, view.kind, view.cost_today, view.heard_at) == (State.WELL, "twilio", Decimal(0), clock() - timedelta(minutes=50))
    assert (view.day.came_in, view.day.sent, view.day.delivered, view.hour.came_in, view.hour.sent) == (3, 3, 1, 1, 1)
    assert [hour.came_in for hour in view.hours[-3:]] == [2, 1, 0]
    assert [line.name for line in shown["sim1"].lines] == ["1", "2"]
    assert [(left.units, left.reserve, left.most) for line in shown["sim1"].lines for left in line.left] == [(90, 10, 100)] * 2
    assert shown["sim1"].numbers == ("+923000000001",)
    assert [line.left for line in view.lines] == [()]
