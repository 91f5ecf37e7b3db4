"""A whole hotline for the journeys: one for each kind of database, as starting it takes longer than most journeys."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import RunningHotline
from tests.servers import Postgres, RedisServer


@pytest.fixture(scope="package")
def redis() -> Iterator[RedisServer]:
    """A Redis of the journeys' own, to be killed."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, redis: RedisServer) -> Iterator[RunningHotline]:
    """A running hotline, on each kind of database."""
    redis.restart(empty=True)  # what killed workers of the one before were at is not this one's
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if request.param == "sqlite":
            with RunningHotline(database=f"sqlite:///{folder / 'hotline.sqlite3'}", redis_url=redis.url, folder=folder) as hotline:
                yield hotline
            return
        databases: Postgres = request.getfixturevalue("postgres")
        with databases.database() as url, RunningHotline(database=url, redis_url=redis.url, folder=folder) as hotline:
            yield hotline


@pytest.fixture
def hotline(running: RunningHotline) -> RunningHotline:
    """The same, with a gateway that behaves."""
    running.faults()
    return running
