"""The link before the pretend SMSC."""

from collections.abc import Iterator

import pytest

from tests.gateways.smpp.world import SmppWorld, open_world
from tests.gateways.world import MakeRt


@pytest.fixture
def world(make_rt: MakeRt) -> Iterator[SmppWorld]:
    with open_world(make_rt) as world:
        yield world
