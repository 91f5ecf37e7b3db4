"""What waits on the disk is taken in: by several takers, what each sender sent in the order in which it came, and danger first."""

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hotline import host, spool
from hotline.alarms import AlarmKind, tell_heads
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword
from hotline.gateways.base import IncomingCall, IncomingText, Outcome, Report
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services import arriving, callsteps
from hotline.services.calls import missedcalls
from hotline.services.callsteps import CallStep
from hotline.services.texts.reports import receive_report
from hotline.spool import Kind, NotReadNow, Reader, Turn, Waiting
from hotline.storage import alarms
from hotline.storage.db import DatabaseFault
from hotline.storage.writing import Overloaded

_ABOUT = "spool"


@dataclass
class _Run:
    """One run of all takers. It `stops` where the time is over, or the database is away again.

    `refused`: lanes whose first file met a fault of the database. It may be that of a file beside it: each is tried by itself. `unread`:
    files that the machine cannot read now.
    """

    ends: float
    is_away: bool = False
    has_more: bool = False
    refused: list[Sequence[Path]] = field(default_factory=list)
    unread: dict[Path, NotReadNow] = field(default_factory=dict)

    @property
    def stops(self) -> bool:
        if time.monotonic() > self.ends:
            self.has_more = True
        return self.is_away or self.has_more


def take_in_waiting(rt: Runtime, reader: Reader, *, for_s: float) -> bool:
    """Take in what waits for `for_s` seconds at most; returns whether more waits.

    What is of one sender is taken in in the order in which it came. It stops where the database is away again. What cannot be taken in
    beside a database that works is put aside, and the heads are alarmed: at once if the file itself is at fault, after an hour if the
    machine cannot read it. A lane for which the database has no time waits for the next run, and holds up no other.
    """
    run = _Run(time.monotonic() + for_s)
    spool.sweep(rt.config.data_dir)
    for files in _in_turn(spool.waiting(rt.config.data_dir)):
        _take_in_all(rt, reader, files, run)
        if run.stops:
            break
    if run.is_away:
        return False
    _settle_unread(rt, run)
    _tell(rt)
    return run.has_more


def _in_turn(files: Sequence[Path]) -> Iterator[Sequence[Sequence[Path]]]:
    """The files, as lanes of files that are taken in one after the other: those of a release without lanes; then, for each turn, the lanes
    with a file of that turn, up to the last such file; then the rest. In a lane, and among lanes, the first to come is the first."""
    without = [path for path in files if spool.lane_of(path) is None]
    if without:
        yield [without]
    lanes: dict[str, list[Path]] = {}
    for path in files:
        if (lane := spool.lane_of(path)) is not None:
            lanes.setdefault(lane, []).append(path)
    for turn in (Turn.FIRST, Turn.NEXT):
        until = {lane: max((n for n, path in enumerate(of, 1) if spool.turn_of(path) is turn), default=0) for lane, of in lanes.items()}
        yield [of[: until[lane]] for lane, of in lanes.items() if until[lane]]
        lanes = {lane: of[until[lane] :] for lane, of in lanes.items()}
    yield [of for of in lanes.values() if of]


def _take_in_all(rt: Runtime, reader: Reader, lanes: Sequence[Sequence[Path]], run: _Run) -> None:
    """Take in lanes side by side. A taker that is free takes the lane whose first file came first."""
    waiting = deque(lanes)

    def take_lanes() -> None:
        while waiting and not run.stops:
            with contextlib.suppress(IndexError):  # another taker took the last
                _take_in_lane(rt, reader, waiting.popleft(), run, beside_others=True)

    with ThreadPoolExecutor(rt.writing.side_by_side, thread_name_prefix="taker") as takers:
        for taker in [takers.submit(take_lanes) for _ in lanes[: rt.writing.side_by_side]]:
            taker.result()
    refused, run.refused = run.refused, []
    for lane in refused:
        _take_in_lane(rt, reader, lane, run, beside_others=False)


def _take_in_lane(rt: Runtime, reader: Reader, files: Sequence[Path], run: _Run, *, beside_others: bool) -> None:
    for number, path in enumerate(files):
        if run.stops:
            return
        try:
            if not _is_taken_in(rt, reader, path, beside_others=beside_others):
                run.refused.append(files[number:])
                return
        except Overloaded:
            if run.is_away or not _can_be_written(rt):
                run.is_away = True
                logger().warning("the database has no time again: what waits on the disk goes on waiting")
            else:
                logger().warning("the database has no time for one sender, whom somebody may have locked: that lane goes on waiting")
            return
        except NotReadNow as fault:
            run.unread[path] = fault
        except Exception as fault:  # noqa: BLE001 - whatever it is, those behind it are taken in
            _put_aside(path, fault)


def _put_aside(path: Path, fault: Exception) -> None:
    logger().error("what waited on the disk is put aside: it cannot be taken in", file=path.name, exc_info=fault)
    with contextlib.suppress(OSError):  # it stays, and is tried again
        spool.put_aside(path)


def _can_be_written(rt: Runtime) -> bool:
    try:
        arriving.need_database(rt)
    except Overloaded:
        return False
    return True


def _settle_unread(rt: Runtime, run: _Run) -> None:
    """Put aside the files that the machine cannot read, if something could not be read for an hour; until then it is tried again."""
    if not run.unread:
        if not run.has_more:
            spool.all_is_read(rt.config.data_dir)
        return
    first = next(iter(run.unread.values()))
    logger().error("what waits on the disk is not given now, and is tried again", rows=len(run.unread), exc_info=first)
    try:
        is_for_long = spool.is_unread_for_long(rt.config.data_dir)
    except OSError as fault_of_note:
        logger().error("since when it is not given could not be noted", fault=str(fault_of_note))
        return
    if is_for_long:
        for path, fault in run.unread.items():
            _put_aside(path, fault)


def _is_taken_in(rt: Runtime, reader: Reader, path: Path, *, beside_others: bool) -> bool:
    """Take in what waits in a file, and remove it. False: the database refused it, perhaps for a file that was stored beside it.

    Raises `Overloaded` where the database is away or has no time.
    """
    one = reader.open(path)
    if one is None:
        return True
    try:
        _take_in(rt, one)
    except Overloaded:
        raise
    except DatabaseFault:
        arriving.need_database(rt)
        if beside_others:
            return False
        _take_in(rt, one)  # the connection alone may have ended
    path.unlink(missing_ok=True)
    return True


def _take_in(rt: Runtime, one: Waiting) -> None:
    if one.kind is Kind.TEXT:
        arriving.receive(rt, one.gateway, _text(one.said), came_at=one.came_at)
    elif one.kind is Kind.REPORT:
        receive_report(rt, one.gateway, _report(one.said))
    elif one.kind is Kind.STEP:
        callsteps.take_in(rt, CallStep.from_said(one.said), came_at=one.came_at)
    else:
        missedcalls.note_late(rt, IncomingCall(**one.said), came_at=one.came_at)


def _text(said: Mapping[str, Any]) -> IncomingText:
    at, word = said["received_at"], said["keyword"]
    read = {
        "received_at": datetime.fromisoformat(at) if at else None,
        "keyword": Keyword(word) if word else None,
        "photos": tuple(said["photos"]),
        "other_ids": tuple(said["other_ids"]),
    }
    return IncomingText(**{**said, **read})


def _report(said: Mapping[str, Any]) -> Report:
    outcome = said["outcome"]
    return Report(**{**said, "delivery": Delivery(said["delivery"]), "outcome": Outcome(outcome) if outcome else None})


def _tell(rt: Runtime) -> None:
    """Alarm the heads about what was put aside on this host, until it is gone."""
    is_stuck, about = bool(spool.aside(rt.config.data_dir)), f"{_ABOUT}:{host.name(rt.config.data_dir)}"
    with rt.reading() as session:
        if not is_stuck and not alarms.is_about(session, about):
            return
    with rt.transaction() as tx:
        tell_heads(tx, about, AlarmKind.SPOOL_STUCK, is_so=is_stuck, after=timedelta(hours=12))
