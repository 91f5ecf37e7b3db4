"""Each worker notes now and then that a job of its queue has begun; the job that the clock alone rings notes the same of the clock.

These marks show which part of the hotline stands still.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hotline.jobs import QUEUES
from hotline.log import logger
from hotline.runtime import Reading, Runtime
from hotline.storage import marks
from hotline.storage.db import DatabaseFault

_MARK = "tick:"
CLOCK = "clock"

EVERY_S = 20
"""A worker notes a tick no more often: each is a commit."""

_OLD_AFTER: Mapping[str, timedelta] = {"backups": timedelta(hours=12, minutes=5)}
"""Queue → after so long without a tick it stands still. A job of the others is killed after two minutes, a backup after twelve hours."""

ALL = (CLOCK, *QUEUES)
"""Who ticks."""

OLD = timedelta(minutes=4)
_AT_ONCE = timedelta(minutes=2)
"""So long before the clock's last tick a worker may have ticked last that went down with it: a job takes no longer. A backup does."""

_SET_BACK_BY = timedelta(minutes=10)
"""A tick that is so long to come is of a clock that was set back. By less no two clocks of several hosts differ that are of any use."""

_RINGS_FOR_CLOCK = "gateways"
"""The queue of the job that notes the clock's tick."""


def note(rt: Runtime, *who: str) -> None:
    """Note that a job of a queue has begun, or that the clock has rung. The database may be away: then the job itself will tell."""
    try:
        with rt.transaction() as tx:
            for one in who:
                marks.set_value(tx.session, _MARK + one, round(tx.now.timestamp()))
    except DatabaseFault as fault:
        logger().warning("a tick could not be noted", who=who, fault=type(fault).__name__)


def was_set_back(rt: Runtime) -> bool:
    """Whether the clock's last tick is yet to come, because the time of this machine was set back."""
    with rt.reading() as session:
        rang = read(session)[CLOCK]
    return rang is not None and rang - rt.clock() > _SET_BACK_BY


def note_those_to_come(rt: Runtime) -> None:
    """Note a tick now for each part whose last tick lies in the future: otherwise it would be missed only hours after it stopped."""
    with rt.reading() as session:
        last = read(session)
    note(rt, *(who for who, at in last.items() if at is not None and at > rt.clock()))


def clock_rang(rt: Runtime) -> None:
    """Note that the clock has rung. If it had not rung for long, the hotline was down: each worker gets time to come back before it counts
    as missing.

    So has a worker that never was: a new hotline's, or of a new queue. A worker that had gone before the clock did has no more time: it may
    be the worker that notes the clock's tick that was busy.
    """
    now = rt.clock()
    with rt.reading() as session:
        last = read(session)
    was_down = CLOCK in still({CLOCK: last[CLOCK]}, now)
    late = [who for who in still(last, now) if last[who] is None or (was_down and _went_down_together(last, who))]
    note(rt, *sorted({CLOCK, *late}))


def _went_down_together(ticks: Mapping[str, datetime | None], who: str) -> bool:
    rang, at = ticks[CLOCK], ticks[who]
    return rang is None or at is None or rang - at <= _OLD_AFTER.get(who, _AT_ONCE)


def read(session: Reading) -> dict[str, datetime | None]:
    """The clock and each queue → its last tick; None: there was none yet."""
    found = marks.beginning(session, _MARK)
    return {who: datetime.fromtimestamp(found[who], UTC) if who in found else None for who in ALL}


def still(ticks: Mapping[str, datetime | None], now: datetime) -> list[str]:
    """Those that stand still. The clock's own tick is noted by a worker: while that one stands still too, nothing is known of the clock.

    A clock that was set back has ticks of the future: they are taken as they are.
    """
    found = [who for who, at in ticks.items() if at is None or now - at > _OLD_AFTER.get(who, OLD)]
    return [who for who in found if who != CLOCK or _RINGS_FOR_CLOCK not in found]
