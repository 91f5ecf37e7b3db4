"""A ticket to work on."""

from pathlib import Path

import pytest

from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Ticket
from tests.services.colleagues import settle
from tests.support import SNATCHED, text_in, tickets


@pytest.fixture
def ticket(rt: Runtime, tmp_path: Path) -> Ticket:
    """A citizen texted, and the ticket is routed; the people of the tests exist."""
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    return tickets(rt)[0]
