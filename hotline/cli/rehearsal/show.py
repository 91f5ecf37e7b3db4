"""The whole rehearsal: the stage is set, the day is lived through under blows, everything settles, and the books are drawn up."""

import contextlib
import json
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hotline import spool
from hotline.cli.own_postgres import disk_folder
from hotline.cli.rehearsal import balance, blows, day
from hotline.cli.rehearsal.adversary import Adversary
from hotline.cli.rehearsal.database import Database, Postgres, Sqlite
from hotline.cli.rehearsal.desk import Desk
from hotline.cli.rehearsal.stage import Stage
from hotline.cli.rehearsal.told import Told
from hotline.cli.rehearsal.town import Town, arrived, let_duty_phones_ring_out
from hotline.domain.catchup import STILL_COMING
from hotline.learning.corpus import read_corpus
from hotline.storage import accounting
from hotline.storage.db import DatabaseFault

_DESKS = ("alice", "bob", "lead", "charlie")
_LOOKS_EVERY_S, _TELLS_EVERY_S = 2.0, 15.0
_STILL_S = 8.0
"""So long nothing must have changed after everything has settled: whatever would be sent twice is sent by then."""


@dataclass(frozen=True)
class Order:
    """What is rehearsed. `settles_s`: how long the workers are given at the end."""

    database: str
    minutes: float
    contacts: int
    kills: int
    seed: int
    settles_s: float = 900.0


@dataclass(frozen=True)
class Outcome:
    """The books. `ended`: what ended without a blow. `ordered`: kills that were to be dealt. `undealt`: blows that could not be dealt."""

    lines: list[balance.Line]
    recoveries: list[balance.Recovery]
    blows: Mapping[str, int]
    settled_s: float
    ended: list[str] = field(default_factory=list)
    undealt: list[str] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    lasted_s: float = 0.0
    ordered: int = 0

    @property
    def is_balanced(self) -> bool:
        return not any(line.faults for line in self.lines)

    @property
    def is_hard_enough(self) -> bool:
        """Whether nearly all kills were dealt. If not, the books prove less than the order says."""
        return self.kills >= self.ordered * 0.9

    @property
    def kills(self) -> int:
        """How many kills were dealt."""
        return sum(count for name, count in self.blows.items() if name.rpartition(": ")[2] in blows.KILLS)


@contextlib.contextmanager
def _stage(database: str, keep: Path | None) -> Iterator[Stage]:
    """A stage in a folder of its own, which goes afterwards; if `keep` is given, it is that folder, and stays."""
    folder = keep or Path(tempfile.mkdtemp(prefix="hotline-rehearsal-", dir=disk_folder()))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        kind: Database = Postgres() if database == "postgresql" else Sqlite(folder)
        with Stage(folder, kind) as stage:
            yield stage
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def rehearse(
    order: Order, *, say: Callable[[str], None], keep: Path | None = None, hurry: Callable[[Stage], None] | None = None
) -> Outcome:
    """Do it all. `hurry` is called while everything settles: a test shortens the waits there. Raises `StageFault`, `NoPostgres`."""
    lasts_s = order.minutes * 60
    contacts = day.draw(order.seed, order.contacts, lasts_s=lasts_s, corpus=read_corpus())
    plan = blows.draw(order.seed, order.kills, lasts_s=lasts_s, has_server=order.database == "postgresql")
    say(
        f"{len(contacts):,} contacts, {sum(blow.is_kill for blow in plan)} kills and {len(plan)} blows, seed {order.seed}, {order.database}"
    )
    told, began_at = Told(), time.monotonic()
    with _stage(order.database, keep) as stage:
        say(f"the hotline runs in {stage.folder}, its queue is {stage.url}, and the day begins")
        began, began_utc = time.monotonic(), datetime.now(UTC)
        town = Town(stage, told, contacts, began=began, lasts_s=lasts_s)
        adversary = Adversary(stage, told, plan, seed=order.seed, began=began)
        desks = [Desk(stage.url, login, stage.password, told) for login in _DESKS]
        with _watched(stage, adversary, told, contacts=len(contacts), began=began, say=say):
            for desk in desks:
                desk.start()
            _at_once(town.live, adversary.strike)
            say("the day is over, and everything settles")
            settling = time.monotonic()
            _settle(stage, order.settles_s, say=say, hurry=hurry)
            settled_s = time.monotonic() - settling
            for desk in desks:  # what is done while the books are drawn would be in some of them only
                desk.close()
            told.arrived += arrived(stage)
            lines, sent_s, unknown = _books(stage, told, began_utc)
            if any(line.faults for line in lines if line.name == balance.CALLS):
                say("calls may have come while nothing could be written: the account's log is asked for them")
                stage.closed.wait(STILL_COMING.total_seconds())
                stage.reconcile(began_utc)
                _settle(stage, order.settles_s, say=say, hurry=hurry)
                lines = _with_calls_anew(lines, _books(stage, told, began_utc)[0])
        if keep is not None:
            (keep / "told.json").write_text(json.dumps(asdict(told), default=list), "utf-8")
    return Outcome(
        lines=lines,
        recoveries=balance.recoveries(told, sent_s),
        blows=Counter(struck.name for struck in told.struck),
        settled_s=settled_s,
        ended=stage.ended,
        ordered=sum(blow.is_kill for blow in plan),
        undealt=adversary.faults,
        unknown=unknown,
        lasted_s=time.monotonic() - began_at,
    )


def _at_once(*doings: Callable[[], None]) -> None:
    """Do these side by side, and return when all are done. Raises what one of them raised. What is interrupted waits for nothing."""
    pool = ThreadPoolExecutor(len(doings))
    try:
        for done in [pool.submit(doing) for doing in doings]:
            done.result()
    finally:
        pool.shutdown(wait=False)


@contextlib.contextmanager
def _watched(stage: Stage, adversary: Adversary, told: Told, *, contacts: int, began: float, say: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, what ended by itself is started again, phones of the duty line ring out, and progress is told."""
    over = threading.Event()

    def watch() -> None:
        told_at = began
        while not over.wait(_LOOKS_EVERY_S):
            adversary.revive()
            let_duty_phones_ring_out(stage)
            if time.monotonic() - told_at > _TELLS_EVERY_S:
                told_at = time.monotonic()
                said, kills = len(told.texted) + len(told.called), sum(blow.is_kill for blow in told.struck)
                taken = sum(one.taken for one in told.texted)
                more = f"{taken:,} texts taken, {len(told.called):,} calls, {len(told.acted):,} acts, {kills} kills"
                say(f"{told_at - began:5.0f} s: {said:,} of {contacts:,} contacts, {more}")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=60)


def _settle(stage: Stage, within_s: float, *, say: Callable[[str], None], hurry: Callable[[Stage], None] | None) -> None:
    """Wait until the workers have nothing to do, and have had nothing to do for a while; or until the time is over: the books say so."""
    ends, still_since, told_at = time.monotonic() + within_s, 0.0, 0.0
    while time.monotonic() < ends:
        if hurry is not None:
            hurry(stage)
        left = _left(stage)
        if left:
            still_since = 0.0
        elif not still_since:
            still_since = time.monotonic()
        elif time.monotonic() - still_since > _STILL_S:
            return
        if left and time.monotonic() - told_at > _TELLS_EVERY_S:
            told_at = time.monotonic()
            say(f"left: {', '.join(f'{count} {what}' for what, count in left.items())}")
        time.sleep(1)


def _left(stage: Stage) -> dict[str, int]:
    """What is left to do, by what it is."""
    waits = len(spool.waiting(stage.data))
    try:
        with accounting.opened(stage.database.url, stage.keys_file) as session:
            found = accounting.unsettled(session)
    except DatabaseFault:
        found = {"database that does not answer": 1}
    return found | ({"files on the disk": waits} if waits else {})


def _with_calls_anew(lines: list[balance.Line], later: list[balance.Line]) -> list[balance.Line]:
    """The lines, that of calls as it is once the account's log was read. On a full disk a caller is told that the lines are busy though the
    call can be written nowhere: only the log has it. What else is missing was to be here without it, and stays missing."""
    return [next(new for new in later if new.name == line.name) if line.name == balance.CALLS else line for line in lines]


def _books(stage: Stage, told: Told, began: datetime) -> tuple[list[balance.Line], list[float], list[int]]:
    with accounting.opened(stage.database.url, stage.keys_file) as session:
        there, unsettled = accounting.everything(session), accounting.unsettled(session)
    waiting, aside = len(spool.waiting(stage.data)), len(spool.aside(stage.data))
    sent = [(one.sent_at - began).total_seconds() for one in there.went_out if one.sent_at is not None]
    lines = balance.balance(told, there, waiting=waiting, aside=aside, unsettled=unsettled, tells_danger=stage.tells_danger)
    return lines, sent, balance.never_known(there)
