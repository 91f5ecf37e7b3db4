"""Whether what the hotline needs is there: asked at this moment, all of it at once, and never waited for longer than two seconds."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from redis import RedisError

from hotline.jobs import try_redis
from hotline.runtime import Runtime
from hotline.services.condition import disks, ticks
from hotline.spool import SpoolFault
from hotline.storage import marks
from hotline.storage.db import DatabaseFault

WITHIN_S = 2.0
NO_ANSWER = f"no answer within {WITHIN_S:.0f} s"
_FRESH_S = 1.0
"""So long an answer holds for others who ask: however often it is asked, little is done."""

_COMES_WITHIN = timedelta(minutes=1)
"""So long after the start of this process the clock and the workers, which start with it, may not have come yet: that is no standstill."""

_MARK = "ready"
OK = "ok"


class Readiness:
    """Asks the parts that one process of the hotline needs. Each is asked in a thread of its own; a part that hangs is not asked again
    before that thread has ended, so that no threads pile up."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._began_at = rt.clock()
        self._parts: Mapping[str, Callable[[Runtime], str]] = {
            "database": database,
            "redis": redis,
            "spool": spool,
            "clock": lambda rt: clock(rt, since=self._began_at),
            "disk": disk,
        }
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Thread] = {}
        self._said: dict[str, str] = {}
        self._answer: Mapping[str, str] = MappingProxyType({})
        self._asked_at = float("-inf")

    def ask(self) -> Mapping[str, str]:
        """Part → `OK`, or what is wrong with it in a few words, without secrets."""
        with self._lock:
            if time.monotonic() - self._asked_at >= _FRESH_S:
                self._answer = MappingProxyType(self._ask())
                self._asked_at = time.monotonic()
            return self._answer

    def _ask(self) -> dict[str, str]:
        until = time.monotonic() + WITHIN_S
        for name in self._parts:
            if name not in self._asking or not self._asking[name].is_alive():
                self._said.pop(name, None)
                self._asking[name] = threading.Thread(target=self._ask_one, args=(name,), name=f"ready-{name}", daemon=True)
                self._asking[name].start()
        for thread in self._asking.values():
            thread.join(max(0.0, until - time.monotonic()))
        return {name: self._said.get(name, NO_ANSWER) for name in self._parts}

    def _ask_one(self, name: str) -> None:
        try:
            self._said[name] = self._parts[name](self._rt)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the part is broken; the fault's words may hold an address or a password
            self._said[name] = f"broken: {type(fault).__name__}"


def database(rt: Runtime) -> str:
    """Read, and write: a database on a full disk, and a copy that is for reading, can be read."""
    try:
        with rt.reading() as session:
            marks.value(session, _MARK)
    except DatabaseFault as fault:
        return f"cannot be read: {_name(fault)}"
    try:
        with rt.transaction(ahead=True) as tx:
            marks.set_value(tx.session, _MARK, round(tx.now.timestamp()))
    except DatabaseFault as fault:
        return f"can be read, cannot be written: {_name(fault)}"
    return OK


def redis(rt: Runtime) -> str:
    """Write: a full Redis, and a copy that is for reading, answer."""
    try:
        try_redis(rt.config.redis_url, within_s=WITHIN_S / 2)
    except RedisError as fault:
        return f"cannot be written: {_name(fault)}"
    return OK


def spool(rt: Runtime) -> str:
    """Write to where texts wait while the database is away, and look whether anything lies there that nobody can read."""
    try:
        rt.spool.make_ready()
        aside = disks.spooled(rt.config).aside
    except SpoolFault:
        return "cannot be written"
    return OK if not aside else f"{aside} files cannot be taken in"


def clock(rt: Runtime, *, since: datetime) -> str:
    """See who stands still: the clock, or a worker. `since`: when this process began."""
    try:
        with rt.reading() as session:
            still = ticks.still(ticks.read(session), rt.clock())
    except DatabaseFault:
        return "not known while the database cannot be read"
    return OK if not still or rt.clock() - since < _COMES_WITHIN else f"stands still: {', '.join(still)}"


def disk(rt: Runtime) -> str:
    """See how much is free."""
    full = disks.nearly_full(rt.config)
    return OK if not full else f"nearly full: {', '.join(full)}"


def disks_answer(parts: Mapping[str, str]) -> bool:
    """Whether the disks may be asked more: a disk that hangs never answers, and a web process has few threads. `parts`: what `ask`
    said."""
    return NO_ANSWER not in (parts["spool"], parts["disk"])


def _name(fault: BaseException) -> str:
    """What kind of fault it is: the driver's own name says more than SQLAlchemy's."""
    return type(getattr(fault, "orig", None) or fault).__name__
