"""Limits, budgets, fairness, shutdowns and rests, as claims meet them: whatever is killed, no more leaves than may."""

import dataclasses
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from hotline.alarms import AlarmKind
from hotline.config import GatewaySettings
from hotline.domain.danger import Danger
from hotline.domain.delivery import Delivery
from hotline.domain.load import Limits
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, Unit
from hotline.outbox import RANK_ANSWER, RANK_COURTESY, RANK_URGENT, queue_written
from hotline.runtime import Runtime
from hotline.sections import Hours, Sending
from hotline.services.texts import health
from hotline.services.texts.carriers import counted_now
from hotline.services.texts.claiming import Claimed, claim_due
from hotline.services.texts.intake import receive_text
from hotline.services.texts.outbound import send_due, send_one
from hotline.services.texts.reports import settle_unknown
from hotline.services.tickets.danger import endangered
from hotline.storage import gatewayhours, gatewayloads, gatewaystates, outgoing
from hotline.storage import tickets as ticketrows
from hotline.storage.gatewayhours import Counts
from hotline.storage.gatewaymodels import GatewayLoad
from hotline.storage.models import Alarm, Contact, Message
from tests.opened import numbered
from tests.services.colleagues import alice, settle, volunteer
from tests.support import HER, NOON, Clock, ScriptedGateway, text_in, texts_out, tickets

Make = Callable[..., Runtime]
SNATCHED = "orangi town mein mera mobile cheen liya"
NAMES = ("sim1", "sim2", "smpp")


def terms(make_rt: Make, **changes: object) -> GatewaySettings:
    account = make_rt().config.gateways["twilio"]
    return dataclasses.replace(account, terms=dataclasses.replace(account.terms, **changes))  # type: ignore[type-var]


def queue(rt: Runtime, texts: int, *, rank: int = RANK_ANSWER, segments: int = 1, phones: int | None = None, first: int = 0) -> None:
    """So many texts wait, from now on; each to a phone of its own, or to the first `phones`."""
    now = rt.clock()
    person = {"kind": "phone", "country": "PK", "language": "en", "language_named": False, "may_text": True, "may_call": True}
    person |= {"on_hold": False, "created_at": now, "times_seen": 1}
    text = {"direction": "out", "gateway": "", "created_at": now, "plain": "482-719-365", "rank": rank, "text_key": "status_received"}
    text |= {"language": "en", "segments": segments, "delivery": Delivery.QUEUED, "attempts": 0, "look_ups": 0, "next_attempt_at": now}
    with rt.transaction() as tx:
        numbers = [f"+923{first + n:09d}" for n in range(phones or texts)]
        tx.session.execute(insert(Contact), [{**person, **numbered(number)} for number in numbers])
        ids = tx.session.scalars(select(Contact.id).order_by(Contact.id.desc()).limit(phones or texts)).all()[::-1]
        tx.session.execute(insert(Message), [{**text, "contact_id": ids[n % len(ids)]} for n in range(texts)])


def counted(rt: Runtime) -> dict[tuple[str, str], int]:
    with rt.reading() as session:
        rows = session.execute(select(GatewayLoad.gateway, GatewayLoad.line, GatewayLoad.units)).all()
    found: dict[tuple[str, str], int] = defaultdict(int)
    for gateway, line, units in rows:
        found[gateway, line] += units
    return dict(found)


def delivered(rt: Runtime, claims: list[Claimed]) -> None:
    with rt.transaction() as tx:
        ids = [one.text.message_id for one in claims]
        tx.session.execute(update(Message).where(Message.id.in_(ids)).values(delivery=Delivery.SENT, sent_at=tx.now, gateway_id=None))


def stretches(limits: Limits, left: list[tuple[datetime, int]]) -> Iterator[tuple[int, int]]:
    """For each limit, and each moment at which something left: how much had left in the stretch before it, and the most that may."""
    for stretch, most in limits.stretches:
        start = total = 0
        for at, units in left:
            total += units
            while left[start][0] <= at - stretch:
                total -= left[start][1]
                start += 1
            yield total, most


def carried_out(rt: Runtime, clock: Clock, room: dict[str, int], *, texts: int) -> dict[tuple[str, str], list[tuple[datetime, int]]]:
    """Workers claim until so many texts have left; now and then one is killed. Returns what left by each line: when, and how many units."""
    draw, left = random.Random(7), defaultdict[tuple[str, str], list[tuple[datetime, int]]](list)
    lost: list[Claimed] = []
    while sum(map(len, left.values())) < texts:
        seen, claimed = claim_due(rt, room)
        if draw.random() < 0.1:  # the worker is killed before any of it has left
            lost, claimed = lost + claimed, []
        clock.forward(seconds=draw.choice((0, 1, 40)))  # it waits for its turn, perhaps into the next minute
        with rt.transaction() as tx:
            for one in claimed:
                counted_now(tx, one.taken)
                left[one.taken.key].append((tx.now, one.taken.counted.units))
            if draw.random() < 0.2:  # the lost are found out, and were not sent
                for one in lost:
                    outgoing.store(tx.session, one.text.message_id, delivery=Delivery.QUEUED, next_attempt_at=tx.now)
                lost = []
        delivered(rt, claimed)
        clock.forward(seconds=0 if seen else 20)
        assert clock() - NOON < timedelta(hours=40)
    return left


def test_thousands_of_texts_over_three_gateways_pass_no_limit_though_workers_are_killed(make_rt: Make, clock: Clock) -> None:
    limits = {"sim1": Limits(150, 250, 1000, 10), "sim2": Limits(150, 250, 1000, 10), "smpp": Limits(1_200, 2_500, 0, 10)}
    settings = {}
    for name, one in limits.items():
        most = {"per_15_minutes": one.per_15_minutes, "per_hour": one.per_hour, "per_day": one.per_day}
        settings[name] = terms(make_rt, sims=("1", "2") if "sim" in name else (), **most)
    rt = make_rt(gateways=settings)
    queue(rt, 4_000)
    left = carried_out(rt, clock, {"sim1": 30, "sim2": 30, "smpp": 300}, texts=4_000)
    assert set(left) == {("sim1", "1"), ("sim1", "2"), ("sim2", "1"), ("sim2", "2"), ("smpp", "")}
    for (name, line), times in left.items():
        assert all(total <= most for total, most in stretches(limits[name], times)), (name, line)


def test_a_claim_whose_worker_died_has_used_its_places(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10, reserve_percent=0)})
    queue(rt, 20)
    assert len(claim_due(rt, {"sim1": 99})[1]) == 10
    clock.forward(minutes=2)  # and the worker is gone
    gateway = ScriptedGateway(name="sim1")
    settle_unknown(rt, gateway.alone)
    send_due(rt, gateway.alone, for_s=5)
    assert gateway.taken == []
    clock.forward(hours=1)
    assert len(claim_due(rt, {"sim1": 99})[1]) == 10


def test_a_gateway_at_its_limit_holds_up_no_other(make_rt: Make) -> None:
    limited, free = terms(make_rt, per_hour=1, reserve_percent=0, per_minute=6000), terms(make_rt, per_minute=6000)
    rt = make_rt(gateways={"sim1": limited, "smpp": free}, sending=Sending(in_flight=8))
    queue(rt, 200)
    gateways = {name: ScriptedGateway(name=name) for name in ("sim1", "smpp")}
    send_due(rt, gateways, for_s=20)
    # In each claim a third or more of the texts go. The others wait two seconds for room: by the clock of this test they are not due again.
    assert len(gateways["sim1"].taken) == 1
    assert len(gateways["smpp"].taken) >= 40


def test_what_a_gateway_surely_did_not_send_gives_its_place_back_once(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10, reserve_percent=0, segment_price="2")})
    queue(rt, 3)
    script = [GatewayError("429", Outcome.NOT_SENT), GatewayError("ReadTimeout", Outcome.UNKNOWN)]
    gateway = ScriptedGateway(script, name="sim1")
    _, claimed = claim_due(rt, {"sim1": 9})
    for one in claimed:
        send_one(rt, gateway, one)
    with rt.reading() as session:
        [load] = session.scalars(select(GatewayLoad)).all()
    assert (load.texts, load.units, load.cost) == (2, 2, 40_000)


def test_a_claim_that_waits_into_the_next_minute_counts_there(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10)})
    queue(rt, 2)
    _, [first, second] = claim_due(rt, {"sim1": 9})
    send_one(rt, ScriptedGateway(name="sim1"), first)
    clock.forward(seconds=59)
    send_one(rt, ScriptedGateway(name="sim1"), second)
    clock.forward(seconds=1)
    with rt.reading() as session:
        assert gatewayloads.since(session, ["sim1"], NOON - timedelta(hours=1)) == {("sim1", ""): {NOON: 2}}
    queue(rt, 1, first=5)
    _, [third] = claim_due(rt, {"sim1": 9})
    clock.forward(seconds=60)
    send_one(rt, ScriptedGateway([GatewayError("429", Outcome.NOT_SENT)], name="sim1"), third)
    with rt.reading() as session:
        minutes = gatewayloads.since(session, ["sim1"], NOON - timedelta(hours=1))["sim1", ""]
    assert minutes == {NOON: 2, NOON + timedelta(minutes=1): 0, NOON + timedelta(minutes=2): 0}


def test_the_reserve_of_a_limit_is_for_danger(make_rt: Make) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10, reserve_percent=20)})
    queue(rt, 12)
    assert len(claim_due(rt, {"sim1": 99})[1]) == 8
    queue(rt, 5, rank=RANK_URGENT, first=100)
    assert len(claim_due(rt, {"sim1": 99})[1]) == 2


def test_limits_count_segments_where_the_gateway_does(make_rt: Make) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10, reserve_percent=0)})
    queue(rt, 9, segments=3)
    _, claimed = claim_due(rt, {"sim1": 99}, {"sim1": Unit.SEGMENTS})
    assert (len(claimed), counted(rt)) == (3, {("sim1", ""): 9})


def test_no_text_to_a_phone_overtakes_a_longer_one_that_waits_for_room(make_rt: Make) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=3, reserve_percent=0)})
    queue(rt, 1, segments=2)
    phone = texts_out(rt)[0].contact_id
    with rt.transaction() as tx:
        for segments in (3, 1):
            row = outgoing.due_at_once(now=tx.now, contact_id=phone, body="more", language="en", segments=segments, rank=RANK_ANSWER)
            outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
    _, claimed = claim_due(rt, {"sim1": 99}, {"sim1": Unit.SEGMENTS})
    assert [one.text.segments for one in claimed] == [2]


def test_the_two_sims_of_a_phone_share_its_load_and_the_text_says_which(make_rt: Make) -> None:
    rt = make_rt(gateways={"sim1": terms(make_rt, per_hour=10, sims=("1", "2"), reserve_percent=0)})
    queue(rt, 30)
    _, claimed = claim_due(rt, {"sim1": 99})
    assert Counter(one.text.line for one in claimed) == {"1": 10, "2": 10}
    assert {message.line for message in texts_out(rt) if message.delivery == "sending"} == {"1", "2"}


def test_ten_thousand_receipts_delay_no_alarm_and_no_danger(make_rt: Make) -> None:
    rt = make_rt()
    queue(rt, 500)
    text_in(rt, "mujhe bachao woh mujhe maar dalega")
    [danger] = tickets(rt)
    _, claimed = claim_due(rt, {"twilio": 5})
    receipts = [message for message in texts_out(rt) if message.ticket_id == danger.id]
    assert claimed[0].text.message_id == receipts[0].id
    assert claimed[0].text.urgent is True


def test_one_flood_delays_nobody_elses_receipt(make_rt: Make, clock: Clock) -> None:
    rt = make_rt()
    queue(rt, 200, phones=1)
    clock.forward(seconds=1)
    queue(rt, 40, first=10)
    gone: list[int] = []
    left: list[tuple[float, int]] = []
    flood = texts_out(rt)[0].contact_id
    for _ in range(6):
        _, claimed = claim_due(rt, {"twilio": 50})
        left += [((clock() - NOON).total_seconds(), one.text.message_id) for one in claimed if one.contact_id == flood]
        gone += [one.contact_id for one in claimed if one.contact_id != flood]
    assert len(set(gone)) == 40, "all the others have left, with the second claim"
    assert len(left) == 3
    for _ in range(150):
        clock.forward(seconds=1)
        if clock().second % 7 == 0:
            queue(rt, 1, first=1_000 + int((clock() - NOON).total_seconds()))
        _, claimed = claim_due(rt, {"twilio": 50})
        left += [((clock() - NOON).total_seconds(), one.text.message_id) for one in claimed if one.contact_id == flood]
    assert [message_id for _, message_id in left] == sorted(message_id for _, message_id in left), "in their order"
    assert len(left) == 200


def test_who_floods_on_goes_behind_the_own_flood(make_rt: Make, clock: Clock) -> None:
    rt = make_rt()
    queue(rt, 9, phones=1)
    queue(rt, 1, first=10)
    claim_due(rt, {"twilio": 50})
    flood = texts_out(rt)[0].contact_id
    with rt.transaction() as tx:
        row = outgoing.due_at_once(now=tx.now, contact_id=flood, body="last", language="en", segments=1, rank=RANK_ANSWER)
        outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
    left = []
    for _ in range(8):
        left += [one.text.message_id for one in claim_due(rt, {"twilio": 50})[1]]
        clock.forward(seconds=1)
    mine = [message.id for message in texts_out(rt) if message.contact_id == flood]
    assert left == mine[3:]


def test_a_flood_that_goes_on_pushes_none_of_its_own_texts_away(make_rt: Make, clock: Clock) -> None:
    rt = make_rt()
    queue(rt, 9, phones=1)
    flood, left = texts_out(rt)[0].contact_id, list[int]()
    for second in range(60):
        if second < 20:  # one a second: less than leaves
            with rt.transaction() as tx:
                row = outgoing.due_at_once(now=tx.now, contact_id=flood, body="more", language="en", segments=1, rank=RANK_ANSWER)
                outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
        queue(rt, 1, first=100 + second)
        left += [one.text.message_id for one in claim_due(rt, {"twilio": 50})[1] if one.contact_id == flood]
        if second == 8:
            assert len(left) == 12  # all that was there first, and the first of what came since
        clock.forward(seconds=1)
    assert left == [message.id for message in texts_out(rt) if message.contact_id == flood]


def test_many_texts_to_one_phone_leave_together_while_nobody_waits(make_rt: Make) -> None:
    rt = make_rt()
    queue(rt, 9, phones=1)
    assert len(claim_due(rt, {"twilio": 50})[1]) == 9


def test_of_a_day_that_is_spent_courtesies_wait_first_then_receipts_and_danger_never(make_rt: Make, clock: Clock) -> None:
    sending = Sending(undo_s=0, budget_a_day="10", budget_reserve_percent=20, segment_price="1")
    rt = make_rt(sending=sending)
    queue(rt, 9, rank=RANK_COURTESY)
    assert len(claim_due(rt, {"twilio": 50})[1]) == 6
    queue(rt, 5, first=100)
    assert len(claim_due(rt, {"twilio": 50})[1]) == 2
    queue(rt, 7, rank=RANK_URGENT, first=200)
    assert len(claim_due(rt, {"twilio": 50})[1]) == 7
    waits = {message.next_attempt_at for message in texts_out(rt) if message.delivery == "queued"}
    assert waits == {datetime(2026, 11, 23, 19, 0, tzinfo=UTC)}, "until the local midnight"
    clock.now = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert len(claim_due(rt, {"twilio": 50})[1]) == 6


def cried(rt: Runtime) -> None:
    """Of the first ticket it is told that somebody is in danger."""
    with rt.transaction() as tx:
        ticket = ticketrows.locked(tx.session, tickets(rt)[0].id)
        ticketrows.change(tx.session, ticket.id, ticket.version, now=tx.now, **endangered(tx, ticket, Danger.PERSON))


def test_an_answer_that_waits_for_money_leaves_at_once_when_its_ticket_is_about_danger(make_rt: Make) -> None:
    rt = make_rt(sending=Sending(undo_s=0, budget_a_day="1", segment_price="1"))
    text_in(rt, SNATCHED)
    assert claim_due(rt, {"twilio": 5}) == (1, [])
    cried(rt)
    assert [one.text.urgent for one in claim_due(rt, {"twilio": 5})[1]] == [True]


def test_an_answer_that_waits_to_be_tried_again_leaves_at_once_when_its_ticket_is_about_danger(make_rt: Make) -> None:
    rt = make_rt()
    text_in(rt, SNATCHED)
    gateway = ScriptedGateway([GatewayError("429", Outcome.NOT_SENT, retry_after_s=3600)])
    send_due(rt, gateway.alone, for_s=5)
    cried(rt)
    assert len(claim_due(rt, {"twilio": 5})[1]) == 1


def test_a_late_receipt_keeps_its_hours_though_its_ticket_is_about_danger(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(contact_hours=Hours())
    clock.now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # one o'clock at night
    receive_text(rt, "twilio", IncomingText("1", HER, SNATCHED), came_at=clock() - timedelta(minutes=55))
    [receipt] = texts_out(rt)
    cried(rt)
    assert claim_due(rt, {"twilio": 5}) == (0, [])
    assert texts_out(rt)[0].next_attempt_at == receipt.next_attempt_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_what_we_start_waits_though_its_ticket_is_about_danger_and_is_not_failed_by_its_hold(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(sending=Sending(undo_s=0, budget_a_day="1", segment_price="1"))
    text_in(rt, SNATCHED)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "out").values(answers_id=None, text_key="status_in_progress"))
    claim_due(rt, {"twilio": 5})
    cried(rt)
    assert claim_due(rt, {"twilio": 5}) == (0, [])
    assert [one.delivery for one in texts_out(rt)] == ["queued"]


def test_what_a_volunteer_may_take_back_is_not_hurried(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(sending=Sending(undo_s=20))
    text_in(rt, SNATCHED)
    claim_due(rt, {"twilio": 5})
    [ticket], writer = tickets(rt), alice(rt)
    with rt.transaction() as tx:
        [contact] = tx.session.scalars(select(Contact))
        answered = tx.session.scalars(select(Message.id).where(Message.direction == "in")).one()
        queue_written(rt, tx, "Help comes.", contact, ticket_id=ticket.id, volunteer_id=writer.id, answers_id=answered)
    cried(rt)
    clock.forward(seconds=19)
    assert claim_due(rt, {"twilio": 5}) == (0, [])
    clock.forward(seconds=1)
    assert len(claim_due(rt, {"twilio": 5})[1]) == 1


def test_a_long_text_costs_as_much_as_its_segments(make_rt: Make) -> None:
    rt = make_rt(sending=Sending(undo_s=0, budget_a_day="10", budget_reserve_percent=0, segment_price="1"))
    queue(rt, 9, segments=3)
    assert [len(claim_due(rt, {"twilio": 50})[1]) for _ in range(2)] == [3, 0]


def test_a_free_gateway_carries_on_when_the_money_is_spent(make_rt: Make) -> None:
    sending = Sending(undo_s=0, budget_a_day="1", segment_price="1")
    rt = make_rt(
        sending=sending, gateways={"smpp": terms(make_rt), "sim1": terms(make_rt, segment_price="0", per_hour=5, reserve_percent=0)}
    )
    queue(rt, 9, rank=RANK_COURTESY)
    _, claimed = claim_due(rt, {"smpp": 50, "sim1": 50})
    assert Counter(one.gateway for one in claimed) == {"sim1": 5}


def test_in_an_announced_shutdown_texts_wait_but_danger_does_not(make_rt: Make, clock: Clock) -> None:
    rt = make_rt(sending=Sending(undo_s=0, shutdowns=("2026-11-23 11:00-15:00",)))
    queue(rt, 2)
    queue(rt, 1, rank=RANK_URGENT, first=10)
    assert [one.text.urgent for one in claim_due(rt, {"twilio": 9})[1]] == [True]
    clock.forward(hours=3)
    assert len(claim_due(rt, {"twilio": 9})[1]) == 2


def test_a_gateway_that_was_ill_comes_back_slowly(make_rt: Make, clock: Clock) -> None:
    rt = make_rt()
    with rt.transaction() as tx:
        gatewaystates.rest(tx.session, "twilio", "errors", now=tx.now)
    queue(rt, 500)
    carried = []
    for _ in range(20):
        carried.append(len(claim_due(rt, {"twilio": 100})[1]))
        clock.forward(seconds=10)
    by_half_minutes = [sum(carried[n : n + 3]) for n in range(0, 12, 3)]
    assert by_half_minutes == [0, 0, 1, 5]
    assert sum(carried[12:18]) == 25
    assert carried[18] == 100


@pytest.fixture
def watched(make_rt: Make, tmp_path: Path) -> Runtime:
    rt = make_rt(gateways=dict.fromkeys(NAMES, terms(make_rt)))
    settle(rt, tmp_path)
    return rt


def gateways(*, reports: bool = True) -> dict[str, ScriptedGateway]:
    return {name: ScriptedGateway(name=name, can=Abilities(LookUp.EXACT, reports=reports)) for name in NAMES}


def happened(rt: Runtime, gateway: str, texts: int, **values: object) -> None:
    """So many texts left by a gateway ten minutes ago."""
    at = rt.clock() - timedelta(minutes=10)
    first = (1 + NAMES.index(gateway)) * 100_000 + len(texts_out(rt)) * 1_000_000
    queue(rt, texts, first=first)
    row = {"gateway": gateway, "delivery": Delivery.SENT, "claimed_at": at, "sent_at": at, "attempts": 1, "next_attempt_at": None} | values
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.gateway == "").values(**row))


def alarms(rt: Runtime) -> list[tuple[str | None, str]]:
    with rt.reading() as session:
        return [(one.about, one.kind) for one in session.scalars(select(Alarm).order_by(Alarm.raised_at, Alarm.about))]


def resting(rt: Runtime) -> dict[str, str]:
    with rt.reading() as session:
        return {name: one.reason for name, one in gatewaystates.every(session).items() if one.until > rt.clock()}


def test_a_gateway_that_delivers_late_rests_beside_one_that_does_not(watched: Runtime) -> None:
    happened(watched, "sim1", 19, delivered_at=None)
    happened(watched, "sim1", 1, delivered_at=watched.clock(), delivery=Delivery.DELIVERED)
    happened(watched, "sim2", 20, delivered_at=watched.clock() - timedelta(minutes=9), delivery=Delivery.DELIVERED)
    health.watch(watched, gateways())
    assert resting(watched) == {"sim1": "slow"}


def test_when_all_are_slow_none_rests(watched: Runtime) -> None:
    for name in NAMES:
        happened(watched, name, 20, delivered_at=None)
        happened(watched, name, 1, delivered_at=watched.clock() - timedelta(minutes=9), delivery=Delivery.DELIVERED)
    health.watch(watched, gateways())
    assert resting(watched) == {}


def test_one_that_never_reports_is_not_called_slow(watched: Runtime) -> None:
    happened(watched, "sim1", 30, delivered_at=None)
    happened(watched, "sim2", 30, delivered_at=watched.clock() - timedelta(minutes=9), delivery=Delivery.DELIVERED)
    health.watch(watched, gateways())
    assert resting(watched) == {}


def test_errors_let_a_gateway_rest_and_its_unsent_texts_leave_by_another(watched: Runtime, clock: Clock) -> None:
    queue(watched, 20)
    three = gateways()
    three["sim1"].script = [GatewayError("503", Outcome.NOT_SENT)] * 20
    _, claimed = claim_due(watched, {"sim1": 99})
    for one in claimed:
        send_one(watched, three["sim1"], one)
    health.watch(watched, three)
    assert resting(watched) == {"sim1": "errors"}
    clock.forward(seconds=10)
    send_due(watched, three, for_s=10)
    assert [len(three[name].taken) for name in NAMES] == [0, 10, 10]


def test_a_gateway_that_is_off_rests_though_few_write_and_is_tried_again_after(watched: Runtime, clock: Clock) -> None:
    three = gateways()
    rests = []
    for minute in range(30):
        queue(watched, 1, first=minute * 10)
        three["sim1"].script = [GatewayError("ConnectionError", Outcome.NOT_SENT)] * 9
        for _ in range(3):
            send_due(watched, three, for_s=5)
            clock.forward(seconds=20)
        health.watch(watched, three)
        rests.append("sim1" in resting(watched))
    assert rests[:3].count(True), "three tries tell"
    assert rests[3:].count(True) >= 15
    assert len(three["sim1"].taken) == 0
    assert [message.delivery for message in texts_out(watched)].count("sent") >= 29
    three["sim1"].script = []
    clock.forward(minutes=31)
    queue(watched, 9, first=9_000)
    send_due(watched, three, for_s=5)
    health.watch(watched, three)
    assert three["sim1"].taken
    assert resting(watched) == {}


def test_when_no_gateway_can_be_reached_it_is_us_and_one_goes_on(watched: Runtime, clock: Clock) -> None:
    three = gateways()
    for minute in range(25):
        queue(watched, 2, first=minute * 10)
        for gateway in three.values():
            gateway.script = [GatewayError("ConnectionError", Outcome.NOT_SENT)] * 99
        send_due(watched, three, for_s=5)
        clock.forward(seconds=60)
        health.watch(watched, three)
        assert len(resting(watched)) < 3
    assert resting(watched) == {}


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_last_gateway_that_carries_goes_on_though_it_is_not_well(watched: Runtime, by_hand: bool) -> None:
    with watched.transaction() as tx:
        for name in NAMES[1:]:
            if by_hand:
                gatewaystates.stop(tx.session, name, None, tx.now)
            else:
                gatewaystates.rest(tx.session, name, "no_balance", now=tx.now)
    happened(watched, "sim1", 10, delivered_at=watched.clock(), delivery=Delivery.DELIVERED)
    happened(watched, "sim1", 10, delivery=Delivery.UNKNOWN)
    health.watch(watched, gateways())
    assert "sim1" not in resting(watched)


@pytest.mark.parametrize(("reason", "carries"), [("slow", True), ("silent", True), ("errors", True), ("no_balance", False)])
def test_when_the_others_are_ill_too_one_that_carries_badly_carries_again(watched: Runtime, reason: str, carries: bool) -> None:
    with watched.transaction() as tx:
        gatewaystates.rest(tx.session, "sim1", reason, now=tx.now)
        gatewaystates.rest(tx.session, "sim2", "no_balance", now=tx.now)
    health.watch(watched, gateways())
    assert "sim1" in resting(watched), "another carries"
    with watched.transaction() as tx:
        gatewaystates.stop(tx.session, "smpp", None, tx.now)
    health.watch(watched, gateways())
    assert ("sim1" not in resting(watched)) is carries
    assert "sim2" in resting(watched)
    queue(watched, 1, rank=RANK_URGENT)
    assert [one.gateway for one in claim_due(watched, dict.fromkeys(NAMES, 9))[1]] == ["sim1"] * carries
    health.watch(watched, gateways())
    assert ("sim1" not in resting(watched)) is carries


def test_a_gateway_that_is_silent_when_it_never_was_rests(watched: Runtime, clock: Clock) -> None:
    for name in NAMES:
        with watched.transaction() as tx:
            for day in (1, 2, 3, 7, 14):
                for hour in range(-3, 1):
                    gatewayhours.add(tx.session, name, NOON - timedelta(days=day) + timedelta(hours=hour), Counts(came_in=9))
            gatewayhours.add(tx.session, name, NOON - timedelta(hours=4), Counts(came_in=9))
    happened(watched, "sim2", 20, delivered_at=watched.clock() - timedelta(minutes=9), delivery=Delivery.DELIVERED)
    for name in ("sim2", "smpp"):
        with watched.transaction() as tx:
            gatewayhours.add(tx.session, name, NOON - timedelta(hours=1), Counts(came_in=1))
    health.watch(watched, gateways())
    assert resting(watched) == {"sim1": "silent"}


def test_in_an_announced_shutdown_nothing_rests_and_nobody_is_alarmed(make_rt: Make, tmp_path: Path) -> None:
    rt = make_rt(gateways=dict.fromkeys(NAMES, terms(make_rt)), sending=Sending(shutdowns=("2026-11-23 09:00-21:00",)))
    settle(rt, tmp_path)
    with rt.transaction() as tx:
        for name in NAMES:
            gatewaystates.rest(tx.session, name, "no_signal", now=tx.now)
    health.watch(rt, gateways())
    assert alarms(rt) == []


def test_heads_are_told_once_of_a_long_rest_and_at_once_if_all_rest(watched: Runtime, clock: Clock) -> None:
    three, heads = gateways(), {volunteer(watched, "head").id}
    for minute in range(16):
        with watched.transaction() as tx:
            gatewaystates.rest(tx.session, "sim1", "no_balance", now=tx.now)
        health.watch(watched, three)
        assert alarms(watched) == ([] if minute < 10 else [("gateway:sim1", AlarmKind.GATEWAY_RESTS)])
        clock.forward(minutes=1)
    with watched.transaction() as tx:
        for name in ("sim2", "smpp"):
            gatewaystates.rest(tx.session, name, "no_balance", now=tx.now)
    health.watch(watched, three)
    assert ("gateways", AlarmKind.ALL_REST) in alarms(watched)
    assert len(alarms(watched)) == 2
    with watched.reading() as session:
        assert set(session.scalars(select(Alarm.volunteer_id))) == heads
    clock.forward(hours=1)
    health.watch(watched, three)
    assert alarms(watched) == [], "what comes later is news"


def test_hours_count_each_text_once_however_often_it_is_looked(watched: Runtime, clock: Clock) -> None:
    happened(watched, "sim1", 7, delivery=Delivery.DELIVERED)
    text_in(watched, SNATCHED, sender=HER)
    health.watch(watched, gateways())
    with watched.reading() as session:
        assert gatewayhours.since(session, ["sim1"], NOON - timedelta(days=1))["sim1"] == {}
    clock.forward(hours=13)
    for _ in range(3):
        health.watch(watched, gateways())
    with watched.reading() as session:
        found = gatewayhours.since(session, ["sim1", "twilio"], NOON - timedelta(days=1))
    assert found == {"sim1": {NOON: Counts(sent=7, delivered=7)}, "twilio": {NOON: Counts(came_in=1)}}
