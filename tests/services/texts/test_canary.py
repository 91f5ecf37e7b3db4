"""Gateways text each other every hour: so a phone is found that sends and no longer hears."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.alarms import AlarmKind
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, OutgoingText, Sent
from hotline.gateways.listing import Page
from hotline.runtime import Runtime
from hotline.sections import Terms
from hotline.services.reconciling.asking import reconcile_since
from hotline.services.texts import canary, pings
from hotline.services.texts.intake import Received, receive_text
from hotline.storage import gatewaysigns, gatewaystates
from hotline.storage.gatewaymodels import GatewayLoad, GatewaySign
from hotline.storage.models import Alarm, Message
from tests.services.colleagues import settle, volunteer
from tests.support import HER, Clock, ScriptedGateway, count, tickets

NUMBER = "+923451110002"


class Phone(ScriptedGateway):
    """A phone that can look a text up; `state` is what it then says."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, can=Abilities(LookUp.EXACT, keeps_log=True))
        self.state: Sent | None = Sent("x", Delivery.SENT)
        self.listed: list[IncomingText] = []

    def look_up(self, text: OutgoingText, since: object, known: set[str]) -> Sent | None:
        return self.state

    def texts_in(self, span: object, page: object = None) -> Page[IncomingText]:
        return Page(tuple(self.listed))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """sim1 texts sim2."""
    account = make_rt().config.gateways["twilio"]
    sim1 = replace(account, terms=Terms(canary="sim2"))
    sim2 = replace(account, terms=Terms(lines=(NUMBER, "+923451110003")))
    rt = make_rt(gateways={"sim1": sim1, "sim2": sim2})
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def sim1() -> Phone:
    return Phone("sim1")


def watch(rt: Runtime, sim1: Phone) -> None:
    canary.watch(rt, {"sim1": sim1, "sim2": Phone("sim2")})


def comes_in(rt: Runtime, text: OutgoingText, gateway: str = "sim2") -> Received:
    return receive_text(rt, gateway, IncomingText(f"in-{text.our_id}", "+923001110001", text.body))


def sign(rt: Runtime) -> GatewaySign:
    with rt.reading() as session:
        return gatewaysigns.every(session)["sim2"]


def alarmed(rt: Runtime) -> list[tuple[str, int]]:
    with rt.reading() as session:
        return [(one.kind, one.volunteer_id) for one in session.scalars(select(Alarm).where(Alarm.acknowledged_at.is_(None)))]


def test_every_hour_a_text_goes_to_the_first_number_of_the_other(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    for _ in range(130):
        watch(rt, sim1)
        for text in sim1.taken:
            comes_in(rt, text)
        clock.forward(minutes=1)
    assert [text.to for text in sim1.taken] == [NUMBER] * 3
    assert len({text.our_id for text in sim1.taken}) == 3
    assert all(len(text.our_id) <= 30 for text in sim1.taken)
    assert sim1.taken[0].leaves_by == clock() - timedelta(minutes=125)
    assert sign(rt).deaf_since is None
    assert alarmed(rt) == []


def test_it_opens_no_ticket_stores_no_text_and_is_not_answered(rt: Runtime, sim1: Phone) -> None:
    watch(rt, sim1)
    assert comes_in(rt, sim1.taken[0]) is Received.SEEN_BEFORE
    assert (tickets(rt), count(rt, Message)) == ([], 0)


def test_a_text_that_only_looks_like_it_opens_a_ticket(rt: Runtime, sim1: Phone) -> None:
    watch(rt, sim1)
    forged = replace(sim1.taken[0], body=sim1.taken[0].body[:-1] + "g")
    assert comes_in(rt, forged) is Received.STORED
    assert len(tickets(rt)) == 1
    assert sign(rt).heard_at is None


def test_a_phone_that_does_not_hear_is_found_in_ten_minutes_and_the_heads_are_alarmed_once(
    rt: Runtime, clock: Clock, sim1: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(rt, sim1)
    clock.forward(minutes=9)
    watch(rt, sim1)
    assert sign(rt).deaf_since is None
    clock.forward(minutes=1)
    for _ in range(90):
        watch(rt, sim1)
        clock.forward(minutes=1)
    assert sign(rt).deaf_since == clock() - timedelta(minutes=90)
    assert alarmed(rt) == [(AlarmKind.GATEWAY_DEAF, volunteer(rt, "head").id)]
    assert capsys.readouterr().out.count("a gateway is deaf") == 1


def test_a_phone_that_hears_again_is_well_and_its_alarm_is_gone(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    watch(rt, sim1)
    clock.forward(minutes=11)
    watch(rt, sim1)
    comes_in(rt, sim1.taken[0])  # late, and it shows that the phone hears
    assert sign(rt).deaf_since is None
    assert alarmed(rt) == []
    clock.forward(minutes=50)
    watch(rt, sim1)
    clock.forward(minutes=11)
    watch(rt, sim1)
    assert len(alarmed(rt)) == 1


@pytest.mark.parametrize("state", [None, Sent("x", Delivery.FAILED, "no_service")])
def test_a_text_that_never_left_says_nothing_of_the_other_phone(rt: Runtime, clock: Clock, sim1: Phone, state: Sent | None) -> None:
    watch(rt, sim1)
    sim1.state = state
    clock.forward(minutes=11)
    watch(rt, sim1)
    assert sign(rt).deaf_since is None
    assert alarmed(rt) == []
    assert len(sim1.taken) == 2  # the next goes at once


def test_a_text_that_was_not_taken_is_tried_again_and_nobody_is_blamed(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    sim1.script.append(GatewayError("http_401", Outcome.ILL))
    watch(rt, sim1)
    assert sign(rt).canary_at is None
    clock.forward(minutes=11)
    watch(rt, sim1)
    assert len(sim1.taken) == 1
    assert sign(rt).deaf_since is None


def test_a_text_that_was_not_taken_uses_nothing_of_the_limits_of_its_sim(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    sim1.script += [GatewayError("ConnectTimeout", Outcome.NOT_SENT)] * 60
    for _ in range(60):
        watch(rt, sim1)
        clock.forward(minutes=1)
    with rt.reading() as session:
        assert {(load.texts, load.units, load.cost) for load in session.scalars(select(GatewayLoad))} == {(0, 0, 0)}


def test_a_phone_that_rests_sends_none(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    with rt.transaction() as tx:
        gatewaystates.rest(tx.session, "sim1", "no_service", now=tx.now)
    watch(rt, sim1)
    assert sim1.taken == []


def test_it_counts_as_a_text_of_its_sim_and_takes_no_place_that_is_kept_for_danger(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, sim1: Phone
) -> None:
    limited = Terms(canary="sim2", per_day=2, reserve_percent=50, segment_price="2")
    rt = make_rt(gateways={**rt.config.gateways, "sim1": replace(rt.config.gateways["sim1"], terms=limited)})
    for _ in range(3):
        watch(rt, sim1)
        clock.forward(minutes=61)
    assert len(sim1.taken) == 1
    with rt.reading() as session:
        [load] = session.scalars(select(GatewayLoad)).all()
    assert (load.gateway, load.texts, load.units, load.cost) == ("sim1", 1, 1, 20_000)


def test_a_text_of_the_list_does_not_show_that_the_phone_hears(rt: Runtime, clock: Clock, sim1: Phone) -> None:
    watch(rt, sim1)
    sim2 = Phone("sim2")
    sim2.listed = [IncomingText("c1", "+923001110001", sim1.taken[0].body), IncomingText("c2", HER, "orangi town mein mobile cheena")]
    [balance] = reconcile_since(rt, {"sim2": sim2}, {}, clock() - timedelta(days=1))
    assert (balance.listed, balance.taken_in) == (1, 1)
    assert sign(rt).heard_at is None
    clock.forward(minutes=11)
    watch(rt, sim1)
    assert sign(rt).deaf_since is not None


def test_one_that_comes_in_by_another_gateway_opens_nothing_either(rt: Runtime, sim1: Phone, capsys: pytest.CaptureFixture[str]) -> None:
    watch(rt, sim1)
    assert comes_in(rt, sim1.taken[0], "sim1") is Received.SEEN_BEFORE
    assert tickets(rt) == []
    assert sign(rt).heard_at is None
    assert "by another gateway" in capsys.readouterr().out


def test_a_worker_that_dies_after_the_claim_sends_no_second_one(rt: Runtime, sim1: Phone) -> None:
    def dies(_text: OutgoingText) -> None:
        raise SystemExit

    sim1.script.append(dies)
    with pytest.raises(SystemExit):
        watch(rt, sim1)
    watch(rt, sim1)
    assert sim1.taken == []


@pytest.mark.parametrize("to", ["sim3", "sim1"])
def test_a_canary_that_has_nowhere_to_go_is_told(
    make_rt: Callable[..., Runtime], sim1: Phone, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account = make_rt().config.gateways["twilio"]
    rt = make_rt(gateways={"sim1": replace(account, terms=Terms(canary=to))})
    canary.watch(rt, {"sim1": sim1})
    assert sim1.taken == []
    assert "nowhere to go" in capsys.readouterr().out


# What a phone tells of itself


@pytest.mark.parametrize(
    ("checks", "wanted"),
    [
        ({"battery:level": 87, "battery:charging": 4, "connection:status": 1}, (87, True, True)),
        ({"battery:level": 5.7, "battery:charging": 0, "connection:status": 0}, (5, False, False)),
        ({"battery:level": 900, "battery:charging": "yes", "connection:status": None}, (None, None, None)),
        ({"battery:level": True}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_what_a_phone_tells_of_itself_is_kept(rt: Runtime, clock: Clock, checks: dict[str, object], wanted: tuple[object, ...]) -> None:
    pings.note(rt, "sim2", {"battery:level": 50})
    pings.note(rt, "sim2", checks)
    found = sign(rt)
    assert (found.battery, found.charging, found.online) == wanted
    assert found.pinged_at == clock()
