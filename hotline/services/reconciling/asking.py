"""The logs of gateways are read, and what is missing is taken in: all that is due by a job, or all since a time by a person.

A log is read from where all is surely here, with an overlap, in jobs of some seconds; where it stands is a row (`storage.gatewaylogs`).
Nothing is held while a gateway is asked. Two workers that read one page meet the unique keys of what it lists.
"""

import contextlib
import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.alarms import AlarmKind, tell_heads
from hotline.domain import catchup
from hotline.domain.catchup import Walk
from hotline.gateways.base import GatewayError, Outcome, TextGateway
from hotline.gateways.listing import CallLog, Page, Span
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import arriving
from hotline.services.reconciling.logs import CALLS, RECORDINGS, Log, logs
from hotline.storage import alarms, gatewaylogs
from hotline.storage.db import DatabaseFault
from hotline.storage.gatewaymodels import GatewayLog
from hotline.storage.writing import Overloaded

_PAUSE = timedelta(minutes=1)
"""A log that was read to its end is not read again before this: others may have more, and the bell rings for them."""

_JOB_S = 15
"""Seconds after which a job asks no other gateway: texts that have to be fetched wait behind it in its queue."""

_STORES_S = 5
"""Seconds after which a job takes in no more of a page that it has: the next one asks for that page again, and finds these here."""

_PAGES = 5
"""So many pages are taken in as one: the list begins with the newest, and a citizen's texts are to come in the order of their writing."""


class _Enough(Exception):
    """A job has stored for long enough; there is more of the page."""


@dataclass
class Balance:
    """What a gateway lists since a time, and what became of it. `listed` is the sum of the three that follow.

    `fault`: the gateway's code, where it could not be asked to the end. What may be on its way to us by itself is not counted, nor is what
    is no concern of ours: canary texts, calls that are under way, recordings of others' calls.
    """

    gateway: str
    what: str
    here: int = 0
    taken_in: int = 0
    failed: int = 0
    fault: str | None = None
    ids: set[str] = field(default_factory=set, repr=False)

    @property
    def listed(self) -> int:
        """How many the gateway lists."""
        return self.here + self.taken_in + self.failed

    @property
    def balances(self) -> bool:
        """Whether all that the gateway lists is here."""
        return self.failed == 0 and self.fault is None


def reconcile_due(rt: Runtime, texts: Mapping[str, TextGateway], call_logs: Mapping[str, CallLog], *, for_s: float = 3) -> bool:
    """Read on in each log, for about `for_s` seconds each; True if there may be more at once.

    The gateway that was read last comes first: a gateway that is ill, or has days to catch up, holds up no other.
    """
    job_ends, more, behind = time.monotonic() + _JOB_S, False, set[str]()
    with rt.reading() as session:
        walked = _walked(gatewaylogs.every(session).values())
    never = datetime.min.replace(tzinfo=UTC)
    for log in sorted(logs(rt, texts, call_logs), key=lambda one: walked.get(one.gateway, never), reverse=True):
        if time.monotonic() > job_ends:
            return True
        if log.what == RECORDINGS and log.gateway in behind:  # who called is told by the list of calls
            continue
        is_read = _read_on(rt, log, for_s=for_s)
        if log.what == CALLS and is_read is not True:
            behind.add(log.gateway)
        more = more or is_read is False
    return more


def _walked(rows: Iterable[GatewayLog]) -> Mapping[str, datetime]:
    """Gateway's name → when a log of it was last read to its end."""
    found: dict[str, datetime] = {}
    for row in rows:
        if row.walked_at is not None:
            found[row.gateway] = max(row.walked_at, found.get(row.gateway, row.walked_at))
    return found


def _read_on(rt: Runtime, log: Log, *, for_s: float) -> bool | None:
    """Read on in a log. True: to its end; False: there is more; None: the gateway cannot be asked now, or we cannot store."""
    ends = time.monotonic() + for_s
    count = Balance(log.gateway, log.what)
    try:
        while (walk := _place(rt, log)) is not None:
            if time.monotonic() > ends:
                return False
            _read_page(rt, log, walk, count)
    except _Enough:
        return False
    except GatewayError as fault:
        logger().warning("a gateway could not be asked what came", gateway=log.gateway, what=log.what, code=fault.code)
        return None
    except (Overloaded, DatabaseFault) as fault:
        logger().warning("what a gateway lists cannot be stored now", gateway=log.gateway, what=log.what, fault=type(fault).__name__)
        return None
    finally:
        if count.taken_in:
            logger().warning("a gateway had something that it never told us of", gateway=log.gateway, what=log.what, rows=count.taken_in)
    return True


def _place(rt: Runtime, log: Log) -> Walk | None:
    """Where to read on in a log; None if it was read to its end a moment ago."""
    with rt.reading() as session:
        row = gatewaylogs.every(session).get((log.gateway, log.what))
    if (walk := gatewaylogs.walk_of(row)) is not None:
        return walk
    now = rt.clock()
    if row is None:
        return catchup.begin(now, now)
    rested = row.walked_at is None or not timedelta(0) <= now - row.walked_at < _PAUSE
    return catchup.begin(row.taken_until, now) if rested else None


def _read_page(rt: Runtime, log: Log, walk: Walk, count: Balance) -> None:
    """Take in a page, and note that. Raises `GatewayError`, `_Enough`, and what says that nothing can be stored now."""
    try:
        page = _asked(log, Span(walk.since, walk.until), walk.page)
    except GatewayError as fault:
        if fault.outcome is Outcome.REFUSED and walk.page is not None:  # it does not know the page any more
            _note(rt, log, walk, replace(walk, page=None))
        raise
    held_at = _take_in(rt, log, page.listed, count, oldest=walk.taken_until, for_s=_STORES_S)
    _note(rt, log, walk, catchup.turned(walk, page.next, rt.clock(), held_at=held_at), held_at=held_at)


def _asked(log: Log, span: Span, page: str | None) -> Page[Any]:
    """Some pages of a span as one. If the gateway fails after the first, those before it are given. Raises `GatewayError`."""
    found = log.ask(span, page)
    with contextlib.suppress(GatewayError):  # asked for the next page, it fails again, or has recovered
        for _ in range(_PAGES - 1):
            if found.next is None:
                break
            after = log.ask(span, found.next)
            found = Page((*found.listed, *after.listed), after.next)
    return found


def _note(rt: Runtime, log: Log, walk: Walk, after: Walk | None, *, held_at: datetime | None = None) -> None:
    """Note how far a log was read, unless another worker has read on in it meanwhile."""
    with rt.transaction() as tx:
        row = gatewaylogs.locked(tx.session, log.gateway, log.what)
        now_at = gatewaylogs.walk_of(row)
        if now_at is not None and (now_at.since, now_at.page) != (walk.since, walk.page):
            return
        if after is not None:
            gatewaylogs.keep(tx.session, log.gateway, log.what, after)
            return
        over = catchup.noted(walk, held_at)
        gatewaylogs.end(tx.session, log.gateway, log.what, over, now=tx.now)
        _tell(tx, log, is_held=over.held_at is not None)


def _tell(tx: Transaction, log: Log, *, is_held: bool) -> None:
    """Alarm the heads about what cannot be taken in, until it is."""
    about = f"log:{log.gateway}:{log.what}"
    if is_held or alarms.is_about(tx.session, about):
        tell_heads(tx, about, AlarmKind.SPOOL_STUCK, is_so=is_held, after=timedelta(hours=12))


def _take_in(rt: Runtime, log: Log, listed: Sequence[Any], count: Balance, *, oldest: datetime, for_s: float = math.inf) -> datetime | None:
    """Take in what is missing of a list, the oldest first; returns when the first came of what could not be taken in, or None.

    `oldest`: when the oldest came that may be missing. What cannot be stored keeps nobody else from being taken in; what says that nothing
    can be stored now is raised. Raises `_Enough` after `for_s` seconds, unless most of what was tried could not be taken in: what failed is
    tried anew each time, and the rest would never have its turn.
    """
    now, held_at, ends, before = rt.clock(), None, time.monotonic() + for_s, count.taken_in - count.failed
    wanted, here = log.sort(listed)
    new = {one.id: one for one in wanted if one.id not in count.ids and not catchup.is_coming(one.at, now)}
    count.ids.update(new)
    count.here += len(new.keys() & set(here))
    missing = [one for one in reversed(new.values()) if one.id not in here]  # of one second the first comes first too
    for one in sorted(missing, key=lambda one: one.at or oldest):
        if time.monotonic() > ends and count.taken_in - count.failed > before:
            raise _Enough
        came_at = catchup.came_at(one.at, now, oldest=oldest)
        try:
            is_new = one.store(came_at)
            count.taken_in += is_new
            count.here += not is_new
        except (Overloaded, GatewayError):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, those after it are taken in
            if isinstance(fault, DatabaseFault):
                arriving.need_database(rt)
            logger().error("what a gateway lists cannot be taken in", gateway=log.gateway, what=log.what, exc_info=fault)
            count.failed += 1
            held_at = min(held_at or came_at, came_at)
    return held_at


def reconcile_since(rt: Runtime, texts: Mapping[str, TextGateway], call_logs: Mapping[str, CallLog], since: datetime) -> Iterator[Balance]:
    """Ask each gateway for all that came since a time, take in what is missing, and give the balance of each log as it is done.

    Where the jobs stand in the logs is left as it is. Raises what says that nothing can be stored now.
    """
    behind = set[str]()
    for log in logs(rt, texts, call_logs):
        balance = Balance(log.gateway, log.what)
        if log.what == RECORDINGS and log.gateway in behind:
            balance.fault = "calls_first"
        else:
            _read_all(rt, log, since, balance)
        if log.what == CALLS and balance.fault is not None:
            behind.add(log.gateway)
        yield balance


def _read_all(rt: Runtime, log: Log, since: datetime, balance: Balance) -> None:
    try:
        for start, end in catchup.spans(since, rt.clock()):
            page: str | None = None
            while True:
                found = _asked(log, Span(start, end), page)
                _take_in(rt, log, found.listed, balance, oldest=since)
                page = found.next
                if page is None:
                    break
    except GatewayError as fault:
        balance.fault = fault.code


def caught_up(session: Reading, names: Collection[str]) -> Mapping[str, datetime]:
    """Gateway's name → until when all that came to it is surely here, of those of these names whose logs were read."""
    found: dict[str, datetime] = {}
    for (gateway, _), row in gatewaylogs.every(session).items():
        if gateway in names:
            found[gateway] = min(row.taken_until, found.get(gateway, row.taken_until))
    return found
