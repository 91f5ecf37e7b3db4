"""Texts by each kind of gateway; and several gateways that share texts while each of them is killed in turn."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from hotline.jobs import Job
from tests.gateways.http.pretend import Pretend
from tests.journeys.carrying import HTTP, IN_FLIGHT, PHONES, SERVICES, SMPP, CarryingHotline
from tests.journeys.killing import balance, kill_in_turn, queue, settle
from tests.journeys.test_text_and_back import reference_in
from tests.servers import Postgres, RedisServer, serving

BODY = "orangi town mein mera mobile cheen liya do larkon ne"
TEXTS = 300


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def carrying(request: pytest.FixtureRequest) -> Iterator[CarryingHotline]:
    """A running hotline with several gateways, on each kind of database. Its Redis is its own: the other hotline of these tests may still
    run, and would take its jobs."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'hotline.sqlite3'}"
        if request.param == "postgresql":
            databases: Postgres = request.getfixturevalue("postgres")
            url = stack.enter_context(databases.database())
        pretend = Pretend()
        service_url = stack.enter_context(serving(make_server("127.0.0.1", 0, pretend, threaded=True)))
        hotline = CarryingHotline(
            database=url, redis_url=redis.url, folder=folder, per_minute=1500, service=pretend, service_url=service_url
        )
        yield stack.enter_context(hotline)


@pytest.mark.parametrize(
    ("service", "number"), [("sim1", "+923001234521"), ("sim2", "+923001234522"), ("smsc", "+923001234523"), (HTTP, "+923001234524")]
)
def test_a_text_by_a_gateway_is_answered_by_it_once_and_tells_the_status(carrying: CarryingHotline, service: str, number: str) -> None:
    carrying.text_by(service, number, BODY)
    receipt = await_one(carrying, service, number, texts=1)
    carrying.text_by(service, number, reference_in(receipt))
    status = await_one(carrying, service, number, texts=2)
    assert reference_in(status) == reference_in(receipt)
    assert status != receipt
    assert carrying.tickets_of(number) == 1


def await_one(hotline: CarryingHotline, service: str, number: str, *, texts: int) -> str:
    """The newest of so many texts on that phone, once it is reported as delivered. All came by that service."""
    hotline.wait_until(lambda: len(hotline.arrived(number)) >= texts, within_s=60)
    if service == HTTP:
        hotline.report_by_http()
    hotline.wait_until(lambda: hotline.deliveries(number) == ["delivered"] * texts, within_s=60)
    found = hotline.arrived(number)
    assert [by for by, _ in found] == [service] * texts
    return found[-1][1]


def test_gateways_share_texts_while_each_is_killed_in_turn_and_no_text_is_lost_or_doubled(carrying: CarryingHotline) -> None:
    queue(carrying.database, TEXTS)
    carrying.ring(Job.SEND_DUE)
    kills = kill_in_turn(carrying, TEXTS, rounds=2, away_s=0.5)
    settle(carrying, kills, hurry=True, within_s=240)
    time.sleep(3)  # whatever would still be sent twice
    books = balance(carrying, TEXTS, kills)
    print(books, dict(kills.times))
    assert not books.faults
    assert books.sent + books.never_known + books.failed == TEXTS
    assert books.failed == 0
    # At each kill so many texts are on the wire of the one gateway that can never tell; the workers are killed once more as it settles.
    assert books.never_known <= IN_FLIGHT * (sum(kills.times[name] for name in (SMPP, "smsc", "sending")) + 1)
    assert {*PHONES, SMPP} <= books.by_gateway.keys()
    assert all(kills.times[name] for name in (*SERVICES, SMPP, "sending"))
