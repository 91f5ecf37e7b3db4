"""Backups by the clock: made when due, none half, the oldest removed, heads alarmed; and the commands."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from hotline import agefile
from hotline.alarms import AlarmKind
from hotline.config import Config
from hotline.media.store import FolderStore
from hotline.runtime import Runtime
from hotline.sections import Backup
from hotline.services.backups import making, watching
from hotline.services.backups.archive import BackupFault, check, code
from hotline.services.backups.watching import WrongCode, back_up_due, confirm
from hotline.services.condition import figures
from hotline.services.people import keysafe
from hotline.storage import backups
from hotline.storage.dumping import Part
from hotline.storage.models import Alarm
from tests.recorded import recordings
from tests.services.backups.backing import Safe, inside, say_everything, speak
from tests.services.colleagues import settle, volunteer
from tests.support import KEYS, Clock, make_config, text_in


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, kept: Safe) -> Runtime:
    runtime = make_rt(data_dir=tmp_path / "data", folder=tmp_path, backup=Backup(folder="backups", to=(kept.recipient,)))
    keysafe.take_in(runtime)
    settle(runtime, tmp_path)
    return runtime


def names(kept: Safe) -> list[str]:
    """The files in the folder, as anybody would list them."""
    return sorted(path.name for path in kept.folder.iterdir() if path.name != ".hotline-backup.lock")


def alarmed(rt: Runtime) -> list[tuple[str, int]]:
    with rt.reading() as session:
        return [(alarm.kind, alarm.volunteer_id) for alarm in session.scalars(select(Alarm).where(Alarm.about == "backup"))]


def test_a_backup_is_made_when_one_is_due_and_not_before(rt: Runtime, kept: Safe, clock: Clock) -> None:
    say_everything(rt)
    assert back_up_due(rt) is True
    assert names(kept) == ["hotline-20261123T070000Z.data.age", "hotline-20261123T070000Z.keys.age"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.folder.iterdir())
    clock.forward(hours=23, minutes=59)
    assert back_up_due(rt) is False
    clock.forward(minutes=2)
    assert back_up_due(rt) is True
    assert len(names(kept)) == 4
    assert alarmed(rt) == []
    with rt.reading() as session:
        newest = backups.newest(session, now=clock.now)
        assert newest is not None
        assert newest.covers_until == clock.now - making.UNDER_WAY
        assert newest.data_sha256 == check(making.files(kept.folder, Part.DATA)[-1][0], kept.identity, KEYS, part="data").sha256


def test_without_a_folder_in_the_configuration_nothing_is_made_and_nobody_alarmed(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(data_dir=tmp_path / "data")
    assert back_up_due(rt) is False
    assert alarmed(rt) == []


def test_what_is_too_old_is_removed_but_never_the_newest(rt: Runtime, kept: Safe, clock: Clock) -> None:
    for _ in range(3):
        back_up_due(rt)
        clock.forward(days=5)
    assert [sum(name.endswith(f".{part}.age") for name in names(kept)) for part in ("data", "keys")] == [3, 2]
    back_up_due(rt)  # the keys files were 15, 10, 5 and 0 days old
    assert [sum(name.endswith(f".{part}.age") for name in names(kept)) for part in ("data", "keys")] == [4, 2]
    (kept.folder / "mine.txt").touch()
    removed = making.tidy(kept.folder, now=clock.now + timedelta(days=365), data_days=90, keys_days=7)
    assert len(removed) == 4
    assert len(names(kept)) == 3
    assert "mine.txt" in names(kept)


def test_a_backup_that_was_made_while_the_clock_was_ahead_stops_no_other(rt: Runtime, kept: Safe, clock: Clock) -> None:
    back_up_due(rt)
    clock.forward(days=365)
    assert back_up_due(rt) is True
    [ahead, _] = names(kept)
    clock.forward(days=-364)
    assert back_up_due(rt) is True
    assert len(names(kept)) == 4
    clock.forward(days=1)
    assert watching.newest(rt)[0] == clock.now - timedelta(days=1)
    assert figures.read(rt).backup_at == clock.now - timedelta(days=1)
    assert ahead in str(watching.fault(rt))
    pair = making.newest_pair(kept.folder, now=clock.now)
    assert pair is not None
    assert pair[2] == clock.now - timedelta(days=1)
    clock.forward(days=2)
    assert "no new one" in str(watching.fault(rt))


def test_nothing_old_is_removed_while_a_file_is_later_than_now(rt: Runtime, kept: Safe, clock: Clock) -> None:
    back_up_due(rt)
    clock.forward(days=100)
    kept.make(rt)
    clock.forward(days=-1)
    assert making.tidy(kept.folder, now=clock.now, data_days=90, keys_days=7) == []
    clock.forward(days=1)
    assert len(making.tidy(kept.folder, now=clock.now, data_days=90, keys_days=7)) == 2


def test_a_verified_backup_of_a_day_to_come_covers_nothing(rt: Runtime, kept: Safe, clock: Clock) -> None:
    clock.forward(days=365)
    made = kept.make(rt)
    confirm(rt, code(KEYS, check(made.data, kept.identity, KEYS, part="data").sha256))
    clock.forward(days=-365)
    assert watching.newest(rt) == (None, None)


@pytest.mark.parametrize("where", ["write", "store", "folder"])
def test_a_backup_that_fails_leaves_nothing_and_alarms_the_heads_once(
    rt: Runtime, kept: Safe, clock: Clock, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    speak(rt)

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if where == "write":
            patch.setattr(agefile.private, "opened_new", lambda _: os.open("/dev/full", os.O_WRONLY))
        elif where == "store":
            patch.setattr(FolderStore, "read", full)
        else:
            kept.folder.rename(kept.folder.with_name("gone"))
        assert back_up_due(rt) is False
        assert alarmed(rt) == [(AlarmKind.NO_BACKUP, volunteer(rt, "head").id)]
        assert back_up_due(rt) is False  # not again with every ring
        clock.forward(minutes=61)
        assert back_up_due(rt) is False
        assert len(alarmed(rt)) == 1
    if where == "folder":
        kept.folder.with_name("gone").rename(kept.folder)
    assert names(kept) == []
    clock.forward(minutes=61)
    assert back_up_due(rt) is True
    assert alarmed(rt) == []
    assert len(names(kept)) == 2


def test_heads_are_alarmed_when_backups_are_killed_again_and_again(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(making, "make", killed)
        patch.setattr(watching, "_alarm", lambda _: None)
        with pytest.raises(SystemExit):
            back_up_due(rt)
    clock.forward(hours=2)
    told: list[int] = []
    monkeypatch.setattr(watching, "_alarm", lambda _: told.append(1))
    assert back_up_due(rt) is True
    assert told == [1]


KILLED = """
import dataclasses, os, signal, sys
from pathlib import Path
from hotline.media.store import FolderStore
from hotline.services.backups import making
from hotline.storage import dumping
from tests.support import make_runtime
url, data, folder, recipient, where = sys.argv[1:]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "tables":
    lines = dumping.lines
    dumping.lines = lambda session, table, part: die() if table.name == "messages" else lines(session, table, part)
elif where == "recordings":
    FolderStore.read = die
else:
    settle = making.private.settle
    making.private.settle = lambda path: die() if path == Path(folder) else settle(path)
making.make(make_runtime(url, data_dir=Path(data)), Path(folder), [recipient])
"""


@pytest.mark.parametrize("where", ["tables", "recordings", "end"])
def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    rt: Runtime, kept: Safe, database_url: str, clock: Clock, where: str
) -> None:
    say_everything(rt)
    speak(rt)
    arguments = [database_url, str(rt.config.data_dir), str(kept.folder), kept.recipient, where]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, cwd=Path(__file__).parents[3], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    whole = [name for name in names(kept) if not name.startswith(".")]
    assert len(whole) == (2 if where == "end" else 0)
    for name in whole:  # both were written to their end before they got their names
        check(kept.folder / name, kept.identity, KEYS, part=name.split(".")[1])
    clock.forward(minutes=1)
    kept.make(rt)
    assert not [name for name in names(kept) if name.startswith(".")]


def test_two_backups_are_not_made_at_once(rt: Runtime, kept: Safe) -> None:
    with making._alone(kept.folder), pytest.raises(BackupFault, match="another backup"):
        kept.make(rt)
    kept.make(rt)


def test_a_recording_that_is_gone_meanwhile_is_named_and_the_backup_is_made(rt: Runtime, kept: Safe) -> None:
    speak(rt)
    rt.store.remove(str(recordings(rt)[0].stored_as))
    assert kept.make(rt).absent == 1


def test_nothing_plain_is_taken_into_a_backup(rt: Runtime, kept: Safe) -> None:
    text_in(rt, "mera mobile cheen liya")
    with rt.transaction() as tx:
        tx.session.execute(text("UPDATE messages SET plain = 'mera', sealed = NULL"))
    with pytest.raises(BackupFault, match="still seals"):
        kept.make(rt)
    assert names(kept) == []


def test_the_configuration_and_own_tables_are_in_it_and_no_secret_is(make_rt: Callable[..., Runtime], tmp_path: Path, kept: Safe) -> None:
    from hotline.sections import Files  # noqa: PLC0415 - for this alone

    (tmp_path / "hotline.toml").write_text("[web]\n")
    (tmp_path / "mine.toml").write_text(Path("hotline/data/areas.toml").read_text("utf-8"), "utf-8")
    rt = make_rt(data_dir=tmp_path / "data", folder=tmp_path, file=tmp_path / "hotline.toml", files=Files(areas="mine.toml"))
    found = inside(kept.make(rt).data, kept.identity)
    assert found["configuration/hotline.toml"] == b"[web]\n"
    assert found["configuration/areas.toml"] == (tmp_path / "mine.toml").read_bytes()
    whole = b"".join(found.values())
    for secret in (rt.config.secret_key, *(key.hex() for key in (KEYS.mark, KEYS.staff, KEYS.audit))):
        assert secret.encode() not in whole


def test_a_code_from_elsewhere_says_that_a_backup_was_verified(rt: Runtime, kept: Safe) -> None:
    made = kept.make(rt)
    found = check(made.data, kept.identity, KEYS, part="data")
    assert watching.fault(rt) is None
    with rt.reading() as session:
        assert backups.newest_verified(session, now=rt.clock()) is None
    for wrong in ("", "0" * 10, code(KEYS, "another")):
        with pytest.raises(WrongCode):
            confirm(rt, wrong)
    assert confirm(rt, f" {code(KEYS, found.sha256).upper()} ") == rt.clock()
    with rt.reading() as session:
        assert backups.newest_verified(session, now=rt.clock()) == rt.clock() - making.UNDER_WAY
    with pytest.raises(WrongCode):  # once
        confirm(rt, code(KEYS, found.sha256))


def test_a_real_hotline_without_backups_is_told_so(
    rt: Runtime, make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock, kept: Safe
) -> None:
    without = make_rt(data_dir=tmp_path / "data", account={"api_url": "https://gateway.example.org"})
    assert without.config.gateway_is_real
    assert "none is made" in str(watching.fault(without))
    assert watching.fault(make_rt(data_dir=tmp_path / "data")) is None
    assert "no new one" in str(watching.fault(rt))
    kept.make(rt)
    assert watching.fault(rt) is None
    clock.forward(days=3)
    assert "no new one" in str(watching.fault(rt))


def test_recipients_and_days_of_the_configuration_are_checked(tmp_path: Path) -> None:
    from hotline.config import _check_values  # noqa: PLC0415 - for this alone

    def faults(backup: Backup) -> list[str]:
        config: Config = make_config("sqlite:///x", backup=backup)
        return [fault for fault in _check_values(config) if "[backup]" in fault]

    recipient = agefile.new_identity(tmp_path / "one")
    assert faults(Backup()) == []
    assert faults(Backup(folder="x", to=(recipient,))) == []
    assert len(faults(Backup(folder="x"))) == 1
    assert len(faults(Backup(folder="x", to=("age1abc",)))) == 1
    assert len(faults(Backup(folder="x", to=(recipient,), data_days=5))) == 1
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
