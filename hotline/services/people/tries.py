"""Tries at a password or a code are counted, and have to wait longer and longer while they fail.

Each is counted under the login that was typed, and under the block of addresses it came from: made-up logins are each tried once. A browser
in which the volunteer has logged in before is counted by itself: otherwise a stranger who tries every second would keep the volunteer out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.runtime import Runtime, Transaction
from hotline.storage import throttles

_FORGOTTEN_AFTER = timedelta(hours=1)
"""To wait for this gains a guesser nothing: at one try a minute, sixty tries could have been made meanwhile."""

_LONGEST_WAIT_S = 60
_FREE_OF_BLOCK, _LONGEST_WAIT_OF_BLOCK_S = 30, 5
"""A block may be an office, or the part of a telephone company where half a town comes from. So more is free there, and the wait is short:
it limits how much is tried and shuts nobody out."""


class LoginTooSoon(Exception):
    """There were too many wrong passwords or codes: wait `args[0]` seconds."""


@dataclass(frozen=True)
class Counted:
    """A name under which tries are counted: how many may fail before the next has to wait, and how long it waits at most.

    `shared`: by people who do not know each other, so that the success of one does not clear the others' failures.
    """

    name: str
    free: int
    longest_wait_s: int
    shared: bool = False


def by_name(rt: Runtime, name: str) -> Counted:
    """What counts the tries of one login, browser or volunteer. Names that are no logins have capitals, which no login has."""
    return Counted(name, rt.config.web.free_failures, _LONGEST_WAIT_S)


def by_block(block: str) -> Counted:
    """What counts the tries that come from one block of addresses."""
    return Counted(f"BLOCK:{block}", _FREE_OF_BLOCK, _LONGEST_WAIT_OF_BLOCK_S, shared=True)


def count(rt: Runtime, counted: Sequence[Counted]) -> None:
    """Count one more try under each of these names, before it is known whether it fails.

    Otherwise many guesses sent at once would all count as the first. Raises `LoginTooSoon`, and counts nothing then.
    """
    if not counted:
        return
    names = [one.name for one in counted]
    with rt.reading() as session:  # a flood of tries that have to wait costs no write
        _refuse_early(throttles.allowed_at(session, names), rt.clock())
    with rt.transaction() as tx:
        rows = throttles.locked(tx.session, names, now=tx.now)
        _refuse_early(max(row.next_try_at for row in rows.values()), tx.now)
        for one in counted:
            row = rows[one.name]
            row.failures = 1 if row.next_try_at < tx.now - _FORGOTTEN_AFTER else row.failures + 1
            over = row.failures - one.free
            wait_s = min(2 ** min(over, 10), one.longest_wait_s) if over >= 0 else 0
            row.next_try_at = tx.now + timedelta(seconds=wait_s)
        tx.session.flush()
        throttles.forget_before(tx.session, tx.now - _FORGOTTEN_AFTER)


def _refuse_early(next_at: datetime | None, now: datetime) -> None:
    if next_at is not None and next_at > now:
        raise LoginTooSoon(math.ceil((next_at - now).total_seconds()))


def succeeded(tx: Transaction, counted: Sequence[Counted]) -> None:
    """Take the counted try back: it was right."""
    for one in sorted(counted, key=lambda one: one.name):  # in the order in which they are locked
        if one.shared:
            throttles.take_back(tx.session, one.name, now=tx.now)
        else:
            throttles.forget(tx.session, one.name)
