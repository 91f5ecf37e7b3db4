"""A whole hotline for a journey."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import RunningHotline
from tests.servers import RedisServer


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of the journey's own, to be killed."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def hotline(database_url: str, redis: RedisServer) -> Iterator[RunningHotline]:
    """A running hotline, on each kind of database."""
    with tempfile.TemporaryDirectory() as folder, RunningHotline(database=database_url, redis_url=redis.url, folder=Path(folder)) as running:
        yield running
