"""A phone of ours, paired with a hotline."""

from collections.abc import Iterator

import pytest

from tests.gateways.android.world import AndroidWorld, open_world
from tests.gateways.world import MakeRt


@pytest.fixture
def world(make_rt: MakeRt) -> Iterator[AndroidWorld]:
    with open_world(make_rt) as world:
        yield world
