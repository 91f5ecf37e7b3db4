"""Several hosts on one PostgreSQL and one Redis: each is restarted while texts come, and what waits on a disk is that host's."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.sealing import mark
from tests.journeys.severalhosts import BODY, HOSTS, WEB, SeveralHosts
from tests.journeys.test_database_away import away
from tests.servers import Postgres, RedisServer
from tests.support import KEYS

PER_S = 5


@pytest.fixture(scope="module")
def hosts(postgres: Postgres) -> Iterator[SeveralHosts]:
    with (
        tempfile.TemporaryDirectory() as folder,
        RedisServer() as redis,
        postgres.database() as url,
        SeveralHosts(database=url, redis_url=redis.url, folder=Path(folder)) as hosts,
    ):
        yield hosts


def counted(hosts: SeveralHosts, sql: str, numbers: list[str]) -> list[int]:
    """For each phone the count that `sql` gives by contact's mark."""
    found = {bytes(row[0]): row[1] for row in hosts.rows(sql)}
    return [found.get(mark(KEYS, number), 0) for number in numbers]


def test_each_host_is_restarted_while_texts_come_and_none_is_lost_doubled_or_refused(hosts: SeveralHosts) -> None:
    with hosts.texted_steadily(per_s=PER_S) as answers:
        for host in HOSTS:
            hosts.restart(host)
    assert Counter(answers.values()) == {200: len(answers)}
    assert len(answers) > 3 * PER_S, "they came all the while"
    hosts.wait_until(
        lambda: hosts.rows("SELECT count(*) FROM messages WHERE direction = 'out' AND delivery <> 'delivered'")[0][0] == 0, within_s=60
    )
    of_contact = "JOIN contacts c ON c.id = x.contact_id"
    numbers, once = sorted(answers), [1] * len(answers)
    assert counted(hosts, f"SELECT c.mark, count(*) FROM tickets x {of_contact} GROUP BY c.mark", numbers) == once
    for direction in ("in", "out"):
        sql = f"SELECT c.mark, count(*) FROM messages x {of_contact} WHERE x.direction = '{direction}' GROUP BY c.mark"
        assert counted(hosts, sql, numbers) == once
    assert [len(hosts.received(number)) for number in numbers] == once
    hosts.wait_until(lambda: hosts.rows("SELECT count(*) FROM tickets WHERE routed_at IS NULL")[0][0] == 0, within_s=15)
    assert [path for host in HOSTS for path in hosts.spooled(host)] == []


def test_what_waits_on_the_disk_of_a_host_is_taken_in_by_that_host(hosts: SeveralHosts) -> None:
    numbers = [f"+92302{n:07d}" for n in range(6)]
    hosts.stop("here@b")
    with away(hosts.database):
        assert [hosts.text(number, BODY) for number in numbers] == [200] * len(numbers)
        assert all(hosts.spooled(host) for host in WEB)
    hosts.wait_until(lambda: not hosts.spooled("a"), within_s=30)
    assert hosts.spooled("b")
    hosts.start_whole("here@b")
    hosts.wait_until(lambda: not hosts.spooled("b"), within_s=30)
    for number in numbers:
        hosts.await_texts(number, 1)
        assert (hosts.tickets_of(number), len(hosts.received(number))) == (1, 1)
