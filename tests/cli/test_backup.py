"""The commands of backups, from the identity to the code that is typed in at the end."""

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli import main
from hotline.runtime import utc_now
from hotline.services.backups import restoring
from hotline.storage import backups
from tests.support import SECRET_KEY, catalogues, keys_file, make_runtime, text_in, tickets

Command = Callable[..., Result]


@pytest.fixture
def hotline(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command on the test's database; settings may be changed by name."""
    catalogues()
    for module in ("setting", "backup"):  # it would write to the output of a command that has ended
        monkeypatch.setattr(sys.modules[f"hotline.cli.{module}"], "configure_log", lambda _level: None)
    settings = {
        "HOTLINE_DATA_DIR": str(tmp_path / "data"),
        "HOTLINE_DATABASE_URL": database_url,
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
    }
    return lambda *words, **changes: CliRunner().invoke(main, words, env={**settings, **changes})


def test_from_an_identity_to_a_restored_hotline(hotline: Command, database_url: str, tmp_path: Path) -> None:
    rt = make_runtime(database_url, data_dir=tmp_path / "data")
    text_in(rt, "orangi town mein mera mobile cheen liya")
    assert hotline("migrate").exit_code == 0
    recipient = hotline("backup", "identity", str(tmp_path / "identity")).output.splitlines()[0]
    assert recipient.startswith("age1")
    assert hotline("backup", "identity", str(tmp_path / "identity")).exit_code == 1  # none is written over
    (tmp_path / "safe").mkdir()
    made = hotline("backup", "--to", recipient, str(tmp_path / "safe"))
    assert made.exit_code == 0, made.output
    data, keys = [line for line in made.output.splitlines() if line.endswith(".age")]
    verified = hotline("backup", "verify", "--identity", str(tmp_path / "identity"), data, keys)
    assert verified.exit_code == 0, verified.output
    assert "0 did not open" in verified.output
    [code] = re.findall(r"hotline backup verified (\w{10})", verified.output)
    assert hotline("backup", "verified", "0123456789").exit_code == 1
    assert "is verified" in hotline("backup", "verified", code).output
    with rt.reading() as session:
        assert backups.newest_verified(session, now=utc_now()) is not None
    new = {"HOTLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}", "HOTLINE_DATA_DIR": str(tmp_path / "new data")}
    for command in (("restore",), ("backup", "verify")):  # the files in each other's place
        refused = hotline(*command, "--identity", str(tmp_path / "identity"), keys, data, **new)
        assert refused.exit_code == 1
        assert "not the data file" in refused.output
    restored = hotline("restore", "--identity", str(tmp_path / "identity"), data, keys, **new)
    assert restored.exit_code == 0, restored.output
    again = make_runtime(new["HOTLINE_DATABASE_URL"], data_dir=tmp_path / "new data")
    assert [one.reference for one in tickets(again)] == [one.reference for one in tickets(rt)]
    assert "empty database only" in hotline("restore", "--identity", str(tmp_path / "identity"), data, keys, **new).output
    again.close()
    rt.close()


def test_a_drill_that_is_told_to_end_leaves_nothing(hotline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity, scratch = tmp_path / "identity", tmp_path / "scratch"
    assert hotline("backup", "identity", str(identity)).exit_code == 0
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def told_to_end(*_: object, **__: object) -> None:
        assert len(list(scratch.iterdir())) == 1
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(2)
        pytest.fail("it was not told to end")

    monkeypatch.setattr(restoring, "restore", told_to_end)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        ended = hotline("backup", "verify", "--identity", str(identity), str(identity), str(identity))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert (ended.exit_code, list(scratch.iterdir())) == (1, [])


def test_a_backup_without_a_folder_or_a_reader_says_what_is_missing(hotline: Command, tmp_path: Path) -> None:
    for words in (("backup",), ("backup", str(tmp_path)), ("backup", "--to", "age1x", str(tmp_path)), ("backup", "--to", "age1x", "/none")):
        result = hotline(*words)
        assert result.exit_code == 1, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    assert list(tmp_path.glob("*.age")) == []
    assert "identity" in hotline("backup", "--help").output
