"""What every gateway must do, whatever its kind: no text is lost and none is doubled, also when its service misbehaves.

Each kind stands before its own pretend service (`tests/gateways/<kind>/world.py`). A new kind is added to the registry and gets a world;
nothing is written here for it.
"""

import importlib
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline import spool
from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, IncomingText, LookUp, Outcome, Sent
from hotline.gateways.listing import Span
from hotline.gateways.registry import GATEWAYS
from hotline.runtime import Runtime
from hotline.services.draining import take_in_waiting
from hotline.services.reconciling.asking import reconcile_since
from hotline.services.texts.claiming import Claimed
from hotline.services.texts.outbound import claim_due, send_due
from hotline.services.texts.photos import fetch_due
from hotline.services.texts.reports import settle_unknown
from hotline.spool import Reader
from hotline.storage import gatewaystates, outgoing
from hotline.storage.models import Message
from tests.gateways.world import Lack, Lacks, MakeRt, Mishap, World, eventually, lacks
from tests.photographed import PLACE, opened, photos, picture
from tests.support import HER, OTHER, Clock, away, count, texts_out, tickets

SNATCHED = "orangi town mein do larkon ne mera mobile cheen liya"
LONG_URDU = "میرا موبائل اورنگی ٹاؤن میں چھین لیا گیا 😢 " * 12


def worlds(needs: Mishap | Lack | None = None) -> Iterator[tuple[str, str]]:
    """Kind and name of each world, or of those that know what a test needs. A kind that speaks to several services has `WORLDS`, their
    names."""
    for kind in (kind for kind, entry in GATEWAYS.items() if entry.texts is not None):
        module = importlib.import_module(f"tests.gateways.{kind}.world")
        for name in getattr(module, "WORLDS", ("",)):
            if needs is None or needs not in lacks_of(kind, name):
                yield kind, name


def lacks_of(kind: str, name: str) -> Lacks:
    lacking: Mapping[str, Lacks] = getattr(importlib.import_module(f"tests.gateways.{kind}.world"), "LACKS", {})
    return lacking.get(name, frozenset())


def where(needs: Mishap | Lack) -> pytest.MarkDecorator:
    """Have a test run in the worlds that know what it needs."""
    return pytest.mark.parametrize("world", list(worlds(needs)), ids=_named, indirect=True)


def _named(world: tuple[str, str] | Mishap) -> str:
    return str(world) if isinstance(world, Mishap) else world[1] or world[0]


@pytest.fixture(params=worlds(), ids=_named)
def world(request: pytest.FixtureRequest, make_rt: MakeRt, tmp_path: Path) -> Iterator[World]:
    """A gateway of each kind before its pretend service. Its `lacks` are those of the module, and the gateway says the same of itself."""
    kind, name = request.param
    with importlib.import_module(f"tests.gateways.{kind}.world").open_world(
        partial(make_rt, data_dir=tmp_path / "data"), *([name] if name else [])
    ) as world:
        world.lacks = lacks_of(kind, name)
        yield world


@pytest.fixture
def ahead(clock: Clock) -> None:
    """The clock of this machine is hours ahead."""
    clock.now = datetime.now(UTC) + timedelta(hours=6)


@pytest.fixture
def met(world: World) -> World:
    """A phone has texted us, and its receipt is due."""
    world.come_in(HER, SNATCHED)
    eventually(lambda: texts_out(world.rt))
    return world


def send(world: World) -> None:
    send_due(world.rt, {world.gateway.name: world.gateway}, for_s=10)


def settle(world: World) -> None:
    settle_unknown(world.rt, {world.gateway.name: world.gateway})


def arrived(world: World, texts: int) -> list[tuple[str, str]]:
    """What is on the phones, once so many texts are."""
    return eventually(lambda: len(there := world.on_phones()) >= texts and there)


def came_in(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [one.body for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


# In


@pytest.mark.parametrize("words", [SNATCHED, LONG_URDU, "مدد", "1", "", "  ", "a\r\nb", "€[]{}~^|\\", "<b>&amp;%41+'\""])
def test_a_text_comes_in_as_it_was_written(world: World, words: str) -> None:
    world.come_in(HER, words)
    assert eventually(lambda: came_in(world.rt)) == [words]


def test_a_text_that_is_told_three_times_is_one_text(world: World) -> None:
    world.come_in(HER, SNATCHED, times=3)
    world.come_in(OTHER, SNATCHED)
    eventually(lambda: len(tickets(world.rt)) == 2)
    assert came_in(world.rt) == [SNATCHED] * 2
    assert len(texts_out(world.rt)) == 2


def test_the_same_words_said_twice_are_two_texts(world: World, clock: Clock) -> None:
    for _ in range(2):
        world.come_in(HER, SNATCHED)
        clock.forward(seconds=world.apart_s)
    eventually(lambda: len(came_in(world.rt)) == 2)


def test_what_does_not_come_from_the_service_is_not_taken(world: World) -> None:
    world.forge(HER, SNATCHED)
    world.come_in(OTHER, "2")
    eventually(lambda: came_in(world.rt))
    assert came_in(world.rt) == ["2"]
    assert count(world.rt, Message) >= 1


def test_what_is_told_while_the_database_is_away_is_answered_as_ever_and_taken_in_once(world: World) -> None:
    with away(world.rt):
        if world.tells:
            world.come_in(HER, SNATCHED, times=2)
            world.forge(OTHER, SNATCHED)
            eventually(lambda: len(spool.waiting(world.rt.config.data_dir)) == 2)
    if not world.tells:
        world.come_in(HER, SNATCHED)
    take_in_waiting(world.rt, Reader(world.rt.config.keys_file), for_s=30)
    assert eventually(lambda: came_in(world.rt)) == [SNATCHED]
    assert (len(tickets(world.rt)), len(texts_out(world.rt)), spool.waiting(world.rt.config.data_dir)) == (1, 1, [])


# Out


@pytest.mark.parametrize("words", [SNATCHED, LONG_URDU])
def test_an_answer_arrives_once_and_whole(world: World, words: str) -> None:
    world.come_in(HER, words)
    [message] = eventually(lambda: texts_out(world.rt))
    send(world)
    assert arrived(world, 1) == [(HER, message.body)]
    [message] = texts_out(world.rt)
    assert message.delivery in (Delivery.SENT, Delivery.DELIVERED)
    assert message.gateway == world.gateway.name
    assert message.gateway_id
    send(world)
    settle(world)
    assert len(world.on_phones()) == 1


def test_the_gateway_and_the_id_are_committed_before_the_service_hears_of_a_text(met: World) -> None:
    _, [claimed] = claim_due(met.rt, {met.gateway.name: 5})
    [message] = texts_out(met.rt)
    assert (message.delivery, message.gateway, message.attempts) == (Delivery.SENDING, met.gateway.name, claimed.text.attempt)
    assert claimed.text.our_id.endswith(f"-{message.id}-{claimed.text.attempt}")
    assert met.on_phones() == []


def test_a_worker_that_dies_after_the_claim_loses_and_doubles_nothing(met: World, clock: Clock) -> None:
    claim_due(met.rt, {met.gateway.name: 5})  # and the worker is gone
    end(met, clock)
    assert len(arrived(met, 1)) == 1
    assert never_known(met.rt) == []


def test_a_worker_that_dies_as_it_hands_a_text_over_loses_and_doubles_nothing(met: World, clock: Clock) -> None:
    handed_over(met)  # and the worker is gone
    end(met, clock)
    if met.gateway.can.look_up is LookUp.NEVER and not met.gateway.can.idempotent:
        assert [message.id for message, _ in never_known(met.rt)] == [texts_out(met.rt)[0].id]
    else:
        assert len(arrived(met, 1)) == 1


def test_a_worker_that_dies_after_sending_loses_and_doubles_nothing(met: World, clock: Clock) -> None:
    met.gateway.send(handed_over(met).text)  # and the worker is gone
    end(met, clock)
    assert len(arrived(met, 1)) == 1


def test_a_worker_that_dies_after_sending_doubles_nothing_by_a_clock_that_is_hours_ahead(
    ahead: None,
    met: World,
    clock: Clock,
) -> None:
    met.gateway.send(handed_over(met).text)  # and the worker is gone
    end(met, clock)
    assert len(arrived(met, 1)) == 1


@where(Mishap.ANSWER_LOST)
def test_a_text_whose_answer_was_lost_is_not_sent_twice(met: World, clock: Clock) -> None:
    met.meets(Mishap.ANSWER_LOST)
    send(met)
    met.meets(None)
    end(met, clock)
    assert len(arrived(met, 1)) == 1
    assert texts_out(met.rt)[0].delivery in (Delivery.SENT, Delivery.DELIVERED) or never_known(met.rt)


@pytest.mark.parametrize(
    ("world", "mishap"),
    [(world, mishap) for mishap in (Mishap.NO_CONNECTION, Mishap.BROKEN, Mishap.THROTTLED) for world in worlds(mishap)],
    ids=_named,
    indirect=["world"],
)
def test_what_the_service_did_not_take_arrives_later_and_once(met: World, clock: Clock, mishap: Mishap) -> None:
    met.meets(mishap)
    send(met)
    assert met.on_phones() == []
    met.meets(None)
    end(met, clock)
    if not never_known(met.rt):  # a broken answer may leave nobody the wiser
        assert len(arrived(met, 1)) == 1


@where(Mishap.REFUSED)
def test_a_refused_text_is_not_sent_again(met: World, clock: Clock) -> None:
    met.meets(Mishap.REFUSED)
    send(met)
    met.meets(None)
    end(met, clock)
    assert texts_out(met.rt)[0].delivery == Delivery.FAILED
    assert met.on_phones() == []


@where(Mishap.ILL)
def test_an_ill_gateway_rests_and_its_text_goes_on_later(met: World, clock: Clock) -> None:
    met.meets(Mishap.ILL)
    send(met)
    with met.rt.reading() as session:
        assert list(gatewaystates.resting(session, now=clock())) == [met.gateway.name]
    met.meets(None)
    send(met)
    assert met.on_phones() == []
    clock.forward(minutes=2)
    send(met)
    assert len(arrived(met, 1)) == 1


def test_two_workers_at_once_send_a_text_once(met: World) -> None:
    threads = [threading.Thread(target=send, args=(met,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(arrived(met, 1)) == 1


# Reports


def reporting(world: World) -> World:
    send(world)
    arrived(world, 1)
    return world


@where(Lack.REPORTS)
def test_a_report_moves_the_delivery_and_never_back(met: World) -> None:
    reporting(met).report(Delivery.DELIVERED, times=2)
    eventually(lambda: texts_out(met.rt)[0].delivery == Delivery.DELIVERED)
    met.report(Delivery.SENT)
    assert texts_out(met.rt)[0].delivery == Delivery.DELIVERED


@where(Lack.REPORTS)
def test_a_report_that_is_not_the_services_changes_nothing(met: World) -> None:
    reporting(met).forge_report(Delivery.DELIVERED)
    assert texts_out(met.rt)[0].delivery == Delivery.SENT


# The log


def listed(world: World) -> list[IncomingText]:
    """All that the service's log lists of the last days."""
    since = world.rt.clock() - timedelta(days=1)
    page = world.gateway.texts_in(Span(since))
    found = list(page.listed)
    while page.next is not None:
        page = world.gateway.texts_in(Span(since), page.next)
        found += page.listed
    return found


@where(Lack.LOG)
def test_a_text_is_in_the_log_under_the_id_by_which_the_service_told_of_it(world: World, clock: Clock) -> None:
    world.come_in(HER, LONG_URDU)
    eventually(lambda: came_in(world.rt))
    clock.forward(minutes=5)
    [text] = listed(world)
    with world.rt.reading() as session:
        [gateway_id] = session.scalars(select(Message.gateway_id).where(Message.direction == "in"))
    assert (text.gateway_id, text.sender, text.body) == (gateway_id, HER, LONG_URDU)
    assert text.received_at is not None


@where(Lack.LOG)
def test_what_the_service_never_told_is_taken_in_once(world: World, clock: Clock) -> None:
    world.come_in(HER, SNATCHED)
    eventually(lambda: came_in(world.rt))
    world.come_in_untold(OTHER, "salam 😢 €")
    clock.forward(minutes=5)
    found = []
    for _ in range(2):
        found += reconcile_since(world.rt, {world.gateway.name: world.gateway}, {}, clock() - timedelta(days=1))
    assert [(one.listed, one.here, one.taken_in, one.balances) for one in found] == [(2, 1, 1, True), (2, 2, 0, True)]
    assert sorted(came_in(world.rt)) == sorted([SNATCHED, "salam 😢 €"])


# Photos


@where(Lack.PHOTOS)
def test_a_photo_and_its_words_are_one_text_and_it_is_kept_without_the_place_in_it(world: World) -> None:
    photo = picture()
    assert PLACE in photo
    world.come_in_photo(HER, SNATCHED, photo)
    eventually(lambda: came_in(world.rt) == [SNATCHED])
    gateways = {world.gateway.name: world.gateway}
    assert fetch_due(world.rt, gateways) is False
    [kept] = photos(world.rt)
    assert (kept.state, kept.reason, kept.width, kept.height) == ("done", None, 320, 240)
    assert PLACE not in opened(world.rt, kept)
    assert came_in(world.rt) == [SNATCHED]
    assert len(tickets(world.rt)) == 1
    assert [one.text_key for one in texts_out(world.rt)] == ["receipt"]


# What the gateway says it can


def test_it_says_of_itself_what_it_cannot_do(world: World) -> None:
    assert {one for one in world.lacks if isinstance(one, Lack)} == lacks(world.gateway.can)


@where(Lack.ONCE)
def test_a_text_that_is_sent_twice_under_one_id_leaves_once(met: World) -> None:
    _, [claimed] = claim_due(met.rt, {met.gateway.name: 5})
    first, second = met.gateway.send(claimed.text), met.gateway.send(claimed.text)
    assert isinstance(first, Sent)
    assert first.gateway_id == second.gateway_id
    assert len(arrived(met, 1)) == 1


@where(Lack.LOOK_UP)
def test_a_text_that_never_came_to_the_service_is_not_found_there(met: World, clock: Clock) -> None:
    _, [claimed] = claim_due(met.rt, {met.gateway.name: 5})
    assert met.gateway.look_up(claimed.text, clock(), set()) is None
    met.gateway.send(claimed.text)
    found = eventually(lambda: met.gateway.look_up(claimed.text, clock.now.min.replace(tzinfo=clock.now.tzinfo, year=2000), set()))
    assert found.gateway_id


def test_every_failure_says_what_it_means(met: World) -> None:
    for mishap, wanted in (
        (Mishap.NO_CONNECTION, {Outcome.NOT_SENT}),
        (Mishap.REFUSED, {Outcome.REFUSED, Outcome.STOPPED}),
        (Mishap.ILL, {Outcome.ILL}),
        (Mishap.THROTTLED, {Outcome.NOT_SENT}),
        (Mishap.ANSWER_LOST, {Outcome.UNKNOWN}),
    ):
        if mishap in met.lacks:
            continue
        _, claims = claim_due(met.rt, {met.gateway.name: 5})
        met.meets(mishap)
        for claimed in claims:
            with pytest.raises(GatewayError) as fault:
                met.gateway.send(claimed.text)
            assert (mishap, fault.value.outcome in wanted) == (mishap, True)
            assert len(fault.value.code) <= 16
        met.meets(None)
        with met.rt.transaction() as tx:
            for message in texts_out(met.rt):
                outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, next_attempt_at=tx.now)


def handed_over(world: World) -> Claimed:
    """The text that is due, up to the moment at which the gateway is given it."""
    _, [claimed] = claim_due(world.rt, {world.gateway.name: 5})
    with world.rt.transaction() as tx:
        assert outgoing.renew_claim(tx.session, claimed.text.message_id, claimed.text.attempt, now=tx.now)
    return claimed


def never_known(rt: Runtime) -> list[tuple[Message, object]]:
    with rt.reading() as session:
        return list(outgoing.never_known(session, limit=10))


def end(world: World, clock: Clock) -> None:
    """Some hours pass, in which the workers do all that they do."""
    for _ in range(30):
        clock.forward(seconds=61)
        settle(world)
        send(world)
