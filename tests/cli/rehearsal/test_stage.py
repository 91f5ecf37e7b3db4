"""The stage, and who kills on it: real processes, though none of a hotline. What is counted as dealt was done, and nothing outlives the
stage."""

import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotline.cli.rehearsal.adversary import Adversary
from hotline.cli.rehearsal.blows import WEB, WORKER, Blow, How
from hotline.cli.rehearsal.database import Sqlite
from hotline.cli.rehearsal.day import Contact, Way
from hotline.cli.rehearsal.show import _at_once
from hotline.cli.rehearsal.stage import Stage, StageFault
from hotline.cli.rehearsal.told import Told
from hotline.cli.rehearsal.town import Town

PARENT = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '60'])"]
SLOW_PARENT = [sys.executable, "-c", "import subprocess, time; time.sleep(0.5); print(subprocess.run(['sleep', '60']).returncode)"]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage on which nothing runs yet; each of its processes sleeps, and so does its child."""
    monkeypatch.setattr(Stage, "_set", lambda _: None)
    monkeypatch.setattr(Stage, "_command", lambda *_: PARENT)
    with Stage(tmp_path, Sqlite(tmp_path)) as found:
        yield found


def adversary(stage: Stage, *blows: Blow) -> tuple[Adversary, Told]:
    told = Told()
    return Adversary(stage, told, blows, seed=1, began=time.monotonic()), told


def until(is_so: Callable[[], object]) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Whether a process has not ended; one that only waits to be asked for its end has no command any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def limit_of(pid: int) -> int:
    return resource.prlimit(pid, resource.RLIMIT_FSIZE)[0]


def test_a_process_is_killed_with_what_it_started(stage: Stage) -> None:
    stage.start(WEB)
    until(lambda: stage.below(WEB))
    [child] = stage.below(WEB)
    stage.kill(WEB)
    assert not stage.runs(WEB)
    until(lambda: not runs(child))


def test_the_disk_is_full_for_a_process_and_its_children_and_has_room_again(stage: Stage) -> None:
    stage.start(WEB)
    until(lambda: stage.below(WEB))
    pids = [stage._running[WEB].pid, *stage.below(WEB)]
    stage.fill_disk(full=True)
    assert [limit_of(pid) for pid in pids] == [0, 0]
    stage.fill_disk(full=False)
    assert [limit_of(pid) for pid in pids] == [resource.RLIM_INFINITY] * 2


def test_nothing_is_started_once_the_stage_is_closed_and_who_waits_for_a_blow_goes_home(stage: Stage) -> None:
    killer, told = adversary(stage, Blow(600.0, WEB, How.KILL, 1.0))
    striking = threading.Thread(target=killer.strike)
    striking.start()
    stage.close()
    striking.join(timeout=60)
    assert not striking.is_alive()
    with pytest.raises(StageFault, match="closed"):
        stage.start(WEB)
    assert (stage._running, told.struck) == ({}, [])


def test_a_blow_is_over_when_the_stage_is_closed_and_starts_nothing_again(stage: Stage) -> None:
    stage.start(WEB)
    killer, told = adversary(stage, Blow(0.0, WEB, How.KILL, 600.0))
    striking = threading.Thread(target=killer.strike)
    striking.start()
    until(lambda: not stage.runs(WEB))
    stage.close()
    striking.join(timeout=60)
    assert not striking.is_alive()
    assert (stage._running, told.struck) == ({}, [])
    assert killer.faults == ["web: kill: StageFault the stage is closed"]


def test_what_ended_by_itself_is_started_again_but_not_while_a_blow_lasts_on_it(stage: Stage) -> None:
    killer, _ = adversary(stage)
    stage.launch(WEB, [sys.executable, "-c", "raise SystemExit(3)"])
    until(lambda: not stage.runs(WEB))
    with killer._locks[WEB]:
        killer.revive()
        assert not stage.runs(WEB)
    killer.revive()
    assert stage.runs(WEB)
    assert stage.ended == ["web (3)"]


def test_a_child_is_killed_although_there_is_none_yet(stage: Stage) -> None:
    stage.launch(WORKER, SLOW_PARENT)
    killer, told = adversary(stage, Blow(0.0, WORKER, How.CHILD, 0.0))
    killer.strike()
    assert [struck.name for struck in told.struck] == ["worker: child"]
    until(lambda: (stage.folder / "worker.log").read_text("utf-8").strip() == "-9")


def test_a_blow_at_a_child_starts_what_ended_by_itself_and_does_not_wait_for_it(stage: Stage) -> None:
    stage.launch(WORKER, [sys.executable, "-c", "raise SystemExit(1)"])
    until(lambda: not stage.runs(WORKER))
    killer, told = adversary(stage, Blow(0.0, WORKER, How.CHILD, 0.0))
    killer.strike()
    assert [struck.name for struck in told.struck] == ["worker: child"]
    assert stage.ended == ["worker (1)"]


def test_a_blow_that_cannot_be_dealt_is_told_and_the_next_is_dealt(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_stage: object) -> None:
        raise OSError("locked by somebody else")

    monkeypatch.setattr(stage.database, "cut", refuse)
    stage.start(WEB)
    killer, told = adversary(stage, Blow(0.0, "database", How.CUT, 0.0), Blow(0.0, WEB, How.KILL, 0.0))
    killer.strike()
    assert killer.faults == ["database: cut: OSError locked by somebody else"]
    assert [struck.name for struck in told.struck] == ["web: kill"]
    assert stage.runs(WEB)


def test_a_citizen_who_could_not_be_played_ends_the_rehearsal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise KeyError("awaiting")

    monkeypatch.setattr(Town, "_text", stumble)
    town = Town(stage, Told(), [Contact(1, 0.0, Way.ACCOUNT, "words")], began=time.monotonic(), lasts_s=0.1)
    with pytest.raises(KeyError):
        _at_once(town.live, lambda: None)
