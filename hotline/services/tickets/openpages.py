"""Who has a ticket's page open just now. It is kept in Redis for some seconds and nowhere else: a page view writes nothing to the database.

Only ids and times stand there. While Redis is away nobody is shown, and no page waits for it.
"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import methodcaller
from typing import Any

from redis import Redis, RedisError

from hotline.runtime import Runtime
from hotline.storage import people
from hotline.storage.peoplemodels import Volunteer

_HERE_S = 30
"""Seconds after which a page that has not asked for news counts as closed. An open page asks every five."""

_KEPT_S = 60
_PATIENCE_S = 0.2
_SILENT_AFTER_FAILURE_S = 5


def note(rt: Runtime, ticket_id: int, volunteer: Volunteer) -> None:
    """Note that a volunteer, who may see the ticket, has its page open now."""
    key, now = _key(ticket_id), int(rt.clock().timestamp())
    _pages(rt.config.redis_url).ask(methodcaller("hset", key, str(volunteer.id), now), methodcaller("expire", key, _KEPT_S))


def readers(rt: Runtime, ticket_ids: Sequence[int], *, besides: int | None = None) -> dict[int, tuple[str, ...]]:
    """Ticket id → the names of the volunteers who have its page open, but for the volunteer `besides`.

    Tickets that nobody reads are left out. The caller may see these tickets: of any other it must not be told who reads it.
    """
    if not ticket_ids:
        return {}
    answers = _pages(rt.config.redis_url).ask(*(methodcaller("hgetall", _key(one)) for one in ticket_ids))
    since = rt.clock().timestamp() - _HERE_S
    here = {
        ticket_id: [int(who) for who, at in found.items() if int(at) >= since and int(who) != besides]
        for ticket_id, found in zip(ticket_ids, answers, strict=False)
    }
    ids = {who for there in here.values() for who in there}
    if not ids:
        return {}
    with rt.reading() as session:
        names = people.names(session, ids)
    return {ticket_id: tuple(sorted(names[who] for who in there if who in names)) for ticket_id, there in here.items() if there}


class _Pages:
    """The connection of this process. After a failure it asks nothing for some seconds, so that no page is slow."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S, decode_responses=True)
        self._silent_until = 0.0

    def ask(self, *commands: Callable[[Any], object]) -> Sequence[Any]:
        """The answers to commands that are sent together; () while Redis is away."""
        if time.monotonic() < self._silent_until:
            return ()
        try:
            with self._redis.pipeline(transaction=False) as together:
                for command in commands:
                    command(together)
                return together.execute()
        except RedisError:
            self._silent_until = time.monotonic() + _SILENT_AFTER_FAILURE_S
            return ()


@lru_cache
def _pages(url: str) -> _Pages:
    return _Pages(url)


def _key(ticket_id: int) -> str:
    return f"hotline:open:{ticket_id}"
